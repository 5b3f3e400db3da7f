package main

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"
	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/local"
	"github.com/padsync/padsync/sinks/rclone"
	"github.com/padsync/padsync/sinks/s3"
	"github.com/rclone/rclone/fs/fspath"
)

// location is where a repository is.
type location struct {
	kind  string // "local", "s3" or "rclone"
	value string // the address without the kind
	shown string // without secrets
	s3    s3Options
}

// s3Options stand behind "s3", each after a comma, as rclone has it.
type s3Options struct {
	region       string
	bucketInHost bool
}

// openSink is the only place that knows every kind of sink.
func (a *app) openSink(ctx context.Context, l location) (sinks.Sink, error) {
	switch l.kind {
	case "local":
		return local.Open(l.value)
	case "s3":
		return s3.Open(l.value, s3.Options{Region: l.s3.region, BucketInHost: l.s3.bucketInHost})
	case "rclone":
		return rclone.Open(ctx, l.value, rclone.Options{
			Warn: func(text string) { a.note("rclone-says", "Text", text) },
		})
	}
	return nil, errLocation
}

// parseLocation reads the address of a repository. It asks nobody.
func (a *app) parseLocation(s string) (location, error) {
	kind, rest, _ := strings.Cut(s, ":")
	kind, options, _ := strings.Cut(kind, ",")
	switch {
	case s == "", s == "file:":
		// An empty path would be the working folder.
		return location{}, message.Of(message.Usage, errLocation, "bad-repository", "Repository", s)
	case kind == "s3":
		return a.parseS3(rest, options)
	case options != "":
		// None of the others has options here, but perhaps a folder a comma.
	case kind == "rclone":
		parsed, err := fspath.Parse(rest)
		switch {
		case err != nil || parsed.Name == "":
			return location{}, message.Of(message.Usage, errLocation, "bad-repository-rclone")
		case len(parsed.Config) > 0 && strings.HasPrefix(parsed.Path, "//"):
			// The options end at the colon of https://, and the rest of them,
			// passwords too, looks like a path.
			return location{}, message.Of(message.Usage, errLocation, "bad-repository-quotes")
		}
		return location{kind: "rclone", value: rest, shown: "rclone:" + rclone.Shown(rest)}, nil
	}
	path, ok := config.Folder(s)
	if !ok {
		// Not shown: it may hold a secret in its options.
		return location{}, message.Of(message.Usage, errLocation, "bad-repository-kind")
	}
	return folder(path)
}

// folder reads the path of a folder. Shells leave ~/ as it is within quotes and
// after --repository=, and nothing but a shell knows it in a variable.
func folder(path string) (location, error) {
	rest, isHome := strings.CutPrefix(filepath.ToSlash(path), "~/")
	if home, err := os.UserHomeDir(); isHome && err == nil {
		path = filepath.Join(home, rest)
	}
	dir, err := filepath.Abs(path)
	return location{kind: "local", value: dir, shown: dir}, err
}

func (a *app) parseS3(s, options string) (location, error) {
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
			return location{}, message.Of(message.Usage, errLocation, "bad-repository-s3-option")
		}
		shown += "," + option
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") == "" ||
		u.RawQuery != "" || u.Fragment != "" {
		return location{}, message.Of(message.Usage, errLocation, "bad-repository-s3")
	}
	if u.User != nil {
		return location{}, message.Of(message.Usage, errLocation, "bad-repository-user")
	}
	if s3.Check(s) != nil {
		return location{}, message.Of(message.Usage, errLocation, "bad-repository-s3-name")
	}
	return location{"s3", s, shown + ":" + s3.Shown(s), o}, nil
}

// defaultRepository is the folder for who names none.
func (a *app) defaultRepository() (string, error) {
	const variable = "XDG_DATA_HOME"
	if a.homeless(variable) {
		return "", message.Of(message.Usage, errHomeless, "no-home", "Variable", variable)
	}
	return filepath.Join(a.folder(variable, xdg.DataHome), "padsync", "repository"), nil
}
