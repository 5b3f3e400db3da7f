package search_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"filippo.io/age"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/search"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sources/kinds"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// A world has a server with pads, a repository of them, and an index of that.
type world struct {
	now      time.Time
	pads     *etherpadtest.Server
	sink     sinks.Sink
	server   string
	repo     *repository.Repository
	location search.Location

	named   string // what the server is called
	planted int    // pads
}

var ada = etherpadtest.Author{ID: "a.ada", Name: "Adélaïde"}

func newWorld(t *testing.T, sealed bool) *world {
	t.Helper()
	return newWorldIn(t, sealed, memory.New(time.Now))
}

func newWorldIn(t *testing.T, sealed bool, sink sinks.Sink) *world {
	t.Helper()
	w := &world{sink: sink, now: time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)}
	w.pads = etherpadtest.New(etherpadtest.Options{Now: func() time.Time { return w.now }})
	server := httptest.NewServer(w.pads)
	t.Cleanup(server.Close)
	w.server = server.URL
	options := repository.Options{Pool: spool.New(t.TempDir(), 0)}
	w.location = search.Location{Folder: filepath.Join(t.TempDir(), "padsync"), Sealed: sealed}
	if sealed {
		id, err := crypto.Generate(false)
		if err != nil {
			t.Fatal(err)
		}
		to, err := crypto.RecipientOf(id)
		if err != nil {
			t.Fatal(err)
		}
		options.Recipients, options.Identities = []crypto.Recipient{to}, []age.Identity{id}
		w.location.Recipients, w.location.Identities = options.Recipients, options.Identities
	}
	var err error
	if w.repo, err = repository.Create(t.Context(), w.sink, options); err != nil {
		t.Fatal(err)
	}
	w.location.Repository = w.repo.ID()
	return w
}

// night backs these pads up.
func (w *world) night(t *testing.T, ids ...string) {
	t.Helper()
	w.backUp(t, "etherpad", w.server, ids...)
}

