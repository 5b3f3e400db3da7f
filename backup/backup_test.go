package backup_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sinks/sinktest"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// A world is a pad server, a poll server and some stores.
type world struct {
	t      *testing.T
	pads   *etherpadtest.Server
	polls  *framadatetest.Server
	block  func(*http.Request) bool        // requests that get 403, if not nil
	front  func(http.Handler) http.Handler // what stands before the servers, if not nil
	pool   *spool.Pool
	plan   backup.Plan
	stores []sinks.Sink
	mu     sync.Mutex // guards asked
	asked  []string   // paths
}

var alice = etherpadtest.Author{ID: "a.0123456789abcdef", Name: "Alice"}

func newWorld(t *testing.T, stores ...sinks.Sink) *world {
	t.Helper()
	unasked := func(request string) { t.Errorf("unasked: %s", request) }
	w := &world{
		t: t, pool: spool.New(t.TempDir(), 0), stores: stores,
		pads:  etherpadtest.New(etherpadtest.Options{Unasked: unasked}),
		polls: framadatetest.New(framadatetest.Options{Dialect: framadatetest.R1119, Unasked: unasked}),
	}
	if len(stores) == 0 {
		w.stores = []sinks.Sink{memory.New(time.Now)}
	}
	w.plan = backup.Plan{Pool: w.pool, Program: "test", Host: "host", Sources: []*backup.Source{
		{Source: manifest.Source{Kind: "framadate", URL: w.serve(w.polls)}},
		{Source: manifest.Source{Kind: "etherpad", URL: w.serve(w.pads)}},
	}}
	client := polite.New(polite.Options{Tries: 1})
	polls, err := framadate.New(w.plan.Sources[0].URL, client, w.pool, framadate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pads, err := etherpad.New(w.plan.Sources[1].URL, client, w.pool, etherpad.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.plan.Sources[0].Client, w.plan.Sources[1].Client = polls, pads
	return w
}

func (w *world) serve(h http.Handler) string {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.asked = append(w.asked, r.URL.Path)
		blocked := w.block != nil && w.block(r)
		w.mu.Unlock()
		if blocked {
			http.Error(rw, "no", http.StatusForbidden)
			return
		}
		if w.front != nil {
			w.front(h).ServeHTTP(rw, r)
			return
		}
		h.ServeHTTP(rw, r)
	}))
	w.t.Cleanup(server.Close)
	return server.URL
}

// pad names a pad.
func (w *world) pad(id string) backup.Document {
	return backup.Document{Source: w.plan.Sources[1], ID: id}
}

// named puts those documents to the first source that name none.
func (w *world) named(documents []backup.Document) []backup.Document {
	documents = slices.Clone(documents)
	for i := range documents {
		documents[i].Source = cmp.Or(documents[i].Source, w.plan.Sources[0])
	}
	return documents
}

func (w *world) open(sink sinks.Sink) *repository.Repository {
	w.t.Helper()
	r, err := repository.OpenOrCreate(w.t.Context(), sink, repository.Options{Pool: w.pool})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) backup(documents ...backup.Document) *backup.Report {
	w.t.Helper()
	return w.backupWith(w.t.Context(), documents...)
}

