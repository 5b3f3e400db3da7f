package setup

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/machine"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/local"
	"github.com/padsync/padsync/sinks/rclone"
	"github.com/padsync/padsync/sinks/s3"
	"github.com/rclone/rclone/fs/fspath"
)

// A Location is where a repository is. It is comparable.
type Location struct {
	Kind  string // Local, WebDAV, S3 or Remote
	Value string // the address without the kind
	Shown string // the address without secrets
	s3    s3Options
}

// Kinds of locations: folders of this machine, the two kinds of stores that what
// is said beside the address may open, and remotes of rclone.
const (
	Local  = "local"
	WebDAV = "webdav"
	S3     = "s3"
	Remote = "rclone"
)

// ErrLocation is matched by errors for what is not the address of a repository.
var ErrLocation = errors.New("not the address of a repository")

// s3Options follow "s3", each after a comma, as in rclone.
type s3Options struct {
	region       string
	bucketInHost bool
}

// place is the location as the machine remembers it.
func (l Location) place() machine.Place {
	return machine.Place{Kind: l.Kind, Value: l.Value, Folder: l.Kind == Local}
}

// address is the location as ParseLocation reads it; it may have a secret in it.
func (l Location) address() string {
	switch l.Kind {
	case Local:
		return "file:" + l.Value
	case Remote:
		return "rclone:" + l.Value
	}
	return l.Shown
}

// A StoreKey opens a store, where its address alone does not: the account on a
// WebDAV server, or an access key of an S3 store. It is kept in memory only.
type StoreKey struct {
	User, Password       string
	AccessKey, SecretKey string
}

// Opening is how a store is opened. The zero value is usable.
type Opening struct {
	Key   StoreKey
	Warn  func(text string) // takes what a sink warns of; may be nil
	Tries int               // how often what fails is tried; 0: as a run at night does
}

// Open opens the sink at the location: the one place that knows every kind of
// sink.
func (l Location) Open(ctx context.Context, o Opening) (sinks.Sink, error) {
	switch l.Kind {
	case Local:
		return local.Open(l.Value)
	case S3:
		return s3.Open(l.Value, s3.Options{
			Region: l.s3.region, BucketInHost: l.s3.bucketInHost, AccessKey: o.Key.AccessKey, SecretKey: o.Key.SecretKey, Tries: o.Tries,
		})
	case WebDAV:
		return rclone.OpenWebDAV(ctx, l.Value, rclone.WebDAV{User: o.Key.User, Password: o.Key.Password}, rclone.Options{Warn: o.Warn, Tries: o.Tries})
	case Remote:
		return rclone.Open(ctx, l.Value, rclone.Options{Warn: o.Warn, Tries: o.Tries})
	}
	return nil, ErrLocation
}

// ParseLocation reads the address of a repository, as people write it. It asks
// nobody. An error matches ErrLocation and repeats no secret.
func ParseLocation(s string) (Location, error) {
	kind, rest, _ := strings.Cut(s, ":")
	kind, options, _ := strings.Cut(kind, ",")
	switch {
	case s == "", s == "file:":
		// An empty path would be the working folder.
		return Location{}, message.Of(message.Usage, ErrLocation, "bad-repository", "Repository", s)
	case kind == S3:
		return parseS3(rest, options)
	case options != "":
		// None of the others has options here, but a folder may have a comma.
	case strings.HasPrefix(s, config.WebDAV):
		return parseWebDAV(rest)
	case kind == Remote:
		parsed, err := fspath.Parse(rest)
		switch {
		case err != nil || parsed.Name == "":
			return Location{}, message.Of(message.Usage, ErrLocation, "bad-repository-rclone")
		case len(parsed.Config) > 0 && strings.HasPrefix(parsed.Path, "//"):
			// The options end at the colon of https://, and the rest of them,
			// also passwords, looks like a path.
			return Location{}, message.Of(message.Usage, ErrLocation, "bad-repository-quotes")
		}
		return Location{Kind: Remote, Value: rest, Shown: "rclone:" + rclone.Shown(rest)}, nil
	}
	path, ok := config.Folder(s)
	if !ok {
		// Not Shown: it may hold a secret in its options.
		return Location{}, message.Of(message.Usage, ErrLocation, "bad-repository-kind")
	}
	return folder(path)
}

// folder reads the path of a folder. Shells leave ~/ as it is within quotes and
// after --repository=, and nothing but a shell knows it in a variable.
func folder(path string) (Location, error) {
	rest, isHome := strings.CutPrefix(filepath.ToSlash(path), "~/")
	if home, err := os.UserHomeDir(); isHome && err == nil {
		path = filepath.Join(home, rest)
	}
	dir, err := filepath.Abs(path)
	return Location{Kind: Local, Value: dir, Shown: dir}, err
}

func parseS3(s, options string) (Location, error) {
	var o s3Options
	shown := "s3"
	for option := range strings.SplitSeq(options, ",") {
		name, value, _ := strings.Cut(option, "=")
		switch {
		case option == "":
			continue
		case option == "bucket-in-host":
			o.bucketInHost = true
		case name == "region" && value != "":
			o.region = value
		default:
			return Location{}, message.Of(message.Usage, ErrLocation, "bad-repository-s3-option")
		}
		shown += "," + option
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") == "" ||
		u.RawQuery != "" || u.Fragment != "" {
		return Location{}, message.Of(message.Usage, ErrLocation, "bad-repository-s3")
	}
	if u.User != nil {
		return Location{}, message.Of(message.Usage, ErrLocation, "bad-repository-user")
	}
	if s3.Check(s) != nil {
		return Location{}, message.Of(message.Usage, ErrLocation, "bad-repository-s3-name")
	}
	return Location{S3, s, shown + ":" + s3.Shown(s), o}, nil
}

// parseWebDAV reads the address of a folder on a WebDAV server. A password would
// go there with each request: nobody may read along.
func parseWebDAV(s string) (Location, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", u.RawQuery != "", u.Fragment != "":
		return Location{}, message.Of(message.Usage, ErrLocation, "bad-repository-webdav")
	case u.User != nil:
		return Location{}, message.Of(message.Usage, ErrLocation, "bad-repository-webdav-user")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return Location{}, message.Of(message.Usage, ErrLocation, "bad-repository-webdav-plain")
	}
	address := strings.TrimRight(u.String(), "/")
	return Location{Kind: WebDAV, Value: address, Shown: config.WebDAV + address}, nil
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
