package repository_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sources"
)

// Vectors are whole repositories, each a file of header lines, an empty line,
// and a tar of the objects:
//
//	comment: what is special about it
//	expect: ok | corrupt | wrong key | unsupported | headless | none
//	identity: an age identity                       (if it is sealed)
//	document: id, state, versions, SHA-256 of the newest, whether one is
//	          public, and what is said of it        (each that must come back)
//
// Until the first release -update may write them anew. Afterwards those of a
// version stay as they are for ever, and others are added beside them.
var update = flag.Bool("update", false, "write the vectors of testdata/v1 anew")

const vectors = "testdata/v1"

func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	names, err := filepath.Glob(vectors + "/*")
	if err != nil {
		t.Fatal(err)
	}
	count := map[bool]int{}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			v := readVector(t, name)
			count[v.expect == "ok"]++
			v.test(t)
		})
	}
	if count[true] < 8 || count[false] < count[true] {
		t.Errorf("%d good vectors and %d damaged ones", count[true], count[false])
	}
}

type vector struct {
	comment, expect, identity string
	documents                 []string
	sink                      sinks.Sink
}

func (v *vector) test(t *testing.T) {
	w := newWorld(t, false)
	w.sink = v.sink
	if v.identity != "" {
		var err error
		if w.options.Identities, err = crypto.ParseIdentities(strings.NewReader(v.identity), crypto.Prompt{}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := w.describe()
	corrupt := (*repository.CorruptError)(nil)
	outcome := "ok"
	switch {
	case errors.Is(err, repository.ErrNoIdentity):
		outcome = "wrong key"
	case errors.Is(err, manifest.ErrUnsupported):
		outcome = "unsupported"
	case slices.ContainsFunc(w.damaged, func(e *repository.CorruptError) bool { return errors.Is(e, repository.ErrHeadless) }):
		outcome = "headless"
	case errors.Is(err, repository.ErrNone):
		outcome = "none"
	case errors.As(err, &corrupt), len(w.damaged) > 0:
		outcome = "corrupt"
	case err != nil:
		t.Fatal(err)
	}
	if outcome != v.expect {
		t.Errorf("%s: %s (%v), want %s", v.comment, outcome, err, v.expect)
	}
	if !slices.Equal(got, v.documents) {
		t.Errorf("%s: documents are\n%s\nwant\n%s", v.comment, strings.Join(got, "\n"), strings.Join(v.documents, "\n"))
	}
}

// describe reads all documents, and checks the repository.
func (w *world) describe() (documents []string, err error) {
	r, err := repository.Open(w.t.Context(), w.sink, w.options)
	if err != nil {
		return nil, err
	}
	c, err := r.Read(w.t.Context(), repository.At{})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	rd := r.NewReader(w.t.Context())
	defer rd.Close()
	for record, err := range c.All() {
		if err != nil {
			return documents, err
		}
		line := fmt.Sprintf("%q %s %d", record.ID, record.State, len(record.Versions))
		if v := record.NewestSound(); v != nil {
			s, err := rd.File(v.Files[0])
			if err != nil {
				return documents, err
			}
			line += fmt.Sprintf(" %x", s.SHA256())
			s.Close()
		}
		said, err := said(r, record)
		if err != nil {
			return documents, err
		}
		line += said
		documents = append(documents, line)
	}
	for _, id := range c.Missing {
		return documents, &repository.CorruptError{Key: id, Problem: "missing"}
	}
	report, err := r.Check(w.t.Context(), true, nil)
	if err == nil && len(report.Problems) > 0 {
		err = &repository.CorruptError{Key: report.Problems[0].Object, Problem: report.Problems[0].Problem}
	}
	return documents, err
}

// said is what people say of a document, and " public" if a version is.
func said(r *repository.Repository, record *manifest.Record) (line string, err error) {
	if slices.ContainsFunc(record.Versions, func(v manifest.VersionRecord) bool { return v.Public }) {
		line = " public"
	}
	s := &record.Said
	description, err := r.Description(s)
	if s.Name+description != "" || len(s.Tags) > 0 {
		line += fmt.Sprintf(" %q %q %q", s.Name, s.Tags, description)
	}
	for _, c := range s.Choices {
		line += fmt.Sprintf(" %q=%s", c.Machine, c.Choice)
	}
	if errors.Is(err, repository.ErrNoIdentity) {
		err = nil
	}
	return line, err
}

func readVector(t testing.TB, name string) *vector {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, r := &vector{sink: memory.New(time.Now)}, bufio.NewReader(f)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "comment":
			v.comment = value
		case "expect":
			v.expect = value
		case "identity":
			v.identity = value
		case "document":
			v.documents = append(v.documents, value)
		case "":
			v.readObjects(t, r)
			return v
		default:
			t.Fatalf("unknown header line %q", key)
		}
	}
}

