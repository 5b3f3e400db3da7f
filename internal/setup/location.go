package setup

import (
	"context"
	"errors"
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
	Kind  string // Local, "s3" or "rclone"
	Value string // the address without the kind
	Shown string // the address without secrets
	s3    s3Options
}

// Local is the kind of folders of this machine.
const Local = "local"

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

// Open opens the sink at the location: the one place that knows every kind of
// sink. It passes on to warn what a sink warns of.
func (l Location) Open(ctx context.Context, warn func(text string)) (sinks.Sink, error) {
	switch l.Kind {
	case Local:
		return local.Open(l.Value)
	case "s3":
		return s3.Open(l.Value, s3.Options{Region: l.s3.region, BucketInHost: l.s3.bucketInHost})
	case "rclone":
		return rclone.Open(ctx, l.Value, rclone.Options{Warn: warn})
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
	case kind == "s3":
		return parseS3(rest, options)
	case options != "":
		// None of the others has options here, but a folder may have a comma.
	case kind == "rclone":
		parsed, err := fspath.Parse(rest)
		switch {
		case err != nil || parsed.Name == "":
			return Location{}, message.Of(message.Usage, ErrLocation, "bad-repository-rclone")
		case len(parsed.Config) > 0 && strings.HasPrefix(parsed.Path, "//"):
			// The options end at the colon of https://, and the rest of them,
			// also passwords, looks like a path.
			return Location{}, message.Of(message.Usage, ErrLocation, "bad-repository-quotes")
		}
		return Location{Kind: "rclone", Value: rest, Shown: "rclone:" + rclone.Shown(rest)}, nil
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
	return Location{"s3", s, shown + ":" + s3.Shown(s), o}, nil
}
