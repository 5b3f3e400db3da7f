package etherpad_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// sound is an export that is not odd.
func sound(t *testing.T) []byte {
	t.Helper()
	server := etherpadtest.New(etherpadtest.Options{})
	p := server.Create("ag", "Ordre du jour\n")
	p.Append(ann, "un mot\n")
	p.Say(ann, "oui")
	p.Save(ann, 1, "v", "0123456789abcdef")
	return []byte(ask(t, server, "/p/ag/export/etherpad"))
}

// drifted are exports that are odd in one thing each, by what that is.
func drifted(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for what, export := range etherpadtest.Drifts(sound(t)) {
		all[what] = export
	}
	if len(all) < 300 {
		t.Fatalf("only %d drifts", len(all))
	}
	return all
}

// TestRealEtherpadTakesOddPads moves what is odd to an Etherpad 1.8.14, which
// survives all of it, and shows the text that padsync does.
func TestRealEtherpadTakesOddPads(t *testing.T) {
	server := testserver.Etherpad(t, testserver.EtherpadOptions{})
	into, err := etherpad.New(server.URL, polite.New(polite.Options{Concurrency: 8}), new(spool.Pool), etherpad.Options{})
	if err != nil {
		t.Fatal(err)
	}
	odd, good := drifted(t), sound(t)
	for _, name := range []string{"nullauthor", "arraypool", "chatstring", "keymissing"} {
		b, err := os.ReadFile("../../documents/pad/testdata/odd/" + name + ".etherpad")
		if err != nil {
			t.Fatal(err)
		}
		odd[name] = bytes.ReplaceAll(b, []byte(`"pad:`+name), []byte(`"pad:ag`))
	}
	for _, far := range []string{"1e15", `"1e15"`, `["1000000000000000"]`, "1e999", `"Infinity"`} {
		for _, field := range []string{"head", "chatHead"} {
			odd[field+" is "+far] = bytes.Replace(good, []byte(`"`+field+`":`), []byte(`"`+field+`":`+far+`,"was":`), 1)
		}
	}
	var moved, differs, notTaken atomic.Int32
	var g errgroup.Group
	g.SetLimit(12)
	for what, export := range odd {
		g.Go(func() error {
			id := fmt.Sprintf("%x", sha256.Sum256([]byte(what)))[:16]
			export := bytes.ReplaceAll(export, []byte(`"pad:ag`), []byte(`"pad:`+id))
			p, err := pad.Open(bytes.NewReader(export), int64(len(export)))
			if err != nil {
				return nil // it is no pad
			}
			var shown bytes.Buffer
			state, err := p.At(p.Head)
			if err != nil || state.WriteText(&shown) != nil {
				return nil // nobody can show it
			}
			made, err := into.Import(t.Context(), &sources.Version{ID: id, Files: []sources.File{file(id+".etherpad", "etherpad", string(export))}})
			switch {
			case err == nil:
				moved.Add(1)
			case errors.Is(err, sources.ErrDiffers):
				differs.Add(1)
			default:
				notTaken.Add(1)
				t.Errorf("%s: %v", what, err)
				return nil
			}
			if !p.Mended && (made.ID != id || len(made.Losses) > 0 && err == nil && !slices.Contains(made.Losses, etherpad.LossNames)) {
				t.Errorf("%s: %+v", what, made)
			}
			if what == `/pad:ag/atext/text is "7"` || what == `/pad:ag/atext/text is 7` {
				return nil // its attributes are longer, and the server shows only line ends
			}
			r, err := http.Get(server.PadURL(made.ID) + "/export/txt")
			if err != nil {
				return err
			}
			defer r.Body.Close()
			if got, err := io.ReadAll(r.Body); err != nil || string(got) != shown.String() {
				t.Errorf("%s: the server shows %.100q (%d), padsync %q", what, got, r.StatusCode, shown.Bytes())
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d moved, %d differ, %d are not taken", moved.Load(), differs.Load(), notTaken.Load())
	if moved.Load() < 300 {
		t.Errorf("only %d moved", moved.Load())
	}
}
