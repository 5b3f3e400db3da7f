package discovery_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/kinds"
	"github.com/padsync/padsync/sources/pollaris"
)

func allKinds() []kinds.Kind {
	return []kinds.Kind{pollaris.Kind(), framadate.Kind(), etherpad.Kind()}
}

func visited(address, title string) discovery.Sighting {
	return discovery.Sighting{Address: address, Title: title, Visits: 1, Origin: discovery.Origin{Place: discovery.History, Browser: "Firefox"}}
}

// reduced has a line for each document: kind, base, id, locator, whether it is
// certain.
func reduced(all ...discovery.Sighting) (lines []string) {
	for _, d := range discovery.Reduce(allKinds(), all, nil) {
		sure := "certain"
		if !d.Certain {
			sure = "uncertain"
		}
		lines = append(lines, fmt.Sprint(d.Kind.Name, " ", d.Base, " ", d.ID, " ", d.Locator, " ", sure))
	}
	return lines
}

func checkReduced(t *testing.T, addresses []string, want ...string) {
	t.Helper()
	var all []discovery.Sighting
	for _, address := range addresses {
		address, title, _ := strings.Cut(address, " # ")
		all = append(all, visited(address, title))
	}
	if got := reduced(all...); !slices.Equal(got, want) {
		t.Errorf("%q\nare %q,\nwant %q", addresses, got, want)
	}
}

const (
	public    = "aBcDeFgHiJkLmN0p"
	adminLink = "aBcDeFgHiJkLmN0pqRsTuVwX"
	hexID     = "0123456789abcdef0123"
	token     = "fedcba98765432100123"
)

// Rows F30 to F36 of the ancestor, and what they miss.
func TestADocumentIsOneWhateverTheLink(t *testing.T) {
	const pad = "https://mensuel.framapad.org"
	checkReduced(t, []string{
		pad + "/p/ag-2026", pad + "/p/ag-2026/", pad + "/p/ag-2026?lang=fr#L3", pad + "/p/ag-2026#chat", pad + "/p/ag-2026/timeslider", pad + "/p/ag-2026/timeslider#3",
		pad + "/p/ag-2026/export/txt", pad + "/p/ag-2026/42/export/txt", "http://mensuel.framapad.org/p/ag-2026", "https://MENSUEL.framapad.org:443/p/ag-2026",
	}, "etherpad "+pad+" ag-2026 ag-2026 certain")
	checkReduced(t, []string{pad + "/p/with%20space", pad + "/p/with_space"}, "etherpad "+pad+" with_space with_space certain")
	checkReduced(t, []string{pad, pad + "/", pad + "/p/", "https://evilframapad.org/x", "https://search.example/?q=framapad.org/p/zz", "https://mensuel.framapad.org.evil.example/about"})
}

// The admin link and the public one are one poll, and what the first can do is
// kept, whatever came first.
func TestAPollKeepsItsAdminRight(t *testing.T) {
	const polls = "https://nuudel.digitalcourage.de"
	want := "framadate " + polls + " " + public + " " + adminLink + "/admin certain"
	links := []string{polls + "/" + public, polls + "/" + adminLink + "/admin", polls + "/studs.php?poll=" + public + "&lang=fr", polls + "/" + public + "/vote/0123456789abcdef"}
	checkReduced(t, links, want)
	slices.Reverse(links)
	checkReduced(t, links, want)
	checkReduced(t, []string{polls, polls + "/", polls + "/create_poll.php", polls + "/create_poll.php?type=date"})
	for _, cut := range []string{"/" + adminLink, "/studs.php?poll=" + adminLink, "/exportcsv.php?poll=" + adminLink} {
		checkReduced(t, []string{polls + cut, polls + "/" + adminLink + "/admin"}, want)
	}
	const pollaris = "https://framadate.org"
	checkReduced(t, []string{
		pollaris + "/polls/" + hexID, pollaris + "/polls/" + hexID + ".csv", pollaris + "/polls/" + hexID + "/" + token + "/admin", pollaris + "/polls/" + hexID + "/" + token + "/settings",
		pollaris + "/polls/new?type=date", pollaris + "/my", pollaris + "/polls/" + hexID + "/votes/" + token + "/edit",
	}, "pollaris "+pollaris+" "+hexID+" "+hexID+"/"+token+"/admin certain")
}

