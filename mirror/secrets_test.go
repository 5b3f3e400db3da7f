package mirror_test

import (
	"bytes"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html/atom"

	parser "golang.org/x/net/html"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/mirror"
)

const (
	plantedPad   = "planted-pad_9f"
	plantedOther = "planted-other-7c"
	plantedPoll  = "PlantedPoll12345"
	plantedAdmin = plantedPoll + "ADMINKEY"
)

// forms are addresses of documents as people and programs write them.
func addressForms() (all []string) {
	for _, pad := range []string{plantedPad, plantedOther, "planted-unknown"} {
		u := pads + "/p/" + pad
		all = append(all, u, "http://pads.example.org/p/"+pad, "HTTPS://PADS.example.org:443/p/"+pad, u+"/timeslider#42", u+"/export/txt", u+"?showChat=false&userName=x",
			"pads.example.org/p/"+pad, "//pads.example.org/p/"+pad, "https://me:secret@pads.example.org/p/"+pad, "https:\\\\pads.example.org\\p\\"+pad,
			"https://pads.example.org/p/%70"+pad[1:], "https://pads.example.org/p/%2570"+pad[1:], "https://example.org/?to="+url.QueryEscape(u), "https://web.archive.org/web/2026/"+u,
			"mailto:x@example.org?body="+url.QueryEscape(u), "[voir ("+u+")]", u+"..., "+u+";"+u, u+"|"+u, "\u00ab\u00a0"+u+"\u00a0\u00bb", "<"+u+">", u+"&amp;x", "etherpad://pads.example.org/p/"+pad,
			"https://pads.example.org/mypads/?/mypads/group/g/pad/view/"+pad, "pads.example.org%2Fp%2F"+pad, strings.NewReplacer("_", `\_`, "-", `\-`).Replace(u))
	}
	for _, id := range []string{plantedPoll, "PlantedUnknown16"} {
		all = append(all, polls+"/"+id, polls+"/studs.php?poll="+id, polls+"/studs.php?lang=fr&sondage="+id, polls+"/exportcsv.php?poll="+id, polls+"/"+id+"/vote/"+id+"#edit", "polls.example.org/"+id,
			"https://example.org/?to="+url.QueryEscape(polls+"/"+id))
	}
	for _, id := range []string{plantedPoll} {
		all = append(all, "https://polls.example.org./"+id, "http://polls.example.org:80/"+id, "https://POLLS.Example.org/"+id, "https://polls\u3002example\u3002org/"+id, "https://\uff50olls.example.org/"+id,
			"https:/polls.example.org/"+id, "https:polls.example.org/"+id, "https://polls.example.org/./"+id, "https://polls.example.org//"+id, "https://polls.example.org/x/../"+id, "polls.example.org./"+id,
			"https://polls.example.org/"+strings.ToLower(id), "https:///polls.example.org/"+id, "https://polls.example.org\u00ad/"+id, "https://polls.example.org:0443/"+id, "https://polls.exa\u00admple.org/"+id, "https://polls%2Eexample.org/"+id,
			"x://polls.example.org/"+id, "polls.exa\u00admple.org/"+id, "polls\u3002example\u3002org/"+id, "https://me@polls.example.org.:443/"+id, "https://polls.example.org:/"+id)
	}
	return append(all, polls+"/"+plantedAdmin+"/admin", polls+"/adminstuds.php?poll="+plantedAdmin, polls+"/"+plantedPoll+"/results", "https://elsewhere.example/"+plantedAdmin+"/admin",
		"https://elsewhere.example/polls/0123456789abcdef0123/fedcba98765432100123/admin", "https://elsewhere.example/p/planted-elsewhere")
}

