package sinks

import (
	"errors"
	"net/http"
)

// What a store's refusal is about, where that is known; a sink's errors match
// them. The store's own words are in their texts.
var (
	// ErrRegion: the bucket is in another region than requests are signed for.
	ErrRegion = errors.New("another region")

	// ErrClock: this machine's clock is wrong, or the store's.
	ErrClock = errors.New("the clocks differ")

	// ErrQuota: there is no room left.
	ErrQuota = errors.New("no room left")

	// ErrArchived: the object is kept where it cannot be read at once.
	ErrArchived = errors.New("in an archive")

	// ErrBucketInHost: the store wants the bucket in the host's name.
	ErrBucketInHost = errors.New("the bucket belongs in the host's name")

	// ErrExpired: the credentials are those of a session that is over.
	ErrExpired = errors.New("credentials expired")

	// ErrUnauthorized: the store does not know the account, or its password is
	// another one.
	ErrUnauthorized = errors.New("the account or its password is not taken")

	// ErrForbidden: the account is taken, and may not do this there.
	ErrForbidden = errors.New("the account may not do this there")

	// ErrKept: what is stored cannot be deleted, or not now.
	ErrKept = errors.New("nothing can be deleted there")

	// ErrNoFolder: the address leads to nothing in which there can be folders.
	ErrNoFolder = errors.New("no folder can be there")

	// ErrWebPage: what answers is a website, not a store.
	ErrWebPage = errors.New("a web page in place of a store's answer")
)

// reasons are the codes of S3 stores: Amazon's list of error responses, and
// what Ceph, MinIO, Alibaba's and Tencent's say besides.
var reasons = map[string]error{
	"AuthorizationHeaderMalformed":       ErrRegion,
	"InvalidRegion":                      ErrRegion,
	"PermanentRedirect":                  ErrRegion,
	"IllegalLocationConstraintException": ErrRegion,

	"RequestTimeTooSkewed": ErrClock,
	"RequestExpired":       ErrClock,

	"QuotaExceeded":                  ErrQuota,
	"UserQuotaExceeded":              ErrQuota,
	"XMinioAdminBucketQuotaExceeded": ErrQuota,
	"XMinioStorageFull":              ErrQuota,
	"StorageFull":                    ErrQuota,
	"InsufficientStorage":            ErrQuota,
	"NoSpaceLeft":                    ErrQuota,

	"ObjectLocked":     ErrKept,
	"InvalidRetention": ErrKept,

	"InvalidObjectState":    ErrArchived,
	"ObjectNotInActiveTier": ErrArchived,

	"SecondLevelDomainForbidden": ErrBucketInHost,
	"PathStyleDomainForbidden":   ErrBucketInHost,

	"ExpiredToken":          ErrExpired,
	"ExpiredTokenException": ErrExpired,
	"TokenRefreshRequired":  ErrExpired,
	"InvalidToken":          ErrExpired,
}

// Reason is what an answer with this code and HTTP status is about, nil where
// that is not known.
func Reason(code string, status int) error {
	if reason, ok := reasons[code]; ok {
		return reason
	}
	switch status {
	case http.StatusInsufficientStorage:
		return ErrQuota
	case http.StatusLocked:
		return ErrKept
	}
	return nil
}