// What only such a server makes proves what the server is, and so all that is on it.
func TestAnUnknownServerIsKnownByWhatOnlyItsKindMakes(t *testing.T) {
	const host = "https://pads.asso.example"
	certain := "etherpad " + host + " ag ag certain"
	for _, proof := range []string{"/p/x # x | Etherpad", "/p/x/timeslider", "/p/x/export/etherpad", "/p/g.0123456789abcdef$x"} {
		if got := reduced(visited(host+"/p/ag", ""), visited(strings.Split(host+proof, " # ")[0], title(proof))); !slices.Contains(got, certain) {
			t.Errorf("%s: %q", proof, got)
		}
	}
	checkReduced(t, []string{host + "/mypads/?/mypads/group/asso-1/pad/view/budget-2"}, "etherpad "+host+" budget-2 budget-2 certain")
	for _, look := range []string{"/p/x # y | Etherpad", "/p/x # x", "/p/x # x - HedgeDoc"} {
		if got := reduced(visited(strings.Split(host+look, " # ")[0], title(look))); !slices.Equal(got, []string{"etherpad " + host + " x x uncertain"}) {
			t.Errorf("%s: %q", look, got)
		}
	}
	const polls = "https://polls.asso.example/date"
	checkReduced(t, []string{polls + "/" + public}, "framadate "+polls+" "+public+" "+public+" uncertain")
	checkReduced(t, []string{polls + "/" + public, polls + "/exportcsv.php?poll=0123456789abcdeF"},
		"framadate "+polls+" 0123456789abcdeF 0123456789abcdeF certain", "framadate "+polls+" "+public+" "+public+" certain")
	checkReduced(t, []string{host + "/p/" + public}, "etherpad "+host+" "+public+" "+public+" uncertain")
	checkReduced(t, []string{host + "/polls/garden"}, "pollaris "+host+" garden garden uncertain")
	checkReduced(t, []string{host + "/polls/" + hexID + "/" + token + "/admin"}, "pollaris "+host+" "+hexID+" "+hexID+"/"+token+"/admin certain")
}

func title(s string) string {
	_, title, _ := strings.Cut(s, " # ")
	return title
}

// A page that a browser was sent away from, or that was not there, proves nothing.
func TestWhatTheBrowserDoubtsIsNotCertain(t *testing.T) {
	s := visited("https://pads.asso.example/p/x/timeslider", "x | Etherpad")
	s.Doubtful = true
	if got := reduced(s); !slices.Equal(got, []string{"etherpad https://pads.asso.example x x uncertain"}) {
		t.Errorf("%q", got)
	}
	if got := reduced(s, visited("https://pads.asso.example/p/y", "")); len(got) != 2 || slices.ContainsFunc(got, func(line string) bool { return strings.HasSuffix(line, " certain") }) {
		t.Errorf("%q", got)
	}
	s.Address = "https://pad.fdn.fr/p/x"
	if got := reduced(s, visited(s.Address, "")); !slices.Equal(got, []string{"etherpad https://pad.fdn.fr x x certain"}) {
		t.Errorf("%q", got)
	}
}

