package etherpad

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// A respelled error stands for the redirect of a server that takes ids in lower
// case only (Etherpad 3.x with lowerCasePadIds), except those of older pads:
// the pad's own id is another spelling of the one that was asked for.
type respelled struct{ id string }

func (*respelled) Error() string {
	return fmt.Sprintf("%v: a redirect to another spelling", sources.ErrRefused)
}
func (*respelled) Unwrap() error { return sources.ErrRefused }

// respelling finds such a redirect of a request for the pad id. It leads
// nowhere: for an export as for the page, its Location is just the other id, as
// a relative path. Only an id that differs in nothing but case is another
// spelling.
func respelling(r *http.Response, id string) (*respelled, bool) {
	to, err := url.Parse(r.Header.Get("Location"))
	if !server.IsRedirect(r) || err != nil || to.Host != "" && !strings.EqualFold(to.Hostname(), r.Request.URL.Hostname()) {
		return nil, false
	}
	path := to.EscapedPath()
	other, err := url.PathUnescape(path[strings.LastIndexByte(path, '/')+1:])
	if err != nil || other == id || !strings.EqualFold(other, id) {
		return nil, false
	}
	if clean, err := cleanID(other); err != nil || clean != other {
		return nil, false
	}
	return &respelled{other}, true
}
