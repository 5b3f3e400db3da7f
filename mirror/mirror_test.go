package mirror_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/mirror"
)

func TestPagesStandInFoldersAndTheIndexLeadsToThem(t *testing.T) {
	w := newWorld(t, "fr")
	w.save(aPad("ag-2026", "Ordre du jour\n\nBudget"), aPoll(w, "AbCdEf1234567890", &poll.Poll{Title: "Quel jour ?", Kind: poll.Date, Choices: []poll.Choice{{Date: "2027-01-11"}}}))
	r := w.update()
	w.has("Pads/Ordre du jour.html", "Pads/Ordre du jour.md", "Pads/Ordre du jour.txt",
		"Sondages/Quel jour.html", "Sondages/Quel jour.txt", "Sondages/Quel jour.csv", "Sondages/Quel jour.ics", "index.html")
	if r.Written != 8 || r.Documents != 2 {
		t.Errorf("%+v", r)
	}
	index := w.files()["index.html"]
	for _, want := range []string{`<html lang="fr">`, `<a href="./Pads/Ordre%20du%20jour.html">Ordre du jour</a>`, `href="./Sondages/Quel%20jour.ics"`, "2026-11-22"} {
		if !strings.Contains(index, want) {
			t.Errorf("no %s in %s", want, index)
		}
	}
	before := w.files()
	if r = w.update(); r.Written != 0 || r.Removed != 0 || r.Unchanged != 7 {
		t.Errorf("nothing changed: %+v", r)
	}
	if after := w.files(); len(after) != len(before) || after[".padsync-mirror.json"] != before[".padsync-mirror.json"] {
		t.Error("what did not change was written")
	}
}

func TestOnlyWhatChangedIsWritten(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	w.save(aPad("one", "First"), aPad("two", "Second\nsee "+pads+"/p/one"))
	w.update()
	w.save(aPad("one", "First\nand more"))
	if r := w.update(); r.Written != 1 || r.Unchanged != 1 {
		t.Errorf("%+v", r)
	}
	// A page that leads to another is made anew when that has another name.
	w.save(aPad("one", "Renamed"))
	if r := w.update(); r.Written != 3 || r.Removed != 1 {
		t.Errorf("%+v", r)
	}
	w.has("Pads/Renamed.html", "Pads/Second.html", "index.html")
	if page := w.files()["Pads/Second.html"]; !strings.Contains(page, `<a href="../Pads/Renamed.html" rel="noopener noreferrer">Renamed</a>`) {
		t.Error(page)
	}
	w.remove("Pads/Second.html")
	if r := w.update(); r.Written != 1 || r.Unchanged != 1 {
		t.Errorf("a page that somebody deleted: %+v", r)
	}
}

// TestFileIsReadOnce also of a document whose first line is its name.
func TestFileIsReadOnce(t *testing.T) {
	w := newWorld(t, "en")
	for _, id := range []string{"one", "two", "three", "four", "five", "six"} {
		w.save(aPad(id, "Title "+id)) // in a pack of its own, more than are kept open
	}
	first := w.packsRead(func() { w.update() })
	w.options.Program = "padsync of tomorrow"
	again := w.packsRead(func() {
		if r := w.update(); r.Unchanged != 18 {
			t.Errorf("%+v", r)
		}
	})
	if first != again || again == 0 {
		t.Errorf("packs are read %d times where first lines are to be found, and %d times where they are known", first, again)
	}
}

func TestVanishedDocumentStaysAndSaysSo(t *testing.T) {
	w := newWorld(t, "en")
	w.save(aPad("one", "First"), aPad("two", "Second"))
	w.update()
	gone := aPad("one", "")
	gone.content, gone.state = nil, manifest.Missing
	w.save(gone)
	w.update()
	for name, page := range w.files() {
		if says := strings.Contains(page, "no longer on its server"); says != (name == "index.html" || strings.HasPrefix(name, "Pads/First")) {
			t.Errorf("%s: %s", name, page)
		}
	}
}