// Recent pads have no path of their server.
func TestARecentPadIsWhereTheOthersOfItsServerAre(t *testing.T) {
	recent := discovery.Sighting{Address: "https://www.asso.example/p/ag", Kind: "etherpad", Origin: discovery.Origin{Place: discovery.Recent}}
	for want, others := range map[string][]discovery.Sighting{
		"etherpad https://www.asso.example ag ag certain":          nil,
		"etherpad https://www.asso.example/etherpad ag ag certain": {visited("https://www.asso.example/etherpad/p/x", "")},
	} {
		if got := reduced(append(others, recent)...); !slices.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestLookAlikesAreToldApart(t *testing.T) {
	checkReduced(t, []string{
		"https://pad.numerique.gouv.fr/p/slides", "https://pad.gwdg.de/p/slides", "https://lite.framacalc.org/calc16", "https://www.instagram.com/p/Cabcdefghij/",
		"https://sourceforge.net/p/project/code", "https://shop.example/sites/0123456789abcdef01234567/admin", "https://shop.example/products/vote/12",
		"https://news.example/internationalize", "https://a.example/b/c/d/" + public, "https://shop.example/" + public + "?utm_source=x", "https://public.etherpad-mozilla.org/p/x",
		"https://user:secret@pad.fdn.fr/p/x", "https://pad.fdn.fr/p/%s", "ftp://pad.fdn.fr/p/x", "javascript://pad.fdn.fr/p/x", "https://x.example/word", "https:///p/x",
		"https://x.example/p/a/b/c/d",
	})
}

func TestATitleIsThePersonsOrThePages(t *testing.T) {
	bookmark := visited("https://pad.fdn.fr/p/ag", "Notre AG\x1b[31m\u202e")
	bookmark.Origin.Place = discovery.Bookmark
	link := "https://nuudel.digitalcourage.de/" + adminLink + "/admin"
	all := discovery.Reduce(allKinds(), []discovery.Sighting{visited("https://pad.fdn.fr/p/ag", "ag | Etherpad"), visited("https://pad.fdn.fr/p/ag", "Assemblée"), bookmark, visited(link, link), visited(link, adminLink+"/admin"), visited("https://nuudel.digitalcourage.de/"+public, "the link "+adminLink)}, nil)
	for _, d := range all {
		if d.Kind.Name == "framadate" && strings.Contains(fmt.Sprint(d.Record, d.Origins), adminLink) {
			t.Errorf("a title has the admin link: %+v", d)
		}
		if d.Kind.Name == "etherpad" && !slices.Equal(d.Titles, []string{"Notre AG [31m", "Assemblée"}) {
			t.Errorf("%q", d.Titles)
		}
	}
}

func TestVisitsAreOfAllLinksTogetherAndOfEachOrigin(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }
	a, b := visited("https://pad.fdn.fr/p/ag", "L'AG"), visited("http://pad.fdn.fr/p/ag?x", "Notre AG")
	a.First, a.Last, a.Visits = day(3), day(5), 2
	b.First, b.Last, b.Visits = day(2), day(4), 3
	b.Origin.Browser, b.Origin.Place = "Chromium", discovery.Bookmark
	d := discovery.Reduce(allKinds(), []discovery.Sighting{a, b, a}, nil)[0]
	want := discovery.Record{Titles: []string{"Notre AG", "L'AG"}, First: day(2), Last: day(5), Visits: 7}
	origins := []discovery.Trace{
		{Origin: a.Origin, Record: discovery.Record{Titles: []string{"L'AG"}, First: day(3), Last: day(5), Visits: 4}},
		{Origin: b.Origin, Record: discovery.Record{Titles: []string{"Notre AG"}, First: day(2), Last: day(4), Visits: 3}},
	}
	if !reflect.DeepEqual(d.Record, want) || !reflect.DeepEqual(d.Origins, origins) || d.Base != "https://pad.fdn.fr" {
		t.Errorf("%+v", d)
	}
}

func TestAServerThatWasAskedIsWhatItSays(t *testing.T) {
	const host = "https://pads.asso.example"
	seen := []discovery.Sighting{visited(host+"/p/x", ""), visited("https://a.example/p/x", "")}
	all := discovery.Reduce(allKinds(), seen, map[discovery.Server]bool{{Kind: "etherpad", Address: "pads.asso.example"}: true, {Kind: "etherpad", Address: "a.example"}: false})
	if len(all) != 1 || all[0].Base != host || !all[0].Certain {
		t.Errorf("%+v", all)
	}
}

// What leaves the place where it is read must be readable by what reduces it.
func FuzzReduce(f *testing.F) {
	for _, seed := range []string{"https://pad.fdn.fr/p/x", "https://x.example/" + public, "https://x.example/polls/a/votes/" + hexID, "http://[::1]/p/%zz", "https://x.example//p//x?/mypads/group/a/pad/view/b"} {
		f.Add(seed, "x | Etherpad")
	}
	f.Fuzz(func(t *testing.T, address, title string) {
		for _, d := range discovery.Reduce(allKinds(), []discovery.Sighting{visited(address, title)}, nil) {
			if d.ID == "" || d.Base == "" || d.Locator == "" {
				t.Errorf("%q is %+v", address, d)
			}
		}
	})
}

func linked(address, in string) discovery.Sighting {
	return discovery.Sighting{Address: address, Origin: discovery.Origin{Place: discovery.Saved, Document: in}}
}

// Anybody can write in a pad: what a link there leads to is not certain, and it says
// nothing of its server.
func TestALinkInADocumentProvesNothing(t *testing.T) {
	const host, poll = "https://pads.asso.example", "https://nuudel.digitalcourage.de"
	recent := discovery.Sighting{Address: host + "/p/recent", Kind: "etherpad", Origin: discovery.Origin{Place: discovery.Recent}}
	for _, c := range []struct {
		seen []discovery.Sighting
		want []string
	}{
		{[]discovery.Sighting{linked("https://pad.fdn.fr/p/ag", "x")}, []string{"etherpad https://pad.fdn.fr ag ag uncertain"}},
		{[]discovery.Sighting{linked(poll+"/"+adminLink+"/admin", "x")}, []string{"framadate " + poll + " " + public + " " + public + " uncertain"}},
		{
			[]discovery.Sighting{linked(host+"/p/x/timeslider", "x"), visited(host+"/p/y", "")},
			[]string{"etherpad " + host + " x x uncertain", "etherpad " + host + " y y uncertain"},
		},
		{
			[]discovery.Sighting{linked(poll+"/"+adminLink+"/admin", "x"), visited(poll+"/"+public, "")},
			[]string{"framadate " + poll + " " + public + " " + public + " certain"},
		},
		{
			[]discovery.Sighting{linked("https://pad.fdn.fr/p/ag", "x"), visited("http://pad.fdn.fr/p/ag", "")},
			[]string{"etherpad http://pad.fdn.fr ag ag certain"},
		},
		{
			[]discovery.Sighting{linked(host+"/other/p/x", "x"), recent},
			[]string{"etherpad " + host + " recent recent certain", "etherpad " + host + "/other x x uncertain"},
		},
	} {
		if got := reduced(c.seen...); !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestALinkedDocumentHasItsOrigins(t *testing.T) {
	const pad = "https://pad.fdn.fr/p/ag"
	all := []discovery.Sighting{visited(pad, "")}
	for i := range 9 {
		all = append(all, linked(pad, fmt.Sprint(i/2)))
	}
	one := discovery.Reduce(allKinds(), all, nil)[0]
	if one.Linked() || len(one.Origins) != 6 || one.Origins[0].Place != discovery.History || one.Origins[5].Document != "4" {
		t.Errorf("%+v", one)
	}
	for i := range 9 {
		all = append(all, linked(pad, fmt.Sprint(i)))
	}
	if one := discovery.Reduce(allKinds(), all[1:], nil)[0]; !one.Linked() || len(one.Origins) != 5 || one.Visits != 0 {
		t.Errorf("%+v", one)
	}
}
