package s3

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"

	"github.com/minio/minio-go/v7"

	"github.com/padsync/padsync/sinks"
)

// ErrNoBucket is matched where the store has no bucket of this name, and
// ErrRefused where it does not take the credentials, or not for this.
var (
	ErrNoBucket = errors.New("no such bucket")
	ErrRefused  = errors.New("credentials refused")
)

// failure says what was being done. It repeats no text of the store's, and no
// URL.
func failure(operation, key string, err error) error {
	if err == nil {
		return nil
	}
	var answer minio.ErrorResponse
	if errors.As(err, &answer) {
		err = refusal{answer.StatusCode, answer.Code}
	}
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	return &sinks.Error{Op: operation, Key: key, Err: err}
}

// A refusal is an answer of the store that is not success.
type refusal struct {
	status int
	code   string // such as "AccessDenied", of the store's choice
}

func (r refusal) Error() string {
	return fmt.Sprintf("the store answers %d, %.60q", r.status, r.code)
}

// Is has fs.ErrNotExist for objects only: where the bucket is missing, the
// store is not empty but misconfigured.
func (r refusal) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return r.status == http.StatusNotFound && r.code == minio.NoSuchKey
	case ErrNoBucket:
		return r.code == minio.NoSuchBucket
	case fs.ErrPermission, ErrRefused:
		return r.status == http.StatusForbidden || r.status == http.StatusUnauthorized
	}
	return false
}
