package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources"
)

// ErrSecure asks to send the request again by https.
var ErrSecure = errors.New("the server wants https")

// IsRedirect says whether an answer leads elsewhere.
func IsRedirect(r *http.Response) bool { return r.StatusCode >= 300 && r.StatusCode < 400 }

// Redirected distinguishes a server that wants https from one that sends away.
// No redirect of an export is followed: MyPads leads to a page for what may not
// be read, and Etherpad to nowhere.
func Redirected(r *http.Response) error {
	from := r.Request.URL
	to, err := polite.Redirect(r)
	if err == nil && to != nil && from.Scheme == "http" && to.Scheme == "https" && from.EscapedPath() == to.EscapedPath() {
		return ErrSecure
	}
	if away, ok := toMyPads(r); ok {
		return away
	}
	if barrier := sources.Recognize(r, nil); barrier != nil {
		return barrier
	}
	return Again(fmt.Errorf("%w: a redirect", sources.ErrRefused))
}

// A SentAway error stands for a redirect to the page on which MyPads asks for
// a password or a login.
type SentAway struct{ Group string }

func (*SentAway) Error() string { return "a redirect to MyPads" }

// Unwrap makes it match fs.ErrPermission.
func (*SentAway) Unwrap() error { return fs.ErrPermission }

// toMyPads finds such a redirect. It may name another host: the one that MyPads
// takes for its own.
func toMyPads(r *http.Response) (*SentAway, bool) {
	to, err := r.Location()
	if err != nil || !strings.HasSuffix(to.Path, "/mypads/index.html") && !strings.HasSuffix(to.Path, "/mypads/") {
		return nil, false
	}
	group, _, _ := strings.Cut(strings.TrimPrefix(to.RawQuery, "/mypads/group/"), "/")
	return &SentAway{group}, true
}
