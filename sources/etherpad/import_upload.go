package etherpad

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/url"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/mypads"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// upload imports a file into the pad id, as a browser's form does. A yes from
// the server proves nothing.
func (s *Source) upload(ctx context.Context, id string, f format, body io.ReaderAt, size int64) error {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	// The ending says the format: any that servers do not know is text to them.
	if _, err := w.CreateFormFile("file", "pad."+f.name); err != nil {
		return err
	}
	head := form.Len()
	w.Close()
	post := func(ctx context.Context, o opening) (*http.Request, error) {
		content := io.MultiReader(bytes.NewReader(form.Bytes()[:head]), io.NewSectionReader(body, 0, size), bytes.NewReader(form.Bytes()[head:]))
		r, err := s.server.Request(ctx, http.MethodPost, "/p/"+url.PathEscape(id)+"/import"+o.Query(), "", content)
		if err != nil {
			return nil, err
		}
		r.ContentLength = int64(form.Len()) + size
		r.Header.Set("Content-Type", w.FormDataContentType())
		return r, nil
	}
	err := s.opened(ctx, id, func(ctx context.Context, o opening) error {
		return s.server.Do(ctx, func(ctx context.Context) (*http.Request, error) { return post(ctx, o) }, importAnswer)
	})
	if errors.Is(err, mypads.ErrMembers) || errors.Is(err, mypads.ErrWrongPassword) {
		err = fmt.Errorf("%w: %w", errNotTaken, err)
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("import as %s: %w", f.name, err)
	}
	return err
}

// importAnswer judges the answer to an import. Its texts are the server's, and
// only those that are known are repeated.
func importAnswer(r *http.Response) error {
	b, err := io.ReadAll(io.LimitReader(r.Body, server.MaxAnswer))
	if err != nil {
		return err
	}
	var answer struct{ Message string }
	_ = json.Unmarshal(b, &answer) // some answer with pages
	switch code := r.StatusCode; {
	case answer.Message == "padHasData":
		return ErrTaken
	case code < 300:
		return nil
	case code < 400:
		var away *server.SentAway
		if err := server.Redirected(r); errors.Is(err, server.ErrSecure) || errors.As(err, &away) {
			return err
		}
		return fmt.Errorf("%w: a redirect", errNotTaken)
	case server.CheckDoor(r) != nil:
		return fmt.Errorf("%w: %w", errNotTaken, server.CheckDoor(r))
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return fmt.Errorf("%w: status %d: %w", errNotTaken, code, fs.ErrPermission)
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		return fmt.Errorf("%w: status %d: %w", sources.ErrRefused, code, polite.ErrDown)
	case code == http.StatusBadGateway, code == http.StatusGatewayTimeout:
		return server.Again(fmt.Errorf("%w: status %d", sources.ErrRefused, code))
	case answer.Message == "maxFileSize":
		return fmt.Errorf("%w: it is too large", errNotTaken)
	default:
		return fmt.Errorf("%w: status %d", errNotTaken, code)
	}
}

// maxText bounds what is sent through the API, which takes it as one field.
const maxText = 8 << 20

// set makes the pad through the API.
func (s *Source) set(ctx context.Context, id string, f format, body *spool.Spool) error {
	if body.Size() > maxText {
		return fmt.Errorf("%w: it is too large", errNotTaken)
	}
	text, err := io.ReadAll(io.NewSectionReader(body, 0, body.Size()))
	if err != nil {
		return err
	}
	err = s.api.Call(ctx, "getRevisionsCount", nil, "padID", id)
	if errors.Is(err, fs.ErrNotExist) {
		err = s.api.Call(ctx, "createPad", nil, "padID", id)
	}
	if err == nil {
		function := map[string]string{htmlFormat.name: "setHTML", textFormat.name: "setText"}[f.name]
		err = s.api.Call(ctx, function, nil, "padID", id, f.apiName(), string(text))
	}
	if errors.Is(err, sources.ErrRefused) || errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: %w", errNotTaken, err)
	}
	return err
}

// apiName is what the API calls the text in this format.
func (f format) apiName() string {
	if f.name == textFormat.name {
		return "text"
	}
	return f.name
}
