package sourcetest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

func TestCheckImporterFindsBugs(t *testing.T) {
	findsBugs(t, map[string]planted[bug[sources.Imported]]{
		"none":               {on(func(*sources.Imported) {}), ""},
		"another id":         {on(func(m *sources.Imported) { m.ID += "x" }), "fetch it"},
		"no address":         {on(func(m *sources.Imported) { m.Address = "" }), "the address \"\""},
		"found is not said":  {on(func(m *sources.Imported) { m.Found = false }), "no document that holds anything"},
		"errors are dropped": {onError[sources.Imported](func(error) error { return nil }), "no error"},
		"errors name the document": {onError[sources.Imported](func(err error) error {
			return fmt.Errorf("import conformance: %w", err)
		}), "names the document"},
		"no error is the context's": {onError[sources.Imported](func(error) error { return errors.New("x") }), "is not the context's"},
		"failures are said to be made": {func(m *sources.Imported, err error) (*sources.Imported, error) {
			if err != nil {
				m = new(sources.Imported)
			}
			return m, err
		}, "it made"},
	}, func(t *testing.T, b bug[sources.Imported]) error {
		return sourcetest.CheckImporter(t.Context(), importFixture(t, b))
	})
}

// A spoilt importer has a bug.
type spoiltImporter struct {
	sources.Importer
	bug bug[sources.Imported]
}

func (s spoiltImporter) Import(ctx context.Context, v *sources.Version) (*sources.Imported, error) {
	return s.bug(s.Importer.Import(ctx, v))
}

func importFixture(t *testing.T, b bug[sources.Imported]) sourcetest.ImportFixture {
	old := etherpadtest.New(etherpadtest.Options{})
	old.Create("conformance", "text\n")
	server := etherpadtest.New(etherpadtest.Options{TakesImports: true})
	faults := &sourcetest.Faults{Handler: server}
	target, from := open(t, faults, ""), open(t, old, "")
	v, err := from.Fetch(t.Context(), "conformance", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	broken := &sources.Version{ID: "conformance", Files: []sources.File{{Name: "x.etherpad", Format: "etherpad", Size: 1, Content: strings.NewReader("{")}}}
	return sourcetest.ImportFixture{Importer: spoiltImporter{target, b}, Faults: faults, Version: v, Broken: broken, Requests: server.Requests}
}
