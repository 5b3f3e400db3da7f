package sourcetest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// A bug is what becomes of what Fetch, or Import, gives.
type bug[T any] func(given *T, err error) (*T, error)

// on makes a bug of what changes what was given.
func on[T any](change func(*T)) bug[T] {
	return func(given *T, err error) (*T, error) {
		if given != nil {
			change(given)
		}
		return given, err
	}
}

// onError makes a bug of what changes an error.
func onError[T any](change func(error) error) bug[T] {
	return func(given *T, err error) (*T, error) {
		if err != nil {
			err = change(err)
		}
		return given, err
	}
}

// A planted bug is one that a suite is to find.
type planted[B any] struct {
	bug  B
	want string // what the suite says; "": nothing
}

// findsBugs plants each bug, and sees whether it is found.
func findsBugs[B any](t *testing.T, bugs map[string]planted[B], check func(*testing.T, B) error) {
	for name, p := range bugs {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := check(t, p.bug)
				if p.want == "" && err != nil || p.want != "" && (err == nil || !strings.Contains(err.Error(), p.want)) {
					t.Errorf("the suite says %v; want %q", err, p.want)
				}
			})
		})
	}
}

// onFiles makes a bug of what changes the files of a version.
func onFiles(change func(*sources.File)) bug[sources.Version] {
	return on(func(v *sources.Version) {
		for i := range v.Files {
			change(&v.Files[i])
		}
	})
}

func TestCheckFindsBugs(t *testing.T) {
	findsBugs(t, map[string]planted[bug[sources.Version]]{
		"none":            {on(func(*sources.Version) {}), ""},
		"no id":           {on(func(v *sources.Version) { v.ID = "" }), "the id is missing"},
		"title no text":   {on(func(v *sources.Version) { v.Title = "\xff" }), "is not text"},
		"never unchanged": {on(func(v *sources.Version) { v.Unchanged = false }), "an unchanged document"},
		"never public":    {on(func(v *sources.Version) { v.Public = false }), "the first look says false"},
		"public at first": {on(func(v *sources.Version) { v.Public = !v.Unchanged }), "the next look says false"},
		"more than said":  {on(func(v *sources.Version) { v.Revision = "1" }), "more than id and validator"},
		"no content":      {on(func(v *sources.Version) { v.Facts.Content = "" }), "no fact of the content"},
		"one content":     {on(func(v *sources.Version) { v.Facts.Content = "x" }), "the change does not show"},
		"no files":        {on(func(v *sources.Version) { v.Files = nil }), "no files"},
		"file twice":      {on(func(v *sources.Version) { v.Files = append(v.Files, v.Files...) }), "two files"},
		"slash in a name": {onFiles(func(f *sources.File) { f.Name = "../" + f.Name }), "a file is named"},
		"no ending":       {onFiles(func(f *sources.File) { f.Name = "x" }), "no ending"},
		"size":            {onFiles(func(f *sources.File) { f.Size-- }), "size or hash"},
		"hash":            {onFiles(func(f *sources.File) { f.SHA256[0]++ }), "size or hash"},
		"no bytes":        {onFiles(func(f *sources.File) { f.Content = strings.NewReader("") }), "size or hash"},

		"any error is a missing document": {onError[sources.Version](func(error) error { return fs.ErrNotExist }), "taken for missing or forbidden"},
		"no error says why":               {onError[sources.Version](func(error) error { return errors.New("x") }), "does not match file does not exist"},
		"errors name the document": {onError[sources.Version](func(err error) error {
			return fmt.Errorf("conformance: %w", err)
		}), "names the document"},
		"a stump is taken": {func(v *sources.Version, err error) (*sources.Version, error) {
			if errors.Is(err, sources.ErrRefused) && !errors.Is(err, fs.ErrPermission) {
				return &sources.Version{ID: "x"}, nil
			}
			return v, err
		}, "cut cleanly: no error"},
	}, func(t *testing.T, b bug[sources.Version]) error { return sourcetest.Check(t.Context(), fixture(t, b)) })
}

// A spoilt source has a bug.
type spoilt struct {
	sources.Source
	bug bug[sources.Version]
}

func (s spoilt) Fetch(ctx context.Context, id, validator string) (*sources.Version, error) {
	return s.bug(s.Source.Fetch(ctx, id, validator))
}

func fixture(t *testing.T, b bug[sources.Version]) sourcetest.Fixture {
	server := etherpadtest.New(etherpadtest.Options{})
	pad := server.Create("conformance", "text\n")
	server.Create("closed-to-all", "text\n").Spoil(etherpadtest.Forbidden)
	server.Create("a/b", "text\n")
	faults := &sourcetest.Faults{Handler: server}
	return sourcetest.Fixture{
		Source: spoilt{open(t, faults, ""), b}, Faults: faults, ID: "conformance", Public: true, Missing: "not-there", Forbidden: "closed-to-all",
		Hostile: []string{"a/b"}, Change: func() { pad.Append(etherpadtest.Author{ID: "a.AAAAAAAAAAAAAAAA"}, "more\n") },
	}
}

// open makes a source, with the API's key or "" for a visitor.
func open(t *testing.T, h http.Handler, key string) *etherpad.Source {
	transport, stop := sourcetest.Serve(h)
	t.Cleanup(stop)
	client := polite.New(polite.Options{Transport: transport})
	source, err := etherpad.New("http://pad.example.org", client, new(spool.Pool), etherpad.Options{Access: etherpad.Access{APIKey: key}})
	if err != nil {
		t.Fatal(err)
	}
	return source
}
