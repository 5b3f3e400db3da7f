package rclone

import (
	"errors"
	iofs "io/fs"
	"net/http"
	"strings"
	"unicode"

	webdav "github.com/rclone/rclone/backend/webdav/api"
	"github.com/rclone/rclone/fs"

	"github.com/padsync/padsync/sinks"
)

// failure says what was being done, and hides what is secret in the text.
func (s *Sink) failure(operation, key string, err error) error {
	if err == nil {
		return nil
	}
	return &sinks.Error{Op: operation, Key: key, Err: &failed{s.clean(err.Error()), err}}
}

const longest = 300 // bytes of a text that a server may have written

// clean is the text on one line, bounded, and without what is secret.
func (s *Sink) clean(text string) string {
	text = s.secrets.Replace(link.ReplaceAllString(text, "$1$2/…"))
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}

// A failed call has a text that holds no secrets; what it wraps may.
type failed struct {
	text string
	err  error
}

func (f *failed) Error() string { return f.text }
func (f *failed) Unwrap() error { return f.err }

func (f *failed) Is(target error) bool {
	switch target {
	case iofs.ErrNotExist:
		return isMissing(f.err)
	case iofs.ErrPermission:
		return isForbidden(f.err)
	}
	return false
}

func isMissing(err error) bool {
	return errors.Is(err, fs.ErrorObjectNotFound) || errors.Is(err, fs.ErrorIsDir) || errors.Is(err, fs.ErrorNotAFile)
}

func isForbidden(err error) bool {
	var answer interface{ HTTPStatusCode() int }
	var answered *webdav.Error
	status := 0
	switch {
	case errors.As(err, &answer):
		status = answer.HTTPStatusCode()
	case errors.As(err, &answered):
		status = answered.StatusCode
	}
	return errors.Is(err, fs.ErrorPermissionDenied) || status == http.StatusForbidden || status == http.StatusUnauthorized
}