// seen is what a person, a program or a search finds in a file: without escapes,
// folds and markup.
func seen(content string) string {
	plain := html.UnescapeString(strings.NewReplacer("\r\n ", "", "\n ", "", `\`, "").Replace(content))
	for range 3 {
		if u, err := url.PathUnescape(plain); err == nil {
			plain = u
		}
	}
	return strings.ToLower(content + "\n" + plain)
}

// TestNothingIsPublishedThatWasNotSaid in any form, name or title.
func TestNothingIsPublishedThatWasNotSaid(t *testing.T) {
	w := newSite(t, "fr")
	addresses := addressForms()
	text := "Titre " + pads + "/p/" + plantedPad + "\n" + strings.Join(addresses, "\n") + "\n" + strings.Join(addresses[:20], " ") + "\nfin"
	hidden := true
	p := &poll.Poll{
		Title: "Quand ? " + polls + "/" + plantedAdmin + "/admin", Author: "planted-author", Description: text, Kind: poll.Date,
		Choices:  []poll.Choice{{Date: "2027-01-11", Moment: "voir " + pads + "/p/" + plantedPad}, {Label: "ou " + strings.Repeat("é", 20) + pads + "/p/" + plantedOther}},
		Votes:    []poll.Vote{{Name: "planted-voter", Answers: []poll.Answer{poll.Yes, poll.No}}, {Name: "=planted-voter", Answers: []poll.Answer{poll.Yes}}},
		Comments: []poll.Comment{{Author: "planted-commenter", Text: text}},
		Settings: poll.Settings{Mail: "planted-mail@example.org", Hidden: &hidden},
	}
	private := aPad("planted-private-id", "planted-private-text")
	private.base = "https://private.example.org"
	w.save(aPad(plantedPad, text), aPad(plantedOther, "Autre"), aPoll(w, plantedPoll, p), private)
	w.save(aPad(plantedPad, text+"\nplus"), aPad(plantedOther, "planted-earlier"))
	w.save(aPad(plantedOther, "Autre"))
	w.options.Choose = choose(func(r *manifest.Record) bool { return r.ID != "planted-private-id" })
	w.update()
	files := w.files()
	if len(w.pages()) != 3+3+4+1 || !strings.Contains(w.searched(), "fin") {
		t.Error(w.pages(), w.searched())
	}
	for name, content := range files {
		for _, secret := range []string{"planted", "ADMINKEY", "fedcba98765432100123", "a.planted-author-id"} {
			for _, in := range []string{name, content} {
				if got := seen(in); strings.Contains(got, strings.ToLower(secret)) {
					at := strings.Index(got, strings.ToLower(secret))
					t.Errorf("%s has %s: …%s…", name, secret, got[max(0, at-60):min(len(got), at+40)])
					break
				}
			}
		}
	}
	// What is chosen leads to its page, and what stands around it stays.
	page := files["Pads/Autre.html"]
	if !strings.Contains(page, "<title>Autre</title>") {
		t.Error(page)
	}
	for name, want := range map[string]string{
		"Pads/Titre ….html":        `<a href="../Pads/Autre.html" rel="noopener noreferrer">Autre</a>`,
		"Pads/Titre ….md":          `[Autre](<../Pads/Autre.md>)`,
		"Pads/Titre ….txt":         "Autre",
		"Sondages/Quand ….html":    `<a href="../Pads/Autre.html">Autre</a>`,
		"Sondages/Quand ….csv":     "Nom,2027-01-11 voir Titre …,ou",
		"Sondages/Quand ….ics":     "SUMMARY:",
		"Sondages/Quand ….txt":     "1  ",
		"index.html":               "./Sondages/Quand%20%E2%80%A6.html",
		"Pads/Autre.md":            "Autre",
		"Pads/Autre.txt":           "Autre",
		".padsync-mirror.json":     `"format":"padsync-mirror"`,
		"Pads/Titre ….html#others": "fin",
	} {
		name, _, _ = strings.Cut(name, "#")
		if !strings.Contains(files[name], want) {
			t.Errorf("%s has no %s:\n%s", name, want, files[name])
		}
	}
}

// TestWhatIsSaidIsPublished, and of a poll's admin link nothing even then.
func TestWhatIsSaidIsPublished(t *testing.T) {
	p := &poll.Poll{Title: "Quand", Author: "Zoé", Votes: []poll.Vote{{Name: "Léa", Answers: []poll.Answer{poll.Yes, poll.No}}}, Comments: []poll.Comment{{Author: "Bob", Text: polls + "/" + plantedAdmin + "/admin"}}}
	for said, want := range map[mirror.Shown]map[string][]string{
		{Private: true, Addresses: true}:          {"search": {pads + "/p/sujet"}, "Pads/sujet.html": {pads + "/p/sujet"}, "Sondages/Quand.html": {polls + "/studs.php?poll=" + plantedPoll}},
		{Private: true, Chat: true}:               {"search": {"planted-chat AG"}, "Pads/AG.html": {"planted-chat AG"}, "Pads/AG.md": {"planted-chat"}, "Pads/AG.txt": {"planted-chat"}},
		{Private: true, Chat: true, Voters: true}: {"Pads/AG.html": {"planted-author"}, "Pads/AG.md": {"planted-author"}, "Pads/AG.txt": {"planted-author"}},
		{Private: true, Voters: true}:             {"search": {"Zoé", "Léa", "Bob", "\nlea "}, "Sondages/Quand.html": {"Zoé", "Léa", "Bob"}, "Sondages/Quand.csv": {"Léa"}},
		{Private: true, Versions: true}:           {"Pads/AG (versions antérieures)/2026-11-22 15.41.html": {"planted-earlier", "version antérieure"}},
		{}:                                        nil,
	} {
		w := newSite(t, "fr")
		w.options.Shown = said
		first := "AG\n"
		if said.Addresses {
			first = "sujet\n"
		}
		w.save(aPad("sujet", first+"planted-earlier"))
		w.save(aPad("sujet", first+pads+"/p/sujet/timeslider"), aPoll(w, plantedPoll, p))
		r := w.update()
		files := w.withSearch()
		for name, all := range want {
			for _, text := range all {
				if !strings.Contains(files[name], text) {
					t.Errorf("%+v: %s has no %s:\n%s\n%v", said, name, text, files[name], w.pages())
				}
			}
		}
		for name, content := range files {
			if by := (strings.HasPrefix(name, "Pads/") || name == mirror.SearchFolder) && said.Chat && said.Voters; strings.Contains(seen(content), "planted-author") != by {
				t.Errorf("%+v: %s says who wrote the chat: %t", said, name, !by)
			}
			if strings.Contains(seen(content), "adminkey") || strings.Contains(content, "planted-earlier") != (said.Versions && strings.Contains(name, "versions")) && !strings.HasPrefix(name, ".") {
				t.Errorf("%+v: %s: %s", said, name, content)
			}
		}
		if !said.Private && (r.Private != 2 || len(w.pages()) != 1) {
			t.Errorf("%+v, %v", r, w.pages())
		}
		if said.Versions {
			if r := w.update(); r.Written != 0 || r.Removed != 0 {
				t.Errorf("%+v", r)
			}
		}
	}
}

// TestNamesOfPeopleAreNoPlaceForAddresses: anybody can call themselves so.
func TestNamesOfPeopleAreNoPlaceForAddresses(t *testing.T) {
	w := newSite(t, "en")
	w.options.Shown = mirror.Shown{Private: true, Chat: true, Voters: true}
	address := pads + "/p/" + plantedPad
	named := aPad(plantedPad, "Notes")
	named.content = bytes.ReplaceAll(named.content, []byte(`"planted-author"`), []byte(`"`+address+`"`))
	w.save(named, aPoll(w, plantedPoll, &poll.Poll{
		Title: "When", Author: "me " + address, Votes: []poll.Vote{{Name: address, Answers: []poll.Answer{poll.Yes, poll.No}}}, Comments: []poll.Comment{{Author: address, Text: "x"}},
		Kind: poll.Classic, Choices: []poll.Choice{{Markdown: "**" + address + "**"}, {Label: "No"}},
	}))
	w.update()
	if n := len(w.pages()); n != 7 {
		t.Error(w.pages())
	}
	for name, content := range w.files() {
		if strings.Contains(seen(content), plantedPad) {
			t.Errorf("%s: %s", name, content)
		}
	}
}

// TestEarlierVersionThatWasPrivateIsNotShown among those that were not.
func TestEarlierVersionThatWasPrivateIsNotShown(t *testing.T) {
	w := newSite(t, "en")
	w.forms("html")
	w.options.Shown = mirror.Shown{Versions: true}
	shut, open, newest := aPad("one", "Minutes\nplanted with a password"), aPad("one", "Minutes\nopen"), aPad("one", "Minutes\nnewest")
	open.public, newest.public = true, true
	w.save(shut)
	w.save(open)
	w.save(newest)
	w.update()
	if n := len(w.pages()); n != 3 {
		t.Error(w.pages())
	}
	for name, content := range w.files() {
		if strings.Contains(content, "planted") {
			t.Errorf("%s: %s", name, content)
		}
	}
}

// TestTagIsNoPlaceForAnAddress: it is the name of a folder.
func TestTagIsNoPlaceForAnAddress(t *testing.T) {
	w := newSite(t, "en")
	w.options.By = mirror.ByTag
	pad := aPad(plantedPad, "Minutes")
	w.save(pad)
	w.say(pad, "Minutes", "pads.example.org/p/"+plantedPad)
	w.update()
	for name, content := range w.files() {
		if strings.Contains(seen(name+content), plantedPad) {
			t.Errorf("%s: %s", name, content)
		}
	}
}

// TestAdminLinkInATextIsNeverShown, also of a poll that padsync does not know, and
// where addresses may be seen.
func TestAdminLinkInATextIsNeverShown(t *testing.T) {
	w := newSite(t, "en")
	w.options.Shown = mirror.Shown{Private: true, Addresses: true, Chat: true, Voters: true}
	links := []string{polls + "/" + plantedAdmin + "/admin", polls + "/adminstuds.php?poll=PlantedUnknown16ADMINKEY", "https://elsewhere.example/PlantedUnknown16ADMINKEY/admin", "https://elsewhere.example/?to=" + url.QueryEscape(polls+"/"+plantedAdmin+"/admin")}
	w.save(aPad("one", "Minutes\n"+strings.Join(links, "\n")+"\n"+polls+"/"+plantedPoll), aPoll(w, plantedPoll, &poll.Poll{Title: "When", Description: strings.Join(links, " "), Votes: []poll.Vote{}}))
	w.update()
	for name, content := range w.files() {
		if strings.Contains(seen(name+content), "adminkey") {
			t.Errorf("%s: %s", name, content)
		}
	}
	if page := w.files()["Pads/Minutes.txt"]; !strings.Contains(page, polls+"/studs.php?poll="+plantedPoll) {
		t.Errorf("the address of the poll is not shown: %s", page)
	}
}

// TestAddressWhoseLetterIsBoldIsOne.
func TestAddressWhoseLetterIsBoldIsOne(t *testing.T) {
	w := newSite(t, "en")
	pad := aPad(plantedPad, "Notes\nsee "+pads+"/p/"+plantedPad+" there")
	var all map[string]any
	if err := json.Unmarshal(pad.content, &all); err != nil {
		t.Fatal(err)
	}
	state, _ := all["pad:"+plantedPad].(map[string]any)
	atext, _ := state["atext"].(map[string]any)
	text, _ := atext["text"].(string)
	length := int64(len(text))
	atext["attribs"] = "|1+6+x*1+1|1+" + strconv.FormatInt(length-6-33-1, 36) // one letter of its id
	state["pool"] = map[string]any{"numToAttrib": map[string]any{"0": []string{"author", "a.x"}, "1": []string{"bold", "true"}}, "nextNum": 2}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	pad.content = b
	w.save(pad)
	w.update()
	w.has("Pads/Notes.html", "Pads/Notes.md", "Pads/Notes.txt", "index.html")
	for name, content := range w.files() {
		if strings.Contains(seen(strings.NewReplacer("<strong>", "", "</strong>", "", "**", "").Replace(content)), "nted-pad") || strings.HasPrefix(name, "Pads/") && !strings.Contains(content, "there") {
			t.Errorf("%s: %s", name, content)
		}
	}
}

// TestHostileDocumentsMakeHarmlessPages.
func TestHostileDocumentsMakeHarmlessPages(t *testing.T) {
	w := newSite(t, "en")
	hostile := []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</title><script>x</script>`, "javascript:alert(1)", `[x](javascript:alert(1))`, `{{.}}`, "<!--#exec-->", "\u202eevil", "=HYPERLINK(\"http://evil\")", "x;=1+1", "a\t=2", "＝3"}
	for i, text := range hostile {
		w.save(aPad("pad"+string(rune('a'+i)), text+"\n"+strings.Join(hostile, "\n")), aPoll(w, "Poll12345678901"+string(rune('a'+i)), &poll.Poll{
			Title: text, Description: text, Votes: []poll.Vote{{Name: text, Answers: []poll.Answer{poll.Yes, poll.No}}}, Comments: []poll.Comment{{Author: text, Text: text}},
			Kind: poll.Classic, Choices: []poll.Choice{{Label: text}, {Label: text, Moment: text}},
		}))
	}
	w.options.Shown = mirror.Shown{Private: true, Voters: true, Chat: true}
	w.update()
	pages := 0
	for name, content := range w.files() {
		switch {
		case strings.HasSuffix(name, ".html"):
			pages++
			found := harmful(t, indexMark.ReplaceAllString(content, ""))
			if name == mirror.IndexName {
				slices.Sort(found)
				if n := len(found); n < 6 || !slices.Equal(found[:5], []string{"<button>", "<button>", "<form>", "<input>", "<script>"}) || n > 6 || w.files()[strings.TrimPrefix(found[5], "src=")] == "" {
					t.Errorf("for its search the index has %q", found)
				}
				continue
			}
			for _, found := range found {
				t.Errorf("%s: %s", name, found)
			}
		case strings.HasSuffix(name, ".csv"):
			for _, cell := range strings.FieldsFunc(content, func(r rune) bool { return strings.ContainsRune(",;\t\r\n", r) }) {
				if strings.ContainsRune("=+-@＝", []rune(strings.TrimLeft(cell, `"`) + " ")[0]) {
					t.Errorf("%s: a cell would run: %q", name, cell)
				}
			}
		}
	}
	if pages != 2*len(hostile)+1 {
		t.Errorf("%d pages: %v", pages, w.pages())
	}
}

// indexMark is how an index ends.
var indexMark = regexp.MustCompile(`<!-- padsync [0-9a-f]{64} -->\n$`)

// harmful names what in a page could do or load something, as a browser reads it.
func harmful(t *testing.T, page string) (found []string) {
	t.Helper()
	root, err := parser.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page, `http-equiv="Content-Security-Policy" content="default-src 'none'`) {
		found = append(found, "no policy")
	}
	for n := range root.Descendants() {
		if n.Type == parser.CommentNode {
			found = append(found, "a comment")
		}
		switch n.DataAtom {
		case atom.Script, atom.Img, atom.Iframe, atom.Object, atom.Embed, atom.Form, atom.Input, atom.Link, atom.Base, atom.Svg, atom.Math, atom.Video, atom.Audio, atom.Button:
			found = append(found, "<"+n.Data+">")
		}
		for _, a := range n.Attr {
			u, err := url.Parse(a.Val)
			if a.Key == "href" && (err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto") ||
				strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "src" {
				found = append(found, a.Key+"="+a.Val)
			}
		}
	}
	return found
}

// TestPublicVersionTakesNothingFromPrivateOnes, though its own look did not see all.
func TestPublicVersionTakesNothingFromPrivateOnes(t *testing.T) {
	for _, private := range []bool{false, true} {
		w := newSite(t, "en")
		w.options.Shown = mirror.Shown{Private: private, Voters: true}
		admin := aPoll(w, plantedPoll, &poll.Poll{Title: "Which", Votes: []poll.Vote{{Name: "planted-voter", Answers: []poll.Answer{poll.Yes, poll.No}}}})
		admin.parts = map[string]string{"choices": "a", "votes": "a"}
		w.save(admin)
		open := aPoll(w, plantedPoll, &poll.Poll{Title: "Which", Description: "open", Unseen: []poll.Part{poll.PartVotes}})
		open.public, open.parts = true, map[string]string{"choices": "a"}
		w.save(open)
		w.update()
		w.has("Sondages/Which.csv", "Sondages/Which.html", "Sondages/Which.txt", "index.html")
		for name, content := range w.withSearch() {
			if strings.Contains(content, "planted-voter") != (private && name != "index.html" && !strings.HasPrefix(name, ".")) {
				t.Errorf("private: %t: %s: %s", private, name, content)
			}
		}
	}
}

// TestAdminLinkInATitleIsNeverShown, whatever may be.
func TestAdminLinkInATitleIsNeverShown(t *testing.T) {
	for _, addresses := range []bool{false, true} {
		w := newSite(t, "en")
		w.options.Shown = mirror.Shown{Private: true, Addresses: addresses}
		w.save(aPoll(w, plantedPoll, &poll.Poll{Title: "When " + polls + "/" + plantedAdmin + "/admin", Votes: []poll.Vote{}}))
		w.update()
		for name, content := range w.files() {
			if strings.Contains(seen(name+content), "adminkey") {
				t.Errorf("addresses: %t: %s: %s", addresses, name, content)
			}
		}
	}
}

// TestNameOfAPrivateDocumentIsOnNoPageOfOthers, whoever gave it.
func TestNameOfAPrivateDocumentIsOnNoPageOfOthers(t *testing.T) {
	w := newSite(t, "en")
	w.options.Shown = mirror.Shown{}
	open, shut := aPad("one", "First\n"+pads+"/p/two "+pads+"/p/three"), aPad("two", "Second")
	third := aPad("three", "Third")
	open.public, third.public = true, true
	w.save(open, shut, third)
	w.say(shut, "planted name")
	w.say(third, "Minutes")
	w.options.Choose = choose(func(r *manifest.Record) bool { return r.ID == "one" })
	w.update()
	for name, content := range w.files() {
		if strings.Contains(content, "planted") || name == "Pads/First.html" && !strings.Contains(content, "Minutes") {
			t.Errorf("%s: %s", name, content)
		}
	}
}

// TestAddressThatIsKnownLaterLeavesPages, though their documents did not change.
func TestAddressThatIsKnownLaterLeavesPages(t *testing.T) {
	w := newSite(t, "en")
	w.forms("html")
	const elsewhere = "https://poll.association.example"
	w.save(aPad("one", "First\n"+elsewhere+"/"+plantedPoll))
	w.update()
	p := aPoll(w, plantedPoll, &poll.Poll{Title: "When", Votes: []poll.Vote{}})
	p.base = elsewhere
	w.save(p)
	w.update()
	if page := w.files()["Pads/First.html"]; strings.Contains(page, plantedPoll) || !strings.Contains(page, "When</a>") {
		t.Error(page)
	}
}

// TestAddressesInAddressesCostLittle: anybody can write in a pad.
func TestAddressesInAddressesCostLittle(t *testing.T) {
	w := newSite(t, "en")
	w.forms("html")
	places, asked := w.options.Places, 0
	w.options.Places = func(address string) []mirror.Place {
		asked++
		return places(address)
	}
	w.save(aPad("one", "First\n"+strings.Repeat("http://a/", 15)+"\n"+strings.Repeat("http://a/", 400)))
	w.update()
	if asked > 1000 {
		t.Errorf("it was asked %d times what an address is", asked)
	}
}

// TestPagesCanBeReadWithAScreenReader: they say their language, have one title and
// headings in their order, tables with headers that say of what, and links with
// names that differ where they lead elsewhere.
func TestPagesCanBeReadWithAScreenReader(t *testing.T) {
	w := newSite(t, "fr")
	w.options.Shown = mirror.Shown{Private: true, Voters: true, Chat: true}
	w.save(aPad("one", "Premier"), aPad("two", "Second\n"+pads+"/p/one"), aPoll(w, plantedPoll, &poll.Poll{
		Title: "Quel jour ?", Kind: poll.Date, Choices: []poll.Choice{{Date: "2027-03-06", Moment: "9h"}, {Date: "2027-03-06", Moment: "14h"}},
		Votes: []poll.Vote{{Name: "Zoé", Answers: []poll.Answer{poll.Yes, poll.No}}}, Comments: []poll.Comment{{Author: "Zoé", Text: "Merci"}},
	}))
	w.update()
	for name, content := range w.files() {
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		root, err := parser.Parse(strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		level, titles, links := 0, 0, make(map[string]string)
		for n := range root.Descendants() {
			attribute := func(key string) (value string) {
				for _, a := range n.Attr {
					if a.Key == key {
						value = a.Val
					}
				}
				return value
			}
			switch n.DataAtom {
			case atom.Html:
				if attribute("lang") != "fr" {
					t.Errorf("%s: its language is %q", name, attribute("lang"))
				}
			case atom.H1, atom.H2, atom.H3:
				now := int(n.Data[1] - '0')
				if now == 1 {
					titles++
				}
				if now > level+1 {
					t.Errorf("%s: <%s> below level %d", name, n.Data, level)
				}
				level = now
			case atom.Th:
				if attribute("scope") == "" {
					t.Errorf("%s: a header of nothing: %s", name, textOf(n))
				}
			case atom.A:
				text := textOf(n)
				if before, has := links[text]; strings.TrimSpace(text) == "" || has && before != attribute("href") {
					t.Errorf("%s: two links, or none, are called %q", name, text)
				}
				links[text] = attribute("href")
			}
		}
		if titles != 1 {
			t.Errorf("%s has %d titles", name, titles)
		}
	}
}

func textOf(n *parser.Node) (text string) {
	for c := range n.Descendants() {
		if c.Type == parser.TextNode {
			text += c.Data
		}
	}
	return text
}
