package docs_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks/local"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// The page's own commands must bring back everything, with nothing but
// Debian's programs.
func TestRestoringByHandWorksAsThePageSays(t *testing.T) {
	page, err := os.ReadFile("restoring-by-hand.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := examples(string(page), "sh")
	if len(blocks) != 6 {
		t.Fatalf("the page has %d blocks of commands; this test knows 6", len(blocks))
	}
	everything, find, take, text, whole := blocks[1], blocks[2], blocks[3], blocks[4], blocks[5]

	server := etherpadtest.New(etherpadtest.Options{})
	ag := server.Create("ag-2026", "Ordre du jour\n")
	server.Create("Été à la mairie / suite", "où ?\n")
	dir := t.TempDir()
	r := &byHand{t: t, dir: dir, server: server, now: time.Date(2026, 11, 20, 2, 14, 4, 0, time.UTC)}
	r.open()
	r.run("ag-2026", "Été à la mairie / suite")
	ag.Append(etherpadtest.Author{ID: "a.0123456789abcdef"}, "Vote du budget")
	r.run("ag-2026")

	r.shell(everything)
	saved, err := filepath.Glob(filepath.Join(dir, "out/*/*/*/*.etherpad"))
	if err != nil || len(saved) != 3 {
		t.Fatalf("everything: %q %v, want 3 versions", saved, err)
	}

	lines := strings.Split(strings.TrimSpace(r.shell(find)), "\n")
	if len(lines) != 2 {
		t.Fatalf("one document: %q, want a line for each version", lines)
	}
	newest := strings.Split(lines[1], "\t")
	if err := os.RemoveAll(filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	r.shell("mkdir out\n" + strings.NewReplacer("packs/PACK", newest[2], "VERSION", newest[0]).Replace(take))
	if saved, _ = filepath.Glob(filepath.Join(dir, "out/*/*/*/ag-2026.etherpad")); len(saved) != 1 {
		t.Fatalf("one version: %q", saved)
	}
	if got := r.shell(strings.ReplaceAll(text, "ag-2026.etherpad", saved[0])); strings.TrimSpace(got) != strings.TrimSpace(ag.Text()) {
		t.Errorf("the text is %q, want %q", got, ag.Text())
	}

	if got := r.shell(whole); got != "" {
		t.Errorf("a sound repository: %s", got)
	}
	for _, kind := range []string{"packs", "manifests"} {
		objects, err := filepath.Glob(filepath.Join(dir, "repository", kind, "*"))
		if err != nil || len(objects) != 2 {
			t.Fatalf("%s: %q %v", kind, objects, err)
		}
		flipByte(t, objects[0])
		if got := r.shell(whole); !strings.Contains(got, "damaged: "+kind+"/"+filepath.Base(objects[0])) {
			t.Errorf("a flipped byte in %s: the page's check says %q", kind, got)
		}
	}
}

// byHand is a folder with a sealed repository and its key, as the page wants.
type byHand struct {
	t      *testing.T
	dir    string
	server *etherpadtest.Server
	repo   *repository.Repository
	now    time.Time
}

func (r *byHand) open() {
	owner, err := crypto.Generate(false)
	if err != nil {
		r.t.Fatal(err)
	}
	recipient, err := crypto.RecipientOf(owner)
	if err != nil {
		r.t.Fatal(err)
	}
	var key bytes.Buffer
	if err := crypto.WriteIdentity(&key, owner, time.Now()); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, "key.txt"), key.Bytes(), 0o600); err != nil {
		r.t.Fatal(err)
	}
	sink, err := local.Open(filepath.Join(r.dir, "repository"))
	if err != nil {
		r.t.Fatal(err)
	}
	r.repo, err = repository.OpenOrCreate(r.t.Context(), sink, repository.Options{
		Recipients: []crypto.Recipient{recipient}, Identities: []age.Identity{owner}, Pool: spool.New(r.t.TempDir(), 0),
		Now: func() time.Time { return r.now },
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// run saves the pads with these ids, a day after the run before.
func (r *byHand) run(ids ...string) {
	r.now = r.now.AddDate(0, 0, 1)
	contents, err := r.repo.Read(context.Background(), repository.At{})
	if err != nil {
		r.t.Fatal(err)
	}
	defer contents.Close()
	run, err := r.repo.Begin(context.Background(), contents, repository.RunOptions{
		Program: "test", Sources: []manifest.Source{{Kind: "etherpad", URL: "https://annuel.framapad.org"}},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	for n, id := range ids {
		w := httptest.NewRecorder()
		q := httptest.NewRequest("GET", "/", nil)
		q.URL.Path = "/p/" + id + "/export/etherpad"
		r.server.ServeHTTP(w, q)
		body := w.Body.Bytes()
		v := &sources.Version{ID: id, Files: []sources.File{{
			Name: fmt.Sprintf("%s.etherpad", strings.ReplaceAll(id, "/", "_")), Format: "etherpad",
			Size: int64(len(body)), SHA256: sha256.Sum256(body), Content: bytes.NewReader(body),
		}}}
		if err := run.Save(manifest.Document{ID: id, State: manifest.Current}, v, ""); err != nil {
			r.t.Fatalf("document %d: %v", n, err)
		}
	}
	if err := run.Commit(context.Background(), true); err != nil {
		r.t.Fatal(err)
	}
}

// shell runs commands in the folder and returns what they print.
func (r *byHand) shell(commands string) string {
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir = r.dir
	var output, messages bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &messages
	if err := cmd.Run(); err != nil {
		r.t.Fatalf("%v\n%s\nin\n%s", err, messages.Bytes(), commands)
	}
	return output.String()
}

func flipByte(t *testing.T, name string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