// backUp backs up documents of a server.
func (w *world) backUp(t *testing.T, kindName, server string, ids ...string) {
	t.Helper()
	kind, _ := setup.AllKinds().Named(kindName)
	pool := spool.New(t.TempDir(), 0)
	client, err := kind.Open(server, kinds.Opening{Client: polite.New(polite.Options{Tries: 1}), Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	from := &backup.Source{Source: manifest.Source{Kind: kind.Name, URL: server, Name: w.named}, Client: client}
	plan := backup.Plan{
		Pool: pool, Program: "test", Host: "host", Sources: []*backup.Source{from},
		Repositories: []backup.Repository{{Name: "here", Repository: w.repo}},
	}
	for _, id := range ids {
		plan.Documents = append(plan.Documents, backup.Document{Source: from, ID: id})
	}
	if report, err := backup.Run(t.Context(), plan); err != nil || report.Outcomes[backup.Failed] > 0 {
		t.Fatalf("%+v, %v", report, err)
	}
}

// say notes what people say of a pad.
func (w *world) say(t *testing.T, id string, said manifest.Said) {
	t.Helper()
	_, err := w.repo.Say(t.Context(), repository.RunOptions{Program: "test", Host: "host"}, []repository.Saying{{
		Source: manifest.Source{Kind: "etherpad", URL: w.server}, ID: id, Said: said,
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) source(t *testing.T) search.Source {
	t.Helper()
	contents, err := w.repo.Read(t.Context(), repository.At{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { contents.Close() })
	return search.Source{
		Repository: w.repo, Contents: contents, Kinds: setup.AllKinds().OfDocuments(),
	}
}

func (w *world) index(t *testing.T) *search.Report {
	t.Helper()
	report, err := search.Update(t.Context(), w.location, w.source(t))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func (w *world) find(t *testing.T, typed string) *search.Results {
	t.Helper()
	x, err := search.Open(t.Context(), w.location)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	found, err := search.Find(t.Context(), []*search.Index{x}, nil, search.Ask(typed, time.UTC), 10)
	if err != nil {
		t.Fatalf("%q: %v", typed, err)
	}
	return found
}

// shown is a hit as a person might see it: what it is called, where, and the
// snippet.
func shown(h search.Hit) string {
	var b strings.Builder
	for _, p := range h.Snippet {
		if p.Hit {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return h.Called + " " + string(h.In) + ": " + b.String()
}

func ids(r *search.Results) (all []string) {
	for _, h := range r.Hits {
		all = append(all, h.ID)
	}
	return all
}

func TestDocumentsAreFoundByAllTheirWords(t *testing.T) {
	w := newWorld(t, true)
	ag := w.pads.Create("ag-2026", "Ordre du jour\nL’assemblée vote le budget de l’École.\n")
	bureau := w.pads.Create("bureau", "Rien à signaler aujourd’hui\n")
	w.now = w.now.Add(time.Hour)
	ag.Append(ada, "Un brouillon que personne n’a gardé.\n")
	w.now = w.now.Add(time.Hour)
	before, _, _ := strings.Cut(ag.Text(), "Un brouillon")
	ag.Remove(ada, utf8.RuneCountInString(before), utf8.RuneCountInString("Un brouillon que personne n’a gardé.\n"))
	w.now = w.now.Add(time.Hour)
	bureau.Append(ada, "Et voilà\n")
	bureau.Say(ada, "On se voit à la cafétéria ?")
	w.night(t, "ag-2026", "bureau")
	w.say(t, "bureau", manifest.Said{Name: new("Réunions du bureau"), Tags: []string{"asso"}, Description: new("Tous les mardis")})
	if r := w.index(t); !r.New || r.Documents != 2 || r.Changed != 2 || r.Unreadable != 0 {
		t.Errorf("%+v", r)
	}
	for typed, want := range map[string]string{
		"ecole":                               "ag-2026 text: Ordre du jour L’assemblée vote le budget de l’[École].",
		"l'assemblée BUDGET":                  "ag-2026 text: Ordre du jour [L’assemblée] vote le [budget] de l’École.",
		`"vote le budget"`:                    "ag-2026 text: Ordre du jour L’assemblée [vote le budget] de l’École.",
		"assem":                               "ag-2026 text: Ordre du jour L’[assemblée] vote le budget de l’École.",
		"2026":                                "ag-2026 name: ag-[2026]",
		"aujourd'hui":                         "Réunions du bureau text: Rien à signaler [aujourd’hui] Et voilà",
		"brouillon":                           "ag-2026 past: Un [brouillon] que personne n’a gardé.",
		"cafeteria":                           "Réunions du bureau chat: Adélaïde: On se voit à la [cafétéria] ?",
		"reunions":                            "Réunions du bureau name: [Réunions] du bureau",
		"mardi":                               "Réunions du bureau name: Tous les [mardis]",
		"author:adelaide":                     "bureau",
		"tag:asso":                            "Réunions du bureau : ",
		"tag:Ass":                             "",
		"in:past budget":                      "",
		"in:chat cafétéria":                   "Réunions du bureau chat: Adélaïde: On se voit à la [cafétéria] ?",
		"service:127.0.0.1 signaler":          "Réunions du bureau text: Rien à [signaler] aujourd’hui Et voilà",
		"service:framadate signaler":          "",
		"after:2026-03-02 budget":             "",
		"before:2026-03-01 budget":            "",
		"after:1/3/2026 before:2026-04 école": "ag-2026 text: Ordre du jour L’assemblée vote le budget de l’[École].",
		"nulle part":                          "",
	} {
		found := w.find(t, typed)
		if typed == "author:adelaide" {
			if len(found.Hits) != 2 {
				t.Errorf("%q: %+v", typed, ids(found))
			}
			continue
		}
		got := ""
		if len(found.Hits) > 0 {
			got = shown(found.Hits[0])
		}
		if got != want || len(found.Hits) > 1 || found.Total != len(found.Hits) {
			t.Errorf("%q: %q of %d, want %q", typed, got, found.Total, want)
		}
	}
	h := w.find(t, "brouillon").Hits[0]
	if h.Revision != 1 || h.Version != "" || !h.Since.Equal(time.Date(2026, 3, 1, 21, 0, 0, 0, time.UTC)) || !h.Until.Equal(time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)) {
		t.Errorf("it was there: %+v", h)
	}
	if r := w.index(t); r.New || r.Changed != 0 || r.Documents != 2 {
		t.Errorf("nothing changed: %+v", r)
	}
}

func TestEarlierVersionsAreFoundThatTheNewestDoesNotHold(t *testing.T) {
	w := newWorld(t, false)
	w.pads.Create("ag", "Le premier texte parlait de girafes\n")
	w.night(t, "ag")
	w.index(t)
	w.pads.Delete("ag")
	w.now = w.now.Add(time.Hour)
	again := w.pads.Create("ag", "Un tout autre texte, bien plus long que le premier\n")
	w.night(t, "ag")
	if _, err := w.repo.Accept(t.Context(), repository.RunOptions{Program: "test", Host: "host"}, (*manifest.Record).Newest); err != nil {
		t.Fatal(err)
	}
	for _, anew := range []bool{false, true} {
		if anew {
			if err := os.RemoveAll(w.location.Folder); err != nil {
				t.Fatal(err)
			}
		}
		w.index(t)
		found := w.find(t, "girafes")
		if len(found.Hits) != 1 || shown(found.Hits[0]) != "ag past: Le premier texte parlait de [girafes]" {
			t.Fatalf("made anew %v: %+v", anew, found)
		}
		if h := found.Hits[0]; h.Version == "" || !h.Whole {
			t.Errorf("made anew %v: of version %q, whole %v", anew, h.Version, h.Whole)
		}
		if again := w.find(t, `"tout autre"`); len(again.Hits) != 1 {
			t.Errorf("made anew %v: %+v", anew, again)
		}
	}
	w.now = w.now.Add(time.Hour)
	again.Append(ada, "Encore une ligne\n")
	w.night(t, "ag")
	w.index(t)
	for _, typed := range []string{"girafes", "encore ligne", `"tout autre"`} {
		if found := w.find(t, typed); len(found.Hits) != 1 {
			t.Errorf("%q: %+v", typed, found)
		}
	}
}

func TestNothingThatIsTypedIsAnError(t *testing.T) {
	w := newWorld(t, false)
	w.pads.Create("ag", "C++ et l’assemblée du 8-Mai (titre) NEAR AND OR NOT budget:école \"x\" * ^ { } + -\n")
	w.night(t, "ag")
	w.index(t)
	for _, typed := range []string{
		"l'assemblée", "C++", "8-Mai", "-budget", "(", ")", `"`, `""`, `"a`, "*", "a*", "***", "", " ", "\x00", "a\x00b", "titre:budget",
		"budget AND", "OR", "NOT x", "NEAR(a b)", "NEAR/2", "name : x", "{name} : x", "^x", "x + y", "in:", "in:nowhere", "tag:", "before:hier",
		"after:", "service:", "author:", "author:*", "author:'", "\xff\xfe", "…", "’", "🎉", "« »", "“a", `tag:"a b"`, "in:name,text x", "IN:PAST x",
		strings.Repeat("a ", 5000), strings.Repeat("a", 100_000), strings.Repeat(`"`, 999), `\`, ";drop table docs", "会議*", "%", "_", "--", "/* */",
	} {
		w.find(t, typed)
	}
	for typed, want := range map[string][]string{"before:hier": {"before:hier"}, "in:nowhere tag:": {"in:nowhere", "tag:"}, "c++ titre:x": nil} {
		if got := search.Ask(typed, time.UTC).Unclear; !slices.Equal(got, want) {
			t.Errorf("%q: unclear %q, want %q", typed, got, want)
		}
	}
	if found := w.find(t, "c++ l'assemblée budget:école"); len(found.Hits) != 1 {
		t.Errorf("%+v", found)
	}
}

func TestDocumentsAreFoundByNameAlone(t *testing.T) {
	w := newWorld(t, false)
	w.pads.Create("ag", "Rien\n")
	w.night(t, "ag")
	w.index(t)
	x, err := search.Open(t.Context(), w.location)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	here, other := manifest.Source{Kind: "etherpad", URL: w.server}, manifest.Source{Kind: "framadate", URL: "https://date.example.org"}
	named := []search.Named{
		{Source: here, ID: "ag", Name: "Assemblée générale", Changed: w.now},
		{Source: other, ID: "aqg259dth55iuhwm", Title: "Quand se voir ?", Tags: []string{"Été"}, Description: "Pour l’assemblée"},
	}
	for typed, want := range map[string][]string{
		"assemblee":            {"ag Assemblée générale name: [Assemblée] générale", "aqg259dth55iuhwm Quand se voir ? name: Pour l’[assemblée]"},
		"assemblee rien":       nil, // no index has the name, and nothing else has the text
		"tag:ete":              {"aqg259dth55iuhwm Quand se voir ? : "},
		"in:text assemblee":    nil,
		"service:date voir":    {"aqg259dth55iuhwm Quand se voir ? name: Quand se [voir] ?"},
		"after:2026 assemblee": {"ag Assemblée générale name: [Assemblée] générale"},
		"ag":                   {"ag ag name: [ag]"},
		"":                     nil,
	} {
		found, err := search.Find(t.Context(), []*search.Index{x}, named, search.Ask(typed, time.UTC), 10)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range found.Hits {
			got = append(got, h.ID+" "+shown(h))
		}
		if !slices.Equal(got, want) || found.Total != len(want) {
			t.Errorf("%q: %q of %d, want %q", typed, got, found.Total, want)
		}
	}
}

func TestNewestTextsAreGivenWithoutWhatTheySaidEarlier(t *testing.T) {
	w := newWorld(t, true)
	w.pads.Create("bureau", "Rien\n")
	w.night(t, "bureau")
	w.now = w.now.Add(time.Hour)
	ag := w.pads.Create("ag", "# Assemblée\nUn brouillon\n")
	w.now = w.now.Add(time.Hour)
	ag.Remove(ada, utf8.RuneCountInString("# Assemblée\n"), utf8.RuneCountInString("Un brouillon\n"))
	ag.Say(ada, "On se voit ?")
	w.night(t, "ag", "bureau")
	w.index(t)
	x, err := search.Open(t.Context(), w.location)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	var got []string
	err = x.Newest(t.Context(), func(from manifest.Source, id, text string) error {
		got = append(got, from.Kind+" "+from.URL+" "+id+": "+text)
		return nil
	})
	if want := []string{"etherpad " + w.server + " ag: # Assemblée\n\n", "etherpad " + w.server + " bureau: Rien\n\n"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	enough, times := errors.New("enough"), 0
	err = x.Newest(t.Context(), func(manifest.Source, string, string) error {
		times++
		return enough
	})
	if err != enough || times != 1 {
		t.Errorf("after an error it went on: %d times, %v", times, err)
	}
}

func TestTextsWithAddressesAreGivenWithTheirChat(t *testing.T) {
	w := newWorld(t, true)
	w.pads.Create("bureau", "Rien, ni http ni lien\n")
	w.pads.Create("notes", "Rien\n").Say(ada, "HTTPS://pads.example.org/p/chat")
	ag := w.pads.Create("ag", "Voir:https://pads.example.org/p/now.\nhttps://pads.example.org/p/past\n")
	w.now = w.now.Add(time.Hour)
	ag.Remove(ada, utf8.RuneCountInString("Voir:https://pads.example.org/p/now.\n"), utf8.RuneCountInString("https://pads.example.org/p/past\n"))
	past := w.pads.Create("past", "https://pads.example.org/p/past\n")
	w.now = w.now.Add(time.Hour)
	past.Remove(ada, 0, utf8.RuneCountInString("https://pads.example.org/p/past\n"))
	w.night(t, "ag", "bureau", "notes", "past")
	w.index(t)
	x, err := search.Open(t.Context(), w.location)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	var got []string
	err = x.Linking(t.Context(), func(called, text string) error {
		if called != "bureau" { // it has the word
			got = append(got, called+": "+strings.Join(strings.Fields(text), " "))
		}
		return nil
	})
	slices.Sort(got)
	if want := []string{"ag: Voir:https://pads.example.org/p/now.", "notes: Rien HTTPS://pads.example.org/p/chat"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

// TestPadWithoutANameIsShownByItsFirstLine, which is no name: it is found as text.
func TestPadWithoutANameIsShownByItsFirstLine(t *testing.T) {
	w := newWorld(t, true)
	for id, text := range map[string]string{"ag": "# Assemblée\n", "named": "Girafes\n", "greeted": "Bienvenue sur Framapad !\n"} {
		w.pads.Create(id, "").Append(ada, text+"Le budget\n")
	}
	w.pads.Create("blank", "A server's own text\nLe budget\n")
	w.night(t, "ag", "named", "greeted", "blank")
	w.say(t, "named", manifest.Said{Name: new("Bureau")})
	w.index(t)
	lines := func() (all []string) {
		x, err := search.Open(t.Context(), w.location)
		if err == nil {
			defer x.Close()
			err = x.FirstLines(t.Context(), func(from manifest.Source, id, line string) {
				all = append(all, from.Kind+" "+from.URL+" "+id+": "+line)
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(all)
		return all
	}
	if got, want := lines(), []string{"etherpad " + w.server + " ag: Assemblée"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	var called []string
	for _, h := range w.find(t, "budget").Hits {
		called = append(called, h.Called)
	}
	slices.Sort(called)
	if want := []string{"Assemblée", "Bureau", "blank", "greeted"}; !slices.Equal(called, want) {
		t.Errorf("%q, want %q", called, want)
	}
	if found := w.find(t, "assemblee in:name"); found.Total != 0 {
		t.Errorf("a first line counts as a name: %+v", found.Hits)
	}
	w.say(t, "named", manifest.Said{Name: new("")})
	w.say(t, "ag", manifest.Said{Name: new("AG")})
	w.index(t)
	if got, want := lines(), []string{"etherpad " + w.server + " named: Girafes"}; !slices.Equal(got, want) {
		t.Errorf("after a name came and one went: %q, want %q", got, want)
	}
}

func TestPhrasesEndWhereTextsEnd(t *testing.T) {
	w := newWorld(t, false)
	ag := w.pads.Create("vote-2026", "Rien\n")
	ag.Say(ada, "Parlons du budget")
	ag.Say(ada, "demain soir")
	w.night(t, "vote-2026")
	w.say(t, "vote-2026", manifest.Said{Name: new("Assemblée"), Tags: []string{"asso"}})
	w.index(t)
	for typed, want := range map[string]int{
		`"parlons du budget"`: 1, `"budget demain"`: 0, `"budget adelaide demain"`: 0, `"demain soir"`: 1,
		`"assemblee vote"`: 0, `"vote 2026"`: 1, `"2026 asso"`: 0, `assemblee vote`: 1,
	} {
		found := w.find(t, typed)
		if found.Total != want || want == 1 && len(found.Hits[0].Snippet) == 0 {
			t.Errorf("%s: %+v", typed, found)
		}
	}
	named := []search.Named{{Source: manifest.Source{Kind: "etherpad", URL: w.server}, ID: "never-saved", Name: "Bal d’été"}}
	for typed, want := range map[string]int{`"bal d'ete"`: 1, `"ete never"`: 0, `ete never`: 1} {
		found, err := search.Find(t.Context(), nil, named, search.Ask(typed, time.UTC), 10)
		if err != nil || found.Total != want {
			t.Errorf("by name alone, %s: %+v, %v", typed, found, err)
		}
	}
}

func TestPlaceWithoutWordsAsksForNothing(t *testing.T) {
	w := newWorld(t, false)
	w.pads.Create("ag", "Rien\n")
	w.night(t, "ag")
	w.index(t)
	if found := w.find(t, "in:past"); found.Total != 0 || len(found.Hits) != 0 || !search.Ask("in:past", time.UTC).IsEmpty() {
		t.Errorf("%+v", found)
	}
	if found := w.find(t, "in:past service:etherpad"); found.Total != 1 {
		t.Errorf("with another filter: %+v", found)
	}
}

// TestAuthorsAreFoundByTheirWholeWords, several of one and none of two.
func TestAuthorsAreFoundByTheirWholeWords(t *testing.T) {
	w := newWorld(t, false)
	pad := w.pads.Create("ag", "Rien\n")
	pad.Append(etherpadtest.Author{ID: "a.one", Name: "Ada de Lovelace"}, "un\n")
	pad.Append(etherpadtest.Author{ID: "a.two", Name: "Zoé"}, "deux\n")
	w.pads.Create("ada", "Zoé de Lovelace\n")
	w.night(t, "ag", "ada")
	w.index(t)
	for typed, want := range map[string]int{
		"author:ada": 1, `author:"de lovelace"`: 1, "author:zoe rien": 1, "author:love*": 1, "author:zoe author:ada": 1,
		"author:love": 0, `author:"lovelace zoe"`: 0, "author:zoe nulle": 0, "lovelace": 1,
	} {
		if found := w.find(t, typed); found.Total != want || len(found.Hits) != want {
			t.Errorf("%s: %+v", typed, found)
		}
	}
}

func TestDocumentsAreCountedOnce(t *testing.T) {
	w, other := newWorld(t, true), newWorld(t, false)
	other.pads, other.server = w.pads, w.server
	for n := range 15 {
		w.pads.Create(fmt.Sprint("pad-", n), "Un mot\n")
	}
	w.pads.Create("here", "Un mot\n")
	w.pads.Create("there", "Un mot\n")
	var all []string
	for n := range 15 {
		all = append(all, fmt.Sprint("pad-", n))
	}
	w.night(t, append(all, "here")...)
	other.night(t, append(all, "there")...)
	w.index(t)
	other.index(t)
	var indexes []*search.Index
	for _, w := range []*world{w, other} {
		x, err := search.Open(t.Context(), w.location)
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		indexes = append(indexes, x)
	}
	from := manifest.Source{Kind: "etherpad", URL: w.server}
	var named []search.Named
	for n := range 15 {
		named = append(named, search.Named{Source: from, ID: fmt.Sprint("pad-", n), Name: "Mot"})
	}
	named = append(named, search.Named{Source: from, ID: "nowhere", Name: "Mot"})
	for what, c := range map[string]struct {
		indexes []*search.Index
		named   []search.Named
		want    int
	}{
		"one index":             {indexes[:1], nil, 16},
		"two":                   {indexes, nil, 17},
		"names":                 {nil, named, 16},
		"one index and names":   {indexes[:1], named, 17},
		"two indexes and names": {indexes, named, 18},
	} {
		found, err := search.Find(t.Context(), c.indexes, c.named, search.Ask("mot", time.UTC), 3)
		if err != nil || found.Total != c.want || len(found.Hits) != 3 {
			t.Errorf("%s: %d of %d, want %d; %v", what, len(found.Hits), found.Total, c.want, err)
		}
	}
}

func TestServiceThatIsCalledOtherwiseIsFoundSo(t *testing.T) {
	w := newWorld(t, false)
	w.pads.Create("ag", "Rien\n")
	w.night(t, "ag")
	w.index(t)
	w.named = "Les pads du quartier"
	w.now = w.now.Add(time.Hour)
	w.night(t, "ag")
	w.index(t)
	if found := w.find(t, "service:quartier"); found.Total != 1 {
		t.Errorf("%+v", found)
	}
}

// TestPollsAreFoundByAllTheyShow, also by what an earlier version showed.
func TestPollsAreFoundByAllTheyShow(t *testing.T) {
	w := newWorld(t, true)
	polls := framadatetest.New(framadatetest.Options{})
	server := httptest.NewServer(polls)
	t.Cleanup(server.Close)
	id, _ := polls.Add(framadatetest.Poll{ID: "AexK1bhSlKn9HA8Y", Poll: poll.Poll{
		Title: "Quelle galette ?", Description: "Pour la fête", Kind: poll.Classic, Author: "Ada",
		Choices:  []poll.Choice{{Label: "Frangipane"}, {Label: "Brioche des rois"}},
		Votes:    []poll.Vote{{Name: "Béatrice", Answers: []poll.Answer{poll.Yes, poll.No}}, {Name: "Côme", Answers: []poll.Answer{poll.No, poll.Yes}}},
		Comments: []poll.Comment{{Author: "Zoé", Text: "J’apporte le cidre"}},
	}})
	w.pads.Create("frangipane", "Rien\n")
	w.night(t, "frangipane")
	w.backUp(t, "framadate", server.URL, id)
	w.index(t)
	polls.Change(id, func(p *framadatetest.Poll) { p.Choices[1].Label = "Pithiviers" })
	w.now = w.now.Add(time.Hour)
	w.backUp(t, "framadate", server.URL, id)
	if _, err := w.repo.Accept(t.Context(), repository.RunOptions{Program: "test", Host: "host"}, (*manifest.Record).Newest); err != nil {
		t.Fatal(err)
	}
	w.index(t)
	for typed, want := range map[string]string{
		"galette":                "Quelle galette ? poll: Quelle [galette] ?",
		"fete":                   "Quelle galette ? poll: Pour la [fête]",
		"in:poll frangipane":     "Quelle galette ? poll: [Frangipane]",
		"pithiviers":             "Quelle galette ? poll: [Pithiviers]",
		"beatrice":               "Quelle galette ? poll: [Béatrice]",
		"cidre":                  "Quelle galette ? poll: Zoé: J’apporte le [cidre]",
		"in:poll zoe":            "Quelle galette ? poll: [Zoé]: J’apporte le cidre",
		"brioche":                "Quelle galette ? past: [Brioche] des rois",
		"author:ada galette":     "Quelle galette ? poll: Quelle [galette] ?",
		`"frangipane beatrice"`:  "",
		"in:text galette":        "",
		"service:etherpad come":  "",
		"service:framadate come": "Quelle galette ? poll: [Côme]",
	} {
		found, got := w.find(t, typed), ""
		if len(found.Hits) > 0 {
			got = shown(found.Hits[0])
		}
		if got != want || len(found.Hits) > 1 {
			t.Errorf("%q: %q of %d, want %q", typed, got, found.Total, want)
		}
	}
}
