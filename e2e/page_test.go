package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/padsync/padsync/internal/pagetest"
	"github.com/padsync/padsync/internal/testserver"
)

// A reader looks at the page in Chromium.
type reader struct {
	*testing.T
	browser context.Context
	base    string // the page's address

	mu         sync.Mutex
	complaints []string // of the browser since they were taken last
}

// newReader opens a session of the page of a world.
func newReader(t *testing.T, w *pagetest.World) *reader {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	link, done, err := w.Serve(ctx)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); <-done })
	r := &reader{T: t}
	browser, end, err := pagetest.Browse(ctx, filepath.Join(t.TempDir(), "chromium"), func(text string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.complaints = append(r.complaints, text)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	r.browser = browser
	first := link()
	r.base = first[:strings.LastIndex(first, "/")]
	r.must(pagetest.Visit(browser, first))
	return r
}

func (r *reader) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// taken are the complaints since it was asked last.
func (r *reader) taken() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.complaints
	r.complaints = nil
	return all
}

// newWorld is a world, lived in if so.
func newWorld(t *testing.T, live bool) *pagetest.World {
	t.Helper()
	w, err := pagetest.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	if live {
		if err := w.Live(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// A violation is what axe-core found.
type violation struct {
	ID    string
	Nodes []struct{ HTML, FailureSummary string }
}

// Nobody is kept out: axe-core finds nothing on any page, nothing is wider than a
// small telephone, and the pages' policy refuses nothing that is on them.
func TestEveryPageIsForEverybody(t *testing.T) {
	t.Parallel()
	r := newReader(t, newWorld(t, true))
	axe := testserver.Axe(t)
	pages, err := pagetest.Pages(r.browser, r.base)
	r.must(err)
	if len(pages) < 10 {
		t.Fatalf("only %d pages: %v", len(pages), pages)
	}
	// Each language, theme and width is in one of these; all eight are looked at by
	// the command that makes pictures.
	for _, look := range []pagetest.Look{{Language: "en", Theme: "light", Width: 1280}, {Language: "fr", Theme: "dark", Width: 320}} {
		r.must(pagetest.As(r.browser, look))
		for _, page := range pages {
			r.taken()
			r.must(pagetest.Visit(r.browser, r.base+page.Path))
			// Advice on forms with two passwords is no complaint.
			said := slices.DeleteFunc(r.taken(), func(text string) bool { return strings.HasPrefix(text, "[DOM] ") })
			if len(said) > 0 && page.Name != "missing" {
				t.Errorf("%s, %s: the browser complains: %s", page.Name, look, strings.Join(said, "\n"))
			}
			wide, err := pagetest.Evaluate[bool](r.browser, `document.documentElement.scrollWidth > innerWidth`)
			r.must(err)
			if wide {
				t.Errorf("%s, %s: wider than the window", page.Name, look)
			}
			if lang, err := pagetest.Evaluate[string](r.browser, `document.documentElement.lang`); err != nil || lang != look.Language {
				t.Errorf("%s: in %q, %v", page.Name, lang, err)
			}
			_, err = pagetest.Evaluate[bool](r.browser, axe+"\n;true")
			r.must(err)
			found, err := pagetest.Evaluate[[]violation](r.browser, `axe.run(document, {resultTypes: ["violations"], iframes: false}).then(r => r.violations.map(v => ({ID: v.id, Nodes: v.nodes.slice(0, 3).map(n => ({HTML: n.html, FailureSummary: n.failureSummary}))})))`)
			r.must(err)
			for _, v := range found {
				t.Errorf("%s, %s: %s %s", page.Name, look, v.ID, fmt.Sprint(v.Nodes))
			}
		}
	}
}