func TestNewestGoodCopyIsShown(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("txt")
	w.save(aPad("one", "First\nall of it"))
	emptied := aPad("one", "Emptied")
	emptied.suspect = "emptied"
	w.save(emptied)
	w.update()
	w.has("Pads/First.txt", "index.html")
	if page := w.files()["Pads/First.txt"]; !strings.Contains(page, "all of it") || !strings.Contains(page, "looks like a loss") {
		t.Error(page)
	}
}

func TestPageGoesWithItsDocument(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	w.save(aPad("one", "First"), aPad("two", "Second"))
	w.update()
	w.options.Choose = choose(func(r *manifest.Record) bool { return r.ID != "two" })
	if r := w.update(); r.Removed != 1 {
		t.Errorf("%+v", r)
	}
	w.has("Pads/First.html", "index.html")
}

// TestPageGoesByItsOwnMachineOnly: another one may have been told of others.
func TestPageGoesByItsOwnMachineOnly(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html", "txt")
	w.save(aPad("one", "First"), aPad("two", "Second"))
	w.update()
	all := w.options.Choose
	w.options.Machine, w.options.Choose = "server", choose(func(r *manifest.Record) bool { return r.ID != "two" })
	w.forms("html")
	if r := w.update(); r.Removed != 0 || r.Written != 0 {
		t.Errorf("%+v", r)
	}
	w.has("Pads/First.html", "Pads/First.txt", "Pads/Second.html", "Pads/Second.txt", "index.html")
	w.save(aPad("one", "First\nmore"))
	w.update()
	w.options.Choose = choose(func(*manifest.Record) bool { return false })
	if r := w.update(); r.Removed != 1 {
		t.Errorf("%+v", r)
	}
	w.has("Pads/First.txt", "Pads/Second.html", "Pads/Second.txt", "index.html")
	w.options.Machine, w.options.Choose = "laptop", all
	w.forms("html")
	w.update()
	w.has("Pads/First.html", "Pads/Second.html", "index.html")
}

// TestPageThatSomebodyEditedIsLeft also when its document is renamed or no longer
// chosen, and the new copy lies beside it.
func TestPageThatSomebodyEditedIsLeft(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	w.save(aPad("one", "First"), aPad("two", "Second"))
	w.update()
	w.write("Pads/First.html", "my notes")
	w.write("index.html", "my index")
	w.save(aPad("one", "First\nmore"))
	if r := w.update(); r.Beside != 2 || !slices.Contains(w.events, mirror.Event{Kind: mirror.Edited, Name: "Pads/First.html", New: "Pads/First (padsync).html"}) {
		t.Errorf("%+v, %+v", r, w.events)
	}
	w.has("Pads/First (padsync).html", "Pads/First.html", "Pads/Second.html", "index (padsync).html", "index.html")
	w.save(aPad("one", "First\nmore and more"))
	if r := w.update(); r.Written != 1 || len(w.events) != 0 {
		t.Errorf("%+v, %+v", r, w.events)
	}
	w.has("Pads/First (padsync).html", "Pads/First.html", "Pads/Second.html", "index (padsync).html", "index.html")
	w.write("Pads/Second.html", "my notes, too")
	w.options.Choose = choose(func(r *manifest.Record) bool { return r.ID != "two" })
	w.update()
	for name, content := range map[string]string{"Pads/First.html": "my notes", "Pads/Second.html": "my notes, too", "index.html": "my index"} {
		if got := w.files()[name]; got != content {
			t.Errorf("%s: %s", name, got)
		}
	}
	w.remove("Pads/First.html")
	w.update()
	w.has("Pads/First.html", "Pads/Second.html", "index (padsync).html", "index.html")
}

