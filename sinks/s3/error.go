package s3

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"

	"github.com/minio/minio-go/v7"

	"github.com/padsync/padsync/sinks"
)

// ErrNoBucket is matched where the store has no bucket of this name, and
// ErrRefused where it does not take the credentials, or not for this bucket.
var (
	ErrNoBucket = errors.New("no such bucket")
	ErrRefused  = errors.New("credentials refused")
)

// failure says what was being done, and what the store says of it; it repeats
// no credentials, and of URLs only the host.
func (s *Sink) failure(operation, key string, err error) error {
	if err == nil {
		return nil
	}
	if answer, ok := errors.AsType[minio.ErrorResponse](err); ok {
		err = &refusal{answer.StatusCode, answer.Code, sinks.Said(answer.Message, s.hiding())}
	}
	if request, ok := errors.AsType[*url.Error](err); ok {
		err = request.Err
	}
	return &sinks.Error{Op: operation, Key: key, Err: err}
}

// A refusal is an answer of the store that is not success.
type refusal struct {
	status int
	code   string // such as "AccessDenied", of the store's choice
	said   string // its own words
}

func (r *refusal) Error() string {
	text := fmt.Sprintf("the store answers %d, %.60q", r.status, r.code)
	if r.code == webPage {
		text = fmt.Sprintf("%v (%d)", sinks.ErrWebPage, r.status)
	}
	if r.said != "" {
		text += ": " + r.said
	}
	return text
}

// Is has fs.ErrNotExist for objects only: where the bucket is missing, the
// store is not empty but misconfigured.
func (r *refusal) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return r.status == http.StatusNotFound && r.code == minio.NoSuchKey
	case ErrNoBucket:
		return r.code == minio.NoSuchBucket
	case fs.ErrPermission, ErrRefused:
		return r.status == http.StatusForbidden || r.status == http.StatusUnauthorized
	case sinks.ErrWebPage:
		return r.code == webPage
	}
	return target == sinks.Reason(r.code, r.status)
}

var regionForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,63}$`)

// namedRegion is the region that a refusal names as the right one, "" if err is
// not one.
func namedRegion(err error) string {
	answer, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok || sinks.Reason(answer.Code, answer.StatusCode) != sinks.ErrRegion && answer.StatusCode != http.StatusMovedPermanently ||
		!regionForm.MatchString(answer.Region) {
		return ""
	}
	return answer.Region
}
