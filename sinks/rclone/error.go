package rclone

import (
	"errors"
	iofs "io/fs"
	"net/http"

	webdav "github.com/rclone/rclone/backend/webdav/api"
	"github.com/rclone/rclone/fs"

	"github.com/padsync/padsync/sinks"
)

// failure says what was being done, and hides what is secret in the text.
func (s *Sink) failure(operation, key string, err error) error {
	if err == nil {
		return nil
	}
	return &sinks.Error{Op: operation, Key: key, Err: &failed{sinks.Said(err.Error(), s.secrets), err}}
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
	case sinks.ErrUnauthorized:
		return statusOf(f.err) == http.StatusUnauthorized
	case sinks.ErrForbidden:
		var answered *webdav.Error
		return errors.As(f.err, &answered) && answered.StatusCode == http.StatusForbidden
	case sinks.ErrNoFolder:
		return errors.Is(f.err, target) || leadsNowhere(f.err)
	}
	return target == sinks.Reason(codeOf(f.err), statusOf(f.err))
}

func isMissing(err error) bool {
	return errors.Is(err, fs.ErrorObjectNotFound) || errors.Is(err, fs.ErrorIsDir) || errors.Is(err, fs.ErrorNotAFile)
}

func isForbidden(err error) bool {
	status := statusOf(err)
	return errors.Is(err, fs.ErrorPermissionDenied) || status == http.StatusForbidden || status == http.StatusUnauthorized
}

// leadsNowhere reports whether a WebDAV server has nothing at an address where a
// file or a folder could be made.
func leadsNowhere(err error) bool {
	var answered *webdav.Error
	if !errors.As(err, &answered) {
		return false
	}
	switch answered.StatusCode {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusConflict, http.StatusNotImplemented,
		http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// statusOf is the HTTP status of a store's answer, 0 if err is not one.
func statusOf(err error) int {
	var answer interface{ HTTPStatusCode() int }
	var answered *webdav.Error
	switch {
	case errors.As(err, &answer):
		return answer.HTTPStatusCode()
	case errors.As(err, &answered):
		return answered.StatusCode
	}
	return 0
}

// codeOf is the code of an S3 store's answer, "" if err is not one.
func codeOf(err error) string {
	var answer interface{ ErrorCode() string }
	if errors.As(err, &answer) {
		return answer.ErrorCode()
	}
	return ""
}
