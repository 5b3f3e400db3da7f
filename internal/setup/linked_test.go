package setup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/search"
)

// discovers gives a line for each find of which nothing is known, on a machine
// whose browser has these bookmarks.
func (b *bench) discovers(bookmarks ...string) (*Finds, []string) {
	b.Helper()
	b.Setenv("HOME", b.TempDir())
	file := filepath.Join(b.Getenv("XDG_CONFIG_HOME"), "chromium", "Default", "Bookmarks")
	text := `{"roots": {"other": {"type": "folder", "children": [`
	for i, address := range bookmarks {
		text += fmt.Sprintf(`%.*s{"type": "url", "name": "", "url": %q}`, min(i, 1), ",", address)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text+"]}}}"), 0o600)); err != nil {
		b.Fatal(err)
	}
	finds, err := b.settings().Discover(b.Context(), nil, func(s discovery.Skip) { b.Errorf("skipped %v", s) })
	if err != nil {
		b.Fatal(err)
	}
	unknown, err := finds.Unknown(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var lines []string
	for _, f := range unknown {
		line := fmt.Sprint(strings.ReplaceAll(f.Kind.URL(f.Base, f.ID), b.server, ""), " ", f.Certain, " ", f.Linked())
		for _, o := range f.Origins {
			line += fmt.Sprint(" ", o.Place, " ", o.Document)
		}
		lines = append(lines, line)
	}
	return finds, lines
}

const both = "https://pad.fdn.fr/p/both"

func TestLinksInWhatIsSavedAreFoundAndNotKept(t *testing.T) {
	b := newBench(t, false)
	b.pad("other")
	b.pads.Create("ag", "Voir http://127.0.0.1:1/p/linked, "+b.server+"/p/other, "+b.server+"/p/removed et "+both+"\n")
	b.saves("ag other", b.server+"/p/ag", b.server+"/p/other")
	if finds, lines := b.discovers(); len(lines) != 0 || len(finds.Unread) != 1 || !errors.Is(finds.Unread[0].Err, search.ErrNone) {
		t.Errorf("without an index: %q, %v", lines, finds.Unread)
	}
	if err := b.settings().Index(t.Context(), nil, nil, func(Indexed) {}); err != nil {
		t.Fatal(err)
	}
	// Nothing is read from the repository, nor is a server asked.
	if err := os.Rename(b.settings().Repositories[0].Value, filepath.Join(t.TempDir(), "away")); err != nil {
		t.Fatal(err)
	}
	b.with(func(c *catalog.Catalog) error {
		return c.Change(t.Context(), []catalog.Key{b.pad("removed")}, catalog.Change{Removed: true})
	})
	finds, lines := b.discovers(both)
	if want := []string{both + " true false bookmark  saved ag", "http://127.0.0.1:1/p/linked false true saved ag"}; !slices.Equal(lines, want) || len(finds.Unread) != 0 {
		t.Errorf("%q, want %q; %v", lines, want, finds.Unread)
	}
	if silent, err := finds.Ask(t.Context(), []string{"127.0.0.1:1"}); err != nil || len(silent) != 1 || !errors.Is(silent[0].Err, ErrNotFound) {
		t.Errorf("it asked for what is linked: %v, %v", silent, err)
	}
	d, err := b.settings().Documents(t.Context(), true, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	unknown, err := finds.Unknown(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := d.KeepFound(t.Context(), finds.All, unknown)
	if err != nil || len(kept) != 1 || kept[0].ID != "both" || len(kept[0].Origins) != 1 {
		t.Errorf("it kept %+v, %v", kept, err)
	}
}

func TestLinksAreLookedForWhereTheIndexOpens(t *testing.T) {
	for name, c := range map[string]struct {
		config string
		spoil  func(b *bench)
		want   error
	}{
		"refused":     {config: "[search]\nindex = false\n"},
		"no identity": {spoil: func(b *bench) { b.Getenv = without(b.Getenv, identityVariable) }, want: search.ErrNoIdentity},
		"damaged": {spoil: func(b *bench) {
			for _, file := range b.indexFiles() {
				if filepath.Ext(file) == ".db" {
					if err := os.WriteFile(file, []byte("damaged"), 0o600); err != nil {
						b.Fatal(err)
					}
				}
			}
		}, want: search.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, true)
			b.choose(catalog.Automatic, "ag")
			b.pads.Create("ag", "Voir "+both+"\n")
			b.saves("ag")
			b.indexAfter()
			b.config = c.config
			if c.spoil != nil {
				c.spoil(b)
			}
			finds, lines := b.discovers("https://pad.fdn.fr/p/bookmark")
			if want := []string{"https://pad.fdn.fr/p/bookmark true false bookmark "}; !slices.Equal(lines, want) {
				t.Errorf("%q, want %q", lines, want)
			}
			if c.want == nil && len(finds.Unread) != 0 || c.want != nil && (len(finds.Unread) != 1 || !errors.Is(finds.Unread[0].Err, c.want)) {
				t.Errorf("%v, want %v", finds.Unread, c.want)
			}
		})
	}
}

