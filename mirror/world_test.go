package mirror_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/pages"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/mirror"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sources"
)

const (
	pads  = "https://pads.example.org"
	polls = "https://polls.example.org"
)

// A world is a repository and a mirror of it in a folder.
type world struct {
	*testing.T
	store   mirror.Store
	dir     string
	sink    *watched
	repo    *repository.Repository
	pool    *spool.Pool
	now     time.Time
	options mirror.Options

	mu     sync.Mutex
	events []mirror.Event
}

func newWorld(t *testing.T, language string) *world {
	t.Helper()
	w := &world{T: t, pool: spool.New(t.TempDir(), 0), now: time.Date(2026, 11, 22, 14, 41, 6, 0, time.UTC)}
	w.store, w.dir = folder(t)
	var err error
	w.sink = &watched{Sink: memory.New(w.clock)}
	w.repo, err = repository.Create(t.Context(), w.sink, repository.Options{Pool: w.pool, Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	said, err := words.In(language, nil)
	if err != nil {
		t.Fatal(err)
	}
	kinds := setup.AllKinds()
	w.options = mirror.Options{
		Library: library.Library{Repository: w.repo, Kinds: kinds.OfDocuments()}, Pool: w.pool, Machine: "laptop", Program: "padsync test",
		Choose: choose(func(*manifest.Record) bool { return true }), Forms: mirror.Forms(), By: mirror.ByService, Shown: mirror.Shown{Private: true},
		Places: kinds.Places, Language: pages.MirrorLanguage(said), Words: pages.MirrorWords(said), Index: pages.Mirror(said),
		Observe: func(e mirror.Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, e)
		},
	}
	return w
}

// newSite is a world whose mirror can be searched.
func newSite(t *testing.T, language string) *world {
	t.Helper()
	w := newWorld(t, language)
	said, err := words.In(language, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.options.Search, w.options.Index = true, pages.Site(said, "")
	return w
}

// A watched sink counts how often packs are read, and gives one other bytes than it
// has, or none.
type watched struct {
	sinks.Sink
	packs   atomic.Int64
	damaged string // the key of that pack
	broken  bool   // it gives an error
}

func (s *watched) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if strings.HasPrefix(key, "packs/") {
		s.packs.Add(1)
	}
	r, err := s.Sink.Get(ctx, key, offset, length)
	if err != nil || key != s.damaged {
		return r, err
	}
	if s.broken {
		return nil, errors.Join(errFull, r.Close())
	}
	b, err := io.ReadAll(r)
	for i := range b {
		b[i] ^= 1
	}
	return io.NopCloser(bytes.NewReader(b)), errors.Join(err, r.Close())
}

// packs are the keys of the repository's.
func (w *world) packs() (keys []string) {
	w.Helper()
	for o, err := range w.sink.List(w.Context(), "packs/") {
		if err != nil {
			w.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	return keys
}

// packsRead is how often packs were read meanwhile.
func (w *world) packsRead(meanwhile func()) int64 {
	before := w.sink.packs.Load()
	meanwhile()
	return w.sink.packs.Load() - before
}

func (w *world) clock() time.Time {
	w.now = w.now.Add(time.Second)
	return w.now
}

// A saved document is one of a run.
type saved struct {
	kind, base, id, title string
	content               []byte
	state                 manifest.State // "": it was saved
	suspect               string
	name                  string // of its server
	public                bool
	parts                 map[string]string // that the look saw, by their hashes
}

// save is a run that finds these documents.
func (w *world) save(all ...saved) {
	w.Helper()
	w.now = w.now.Add(time.Hour)
	c, err := w.repo.Read(w.Context(), repository.At{})
	if err != nil {
		w.Fatal(err)
	}
	defer c.Close()
	var servers []manifest.Source
	at := func(s saved) int {
		return slices.IndexFunc(servers, func(m manifest.Source) bool { return m.Kind == s.kind && m.URL == s.base })
	}
	for _, s := range all {
		if at(s) < 0 {
			servers = append(servers, manifest.Source{Kind: s.kind, URL: s.base, Name: s.name})
		}
	}
	slices.SortFunc(servers, manifest.Source.Compare)
	run, err := w.repo.Begin(w.Context(), c, repository.RunOptions{Program: "test", Host: "host", Sources: servers})
	if err != nil {
		w.Fatal(err)
	}
	for _, s := range all {
		doc := manifest.Document{Source: at(s), ID: s.id, State: cmp.Or(s.state, manifest.Current)}
		if s.content == nil {
			run.Tell(doc)
			continue
		}
		format := map[string]string{"etherpad": "etherpad"}[s.kind]
		format = cmp.Or(format, "json")
		v := &sources.Version{ID: s.id, Public: s.public, Title: s.title, Modified: w.now, Facts: sources.Facts{Fields: s.parts}, Files: []sources.File{{
			Name: "saved." + format, Format: format, Size: int64(len(s.content)), SHA256: sha256.Sum256(s.content), Content: bytes.NewReader(s.content),
		}}}
		if err := run.Save(doc, v, s.suspect, nil); err != nil {
			w.Fatal(err)
		}
	}
	if err := run.Commit(w.Context(), manifest.AtEnd); err != nil {
		w.Fatal(err)
	}
}

func choose(wanted func(*manifest.Record) bool) func(*repository.Contents) (func(*manifest.Record) bool, error) {
	return func(*repository.Contents) (func(*manifest.Record) bool, error) { return wanted, nil }
}

// say gives a document a name and tags.
func (w *world) say(s saved, name string, tags ...string) {
	w.Helper()
	w.now = w.now.Add(time.Hour)
	_, err := w.repo.Say(w.Context(), repository.RunOptions{Program: "test", Host: "host"}, []repository.Saying{{
		Source: manifest.Source{Kind: s.kind, URL: s.base}, ID: s.id, Said: manifest.Said{Name: &name, Tags: tags},
	}})
	if err != nil {
		w.Fatal(err)
	}
}

func aPad(id, text string) saved {
	return saved{kind: "etherpad", base: pads, id: id, content: export(id, text), name: "Pads"}
}

// export is a pad with a chat, in which Ada wrote.
func export(id, text string) []byte {
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	length := strconv.FormatInt(int64(len(utf16.Encode([]rune(text)))), 36)
	lines := strconv.FormatInt(int64(strings.Count(text, "\n")), 36)
	atext := map[string]any{"text": text, "attribs": "*0|" + lines + "+" + length}
	pool := map[string]any{"numToAttrib": map[string]any{"0": []string{"author", "a.planted-author-id"}}, "nextNum": 1}
	b, err := json.Marshal(map[string]any{
		"pad:" + id:                        map[string]any{"atext": atext, "pool": pool, "head": 0, "chatHead": 0, "publicStatus": false, "savedRevisions": []any{}},
		"pad:" + id + ":revs:0":            map[string]any{"changeset": "Z:1>" + length + "*0|" + lines + "+" + length + "$" + text, "meta": map[string]any{"author": "", "timestamp": 1700000000000, "pool": pool, "atext": atext}},
		"pad:" + id + ":chat:0":            map[string]any{"text": "planted-chat " + pads + "/p/" + id, "userId": "a.planted-author-id", "time": 1700000000000},
		"globalAuthor:a.planted-author-id": map[string]any{"colorId": 1, "name": "planted-author", "timestamp": 1700000000000, "padIDs": id},
	})
	if err != nil {
		panic(err)
	}
	return b
}

func aPoll(w *world, id string, p *poll.Poll) saved {
	w.Helper()
	if p.Kind == "" {
		p.Kind, p.Choices = poll.Classic, []poll.Choice{{Label: "Oui"}, {Label: "Non"}}
	}
	b, err := p.Encode()
	if err != nil {
		w.Fatal(err)
	}
	return saved{kind: "framadate", base: polls, id: id, title: p.Title, content: b, name: "Sondages"}
}

// update brings the mirror up to date.
func (w *world) update() *mirror.Report {
	w.Helper()
	report, err := w.try(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return report
}

func (w *world) try(ctx context.Context) (*mirror.Report, error) {
	o := w.options
	if o.Store == nil {
		o.Store = w.store
	}
	w.events = nil
	return mirror.Update(ctx, o)
}

// files are all that are in the mirror, by their names.
func (w *world) files() map[string]string {
	w.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(w.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		relative, relErr := filepath.Rel(w.dir, name)
		all[filepath.ToSlash(relative)] = string(b)
		return errors.Join(err, relErr)
	})
	if err != nil {
		w.Fatal(err)
	}
	return all
}

// pages are the names of all files but the state's and those of the search.
func (w *world) pages() (names []string) {
	w.Helper()
	for name := range w.files() {
		if name != mirror.StateName && !strings.HasPrefix(name, mirror.SearchFolder+"/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// searched is all that files of the search have, but for its script.
func (w *world) searched() string {
	w.Helper()
	var all strings.Builder
	for name, content := range w.files() {
		if strings.HasPrefix(name, mirror.SearchFolder+"/") && strings.HasPrefix(content, "padsync(") {
			all.WriteString(strings.ReplaceAll(content, `\n`, "\n"))
		}
	}
	return all.String()
}

// withSearch are all files; what the search has is in one, which is called as its
// folder.
func (w *world) withSearch() map[string]string {
	w.Helper()
	all := w.files()
	for name := range all {
		if strings.HasPrefix(name, mirror.SearchFolder+"/") {
			delete(all, name)
		}
	}
	all[mirror.SearchFolder] = w.searched()
	return all
}

func (w *world) has(names ...string) {
	w.Helper()
	slices.Sort(names)
	if got := w.pages(); !slices.Equal(got, names) {
		w.Errorf("the mirror has\n%s\nand not\n%s", strings.Join(got, "\n"), strings.Join(names, "\n"))
	}
}

func (w *world) write(name, content string) {
	w.Helper()
	name = filepath.Join(w.dir, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(content), 0o600)); err != nil {
		w.Fatal(err)
	}
}

// forms makes the mirror have only these.
func (w *world) forms(names ...string) { w.options.Forms = names }

func (w *world) remove(name string) {
	w.Helper()
	if err := os.Remove(filepath.Join(w.dir, filepath.FromSlash(name))); err != nil {
		w.Fatal(err)
	}
}
