package setup

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/local"
	"github.com/padsync/padsync/sinks/rclone"
	"github.com/padsync/padsync/sinks/s3"
)

// A NewPlace is a place to keep copies as the form for its kind has it, field by
// field. A form needs no more of them than its kind.
type NewPlace struct {
	Kind string // Local, WebDAV, S3 or Remote

	// Address is a folder of this machine; the address of a Nextcloud, as people
	// find it in their browser, or of any WebDAV folder; of an S3 store, without
	// the bucket; or the name of a remote of rclone.
	Address string
	Bucket  string // of an S3 store
	Region  string // of it, where it has to be said
	Folder  string // below all that

	User      string // on a WebDAV server
	Password  config.Secret
	AccessKey string // of an S3 store; without one, keys come from the environment
	SecretKey config.Secret

	Unencrypted bool
}

// Fields of a NewPlace.
const (
	FieldAddress   = "address"
	FieldBucket    = "bucket"
	FieldFolder    = "folder"
	FieldUser      = "user"
	FieldPassword  = "password"
	FieldAccessKey = "access-key"
)

// A FieldError says which field of a form is wrong.
type FieldError struct {
	Field string
	Err   error
}

// Error implements error.
func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }

// Unwrap gives what is wrong with it.
func (e *FieldError) Unwrap() error { return e.Err }

// ErrEmpty says that a field has to be filled in.
var ErrEmpty = errors.New("this has to be filled in")

// FieldOf is the field of the form for a new place that an error is about, as far
// as that is known, "" if it is about none. The place may have been tried.
func FieldOf(err error) string {
	var field *FieldError
	var network *net.OpError
	switch {
	case errors.As(err, &field):
		return field.Field
	case errors.Is(err, sinks.ErrClock), errors.Is(err, sinks.ErrQuota):
		return "" // nothing that was typed is wrong
	case errors.Is(err, sinks.ErrUnauthorized):
		return FieldPassword
	case errors.Is(err, s3.ErrNoBucket):
		return FieldBucket
	case errors.Is(err, s3.ErrRefused), errors.Is(err, s3.ErrNoCredentials):
		return FieldAccessKey
	case errors.Is(err, sinks.ErrForbidden):
		return FieldFolder
	case errors.Is(err, sinks.ErrNoFolder), errors.Is(err, sinks.ErrWebPage), unanswered(err), errors.As(err, &network), errors.Is(err, ErrSlow),
		errors.Is(err, local.ErrNoFolder), errors.Is(err, local.ErrFull), errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return FieldAddress
	}
	return ""
}

// FindPlace is the place that a form means. Of a WebDAV server it is asked, in
// bounded time, what its address is; nothing else is. The error is a *FieldError
// where a field is wrong, and never has a secret in it.
func (s *Setup) FindPlace(ctx context.Context, n NewPlace) (Place, error) {
	n.Address, n.Folder = strings.TrimSpace(n.Address), strings.Trim(strings.TrimSpace(n.Folder), "/")
	p := Place{Unencrypted: n.Unencrypted, key: new(StoreKey)}
	if n.Address == "" {
		return p, &FieldError{FieldAddress, ErrEmpty}
	}
	if n.Folder != "" && sinks.CheckKey(n.Folder) != nil {
		return p, &FieldError{FieldFolder, message.Of(message.Usage, ErrLocation, "bad-folder")}
	}
	address, err := "", error(nil)
	switch n.Kind {
	case Local:
		address, err = "file:"+filepath.Join(n.Address, filepath.FromSlash(n.Folder)), absoluteOnly(n.Address)
	case WebDAV:
		p.key.User, p.key.Password = n.User, n.Password.Reveal()
		address, err = findWebDAV(ctx, n)
	case S3:
		p.key.AccessKey, p.key.SecretKey = strings.TrimSpace(n.AccessKey), strings.TrimSpace(n.SecretKey.Reveal())
		address, err = s3Address(n)
	case Remote:
		address, err = remoteAddress(n)
	default:
		err = &FieldError{FieldAddress, ErrLocation}
	}
	if err != nil {
		return p, err
	}
	if p.Location, err = ParseLocation(address); err != nil {
		return p, &FieldError{FieldAddress, err}
	}
	return p, nil
}

// absoluteOnly: nobody sees the working folder of a page.
func absoluteOnly(folder string) error {
	if filepath.IsAbs(folder) || strings.HasPrefix(filepath.ToSlash(folder), "~/") {
		return nil
	}
	return &FieldError{FieldAddress, message.Of(message.Usage, ErrLocation, "bad-folder-relative")}
}

