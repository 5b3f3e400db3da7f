package sourcetest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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

// A spoilt source has a bug: what Fetch gives goes through it.
type spoilt struct {
	sources.Source
	bug func(v *sources.Version, err error) (*sources.Version, error)
}

func (s spoilt) Fetch(ctx context.Context, id, validator string) (*sources.Version, error) {
	return s.bug(s.Source.Fetch(ctx, id, validator))
}

// on makes a bug of what changes a version.
func on(change func(*sources.Version)) func(*sources.Version, error) (*sources.Version, error) {
	return func(v *sources.Version, err error) (*sources.Version, error) {
		if err == nil {
			change(v)
		}
		return v, err
	}
}

// onFiles makes a bug of what changes the files of a version.
func onFiles(change func(*sources.File)) func(*sources.Version, error) (*sources.Version, error) {
	return on(func(v *sources.Version) {
		for i := range v.Files {
			change(&v.Files[i])
		}
	})
}

func TestCheckFindsBugs(t *testing.T) {
	for name, c := range map[string]struct {
		bug  func(*sources.Version, error) (*sources.Version, error)
		want string // what Check says; "": nothing
	}{
		"none":            {on(func(*sources.Version) {}), ""},
		"no id":           {on(func(v *sources.Version) { v.ID = "" }), "the id is missing"},
		"title no text":   {on(func(v *sources.Version) { v.Title = "\xff" }), "is no text"},
		"never unchanged": {on(func(v *sources.Version) { v.Unchanged = false }), "an unchanged document"},
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
		"any error is a missing document": {func(v *sources.Version, err error) (*sources.Version, error) {
			if err != nil {
				err = fs.ErrNotExist
			}
			return v, err
		}, "taken for missing or forbidden"},
		"no error says why": {func(v *sources.Version, err error) (*sources.Version, error) {
			if err != nil {
				err = errors.New("x")
			}
			return v, err
		}, "does not match file does not exist"},
		"errors name the document": {func(v *sources.Version, err error) (*sources.Version, error) {
			if err != nil {
				err = fmt.Errorf("conformance: %w", err)
			}
			return v, err
		}, "names the document"},
		"a stump is taken": {func(v *sources.Version, err error) (*sources.Version, error) {
			if errors.Is(err, sources.ErrRefused) && !errors.Is(err, fs.ErrPermission) {
				return &sources.Version{ID: "x"}, nil
			}
			return v, err
		}, "cut cleanly: no error"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := sourcetest.Check(t.Context(), fixture(t, c.bug))
				if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
					t.Errorf("Check says %v; want %q", err, c.want)
				}
			})
		})
	}
}

func fixture(t *testing.T, bug func(*sources.Version, error) (*sources.Version, error)) sourcetest.Fixture {
	server := etherpadtest.New(etherpadtest.Options{})
	pad := server.Create("conformance", "text\n")
	server.Create("closed-to-all", "text\n").Spoil(etherpadtest.Forbidden)
	server.Create("a/b", "text\n")
	faults := &sourcetest.Faults{Handler: server}
	transport, stop := sourcetest.Serve(faults)
	t.Cleanup(stop)
	source, err := etherpad.New("http://pad.example.org", polite.New(polite.Options{Transport: transport}), new(spool.Pool), etherpad.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return sourcetest.Fixture{
		Source: spoilt{source, bug}, Faults: faults, ID: "conformance", Missing: "not-there", Forbidden: "closed-to-all",
		Hostile: []string{"a/b"}, Change: func() { pad.Append(etherpadtest.Author{ID: "a.AAAAAAAAAAAAAAAA"}, "more\n") },
	}
}