// TestMachinesThatWriteAtOnceLeaveOneIndex: whoever wrote it last, and whatever the
// state says, also without one.
func TestMachinesThatWriteAtOnceLeaveOneIndex(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	w.save(aPad("one", "First"))
	w.update()
	before := w.files()["index.html"]
	w.save(aPad("two", "Second"))
	w.update()
	after := w.files()["index.html"]
	for _, machine := range []string{"laptop", "server"} {
		w.write("index.html", before) // by another machine, which did not know of the second
		w.options.Machine = machine
		if r := w.update(); r.Written != 1 || r.Beside != 0 || len(w.events) > 0 {
			t.Errorf("%+v, %+v", r, w.events)
		}
		w.has("Pads/First.html", "Pads/Second.html", "index.html")
		if w.files()["index.html"] != after {
			t.Error("the index is an old one")
		}
	}
	w.write("index.html", before)
	w.remove(mirror.StateName)
	w.update()
	w.has("Pads/First.html", "Pads/Second.html", "index.html")
}

// TestIndexThatSomebodyEditedIsLeft however little they changed, and the one beside
// it goes when theirs does.
func TestIndexThatSomebodyEditedIsLeft(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	w.save(aPad("one", "First"))
	w.update()
	ours := w.files()["index.html"]
	for _, edited := range []string{
		strings.Replace(ours, "First", "first", 1), ours + "x", strings.TrimSuffix(ours, "\n"), ours[:len(ours)-30], "x" + ours, ours + ours, "",
		strings.ReplaceAll(ours, "\n", "\r\n"), ours[strings.LastIndex(ours, "\n<!--"):],
	} {
		w.write("index.html", edited)
		if r := w.update(); r.Beside != 1 || len(w.events) != 1 || w.events[0].New != "index (padsync).html" {
			t.Errorf("%+v, %+v", r, w.events)
		}
		if r := w.update(); r.Written != 0 || len(w.events) > 0 {
			t.Errorf("it is told again: %+v, %+v", r, w.events)
		}
		w.has("Pads/First.html", "index (padsync).html", "index.html")
		files := w.files()
		if files["index.html"] != edited || files["index (padsync).html"] != ours {
			t.Errorf("after an edit of %d bytes: %q", len(edited)-len(ours), files["index.html"])
		}
		w.write("index (padsync) 2.html", ours) // not a name of padsync's
		w.write("index (padsync 2).html", "mine")
		w.remove("index.html")
		if r := w.update(); r.Removed != 1 {
			t.Errorf("%+v", r)
		}
		w.has("Pads/First.html", "index (padsync) 2.html", "index (padsync 2).html", "index.html")
		w.remove("index (padsync) 2.html")
		w.remove("index (padsync 2).html")
	}
}

// TestFileThatPadsyncDidNotWriteIsNotTouched, whatever its name.
func TestFileThatPadsyncDidNotWriteIsNotTouched(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	foreign := map[string]string{"Pads/First.html": "mine", "index.html": "mine", "Pads/First (padsync).html": "mine, too", "Pads/x.html/y": "", "other.txt": "z"}
	for name, content := range foreign {
		w.write(name, content)
	}
	w.save(aPad("one", "First"), aPad("two", "x"))
	w.update()
	w.update()
	files := w.files()
	for name, content := range foreign {
		if files[name] != content {
			t.Errorf("%s: %s", name, files[name])
		}
	}
	if !strings.Contains(files["Pads/First (padsync 2).html"], "First") || !strings.Contains(files["Pads/x (padsync).html"], "x") {
		t.Error(w.pages())
	}
	// Nothing of the mirror is deleted without the file that says what stands.
	w.remove(mirror.StateName)
	w.options.Choose = choose(func(*manifest.Record) bool { return false })
	if r := w.update(); r.Removed != 0 {
		t.Errorf("%+v", r)
	}
}