func (w *world) backupWith(ctx context.Context, documents ...backup.Document) *backup.Report {
	w.t.Helper()
	w.asked = nil
	p := w.plan
	p.Documents = w.named(documents)
	for i, sink := range w.stores {
		p.Repositories = append(p.Repositories, backup.Repository{Name: fmt.Sprint("store ", i), Repository: w.open(sink)})
	}
	report, err := backup.Run(ctx, p)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

func (w *world) want(r *backup.Report, want map[backup.Outcome]int) {
	w.t.Helper()
	if !maps.Equal(r.Outcomes, want) {
		w.t.Errorf("outcomes are %v, want %v", r.Outcomes, want)
	}
	for _, repo := range r.Repositories {
		if repo.Err != nil {
			w.t.Error(repo.Err)
		}
	}
}

// records reads what the first store knows.
func (w *world) records() map[string]*manifest.Record {
	w.t.Helper()
	c, err := w.open(w.stores[0]).Read(w.t.Context(), repository.At{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	records := map[string]*manifest.Record{}
	for r, err := range c.Documents() {
		if err != nil {
			w.t.Fatal(err)
		}
		records[r.ID] = r
	}
	return records
}

type counts = map[backup.Outcome]int

func TestUnchangedPadCostsOneRequestAndAnEntry(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n").Append(alice, "à tous")
	w.pads.Create("été", "Soleil\n")
	w.want(w.backup(w.pad("ag"), w.pad("été")), counts{backup.Saved: 2})
	count := &sinktest.Count{Sink: w.stores[0]}
	w.stores[0] = count
	r := w.backup(w.pad("été"), w.pad("ag"))
	w.want(r, counts{backup.Unchanged: 2})
	if len(w.asked) != 2 || r.Repositories[0].Packs != 0 || count.Calls("packs/0") != 0 {
		t.Errorf("%d requests, %d packs", len(w.asked), r.Repositories[0].Packs)
	}
	if n := len(w.records()["ag"].Versions); n != 1 {
		t.Errorf("%d versions", n)
	}
}

func TestAuthorSeenElsewhereIsNoChange(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n").Append(alice, "à tous")
	w.want(w.backup(w.pad("ag")), counts{backup.Saved: 1})
	w.pads.Visit(alice, w.records()["ag"].Versions[0].Saved.AddDate(1, 0, 0))
	w.want(w.backup(w.pad("ag")), counts{backup.Unchanged: 1})
	w.want(w.backup(w.pad("ag")), counts{backup.Unchanged: 1})
	if v := w.records()["ag"].Versions; len(v) != 1 {
		t.Errorf("%d versions", len(v))
	}
}

// A server that is updated tells more of its pads, which is no loss.
func TestUpdatedServerLosesNothing(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n").Append(alice, "à tous")
	w.want(w.backup(w.pad("ag")), counts{backup.Saved: 1})
	w.pads.Update(etherpadtest.V3)
	if r := w.backup(w.pad("ag")); r.Suspect > 0 || r.New > 0 || r.Outcomes[backup.Saved]+r.Outcomes[backup.Unchanged] != 1 {
		t.Errorf("%+v", r)
	}
	w.want(w.backup(w.pad("ag")), counts{backup.Unchanged: 1})
}

func TestGonePadStays(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n")
	w.want(w.backup(w.pad("ag"), w.pad("never")), counts{backup.Saved: 1, backup.Failed: 1})
	w.pads.Delete("ag")
	r := w.backup(w.pad("ag"))
	w.want(r, counts{backup.Missing: 1})
	if r.New != 1 {
		t.Error("a pad that is newly gone is not told as new")
	}
	if r = w.backup(w.pad("ag")); r.New != 0 {
		t.Error("a pad that was gone before is told as new")
	}
	records := w.records()
	if ag := records["ag"]; ag.State != manifest.Missing || len(ag.Versions) != 1 {
		t.Errorf("the record is %+v", ag)
	}
	if never := records["never"]; never.State != manifest.Failed || never.Error == "" {
		t.Errorf("the record is %+v", never)
	}
	w.pads.Create("ag", "Bonjour\n")
	w.backup(w.pad("ag"))
	if ag := w.records()["ag"]; ag.State != manifest.Current {
		t.Errorf("the pad that came back is %s", ag.State)
	}
}

func TestLossIsSuspect(t *testing.T) {
	long := strings.Repeat("Ordre du jour. ", 40)
	for want, lose := range map[string]func(*world){
		backup.Emptied: func(w *world) { w.pads.Create("ag", "") },
		backup.Compacted: func(w *world) {
			p := w.pads.Create("ag", "Bienvenue !\n")
			p.Append(alice, strings.Repeat(long, 5))
		},
		backup.DefaultText: func(w *world) {
			p := w.pads.Create("ag", "Bienvenue !\n")
			for range 9 {
				p.Append(alice, "x")
				p.Remove(alice, 12, 1)
			}
		},
		backup.OtherHistory: func(w *world) {
			p := w.pads.Create("ag", "Autre\n")
			for range 9 {
				p.Append(alice, long)
			}
		},
	} {
		t.Run(want, func(t *testing.T) {
			w := newWorld(t)
			p := w.pads.Create("ag", "Bienvenue !\n")
			for range 5 {
				p.Append(alice, long)
			}
			w.backup(w.pad("ag"))
			lose(w)
			r := w.backup(w.pad("ag"))
			ag := w.records()["ag"]
			if r.Suspect != 1 || r.New != 1 || len(ag.Versions) != 2 || ag.Versions[1].Suspect != want {
				t.Fatalf("%d suspect, %d new, the record is %+v", r.Suspect, r.New, ag)
			}
			if sound := ag.NewestSound(); sound != &ag.Versions[0] {
				t.Error("the good version is not the one to restore")
			}
			w.want(w.backup(w.pad("ag")), counts{backup.Unchanged: 1})
			if n := len(w.records()["ag"].Versions); n != 2 {
				t.Errorf("%d versions after another run", n)
			}
		})
	}
}

// TestCompactedPadGoesOn: 3.x cuts histories off, by itself too, and what is
// written afterwards is the same pad's.
func TestCompactedPadGoesOn(t *testing.T) {
	w := newWorld(t)
	p := w.pads.Create("ag", "Bienvenue !\n")
	for range 5 {
		p.Append(alice, "Ordre du jour.\n")
	}
	want := func(versions int, suspect string, restored int) {
		t.Helper()
		w.backup(w.pad("ag"))
		ag := w.records()["ag"]
		if len(ag.Versions) != versions || ag.Newest().Suspect != suspect {
			t.Fatalf("%d versions, the newest %q; want %d and %q", len(ag.Versions), ag.Newest().Suspect, versions, suspect)
		}
		if sound := ag.NewestSound(); sound != &ag.Versions[restored] {
			t.Errorf("version %+v is restored, want number %d", sound, restored)
		}
	}
	want(1, "", 0)
	p.Compact()
	want(2, backup.Compacted, 0) // the same text, and less of its history
	p.Append(alice, "Divers.\n")
	want(3, "", 2)
	p.Append(alice, "Encore.\n")
	want(4, "", 3)
	p.Compact()
	p.Append(alice, "Après.\n")  // before anybody looked
	want(5, backup.Compacted, 4) // what was written since is in it alone
	p.Append(alice, "Fin.\n")
	want(6, "", 5)
	p.Compact()
	want(7, backup.Compacted, 5)
	p.Compact() // of a text that nobody changed
	want(8, backup.Compacted, 5)
}

// TestUnseenCompactionIsSuspectUntilAccepted: nothing tells it from a pad that
// was made anew.
func TestUnseenCompactionIsSuspectUntilAccepted(t *testing.T) {
	w := newWorld(t)
	p := w.pads.Create("ag", "Bienvenue !\n")
	p.Append(alice, "Ordre du jour.\n")
	w.backup(w.pad("ag"))
	p.Append(alice, "Divers.\n") // nobody looked
	p.Compact()
	for range 2 {
		p.Append(alice, "Encore.\n")
		w.backup(w.pad("ag"))
		if got := w.records()["ag"].Newest().Suspect; got != backup.OtherHistory {
			t.Fatalf("it is %q", got)
		}
	}
	if _, err := w.open(w.stores[0]).Accept(t.Context(), repository.RunOptions{}, repository.At{}.Newest); err != nil {
		t.Fatal(err)
	}
	p.Append(alice, "Fin.\n")
	w.backup(w.pad("ag"))
	if ag := w.records()["ag"]; ag.Newest().Suspect != "" || len(ag.Versions) != 4 {
		t.Errorf("%d versions, the newest %q", len(ag.Versions), ag.Newest().Suspect)
	}
}

// TestPadMadeAnewIsNoCompaction: what it was created with was saved once, too.
func TestPadMadeAnewIsNoCompaction(t *testing.T) {
	w := newWorld(t)
	p := w.pads.Create("ag", "Bienvenue !\n")
	w.backup(w.pad("ag"))
	p.Append(alice, "Ordre du jour.\n")
	w.backup(w.pad("ag"))
	p = w.pads.Create("ag", "Bienvenue !\n")
	p.Append(alice, "Autre chose.\n")
	w.backup(w.pad("ag"))
	if got := w.records()["ag"].Newest().Suspect; got != backup.OtherHistory {
		t.Errorf("it is %q", got)
	}
}

// A telling source tells facts, and a text that is another each time.
type telling struct {
	facts sources.Facts
	count int
}

func (s *telling) Fetch(_ context.Context, id, _ string) (*sources.Version, error) {
	s.count++
	text := fmt.Sprint(s.count)
	return &sources.Version{ID: id, Facts: s.facts, Files: []sources.File{{
		Name: "text.txt", Format: "txt", Size: int64(len(text)), SHA256: sha256.Sum256([]byte(text)), Content: strings.NewReader(text),
	}}}, nil
}

// TestSuspicionIsTheWordThatTellsMost of those that fit.
func TestSuspicionIsTheWordThatTellsMost(t *testing.T) {
	facts := func(revision, length int64, first, text string, blank bool) sources.Facts {
		return sources.Facts{Revision: &revision, Length: length, First: first, Text: text, Blank: blank}
	}
	sound := facts(40, 500, "first", "text", false)
	from := func(f sources.Facts, start string) sources.Facts { f.Start = start; return f }
	for name, c := range map[string]struct {
		old, now sources.Facts
		want     string
	}{
		"more of it":                   {sound, facts(50, 520, "first", "more", false), ""},
		"the text of before":           {sound, facts(42, 500, "first", "text", false), ""},
		"fewer revisions":              {sound, facts(30, 490, "first", "old", false), backup.ShorterHistory},
		"and of the same text":         {sound, facts(30, 500, "first", "text", false), backup.Compacted},
		"in one revision":              {sound, facts(0, 500, "other", "text", true), backup.Compacted},
		"of a text nobody noted":       {facts(40, 500, "first", "", false), facts(30, 500, "first", "", false), backup.ShorterHistory},
		"made anew":                    {sound, facts(3, 400, "other", "new", false), backup.OtherHistory},
		"made anew, and longer":        {sound, facts(90, 400, "other", "new", false), backup.OtherHistory},
		"made anew with its text":      {sound, facts(60, 500, "other", "text", false), backup.OtherHistory},
		"the default text":             {sound, facts(0, 60, "other", "default", true), backup.DefaultText},
		"the same default text":        {from(sound, "default"), from(facts(0, 60, "other", "default", true), "default"), backup.DefaultText},
		"anew with another text":       {from(sound, "default"), from(facts(0, 50, "other", "new", true), "new"), backup.OtherHistory},
		"the default text, by hand":    {sound, facts(44, 60, "first", "default", true), backup.DefaultText},
		"nothing":                      {sound, facts(44, 1, "first", "empty", false), backup.Emptied},
		"nothing, made anew":           {sound, facts(0, 1, "other", "empty", true), backup.Emptied},
		"nothing, of a few words":      {facts(4, 20, "first", "words", false), facts(5, 1, "first", "empty", false), backup.Emptied},
		"still nothing":                {facts(4, 1, "first", "empty", false), facts(6, 1, "first", "empty", false), ""},
		"nothing, and then anew":       {facts(4, 1, "first", "empty", false), facts(0, 1, "other", "empty", true), backup.DefaultText},
		"a tenth":                      {sound, facts(44, 49, "first", "little", false), backup.Shrunk},
		"just a tenth":                 {sound, facts(44, 50, "first", "little", false), ""},
		"a beginning nobody noted":     {facts(40, 500, "", "text", false), facts(42, 510, "first", "more", false), ""},
		"a tenth of a few words":       {facts(4, 20, "first", "words", false), facts(5, 2, "first", "x", false), ""},
		"a poll without its votes":     {sources.Facts{Length: 300}, sources.Facts{Length: 90, Blank: true}, backup.Emptied},
		"a poll that had none":         {sources.Facts{Length: 90, Blank: true}, sources.Facts{Length: 91, Blank: true}, ""},
		"a poll with fewer of them":    {sources.Facts{Length: 300}, sources.Facts{Length: 200}, ""},
		"a rescue copy of a few words": {sources.Facts{Length: 1}, sources.Facts{Length: 0}, ""},
	} {
		w := newWorld(t)
		source := &telling{facts: c.old}
		w.plan.Sources[1].Client = source
		w.backup(w.pad("ag"))
		source.facts = c.now
		w.backup(w.pad("ag"))
		if got := w.records()["ag"].Newest().Suspect; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestShrunkTextIsSuspect(t *testing.T) {
	w := newWorld(t)
	p := w.pads.Create("ag", "x\n")
	p.Append(alice, strings.Repeat("y", 1000))
	w.backup(w.pad("ag"))
	p.Remove(alice, 2, 990)
	w.backup(w.pad("ag"))
	if v := w.records()["ag"].Newest(); v.Suspect != backup.Shrunk {
		t.Errorf("suspect: %q", v.Suspect)
	}
	p.Append(alice, strings.Repeat("z", 500))
	w.backup(w.pad("ag"))
	if v := w.records()["ag"].Newest(); v.Suspect != "" {
		t.Errorf("after it grew again, suspect: %q", v.Suspect)
	}
}

func TestRescueCopyReplacesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.pads.Create("ag", "Bonjour\n")
	w.backup(w.pad("ag"))
	p.Spoil(etherpadtest.Broken)
	r := w.backup(w.pad("ag"))
	ag := w.records()["ag"]
	if r.Suspect != 1 || ag.Newest().Suspect != "rescue-copy" || ag.NewestSound() != &ag.Versions[0] {
		t.Fatalf("the record is %+v", ag)
	}
	w.want(w.backup(w.pad("ag")), counts{backup.Unchanged: 1})
	p.Spoil(etherpadtest.None)
	p.Append(alice, "de retour")
	w.backup(w.pad("ag"))
	if v := w.records()["ag"].Newest(); v.Suspect != "" {
		t.Errorf("a good version is suspect: %s", v.Suspect)
	}
}

func TestEachRepositoryGetsEachDocumentOnce(t *testing.T) {
	w := newWorld(t, memory.New(time.Now), memory.New(time.Now))
	w.pads.Create("ag", "Bonjour\n")
	w.want(w.backup(w.pad("ag")), counts{backup.Saved: 1})
	if len(w.asked) != 1 {
		t.Errorf("%d requests for one pad and two repositories", len(w.asked))
	}
	w.want(w.backup(w.pad("ag")), counts{backup.Unchanged: 1})
	w.stores[1] = memory.New(time.Now) // a new one beside an old one
	w.want(w.backup(w.pad("ag")), counts{backup.Saved: 1})
	w.stores[0] = w.stores[1]
	w.stores = w.stores[:1]
	if len(w.records()["ag"].Versions) != 1 {
		t.Error("the new repository has no version")
	}
}

func TestFailedRepositoryCostsOnlyItself(t *testing.T) {
	good := memory.New(time.Now)
	w := newWorld(t, memory.New(time.Now), good)
	w.pads.Create("ag", "Bonjour\n")
	w.backup(w.pad("ag"))
	w.pads.Create("bureau", "Bonjour\n")
	w.stores[0] = &sinktest.Faulty{Sink: w.stores[0], At: 1, Crash: true}
	r := w.backup(w.pad("ag"), w.pad("bureau"))
	if r.Repositories[0].Err == nil || r.Repositories[1].Err != nil {
		t.Errorf("errors are %v and %v", r.Repositories[0].Err, r.Repositories[1].Err)
	}
	w.stores = []sinks.Sink{good}
	if len(w.records()) != 2 {
		t.Error("the repository that works has not all documents")
	}
}

// TestWhatNoRepositoryTookIsNotCounted: it is neither saved nor unchanged.
func TestWhatNoRepositoryTookIsNotCounted(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", strings.Repeat("Bonjour ", 30_000)+"\n") // more than a frame
	full := repository.Options{Pool: spool.New(filepath.Join(t.TempDir(), "none"), 1)}
	r, err := repository.OpenOrCreate(t.Context(), w.stores[0], full)
	if err != nil {
		t.Fatal(err)
	}
	w.plan.Documents, w.plan.Repositories = []backup.Document{w.pad("ag")}, []backup.Repository{{Name: "full", Repository: r}}
	report, err := backup.Run(t.Context(), w.plan)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Outcomes) > 0 || report.Repositories[0].Err == nil {
		t.Errorf("%+v", report)
	}
}

func TestExpiryIsToldAtEveryLook(t *testing.T) {
	w := newWorld(t)
	id, admin := w.polls.Add(framadatetest.Poll{Poll: poll.Poll{
		Title: "AG", Kind: poll.Classic, Choices: []poll.Choice{{Label: "oui", Markdown: "oui"}}, Expires: "2027-07-10",
	}})
	var told []string
	w.plan.Observe = func(e backup.Event) { told = append(told, e.Expires) }
	for range 2 {
		w.backup(backup.Document{ID: id, Locator: admin + "/admin"})
	}
	w.polls.Change(id, func(p *framadatetest.Poll) { p.Expires = "2027-08-10" })
	w.backup(backup.Document{ID: id, Locator: admin + "/admin"})
	w.backup(backup.Document{ID: id}) // its page does not tell
	w.polls.Change(id, func(p *framadatetest.Poll) { p.Title = "AG 2027" })
	w.backup(backup.Document{ID: id})
	if !slices.Equal(told, []string{"2027-07-10", "2027-07-10", "2027-08-10", "2027-08-10", "2027-08-10"}) || w.records()[id].Expires() != "2027-08-10" {
		t.Errorf("told %q", told)
	}
}

func TestTwoLinksToOnePollAreOnePoll(t *testing.T) {
	w := newWorld(t)
	id, admin := w.polls.Add(framadatetest.Poll{ID: "AG-2027-Asso", Poll: poll.Poll{
		Title: "AG", Author: "Zoé", Kind: poll.Classic, Choices: []poll.Choice{{Label: "oui", Markdown: "oui"}},
		Votes: []poll.Vote{{Name: "Zoé", Answers: []poll.Answer{poll.Yes}}},
	}})
	public, owner := backup.Document{ID: id}, backup.Document{ID: admin[:16], Locator: admin + "/admin"}
	w.want(w.backup(public, owner, public), counts{backup.Saved: 1})
	w.want(w.backup(owner, public), counts{backup.Unchanged: 1})
	records := w.records()
	if len(records) != 1 || len(records[id].Versions) != 1 || records[id].Newest().Title != "AG" {
		t.Errorf("records are %+v", records)
	}
	for o := range w.stores[0].List(t.Context(), "") {
		rc, err := w.stores[0].Get(t.Context(), o.Key, 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(rc)
		if strings.Contains(string(b), admin) {
			t.Errorf("%s has the admin link", o.Key)
		}
	}
	w.polls.Delete(id)
	w.want(w.backup(owner), counts{backup.Failed: 1})
	if len(w.records()) != 1 {
		t.Error("a guess at an id was written down")
	}
}

func TestInterruptedRunCommitsWhatIsDone(t *testing.T) {
	w := newWorld(t)
	for i := range 8 {
		w.pads.Create(fmt.Sprint("pad-", i), "x\n")
	}
	var documents []backup.Document
	for i := range 8 {
		documents = append(documents, w.pad(fmt.Sprint("pad-", i)))
	}
	w.plan.Sources[1].Parallel = 1
	ctx, cancel := context.WithCancel(t.Context())
	w.block = func(r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/p/pad-4/") {
			cancel()
		}
		return false
	}
	r := w.backupWith(ctx, documents...)
	if !r.Interrupted || r.Outcomes[backup.Saved] < 3 || r.Outcomes[backup.Saved] > 6 {
		t.Fatalf("the report is %+v", r)
	}
	w.block = nil
	next := w.plan
	next.Documents, next.Repositories = documents, []backup.Repository{{Repository: w.open(w.stores[0])}}
	if e, err := backup.EstimateRun(t.Context(), next); err != nil || e[0].Documents != 8-r.Outcomes[backup.Saved] {
		t.Errorf("after %v, the next run is estimated to look at %+v, %v", r.Outcomes, e, err)
	}
	again := w.backup(documents...)
	if again.Outcomes[backup.Resumed] != r.Outcomes[backup.Saved] || len(w.asked) != 8-r.Outcomes[backup.Saved] {
		t.Errorf("after %v: %v with %d requests", r.Outcomes, again.Outcomes, len(w.asked))
	}
	w.want(w.backup(documents...), counts{backup.Unchanged: 8})
}

func TestServerThatIsDownCostsItsOwnDocuments(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "x\n")
	w.plan.Sources[0].URL = w.serve(w.polls)
	w.block = func(r *http.Request) bool {
		return strings.HasPrefix(r.URL.Path, "/studs.php") || strings.HasPrefix(r.URL.Path, "/exportcsv.php")
	}
	r := w.backup(w.pad("ag"), backup.Document{ID: "abcdefghijklmnop"})
	w.want(r, counts{backup.Saved: 1, backup.Failed: 1})
}

func TestRunInterruptedBeforeItBegan(t *testing.T) {
	w := newWorld(t)
	p := w.plan
	p.Documents = []backup.Document{w.pad("ag")}
	p.Repositories = []backup.Repository{{Name: "store", Repository: w.open(w.stores[0])}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := backup.Run(ctx, p); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if len(w.asked) != 0 {
		t.Errorf("%d requests", len(w.asked))
	}
}
