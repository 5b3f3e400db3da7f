package setup

import (
	"testing"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/mirror"
	"github.com/padsync/padsync/sources"
)

// TestMirrorPublishesWhatWasSaidAlone.
func TestMirrorPublishesWhatWasSaidAlone(t *testing.T) {
	kinds := AllKinds()
	record := func(id, name, source string, tags ...string) *manifest.Record {
		r := &manifest.Record{Source: manifest.Source{Kind: "etherpad", URL: "https://pads.example.org/sub", Name: source}, ID: id}
		r.Said.Name, r.Said.Tags = name, tags
		return r
	}
	minutes, other := record("ag-2026", "Compte rendu", "Our pads", "AG", "été"), record("budget", "", "")
	secret := func(s string) []config.Secret { return []config.Secret{config.NewSecret(s)} }
	for name, c := range map[string]struct {
		mirror         config.Mirror
		minutes, other bool
	}{
		"all":            {config.Mirror{All: true}, true, true},
		"nothing":        {config.Mirror{}, false, false},
		"a tag":          {config.Mirror{Tags: []string{"ag"}}, true, false},
		"an accent":      {config.Mirror{Tags: []string{"Été"}}, true, false},
		"no tag":         {config.Mirror{Tags: []string{"a"}}, false, false},
		"an id":          {config.Mirror{Documents: secret("ag-2026")}, true, false},
		"ids":            {config.Mirror{Documents: secret("*d*")}, false, true},
		"an address":     {config.Mirror{Documents: secret("https://pads.example.org/sub/p/ag-2026/timeslider")}, true, false},
		"another server": {config.Mirror{Documents: secret("https://pads.example.org/p/ag-2026")}, false, false},
		"a name":         {config.Mirror{Documents: secret("compte rendu")}, true, false},
		"no name":        {config.Mirror{Documents: secret("compte")}, false, false},
		"a service":      {config.Mirror{Services: []string{"our pads"}}, true, false},
		"a host":         {config.Mirror{Services: []string{"pads.example.org"}}, true, true},
		"its address":    {config.Mirror{Services: []string{"https://pads.example.org/sub/"}}, true, true},
		"another host":   {config.Mirror{Services: []string{"example.org"}}, false, false},
		"an empty one":   {config.Mirror{Services: []string{""}}, false, false},
	} {
		var texts []string
		for _, d := range c.mirror.Documents {
			texts = append(texts, d.Reveal())
		}
		names, err := kinds.names(texts)
		if err != nil {
			t.Fatal(err)
		}
		p := MirrorPlace{Mirror: c.mirror, names: names, selection: library.Select(names, nil)}
		known := func(yield func(library.Known, error) bool) {
			_ = yield(library.KnownOf(minutes), nil) && yield(library.KnownOf(other), nil)
		}
		if _, err := p.selection.LearnFrom("", known); err != nil {
			t.Fatal(err)
		}
		if got := p.chooses(minutes); got != c.minutes {
			t.Errorf("%s: the minutes: %t", name, got)
		}
		if got := p.chooses(other); got != c.other {
			t.Errorf("%s: the other: %t", name, got)
		}
	}
}

// TestFetchedFileIsKeptWhereAMirrorMayNeedItAlone.
func TestFetchedFileIsKeptWhereAMirrorMayNeedItAlone(t *testing.T) {
	kinds := AllKinds()
	from := manifest.Source{Kind: "etherpad", URL: "https://pads.example.org/sub", Name: "Our pads"}
	for name, c := range map[string]struct {
		mirrors []config.Mirror
		open    bool // a public version of ag-2026 is kept
		shut    bool // so is one that is not
	}{
		"all":             {[]config.Mirror{{All: true}}, true, false},
		"all of private":  {[]config.Mirror{{All: true, Private: true}}, true, true},
		"any of them":     {[]config.Mirror{{Services: []string{"other"}, Private: true}, {All: true}}, true, false},
		"a tag":           {[]config.Mirror{{Tags: []string{"AG"}}}, true, false},
		"a service":       {[]config.Mirror{{Services: []string{"our pads"}}}, true, false},
		"another service": {[]config.Mirror{{Services: []string{"example.org"}, Private: true}}, false, false},
		"an address":      {[]config.Mirror{{Documents: []config.Secret{config.NewSecret("https://pads.example.org/sub/p/ag-2026")}}}, true, false},
		"another address": {[]config.Mirror{{Documents: []config.Secret{config.NewSecret("https://pads.example.org/sub/p/other")}, Private: true}}, false, false},
		"a name":          {[]config.Mirror{{Documents: []config.Secret{config.NewSecret("Compte rendu")}}}, true, false},
	} {
		s := &Settings{Config: new(config.Config), setup: &Setup{Kinds: kinds}}
		for _, m := range c.mirrors {
			var texts []string
			for _, d := range m.Documents {
				texts = append(texts, d.Reveal())
			}
			names, err := kinds.names(texts)
			if err != nil {
				t.Fatal(err)
			}
			s.Mirrors = append(s.Mirrors, MirrorPlace{Mirror: m, names: names})
		}
		for _, public := range []bool{true, false} {
			read, want := false, c.shut
			if public {
				want = c.open
			}
			content := reading(func() { read = true })
			f := mirror.NewFetched(new(spool.Pool))
			s.KeepIn(f)(from, &sources.Version{ID: "ag-2026", Public: public, Files: []sources.File{
				{Format: "txt", Content: reading(func() { t.Error("a file is kept that no page is made from") }), Size: 1}, {Format: "etherpad", Content: content, Size: 1},
			}})
			if err := f.Close(); err != nil || read != want {
				t.Errorf("%s, public %t: it is kept: %t, %v", name, public, read, err)
			}
		}
	}
}

// A reading file tells that it is read.
type reading func()

func (r reading) ReadAt(b []byte, _ int64) (int, error) {
	r()
	return len(b), nil
}

// TestMachineIsTheSameInEachRun, and another where it keeps nothing.
func TestMachineOfAMirrorIsTheSameInEachRun(t *testing.T) {
	s := &Settings{Config: new(config.Config), setup: &Setup{Getenv: func(string) string { return "" }}}
	if s.mirrorMachine() != HostName() {
		t.Error("it keeps nothing, and has a name")
	}
	s.setup.Getenv = func(name string) string { return map[string]string{runnerVariable: "AGE-SECRET-KEY-1"}[name] }
	if s.mirrorMachine() != "AGE-SECRET-KEY-1" {
		t.Error("it is not known by its identity")
	}
}