// TestLostStateCostsNoCopies: what is there is what would be written.
func TestLostStateCostsNoCopies(t *testing.T) {
	w := newWorld(t, "en")
	w.save(aPad("one", "First"))
	w.update()
	names := w.pages()
	for _, damaged := range []string{"", "{", `{"format":"other"}`, "\xff", `{"format":"padsync-mirror","version":1,"documents":[null]}`} {
		w.write(mirror.StateName, damaged)
		if r := w.update(); r.Written != 0 || r.Removed != 0 || len(w.events) != 1 || w.events[0].Kind != mirror.Damaged {
			t.Errorf("%q: %+v, %+v", damaged, r, w.events)
		}
		w.has(names...)
	}
	w.write(mirror.StateName, `{"format":"padsync-mirror","version":2}`)
	if _, err := w.try(t.Context()); !errors.Is(err, mirror.ErrNewer) {
		t.Error(err)
	}
}

// TestStateThatLiesDeletesNothingThatIsNotAPage: neither outside nor of somebody
// else, and also with the right hashes.
func TestStateThatLiesDeletesNothingThatIsNotAPage(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	w.save(aPad("one", "First"))
	w.update()
	outside := filepath.Join(filepath.Dir(w.dir), "outside.html")
	if err := os.WriteFile(outside, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	state := w.files()[mirror.StateName]
	writer := regexp.MustCompile(`"writer":"([0-9a-f]{32})"`).FindStringSubmatch(state)[1]
	sum := sha256.Sum256([]byte("mine"))
	var pages []string
	for _, name := range []string{
		"../outside.html", outside, "Pads/../../outside.html", "/etc/passwd", "C:\\x.html", "Pads\\x.html", "notes.html", "Pads/con.html", "Pads/notes.doc", "Pads/.html", "Pads/notes.exe",
		"Pads/x.html/../First.html", "Pads/a/b/c.html", "Pads/.hidden.html", "Pads/x.md", "", "Pads/own:x.html", "Pads/n\u0000.html", "Pads/trailing. .html", mirror.StateName,
	} {
		b, err := json.Marshal(map[string]any{"name": name, "form": "html", "writer": writer, "size": 4, "sha256": hex.EncodeToString(sum[:])})
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, string(b))
		if !strings.ContainsAny(name, "\\\x00:") && !strings.HasPrefix(name, "/") && !strings.Contains(name, "..") && name != "" && name != mirror.StateName {
			w.write(name, "mine")
		}
	}
	before := w.files()
	lie := fmt.Sprintf(`{"format":"padsync-mirror","version":1,`+
		`"documents":[{"document":"0123456789abcdef","writer":%q,"title":"x","folder":"Pads","version":"","pages":[%s]}]}`, writer, strings.Join(pages, ","))
	w.write(mirror.StateName, lie)
	if r := w.update(); r.Removed != 0 {
		t.Errorf("%+v", r)
	}
	after := w.files()
	for name, content := range before {
		if after[name] != content && name != mirror.StateName {
			t.Errorf("%s: %q", name, after[name])
		}
	}
	if b, err := os.ReadFile(outside); string(b) != "mine" {
		t.Error("what is outside was touched", err)
	}
	if !slices.ContainsFunc(w.events, func(e mirror.Event) bool { return e.Kind == mirror.Damaged }) {
		t.Errorf("%+v", w.events)
	}
}

// TestTitleThatOpensThePadIsNone: Etherpad takes spaces and colons for _.
func TestTitleThatOpensThePadIsNone(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	w.save(aPad("CR_3_mars", "CR 3 : mars"), aPad("cr-4-mars", "CR 4 mars"))
	w.update()
	for _, name := range w.pages() {
		if strings.Contains(name, "3") && strings.Contains(name, "mars") {
			t.Error(name)
		}
	}
	if _, ok := w.files()["Pads/CR 4 mars.html"]; !ok {
		t.Error(w.pages())
	}
}