func without(getenv func(string) string, variable string) func(string) string {
	return func(name string) string {
		if name == variable {
			return ""
		}
		return getenv(name)
	}
}

func TestNobodyIsAskedForAPassphraseUnlessNamed(t *testing.T) {
	b := newBench(t, true)
	b.choose(catalog.Automatic, "ag")
	b.pads.Create("ag", "Voir "+both+"\n")
	b.saves("ag")
	b.indexAfter()
	id := filepath.Join(t.TempDir(), "id.age")
	sealTo(t, id, "open", b.Getenv(identityVariable))
	b.Getenv = without(b.Getenv, identityVariable)
	asker := new(knowing)
	b.Asker, b.config = asker, fmt.Sprintf("[encryption]\nidentity-file = %q\nidentity-command = [\"cat\", %q]\n", id, id)
	if finds, lines := b.discovers(); len(lines) != 0 || len(finds.Unread) != 1 || asker.asked != 0 {
		t.Errorf("%q, %v, asked %d times", lines, finds.Unread, asker.asked)
	}
	s, err := b.Load(Options{IdentityFiles: []string{id}})
	if err != nil {
		t.Fatal(err)
	}
	if finds, err := s.Discover(t.Context(), nil, nil); err != nil || len(finds.All) != 1 || len(finds.Unread) != 0 || asker.asked != 1 {
		t.Errorf("with an identity that was named: %+v, %v", finds, err)
	}
}

// knowing gives the passphrase "open", and counts.
type knowing struct{ asked int }

func (k *knowing) Prompt(string) crypto.Prompt {
	return crypto.Prompt{Passphrase: func() (string, error) { k.asked++; return "open", nil }}
}

func (k *knowing) Output(context.Context, []string) ([]byte, error) {
	k.asked++
	return nil, errors.New("asked")
}

// sealTo writes a text into a file that a passphrase opens.
func sealTo(t *testing.T, file, passphrase, text string) {
	t.Helper()
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	to.SetWorkFactor(1)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err = errors.Join(err, w.Close(), os.WriteFile(file, sealed.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// A page of links, made to be a burden, is one document's.
func TestADocumentHasNotTooManyLinks(t *testing.T) {
	b := newBench(t, true)
	b.choose(catalog.Automatic, "ag")
	var many strings.Builder
	for i := range 3 * mostLinks {
		fmt.Fprintf(&many, "https://pad.fdn.fr/p/%d ", i)
	}
	b.pads.Create("ag", many.String()+"\n")
	b.saves("ag")
	b.indexAfter()
	if _, lines := b.discovers(); len(lines) != mostLinks {
		t.Errorf("%d links of %d", len(lines), mostLinks)
	}
}
