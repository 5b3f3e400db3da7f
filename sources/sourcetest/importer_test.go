package sourcetest_test

import (
	"context"
	"errors"
	"fmt"
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

// A spoilt importer has a bug: what Import gives goes through it.
type spoiltImporter struct {
	sources.Importer
	bug func(made *sources.Imported, err error) (*sources.Imported, error)
}

func (s spoiltImporter) Import(ctx context.Context, v *sources.Version) (*sources.Imported, error) {
	return s.bug(s.Importer.Import(ctx, v))
}

// onMade makes a bug of what changes what was made.
func onMade(change func(*sources.Imported)) func(*sources.Imported, error) (*sources.Imported, error) {
	return func(made *sources.Imported, err error) (*sources.Imported, error) {
		if made != nil {
			change(made)
		}
		return made, err
	}
}

func TestCheckImporterFindsBugs(t *testing.T) {
	for name, c := range map[string]struct {
		bug  func(*sources.Imported, error) (*sources.Imported, error)
		want string // what CheckImporter says; "": nothing
	}{
		"none":               {onMade(func(*sources.Imported) {}), ""},
		"another id":         {onMade(func(m *sources.Imported) { m.ID += "x" }), "fetch it"},
		"no address":         {onMade(func(m *sources.Imported) { m.Address = "" }), "the address \"\""},
		"found is not said":  {onMade(func(m *sources.Imported) { m.Found = false }), "no document that holds anything"},
		"errors are dropped": {func(m *sources.Imported, _ error) (*sources.Imported, error) { return m, nil }, "no error"},
		"errors name the document": {func(m *sources.Imported, err error) (*sources.Imported, error) {
			if err != nil {
				err = fmt.Errorf("import conformance: %w", err)
			}
			return m, err
		}, "names the document"},
		"failures are said to be made": {func(m *sources.Imported, err error) (*sources.Imported, error) {
			if err != nil {
				m = new(sources.Imported)
			}
			return m, err
		}, "it made"},
		"no error is the context's": {func(m *sources.Imported, err error) (*sources.Imported, error) {
			if err != nil {
				err = errors.New("x")
			}
			return m, err
		}, "is not the context's"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := sourcetest.CheckImporter(t.Context(), importFixture(t, c.bug))
				if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
					t.Errorf("CheckImporter says %v; want %q", err, c.want)
				}
			})
		})
	}
}

func importFixture(t *testing.T, bug func(*sources.Imported, error) (*sources.Imported, error)) sourcetest.ImportFixture {
	old := etherpadtest.New(etherpadtest.Options{})
	old.Create("conformance", "text\n")
	server := etherpadtest.New(etherpadtest.Options{TakesImports: true})
	faults := &sourcetest.Faults{Handler: server}
	transport, stop := sourcetest.Serve(faults)
	t.Cleanup(stop)
	oldTransport, stopOld := sourcetest.Serve(old)
	t.Cleanup(stopOld)
	target, err := etherpad.New("http://pad.example.org", polite.New(polite.Options{Transport: transport}), new(spool.Pool), etherpad.Options{})
	if err != nil {
		t.Fatal(err)
	}
	from, err := etherpad.New("http://old.example.org", polite.New(polite.Options{Transport: oldTransport}), new(spool.Pool), etherpad.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := from.Fetch(t.Context(), "conformance", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	broken := &sources.Version{ID: "conformance", Files: []sources.File{{Name: "x.etherpad", Format: "etherpad", Size: 1, Content: strings.NewReader("{")}}}
	return sourcetest.ImportFixture{Importer: spoiltImporter{target, bug}, Faults: faults, Version: v, Broken: broken, Requests: server.Requests}
}