// TestStateThatLiesDeletesNoFileOfAPagesName: only who wrote a page can prove it.
func TestStateThatLiesDeletesNoFileOfAPagesName(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	w.save(aPad("one", "First"))
	w.update()
	w.write("Pads/lease.html", "mine")
	state := w.files()[mirror.StateName]
	writer := regexp.MustCompile(`"writer":"([0-9a-f]{32})"`).FindStringSubmatch(state)[1]
	proof := regexp.MustCompile(`"proof":"([0-9a-f]{32})"`).FindStringSubmatch(state)[1]
	w.write(mirror.StateName, fmt.Sprintf(`{"format":"padsync-mirror","version":1,"documents":[{"document":"0123456789abcdef","writer":%q,"title":"x","folder":"Pads","version":"",`+
		`"pages":[{"name":"Pads/lease.html","form":"html","writer":%q,"size":4,"sha256":"%x","proof":%q}]}]}`, writer, writer, sha256.Sum256([]byte("mine")), proof))
	r := w.update()
	if got := w.files()["Pads/lease.html"]; got != "mine" || r.Removed != 0 {
		t.Errorf("%q, %+v", got, r)
	}
}

func TestNamesAreForPeopleAndSafeEverywhere(t *testing.T) {
	for title, want := range map[string]string{
		"Réunion du 3 mars":              "Réunion du 3 mars",
		"../../etc/passwd":               "etc-passwd",
		`..\..\x`:                        "x",
		"/absolute":                      "absolute",
		"C:\\Windows\\x":                 "C--Windows-x",
		"con":                            "_con",
		"LPT1.txt":                       "_LPT1.txt",
		"a<b>c:d\"e|f?g*h":               "abc-d'e-fgh",
		"  . spaces and stops . ":        "spaces and stops",
		"line\nbreak\ttab\u00a0no-break": "line break tab no-break",
		"turned \u202exslx.exe":          "turned xslx.exe",
		"zero\u200bwidth\ufeff":          "zerowidth",
		"e\u0301te\u0301":                "été",
		"~$lock.part":                    "$lock-part",
		".htaccess":                      "htaccess",
		"x.padsync-tmp":                  "x-padsync-tmp",
		strings.Repeat("é", 300):         strings.Repeat("é", 75),
		strings.Repeat("a", 300):         strings.Repeat("a", 80),
		"😀 fête":                         "😀 fête",
		"<script>alert(1)</script>":      "scriptalert(1)-script",
		"'; DROP TABLE pads; --":         "'; DROP TABLE pads; --",
	} {
		w := newWorld(t, "en")
		w.forms("csv")
		w.save(aPoll(w, "AbCdEf1234567890", &poll.Poll{Title: title}))
		w.update()
		w.has("Sondages/"+want+".csv", "index.html")
		if r := w.update(); r.Written != 0 || r.Unchanged != 1 || len(w.events) > 0 {
			t.Errorf("%q: %+v, %v", title, r, w.events)
		}
	}
}

func TestDocumentsOfOneNameAreToldApart(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("txt")
	w.save(aPad("one", "Notes\n1"))
	w.update()
	w.save(aPad("one", "Notes\n1"), aPad("two", "NOTES\n2"), aPad("three", "notes\n3"))
	w.update()
	names := w.pages()
	if len(names) != 4 || !strings.Contains(w.files()["Pads/Notes.txt"], "Notes\n1") {
		t.Error(names)
	}
	folded := make(map[string]bool)
	for _, name := range names {
		folded[strings.ToLower(name)] = true
	}
	if len(folded) != 4 {
		t.Error("on a file system that ignores case two are one:", names)
	}
	if r := w.update(); r.Written != 0 || r.Unchanged != 3 {
		t.Errorf("%+v", r)
	}
}

