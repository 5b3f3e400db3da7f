package polite

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// ErrElsewhere is matched by the error of Redirect for a redirect that leaves
// the server.
var ErrElsewhere = errors.New("redirect to another place")

// Redirect is where an answer redirects to, for callers that follow: nil if it
// does not redirect. It is an error that matches ErrElsewhere if that is
// another server, or the same one without TLS: no credential ever goes there.
func Redirect(resp *http.Response) (*url.URL, error) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	from := resp.Request.URL
	to, err := resp.Location()
	if err != nil {
		return nil, fmt.Errorf("%w: %s does not say where", ErrElsewhere, serverName(from))
	}
	downgrade := from.Scheme == "https" && to.Scheme != "https"
	web := to.Scheme == "http" || to.Scheme == "https"
	if !web || downgrade || serverKey(from) != serverKey(to) {
		return nil, fmt.Errorf("%w: %s", ErrElsewhere, serverName(from))
	}
	to.User = from.User
	return to, nil
}
