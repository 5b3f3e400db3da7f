package mypads

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// ask sends a request to MyPads' API, and gives an answer of success to use.
// Errors for other answers match errDenied, errFailed or errNoMyPads, if they
// are MyPads' own.
func (a *Account) ask(ctx context.Context, method, path string, form any, use func(io.Reader) error) error {
	body, err := json.Marshal(form)
	if err != nil {
		return err
	}
	request := func(ctx context.Context) (*http.Request, error) {
		r, err := a.server.Request(ctx, method, "/mypads/api/"+path, "", nil)
		if err != nil {
			return nil, err
		}
		if form != nil {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Type", "application/json")
		}
		return r, nil
	}
	return a.server.Do(polite.Unrepeated(polite.Uncounted(ctx)), request, func(r *http.Response) error {
		// MyPads answers in JSON: it never says in a page what it thinks of a
		// login.
		if server.ContentType(r.Header) == "text/html" && r.StatusCode < 500 {
			if barrier := sources.Recognize(r, server.Peek(r)); barrier != nil && !server.IsRedirect(r) {
				return barrier
			}
		}
		switch code := r.StatusCode; {
		case code == http.StatusOK:
			return use(r.Body)
		case code == http.StatusNotFound:
			return errNoMyPads
		case server.CheckDoor(r) != nil:
			return server.CheckDoor(r)
		case code == http.StatusBadRequest, code == http.StatusUnauthorized, code == http.StatusForbidden:
			return errDenied
		case code == http.StatusInternalServerError:
			return errFailed
		case code >= 300 && code < 400:
			return server.Redirected(r)
		}
		return server.Again(fmt.Errorf("%w: status %d", sources.ErrRefused, r.StatusCode))
	})
}

// IsNoPad recognises the answer that stands for ErrNoPad among those with
// status 401. With more in it, it is about an error of the server, with one
// exception: for a read-only id, MyPads asks Etherpad's API which pad is behind
// it, and passes on that the API knows none.
func IsNoPad(r *http.Response) bool {
	var said struct {
		Error string
		Extra *struct{ Name, Message string }
	}
	err := json.NewDecoder(io.LimitReader(r.Body, 4<<10)).Decode(&said)
	if err != nil || said.Error != "BACKEND.ERROR.PERMISSION.UNEXPECTED" {
		return false
	}
	none := said.Extra != nil && said.Extra.Name == "apierror" && (said.Extra.Message == "" || said.Extra.Message == "padID does not exist")
	return said.Extra == nil || none && readOnlyPath.MatchString(r.Request.URL.EscapedPath())
}

// readOnlyPath finds what MyPads takes for read-only ids.
var readOnlyPath = regexp.MustCompile(`/p/r\.[A-Za-z0-9_-]{32}/`)
