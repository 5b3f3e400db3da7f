package docs_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks/local"
	"github.com/padsync/padsync/sources/etherpad"
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
	if len(blocks) != 10 {
		t.Fatalf("the page has %d blocks of commands; this test knows 10", len(blocks))
	}
	everything, find, take, said, description, text, whole := blocks[1], blocks[2], blocks[3], blocks[4], blocks[5], blocks[6], blocks[9]

	server := etherpadtest.New(etherpadtest.Options{})
	ag := server.Create("ag-2026", "Ordre du jour\n")
	server.Create("Été_à_la_mairie_*suite*", "où ?\n")
	dir := t.TempDir()
	r := newByHand(t, dir, server, true)
	r.run("ag-2026", "Été_à_la_mairie_*suite*")
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

	r.say("ag-2026", "Assemblée", "avant")
	r.say("ag-2026", "Assemblée générale", "où ?")
	if got, want := r.shell(said), `{"id":"ag-2026","name":"Assemblée générale","description":`; !strings.Contains(got, want) || strings.Count(got, "\n") != 2 {
		t.Errorf("what is said is %s, want %s…", got, want)
	}
	if got := r.shell(description); got != "où ?" {
		t.Errorf("the description is %q", got)
	}

	if got := r.shell(whole); got != "" {
		t.Errorf("a sound repository: %s", got)
	}
	for _, kind := range []string{"packs", "manifests"} {
		objects, err := filepath.Glob(filepath.Join(dir, "repository", kind, "*"))
		if err != nil || len(objects) < 2 {
			t.Fatalf("%s: %q %v", kind, objects, err)
		}
		flipByte(t, objects[0])
		if got := r.shell(whole); !strings.Contains(got, "damaged: "+kind+"/"+filepath.Base(objects[0])) {
			t.Errorf("a flipped byte in %s: the page's check says %q", kind, got)
		}
	}
}

// A pad with a long history is joined from what several versions hold.
func TestLongHistoryIsJoinedByHand(t *testing.T) {
	page, err := os.ReadFile("restoring-by-hand.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := examples(string(page), "sh")
	everything, join, exact := blocks[1], blocks[7], blocks[8]
	server := etherpadtest.New(etherpadtest.Options{})
	ag := server.Create("ag-2026", "Ordre du jour\n")
	r := newByHand(t, t.TempDir(), server, true)
	for day := range 5 {
		for i := range 600 - 100*day {
			ag.Append(etherpadtest.Author{ID: "a.0123456789abcdef"}, fmt.Sprintf("Point %d\n", i))
		}
		r.run("ag-2026")
	}
	want := r.export("ag-2026")
	r.shell(everything)
	versions, err := filepath.Glob(filepath.Join(r.dir, "out/*/ag-2026/*"))
	if err != nil || len(versions) != 5 {
		t.Fatalf("%q %v, want 5 versions", versions, err)
	}
	newest := versions[4]
	if info, err := os.Stat(filepath.Join(newest, "ag-2026.etherpad")); err != nil || info.Size()*4 > int64(len(want)) {
		t.Errorf("the newest version has %d of %d bytes, %v", info.Size(), len(want), err)
	}
	sum := r.shell("cd " + filepath.Dir(newest) + "\n" + strings.ReplaceAll(join, "VERSION", filepath.Base(newest)) + exact)
	if want := fmt.Sprintf("%x  exact.etherpad\n", sha256.Sum256(want)); sum != want {
		t.Errorf("byte for byte it is %q, want %q", sum, want)
	}
	joined, err := os.ReadFile(filepath.Join(filepath.Dir(newest), "whole.etherpad"))
	if err != nil {
		t.Fatal(err)
	}
	var got, all map[string]any
	if err := errors.Join(json.Unmarshal(joined, &got), json.Unmarshal(want, &all)); err != nil || !reflect.DeepEqual(got, all) {
		t.Errorf("joined, it is another pad: %v", err)
	}
	document, err := os.ReadFile(filepath.Join(newest, "document.json"))
	if err != nil || !bytes.Contains(document, fmt.Appendf(nil, `"size":%d,"sha256":"%x","history":`, len(want), sha256.Sum256(want))) {
		t.Errorf("document.json is %s, %v", document, err)
	}
}

// byHand is a folder with a repository, sealed or not, and its key, as the page
// wants.
type byHand struct {
	t      *testing.T
	dir    string
	server *etherpadtest.Server
	source *etherpad.Source
	repo   *repository.Repository
	now    time.Time
}

func newByHand(t *testing.T, dir string, server *etherpadtest.Server, sealed bool) *byHand {
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	r := &byHand{t: t, dir: dir, server: server, now: time.Date(2026, 11, 20, 2, 14, 4, 0, time.UTC)}
	var err error
	if r.source, err = etherpad.New(web.URL, polite.New(polite.Options{Tries: 1}), spool.New(t.TempDir(), 0), etherpad.Options{}); err != nil {
		t.Fatal(err)
	}
	r.open(sealed)
	return r
}

func (r *byHand) open(sealed bool) {
	options := repository.Options{Pool: spool.New(r.t.TempDir(), 0), Now: func() time.Time { return r.now }}
	if sealed {
		options.Recipients, options.Identities = r.keys()
	}
	sink, err := local.Open(filepath.Join(r.dir, "repository"))
	if err != nil {
		r.t.Fatal(err)
	}
	if r.repo, err = repository.OpenOrCreate(r.t.Context(), sink, options); err != nil {
		r.t.Fatal(err)
	}
}

func (r *byHand) keys() ([]crypto.Recipient, []age.Identity) {
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
	return []crypto.Recipient{recipient}, []age.Identity{owner}
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
		v, err := r.source.Fetch(context.Background(), id, "")
		if err != nil {
			r.t.Fatalf("document %d: %v", n, err)
		}
		defer v.Close()
		before := r.newest(contents, id)
		if err := run.Save(manifest.Document{ID: id, State: manifest.Current}, v, "", before); err != nil {
			r.t.Fatalf("document %d: %v", n, err)
		}
	}
	if err := errors.Join(run.Commit(context.Background(), manifest.AtEnd), run.Checkpoint(context.Background())); err != nil {
		r.t.Fatal(err)
	}
}

// say gives a pad a name and a description.
func (r *byHand) say(id, name, description string) {
	r.now = r.now.AddDate(0, 0, 1)
	source := manifest.Source{Kind: "etherpad", URL: "https://annuel.framapad.org"}
	said := manifest.Said{Name: &name, Description: &description}
	if _, err := r.repo.Say(context.Background(), repository.RunOptions{Program: "test"}, []repository.Saying{{Source: source, ID: id, Said: said}}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *byHand) newest(contents *repository.Contents, id string) *manifest.VersionRecord {
	for record, err := range contents.Documents() {
		if err != nil {
			r.t.Fatal(err)
		}
		if record.ID == id {
			return record.Newest()
		}
	}
	return nil
}

// export is what the server gives.
func (r *byHand) export(id string) []byte {
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, httptest.NewRequest("GET", "/p/"+id+"/export/etherpad", nil))
	return w.Body.Bytes()
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
