package s3

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7/pkg/s3utils"

	"github.com/padsync/padsync/sinks"
)

// An address is https://HOST[:PORT]/BUCKET[/PREFIX], taken apart.
type address struct {
	endpoint       url.URL
	bucket, prefix string // the prefix is "" or ends in a slash
}

// parse gives errors that do not repeat the address: it may hold a password.
func parse(text string) (*address, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("is not a URL")
	}
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	switch {
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "":
		return nil, errors.New("want https://HOST/BUCKET or https://HOST/BUCKET/PREFIX")
	case u.User != nil:
		return nil, errors.New("credentials do not belong in an address")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("has a ? or #")
	case s3utils.CheckValidBucketName(bucket) != nil:
		return nil, fmt.Errorf("%q cannot be the name of a bucket", bucket)
	case prefix == "":
	case sinks.CheckKey(prefix) != nil:
		return nil, fmt.Errorf("%q cannot be a prefix", prefix)
	default:
		prefix += "/"
	}
	return &address{url.URL{Scheme: u.Scheme, Host: u.Host}, bucket, prefix}, nil
}

// Check says whether there can be a store at the address, as Open does, but
// does not look for credentials.
func Check(address string) error {
	if _, err := parse(address); err != nil {
		return fmt.Errorf("address of an S3 store: %w", err)
	}
	return nil
}

// Shown is the address without what may be secret in it, for people.
func Shown(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "(an address that cannot be read)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