// TestPadWithoutAFirstLineHasNotItsID.
func TestPadWithoutAFirstLineHasNotItsID(t *testing.T) {
	for _, text := range []string{"", "\n \n---\n", "Welcome to Etherpad!\n\nThis pad text is synchronized", "planted-id", "Planted-ID\n", pads + "/p/planted-id", "- " + pads + "/p/planted%2Did.", "\u00ab planted-id \u00bb", "planted-id :"} {
		w := newWorld(t, "en")
		w.save(aPad("planted-id", text))
		w.update()
		for _, name := range w.pages() {
			if strings.Contains(strings.ToLower(name), "planted") || name != "index.html" && !strings.HasPrefix(name, "Pads/pad ") {
				t.Errorf("%q: %s", text, name)
			}
		}
	}
}

func TestWhatPeopleSayIsTheNameAndTheFolder(t *testing.T) {
	w := newWorld(t, "fr")
	w.forms("html")
	w.options.By = mirror.ByTag
	one := aPad("one", "First\n"+pads+"/p/never-saved "+pads+"/p/two")
	w.save(one, aPad("two", "Second"))
	w.say(one, "Compte rendu", "AG", "2026")
	w.say(aPad("never-saved", ""), "Autre pad")
	w.options.Choose = choose(func(r *manifest.Record) bool { return len(r.Said.Tags) > 0 })
	w.update()
	w.has("AG/Compte rendu.html", "index.html")
	page := w.files()["AG/Compte rendu.html"]
	if !strings.Contains(page, "<title>Compte rendu</title>") || !strings.Contains(page, "Autre pad pad ") {
		t.Error(page)
	}
	w.say(one, "Compte rendu du bureau", "CA")
	if r := w.update(); r.Removed != 1 {
		t.Errorf("%+v", r)
	}
	w.has("CA/Compte rendu du bureau.html", "index.html")
	w.say(one, "one", "../..")
	w.update()
	w.has("pad/First.html", "index.html")
}

// TestPublicDocumentNeedsNoWord, and goes when it is so no longer.
func TestPublicDocumentNeedsNoWord(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	w.options.Shown = mirror.Shown{}
	open, shut := aPad("one", "First\n"+pads+"/p/two"), aPoll(w, "AbCdEf1234567890", &poll.Poll{Title: "planted title"})
	open.public = true
	w.save(open, shut, aPad("two", "planted text"))
	if r := w.update(); r.Private != 2 {
		t.Errorf("%+v", r)
	}
	w.has("Pads/First.html", "index.html")
	for name, content := range w.files() {
		if strings.Contains(content, "planted") {
			t.Errorf("%s: %s", name, content)
		}
	}
	w.save(aPad("one", "First\nwith a password now"))
	if r := w.update(); r.Private != 3 || r.Removed != 1 {
		t.Errorf("%+v", r)
	}
	w.has("index.html")
}

// TestPageOfADocumentThatNoListTellsStays: the list may only be missing.
func TestPageOfADocumentThatNoListTellsStays(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	for _, id := range []string{"one", "two", "three"} {
		w.save(aPad(id, "Title "+id))
	}
	w.update()
	var lists []string
	for o, err := range w.sink.List(t.Context(), "manifests/") {
		if err != nil {
			t.Fatal(err)
		}
		lists = append(lists, o.Key)
	}
	slices.Sort(lists)
	if err := w.sink.Delete(t.Context(), lists[1]); err != nil {
		t.Fatal(err)
	}
	if r := w.update(); r.Lacking == 0 || r.Removed != 0 {
		t.Errorf("%+v", r)
	}
	w.has("Pads/Title one.html", "Pads/Title three.html", "Pads/Title two.html", "index.html")
}

// TestLostDocumentKeepsItsPage: it is the only copy that is left.
func TestLostDocumentKeepsItsPage(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	w.save(aPad("one", "First"))
	w.update()
	for o, err := range w.sink.List(t.Context(), "packs/") {
		if err = cmp.Or(err, w.sink.Delete(t.Context(), o.Key)); err != nil {
			t.Fatal(err)
		}
	}
	w.update()
	w.has("Pads/First.html", "index.html")
	w.options.Choose = choose(func(*manifest.Record) bool { return false })
	w.update()
	w.has("index.html")
}