// withScheme is what people paste, as an address. Plain HTTP is for this machine.
func withScheme(address string) (*url.URL, error) {
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, &FieldError{FieldAddress, message.Of(message.Usage, ErrLocation, "bad-repository-webdav")}
	case u.User != nil:
		return nil, &FieldError{FieldAddress, message.Of(message.Usage, ErrLocation, "user-in-place")}
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, &FieldError{FieldAddress, message.Of(message.Usage, ErrLocation, "bad-repository-webdav-plain")}
	}
	return u, nil
}

func findWebDAV(ctx context.Context, n NewPlace) (string, error) {
	u, err := withScheme(n.Address)
	switch {
	case err != nil:
		return "", err
	case n.User == "":
		return "", &FieldError{FieldUser, ErrEmpty}
	case n.Password.Reveal() == "":
		return "", &FieldError{FieldPassword, ErrEmpty}
	}
	var found string
	err = within(ctx, stepTime, func(ctx context.Context) (err error) {
		found, err = rclone.FindWebDAV(ctx, u.String(), rclone.WebDAV{User: n.User, Password: n.Password.Reveal()})
		return err
	})
	if field := FieldOf(err); field != "" {
		return "", &FieldError{field, err}
	}
	if err != nil {
		return "", err
	}
	if u, err = url.Parse(found); err != nil {
		return "", &FieldError{FieldAddress, ErrLocation}
	}
	return config.WebDAV + u.JoinPath(strings.Split(n.Folder, "/")...).String(), nil
}

func s3Address(n NewPlace) (string, error) {
	u, err := withScheme(n.Address)
	bucket := strings.Trim(strings.TrimSpace(n.Bucket), "/")
	switch {
	case err != nil:
		return "", err
	case bucket == "" && strings.Trim(u.Path, "/") == "":
		return "", &FieldError{FieldBucket, ErrEmpty}
	case (n.AccessKey == "") != (n.SecretKey.Reveal() == ""):
		return "", &FieldError{FieldAccessKey, ErrEmpty}
	case len(strings.Fields(n.AccessKey)) > 1 || len(strings.Fields(n.SecretKey.Reveal())) > 1:
		return "", &FieldError{FieldAccessKey, ErrAccessKey}
	}
	at := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	address := at.JoinPath(bucket, n.Folder).String()
	if s3.Check(address) != nil {
		return "", &FieldError{FieldBucket, message.Of(message.Usage, ErrLocation, "bad-repository-s3-name")}
	}
	if region := strings.TrimSpace(n.Region); region != "" {
		return "s3,region=" + region + ":" + address, nil
	}
	return "s3:" + address, nil
}

// remoteAddress takes the exact name of a remote that is there, and nothing that
// rclone would read options in.
func remoteAddress(n NewPlace) (string, error) {
	names, err := rclone.Remotes()
	if err != nil {
		return "", err
	}
	if !slices.Contains(names, n.Address) {
		return "", &FieldError{FieldAddress, rclone.ErrNoRemote}
	}
	return "rclone:" + n.Address + ":" + n.Folder, nil
}

// below is the place in a folder of its own at a place.
func (p Place) below(name string) (Place, error) {
	address := p.address()
	if !strings.HasSuffix(address, "/") && !strings.HasSuffix(address, ":") {
		address += "/"
	}
	l, err := ParseLocation(address + name)
	p.Location = l
	return p, err
}

// Seen is what there is at a place, for somebody who may join it or not.
type Seen struct {
	Repository *SeenRepository // that is there; nil: none

	// Other says that there are other files. Own is then a place in a folder of
	// its own below them.
	Other bool
	Own   Place
}

// A SeenRepository is one that somebody made before.
type SeenRepository struct {
	repository.Outline
	ID     string // "": its padsync.json does not say it
	Sealed bool
	Known  bool // this machine saw it at this place before
}

// own is the name of a folder for a repository among other files.
const own = "padsync"

// Look says what is at a place, and changes nothing there. It takes at most a
// minute; then, as when ctx ends, there is an error. One that matches
// manifest.ErrUnsupported is for a repository of a newer format.
func (s *Settings) Look(ctx context.Context, at Place) (Seen, error) {
	var seen Seen
	err := within(ctx, time.Minute, func(ctx context.Context) (err error) {
		seen, err = s.look(ctx, at)
		return err
	})
	if err != nil {
		return Seen{}, message.In(err, "repository", "Repository", at.Shown)
	}
	return seen, nil
}