func (v *vector) readObjects(t testing.TB, r io.Reader) {
	t.Helper()
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.sink.Put(t.Context(), h.Name, bytes.NewReader(b), int64(len(b))); err != nil {
			t.Fatal(err)
		}
	}
}

func (v *vector) write(t *testing.T, name string) {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "comment: %s\nexpect: %s\n", v.comment, v.expect)
	if v.identity != "" {
		fmt.Fprintf(&b, "identity: %s\n", v.identity)
	}
	for _, d := range v.documents {
		fmt.Fprintf(&b, "document: %s\n", d)
	}
	b.WriteString("\n")
	tw := tar.NewWriter(&b)
	w := &world{t: t, sink: v.sink}
	for _, key := range w.keys("") {
		rc, err := v.sink.Get(t.Context(), key, 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(rc)
		if err != nil {
			t.Fatal(err)
		}
		if err := tw.WriteHeader(&tar.Header{Name: key, Mode: 0o600, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(vectors, name), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// writeVectors makes all vectors: good repositories, then those that are good
// but for one thing.
func writeVectors(t *testing.T) {
	if err := os.RemoveAll(vectors); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(vectors, 0o755); err != nil {
		t.Fatal(err)
	}
	good := func(name, comment string, postQuantum, sealed bool, make func(w *world)) *vector {
		w := newWorld(t, false)
		v := &vector{comment: comment, expect: "ok"}
		if sealed {
			id, err := crypto.Generate(postQuantum)
			if err != nil {
				t.Fatal(err)
			}
			w.options.Recipients, w.options.Identities = recipients(t, id), []age.Identity{id}
			v.identity = id.String()
		}
		make(w)
		v.sink = w.sink
		documents, err := w.describe()
		if err != nil {
			t.Fatal(err)
		}
		v.documents = documents
		v.write(t, name)
		return v
	}
	one := func(w *world) { w.mustRun(map[string]string{"ag-2026": "Ordre du jour\n"}) }
	plain := good("plain", "one pad, one run", false, false, one)
	sealed := good("sealed", "sealed to an X25519 recipient", false, true, one)
	good("post-quantum", "sealed to a post-quantum recipient", true, true, one)
	good("empty-run", "a run that looked at nothing", false, false, func(w *world) { w.mustRun(nil) })
	good("names", "ids that are no file names", false, false, func(w *world) {
		w.mustRun(map[string]string{"../../x": "1", "CON": "2", "Ag": "3", "ag": "4", "é": "5", "e\u0301": "6", strings.Repeat("😀", 50): "7"})
	})
	good("versions", "three versions, the newest is suspect", false, false, func(w *world) {
		w.mustRun(map[string]string{"ag": "one"})
		w.mustRun(map[string]string{"ag": "two"})
		w.suspectRun("ag", "", "default-text")
	})
	good("long", "a file of many frames' length beside short ones", false, false, func(w *world) {
		w.mustRun(map[string]string{"a": "short", "b": strings.Repeat("long and longer\n", 40_000), "c": ""})
	})
	good("incomplete", "a run that was cut off", false, false, func(w *world) {
		if err := w.run(map[string]string{"ag": "x"}, false); err != nil {
			t.Fatal(err)
		}
	})
	good("others", "objects that are not padsync's", false, false, func(w *world) {
		one(w)
		for _, key := range []string{"README.txt", "manifests/notes.txt", "packs/old.zip", "manifests/0000000001-20261122T000000Z-0000000000000000.json.gz"} {
			if err := w.sink.Put(t.Context(), key, strings.NewReader("x"), 1); err != nil {
				t.Fatal(err)
			}
		}
	})
	two := good("two", "two runs, the second names the first", false, false, func(w *world) {
		w.mustRun(map[string]string{"ag": "one"})
		w.mustRun(map[string]string{"bureau": "two"})
	})
	pruned := good("pruned", "a checkpoint, what it included is gone, and a manifest that names both", false, false, func(w *world) {
		w.mustRun(map[string]string{"ag": "one"})
		slow := w.begin(nil)
		w.checkpoint()
		w.checkpoint()
		for _, key := range append(w.keys("manifests/"), w.keys("checkpoints/")[0]) {
			editObject(t, w.sink, key, nil)
		}
		slow.Tell(manifest.Document{ID: "bureau", State: manifest.Missing})
		if err := slow.Commit(t.Context(), manifest.AtEnd); err != nil {
			t.Fatal(err)
		}
		w.mustRun(map[string]string{"later": "x"})
	})
	good("gone", "a checkpoint, what the one before it included is gone, and so is that, and a manifest names it", false, false, func(w *world) {
		w.mustRun(map[string]string{"ag": "one"})
		slow := w.begin(nil)
		w.checkpoint()
		editObject(t, w.sink, "manifests/", nil)
		w.checkpoint()
		editObject(t, w.sink, "checkpoints/", nil)
		slow.Tell(manifest.Document{ID: "bureau", State: manifest.Missing})
		if err := slow.Commit(t.Context(), manifest.AtEnd); err != nil {
			t.Fatal(err)
		}
	})
	good("late", "a run that began before a checkpoint tells of a look after it", false, false, func(w *world) {
		w.mustRun(map[string]string{"ag": "one"})
		slow := w.begin(nil)
		w.mustRun(nil)
		w.checkpoint()
		slow.Tell(manifest.Document{ID: "ag", State: manifest.Missing})
		if err := slow.Commit(t.Context(), manifest.AtEnd); err != nil {
			t.Fatal(err)
		}
	})
	recovered := func(w *world) {
		for _, text := range []string{"one", "two", "three"} {
			w.mustRun(map[string]string{"ag": text})
		}
		w.suspectRun("ag", "four", "shrunk")
		for _, key := range w.keys("manifests/")[1:3] {
			editObject(t, w.sink, key, nil)
		}
		w.repair()
	}
	good("recovered", "the second and the third version are told from packs, and stand before the others", false, false, recovered)
	good("recovered-checkpoint", "the same, in a checkpoint", false, true, func(w *world) {
		recovered(w)
		w.checkpoint()
		for _, key := range w.keys("manifests/") {
			editObject(t, w.sink, key, nil)
		}
	})
	good("unlooked", "no list tells of the document, which is told from packs", false, false, func(w *world) {
		one(w)
		for _, key := range w.keys("manifests/") {
			editObject(t, w.sink, key, nil)
		}
		w.repair()
	})
	good("retold", "the newest version is suspect, and is told again without the word and with a title", false, false, func(w *world) {
		w.mustRun(map[string]string{"ag": "one"})
		w.suspectRun("ag", "two", "shrunk")
		v := w.one("ag").Versions[1]
		saved, h := manifest.At(v.Saved), w.header(9)
		h.Packs = []manifest.Pack{v.Files[0].In}
		w.forge("manifests/", h, manifest.Document{ID: "ag", Versions: []manifest.DocumentVersion{{Name: v.Name, Saved: &saved, Title: "another", Files: []manifest.File{v.Files[0].File}}}})
	})
	good("accepted", "the newest version is suspect, then no more", false, false, func(w *world) {
		w.mustRun(map[string]string{"ag": "one"})
		w.suspectRun("ag", "two", "shrunk")
		w.accept()
	})
	good("cleared", "the same, in a checkpoint", false, false, func(w *world) {
		w.mustRun(map[string]string{"ag": "one"})
		w.suspectRun("ag", "two", "shrunk")
		w.accept()
		w.checkpoint()
		for _, key := range w.keys("manifests/") {
			editObject(t, w.sink, key, nil)
		}
	})
	good("compacted", "three versions, the newest two are suspect: one that was compacted with another text, and one that shrunk", false, false, func(w *world) {
		for i, suspect := range []string{"", manifest.Compacted, "shrunk"} {
			v := version("ag", fmt.Sprint("text ", i))
			v.Facts.Text = fmt.Sprint(i)
			w.saveOne(v, suspect)
		}
	})
	good("moved", "a version was moved into another pack, and the first one is gone", false, false, func(w *world) {
		one(w)
		first := w.keys("packs/")[0]
		w.move(one)
		editObject(t, w.sink, first, nil)
	})
	good("moved-back", "a version was moved into another pack, and that one is gone", false, false, func(w *world) {
		one(w)
		w.move(one)
		editObject(t, w.sink, w.one("ag-2026").Versions[0].Files[0].In.Key, nil)
	})
	good("texts", "a title of what JSON escapes and of what it does not, and no facts", false, false, func(w *world) {
		v := version("ag", "x")
		v.Title, v.Facts = "\" \\ / < > & \b\f\n\r\t\x00\x1f\x7f \u2028\u2029 é 😀", sources.Facts{}
		w.saveOne(v, "")
	})
	good("odd-names", "ids that are file names on some systems", false, false, func(w *world) {
		save := make(map[string]string)
		for _, id := range []string{".bashrc", "-rf", "a b", "con .x", "con.x.y", "LPT9", "com¹", "conin$", "end.", "end ", "x.Y", "straße", "ὀδυσσεύς", "ⅷ²", "\u0307a\u0323",
			strings.Repeat("a", 120), strings.Repeat("b", 121), strings.Repeat("c", 78) + ".. " + strings.Repeat("c", 50), "d" + strings.Repeat("é", 60) + ".etherpad"} {
			save[id] = id
		}
		w.mustRun(save)
	})
	checkpoint := good("checkpoint", "a checkpoint in place of 31 manifests", false, false, func(w *world) {
		for i := range 31 {
			w.mustRun(map[string]string{"ag": fmt.Sprint("text ", i)})
		}
		for _, key := range w.keys("manifests/") {
			if err := w.sink.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
	})
	pages := func(n int) string {
		return "{" + "[" + strings.Repeat("page after page\n", n) + "]" + fmt.Sprint(n) + "}"
	}
	grows := func(w *world) {
		for _, n := range []int{6000, 6100, 6150, 6500} {
			w.mustRun(map[string]string{"ag": pages(n)})
		}
	}
	history := good("history", "a history that grew thrice", false, false, grows)
	good("history-sealed", "the same, sealed", false, true, grows)
	good("history-anew", "a history that grew, then another one, then none", false, false, func(w *world) {
		grows(w)
		w.mustRun(map[string]string{"ag": strings.ToUpper(pages(7000))})
		w.mustRun(map[string]string{"ag": "short"})
	})

	says := func(w *world) {
		one(w)
		w.say("ag-2026", manifest.Said{Name: new("Bureau"), Tags: []string{"été", "budget"}, Description: new("où ?")})
		w.say("ag-2026", choice("laptop", manifest.Automatic))
		w.say("ag-2026", choice("desktop", manifest.Ignored))
		w.say("ag-2026", manifest.Said{Name: new("Le bureau"), Choices: choice("laptop", manifest.Manual).Choices})
		w.say("ag-2026", choice("phone", manifest.Manual))
		w.say("ag-2026", choice("phone", ""))
		w.say("never saved", manifest.Said{Name: new("x"), Tags: []string{"y"}})
		w.say("never saved", manifest.Said{Name: new("Later"), Tags: []string{}})
		w.say("wrong", manifest.Said{Removed: new(true), Name: new("Wrong")})
	}
	alone := func(w *world) {
		w.checkpoint()
		for _, key := range w.keys("manifests/") {
			editObject(t, w.sink, key, nil)
		}
	}
	spoken := good("said", "two machines say different things of one pad, of one that was never saved, and of one that is none", false, false, says)
	good("said-checkpoint", "the same, in a checkpoint", false, false, func(w *world) { says(w); alone(w) })
	good("said-sealed", "the same, sealed: the description is a file of its own", false, true, says)
	good("said-late", "what was taken back is in a checkpoint, and a run that began earlier tells it", false, false, func(w *world) {
		one(w)
		slow := w.begin(nil)
		w.say("ag-2026", manifest.Said{Name: new("x"), Choices: choice("laptop", manifest.Manual).Choices})
		w.say("ag-2026", manifest.Said{Name: new(""), Choices: choice("laptop", "").Choices})
		w.checkpoint()
		slow.Tell(manifest.Document{ID: "ag-2026", Said: &manifest.Said{Name: new("late"), Tags: []string{"new"}, Choices: choice("laptop", manifest.Ignored).Choices}})
		if err := slow.Commit(t.Context(), manifest.AtEnd); err != nil {
			t.Fatal(err)
		}
	})
	odd := func(w *world) {
		one(w)
		said := manifest.Said{Name: new("a\x1b[31m\n\u202eb " + strings.Repeat("é", 300)), Description: new("\u2028\u2029\x7f\u200f\x00é" + strings.Repeat("x", 5000))}
		said.Tags = []string{"deux mots", "deux\u00a0\tmots", " \u202c", strings.Repeat("é", 50)}
		for i := range 30 {
			said.Tags = append(said.Tags, fmt.Sprint("tag", i))
		}
		said.Choices = []manifest.MachineChoice{{Machine: "a\u202e", Choice: "sometimes"}, {Machine: "b", Choice: manifest.Manual}, {Machine: "c\x1b", Choice: manifest.Manual}}
		w.forge("manifests/", w.header(2), manifest.Document{ID: "ag-2026", Said: &said})
	}
	good("said-odd", "what is said breaks all bounds that it has where it is shown", false, false, odd)
	good("said-odd-checkpoint", "the same, in a checkpoint", false, false, func(w *world) { odd(w); alone(w) })
	good("said-by-many", "choices of 400 machines, which told them one after the other", false, false, func(w *world) {
		one(w)
		for i := range 4 {
			said := &manifest.Said{}
			for j := range 100 {
				said.Choices = append(said.Choices, manifest.MachineChoice{Machine: fmt.Sprintf("%03d", (3-i)*100+j), Choice: manifest.Manual})
			}
			w.forge("manifests/", w.header(int64(2+i)), manifest.Document{ID: "ag-2026", Said: said})
		}
	})
	good("removed", "what is removed was looked at later, has a version, is said not to be, or was erased", false, false, func(w *world) {
		w.mustRun(map[string]string{"saved": "x"})
		look := func(id string, state manifest.State) manifest.Document {
			return manifest.Document{ID: id, State: state}
		}
		w.forge("manifests/", w.header(2), look("before", manifest.Failed), look("erased", manifest.Erased), look("not", manifest.Failed))
		w.sayAll(
			repository.Saying{Source: pads, ID: "after", Said: manifest.Said{Removed: new(true)}},
			repository.Saying{Source: pads, ID: "before", Said: manifest.Said{Removed: new(true)}},
			repository.Saying{Source: pads, ID: "erased", Said: manifest.Said{Removed: new(true)}},
			repository.Saying{Source: pads, ID: "not", Said: manifest.Said{Removed: new(true)}},
			repository.Saying{Source: pads, ID: "saved", Said: manifest.Said{Removed: new(true)}},
		)
		w.say("not", manifest.Said{Removed: new(false)})
		w.forge("manifests/", w.header(9), look("after", manifest.Failed))
	})
	public := func(w *world) {
		for id, is := range map[string]bool{"private": false, "public": true, "was-public": true} {
			v := version(id, id)
			v.Public = is
			w.saveOne(v, "")
		}
		v := w.one("was-public").Versions[0]
		w.forge("manifests/", w.header(9), manifest.Document{ID: "was-public", State: manifest.Current, Versions: []manifest.DocumentVersion{{Name: v.Name, Public: new(false)}}})
	}
	good("public", "one version is public, one was, and of one nothing is told", false, false, public)
	good("public-checkpoint", "the same, in a checkpoint", false, false, func(w *world) { public(w); alone(w) })
	good("public-recovered", "a public version is told from packs", false, false, func(w *world) {
		v := version("ag", "x")
		v.Public = true
		w.saveOne(v, "")
		editObject(t, w.sink, "manifests/", nil)
		w.repair()
	})

	bad := func(name, comment, expect string, from *vector, documents []string, change func(sink sinks.Sink)) {
		v := &vector{comment: comment, expect: expect, identity: from.identity, documents: documents}
		v.sink = clone(t, from.sink, func(_ string, b []byte) []byte { return b })
		change(v.sink)
		v.write(t, name)
	}
	edit := func(prefix string, change func([]byte) []byte) func(sinks.Sink) {
		return func(sink sinks.Sink) { editObject(t, sink, prefix, change) }
	}
	flip := func(b []byte) []byte { b[len(b)/2] ^= 0x40; return b }
	bad("pack-flipped", "one byte of the pack is another", "corrupt", plain, nil, edit("packs/", flip))
	bad("pack-cut", "the pack ends early", "corrupt", plain, []string{`"ag-2026" current 0`}, edit("packs/", func(b []byte) []byte { return b[:len(b)-10] }))
	bad("pack-missing", "the pack is not there", "corrupt", plain, []string{`"ag-2026" current 0`}, edit("packs/", nil))
	bad("sealed-pack-flipped", "one byte of the sealed pack is another", "corrupt", sealed, nil, edit("packs/", flip))
	bad("manifest-flipped", "one byte of the manifest is another", "corrupt", plain, nil, edit("manifests/", flip))
	bad("sealed-manifest-cut", "the sealed manifest ends early", "corrupt", sealed, nil, edit("manifests/", func(b []byte) []byte { return b[:len(b)-1] }))
	bad("part-missing", "the checkpoint's part is not there, nor are the manifests", "corrupt", checkpoint, nil, edit("parts/", nil))
	bad("checkpoint-flipped", "one byte of the checkpoint is another, and the manifests are gone", "corrupt", checkpoint, nil, edit("checkpoints/", flip))
	bad("headless", "padsync.json is gone", "headless", plain, plain.documents, edit("padsync.json", nil))
	bad("newer", "padsync.json is of version 2", "unsupported", plain, nil, edit("padsync.json", func(b []byte) []byte {
		return bytes.Replace(b, []byte(`"version":1`), []byte(`"version":2`), 1)
	}))
	bad("not-a-head", "padsync.json is something else", "corrupt", plain, plain.documents, edit("padsync.json", func([]byte) []byte { return []byte("{}\n") }))
	bad("head-flipped", "one digit of the id in padsync.json is another", "corrupt", plain, plain.documents, edit("padsync.json", flipID))
	bad("headless-sealed", "padsync.json is gone, and all is sealed", "headless", sealed, sealed.documents, edit("padsync.json", nil))
	bad("manifest-missing", "the first manifest is gone, which the second names", "corrupt", two, two.documents[1:], edit("manifests/0000000001-", nil))
	bad("checkpoint-missing", "the checkpoint is gone, and the manifests that it included", "corrupt", pruned, []string{`"bureau" missing 0`, `"later" current 1 ` + hashOf("x")}, func(sink sinks.Sink) {
		for _, key := range (&world{t: t, sink: sink}).keys("checkpoints/") {
			editObject(t, sink, key, nil)
		}
	})
	bad("poisoned", "a sequence far above all others", "corrupt", plain, plain.documents, func(sink sinks.Sink) {
		w := newWorld(t, false)
		w.sink = sink
		w.forge("manifests/", w.header(manifest.MaxSequence), manifest.Document{ID: "forged", State: manifest.Failed})
	})
	bad("recovered-part", "a version is said to be recovered, and not told whole", "corrupt", plain, plain.documents, func(sink sinks.Sink) {
		w := newWorld(t, false)
		w.sink = sink
		h := w.header(2)
		name := w.one("ag-2026").Versions[0].Name
		content := w.encoded(h, manifest.Document{ID: "ag-2026", Versions: []manifest.DocumentVersion{{Name: name, Suspect: new("")}}})
		w.storeManifest(h, bytes.Replace(content, []byte(`"suspect"`), []byte(`"recovered":true,"suspect"`), 1))
	})
	bad("wide", "a manifest whose window is a MiB", "corrupt", plain, plain.documents, func(sink sinks.Sink) {
		w := newWorld(t, false)
		w.sink = sink
		h := w.header(2)
		h.Program = strings.Repeat("x", 600<<10)
		w.storeManifest(h, w.encoded(h))
	})
	bad("foreign", "a manifest of another repository", "corrupt", plain, plain.documents, func(sink sinks.Sink) {
		w := newWorld(t, false)
		w.sink = sink
		h := w.header(2)
		h.Repository = strings.Repeat("f", 32)
		w.forge("manifests/", h, manifest.Document{ID: "forged", State: manifest.Failed})
	})
	for name, forged := range map[string]struct{ comment, old, new string }{
		"other-key":      {"a manifest with a key that the format does not know", `"complete":true`, `"colour":"red","complete":true`},
		"other-spaces":   {"a manifest with a space between two keys", `"complete":true,`, `"complete":true, `},
		"other-order":    {"a manifest with two keys in another order", `"id":"forged","state":"failed"`, `"state":"failed","id":"forged"`},
		"empty-list":     {"a manifest with a list that is empty and not left out", `"complete":true`, `"complete":true,"before":[]`},
		"other-escape":   {"a manifest with a letter that is escaped", `"forged"`, `"\u0066orged"`},
		"twice":          {"a manifest with the same document twice", `"state":"failed"}`, `"state":"failed"},{"source":0,"id":"forged","state":"failed"}`},
		"other-state":    {"a manifest with a state that the format does not know", `"state":"failed"`, `"state":"lost"`},
		"told-elsewhere": {"a manifest, and no checkpoint, that says who told a look", `"state":"failed"`, `"state":"failed","told":0`},
		"no-source":      {"a manifest with a document of a source that it does not name", `{"source":0,"id":"forged"`, `{"source":1,"id":"forged"`},
		"path":           {"a manifest with a file whose name is a path", `"name":"ag-2026.etherpad"`, `"name":"../ag-2026.etherpad"`},
		"no-pack":        {"a manifest with a file in a pack that it does not name", `"pack":0`, `"pack":1`},
		"no-place":       {"a manifest with a file before the beginning of its frame", `"offset":2560`, `"offset":-1`},
	} {
		bad(name, forged.comment, "corrupt", plain, plain.documents, func(sink sinks.Sink) {
			w := newWorld(t, false)
			w.sink = sink
			v, h := w.one("ag-2026").Versions[0], w.header(2)
			saved := manifest.At(v.Saved)
			h.Packs = []manifest.Pack{v.Files[0].In}
			content := w.encoded(h, manifest.Document{ID: "ag-2026", Versions: []manifest.DocumentVersion{
				{Name: v.Name, Saved: &saved, Suspect: new("shrunk"), Files: []manifest.File{v.Files[0].File}},
			}}, manifest.Document{ID: "forged", State: manifest.Failed})
			changed := bytes.Replace(content, []byte(forged.old), []byte(forged.new), 1)
			if bytes.Equal(changed, content) {
				t.Fatalf("%s: nothing is changed of %s", name, content)
			}
			w.put("manifests/", h, compress(t, changed))
		})
	}
	for name, forged := range map[string]struct{ comment, old, new string }{
		"said-nothing":        {"a manifest that says nothing of a document", `{"name":"a","tags":["b"],"choices":[{"machine":"m","choice":"manual"},{"machine":"n","choice":""}]}`, `{}`},
		"said-other-order":    {"a manifest with tags before the name", `"name":"a","tags":["b"]`, `"tags":["b"],"name":"a"`},
		"said-null":           {"a manifest whose tags are null", `"tags":["b"]`, `"tags":null`},
		"said-long":           {"a manifest with a name of 4097 bytes", `"name":"a"`, `"name":"` + strings.Repeat("a", 4097) + `"`},
		"said-many-tags":      {"a manifest with 257 tags", `["b"]`, `["b"` + strings.Repeat(`,"b"`, 256) + `]`},
		"said-unsorted":       {"a manifest whose choices are not sorted", `"machine":"m"`, `"machine":"o"`},
		"said-twice":          {"a manifest with two choices of one machine", `"machine":"m"`, `"machine":"n"`},
		"said-nobody":         {"a manifest with a choice of no machine", `"machine":"m"`, `"machine":""`},
		"said-long-machine":   {"a manifest with a machine of 201 bytes", `"machine":"n"`, `"machine":"` + strings.Repeat("n", 201) + `"`},
		"said-no-choices":     {"a manifest with an empty list of choices", `"choices":[{"machine":"m","choice":"manual"},{"machine":"n","choice":""}]`, `"choices":[]`},
		"said-told-elsewhere": {"a manifest, and no checkpoint, that says who made a choice", `"choice":"manual"`, `"choice":"manual","told":0`},
		"said-not-a-word":     {"a manifest in which removed is a number", `"choices"`, `"removed":1,"choices"`},
	} {
		bad(name, forged.comment, "corrupt", spoken, spoken.documents, func(sink sinks.Sink) {
			w := newWorld(t, false)
			w.sink = sink
			h := w.header(99)
			said := &manifest.Said{Name: new("a"), Tags: []string{"b"}, Choices: []manifest.MachineChoice{{Machine: "m", Choice: manifest.Manual}, {Machine: "n"}}}
			content := w.encoded(h, manifest.Document{ID: "ag-2026", Said: said})
			changed := bytes.Replace(content, []byte(forged.old), []byte(forged.new), 1)
			if bytes.Equal(changed, content) {
				t.Fatalf("%s: nothing is changed of %s", name, content)
			}
			w.put("manifests/", h, compress(t, changed))
		})
	}
	bad("public-untold", "a checkpoint that says of a version that it is public, and not who told it", "corrupt", plain, plain.documents, func(sink sinks.Sink) {
		w := newWorld(t, false)
		w.sink = sink
		name := w.one("ag-2026").Versions[0].Name
		h := w.header(2)
		h.Told = []string{idIn(w.keys("manifests/")[0])}
		h.Includes = slices.Clone(h.Told)
		told := manifest.DocumentVersion{Name: name, Public: new(true), Told: []int{0, 0, 0, 0, 0}}
		var b bytes.Buffer
		e, err := manifest.NewPartEncoder(&b, &h)
		if err != nil {
			t.Fatal(err)
		}
		w.encode(e, []manifest.Document{{ID: "ag-2026", Versions: []manifest.DocumentVersion{told}}})
		changed := bytes.Replace(b.Bytes(), []byte(`[0,0,0,0,0]`), []byte(`[0,0,0,0]`), 1)
		h.Parts = []manifest.Pack{w.store("parts/", ".json.zst", compress(t, changed))}
		w.forge("checkpoints/", h)
	})
	bad("other-name", "a manifest whose key has another hash", "corrupt", plain, plain.documents, func(sink sinks.Sink) {
		w := newWorld(t, false)
		w.sink = sink
		h := w.header(2)
		content := compress(t, w.encoded(h, manifest.Document{ID: "forged", State: manifest.Failed}))
		key := "manifests/" + manifest.ID(h.Sequence, h.Finished.Time, [32]byte{}) + ".json.zst"
		if err := sink.Put(t.Context(), key, bytes.NewReader(content), int64(len(content))); err != nil {
			t.Fatal(err)
		}
	})
	bad("newer-manifest", "a manifest of version 2", "unsupported", plain, nil, func(sink sinks.Sink) {
		w := newWorld(t, false)
		w.sink = sink
		h := w.header(2)
		w.put("manifests/", h, compress(t, bytes.Replace(w.encoded(h), []byte(`"version":1`), []byte(`"version":2,"colour":"red"`), 1)))
	})
	bad("checkpoint-in-place", "a manifest that includes another", "corrupt", plain, plain.documents, func(sink sinks.Sink) {
		w := newWorld(t, false)
		w.sink = sink
		h := w.header(2)
		h.Includes = []string{strings.TrimSuffix(strings.TrimPrefix(w.keys("manifests/")[0], "manifests/"), ".json.zst")}
		w.forge("manifests/", h)
	})
	bad("checkpoint-with-documents", "a checkpoint with documents of its own", "corrupt", plain, plain.documents, func(sink sinks.Sink) {
		w := newWorld(t, false)
		w.sink = sink
		w.forge("checkpoints/", w.header(2), manifest.Document{ID: "forged", State: manifest.Failed})
	})
	bad("nothing", "an empty store", "none", plain, nil, func(sink sinks.Sink) {
		for _, prefix := range []string{"padsync.json", "packs/", "manifests/"} {
			editObject(t, sink, prefix, nil)
		}
	})
	first := packOfPiece(t, history.sink)
	bad("history-pack-flipped", "one byte is another of the pack in which the shared piece is", "corrupt", history, nil, edit(first, flip))
	bad("history-pack-missing", "the pack in which the shared piece is is not there", "corrupt", history, []string{`"ag" current 0`}, edit(first, nil))
	for name, lie := range map[string]struct {
		comment string
		change  func(h *manifest.History)
	}{
		"history-other-hash":  {"the hash of the shared piece is another", func(h *manifest.History) { h.Pieces[0].SHA256 = strings.Repeat("0", 64) }},
		"history-other-place": {"the shared piece is said to begin a byte later", func(h *manifest.History) { h.Pieces[0].In.Offset++ }},
		"history-other-begin": {"the history is said to begin a byte before", func(h *manifest.History) { h.Offset-- }},
	} {
		bad(name, lie.comment, "corrupt", history, nil, func(sink sinks.Sink) { relate(t, sink, lie.change) })
	}
	other, err := crypto.Generate(false)
	if err != nil {
		t.Fatal(err)
	}
	stranger := *sealed
	stranger.identity = other.String()
	bad("wrong-key", "the identity is somebody else's", "wrong key", &stranger, nil, func(sinks.Sink) {})
}

// one is what is known of a document.
func (w *world) one(id string) *manifest.Record {
	w.t.Helper()
	for record, err := range w.read(repository.At{}).Documents() {
		if err == nil && record.ID == id {
			return record
		}
	}
	w.t.Fatal("no such document")
	return nil
}

func hashOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// newestFile is that of the only document.
func newestFile(t testing.TB, sink sinks.Sink) (*world, *manifest.VersionRecord) {
	t.Helper()
	w := newWorld(t, false)
	w.sink = sink
	c := w.read(repository.At{})
	v, err := newest(c, "ag")
	if err != nil || v == nil {
		t.Fatal("no version", err)
	}
	return w, v
}

// packOfPiece is the key of the pack in which the first shared piece is.
func packOfPiece(t testing.TB, sink sinks.Sink) string {
	_, v := newestFile(t, sink)
	return v.Files[0].Shares[0].Key
}

// relate tells in a manifest of its own that the newest version lies
// elsewhere.
func relate(t testing.TB, sink sinks.Sink, change func(*manifest.History)) {
	w, v := newestFile(t, sink)
	w.now = w.now.AddDate(0, 0, 9)
	h := w.header(9)
	f := v.Files[0].Relocate(func(p manifest.Pack) int {
		h.Packs = append(h.Packs, p)
		return len(h.Packs) - 1
	})
	change(f.History)
	w.forge("manifests/", h, manifest.Document{ID: "ag", Versions: []manifest.DocumentVersion{{Name: v.Name, Files: []manifest.File{f}}}})
}

// editObject changes the first object with the prefix; nil deletes it.
func editObject(t testing.TB, sink sinks.Sink, prefix string, change func([]byte) []byte) {
	t.Helper()
	w := &world{t: t, sink: sink}
	key := slices.DeleteFunc(w.keys(""), func(k string) bool { return !strings.HasPrefix(k, prefix) })[0]
	rc, err := sink.Get(t.Context(), key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(rc)
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if change == nil {
		return
	}
	b = change(b)
	if err := sink.Put(t.Context(), key, bytes.NewReader(b), int64(len(b))); err != nil {
		t.Fatal(err)
	}
}

// suspectRun saves one version that is suspect.
func (w *world) suspectRun(id, text, suspect string) {
	w.t.Helper()
	w.saveOne(version(id, text), suspect)
}

// saveOne saves one version in a run of its own.
func (w *world) saveOne(v *sources.Version, suspect string) {
	w.t.Helper()
	w.now = w.now.Add(24 * time.Hour)
	r, err := repository.OpenOrCreate(w.t.Context(), w.sink, w.options)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := r.Read(w.t.Context(), repository.At{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	run, err := r.Begin(context.Background(), c, repository.RunOptions{Sources: []manifest.Source{pads}})
	if err == nil {
		err = run.Save(manifest.Document{ID: v.ID, State: manifest.Current}, v, suspect, nil)
	}
	if err == nil {
		err = run.Commit(w.t.Context(), manifest.AtEnd)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// move tells that the only version lies in the pack that the same run stores
// elsewhere.
func (w *world) move(run func(*world)) {
	w.t.Helper()
	other := newWorld(w.t, false)
	run(other)
	v := other.one("ag-2026").Versions[0]
	pack := other.object(v.Files[0].In.Key)
	if err := w.sink.Put(w.t.Context(), v.Files[0].In.Key, bytes.NewReader(pack), int64(len(pack))); err != nil {
		w.t.Fatal(err)
	}
	h := w.header(2)
	h.Packs = []manifest.Pack{v.Files[0].In}
	w.forge("manifests/", h, manifest.Document{ID: "ag-2026", Versions: []manifest.DocumentVersion{{Name: v.Name, Files: []manifest.File{v.Files[0].File}}}})
}
