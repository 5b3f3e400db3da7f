package pollaristest

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/testserver"
)

const (
	yes   = poll.Yes
	maybe = poll.IfNeedBe
	no    = poll.No
	blank = poll.Unknown
)

// paris is that of the recorded answers, in the days that these have.
func paris(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func dora() Comment {
	return Comment{ID: 1, Author: "Dora", Text: "Hello **all**\nsecond line <i>", Created: at("2026-10-01T08:15:00+02:00")}
}

// garden is the recorded poll of dates.
func garden() Poll {
	return Poll{
		ID: "0123456789abcdef0123", Token: "fedcba98765432100123", Kind: poll.Date,
		Title: "Garden day", Description: "Bring *gloves*", Author: `Anna "A" Ünal`, Mail: "anna@example.org",
		Proposals: []Proposal{
			{ID: 9, Date: "2026-10-26", Label: "02:30"}, {ID: 10, Date: "2026-10-25", Label: "9h"},
			{ID: 11, Date: "2026-10-25", Label: "14h-16h"}, {ID: 12, Date: "2026-10-24", Label: "Day"},
		},
		Votes: []Vote{
			{ID: "297ae4ca2c25fc6f4c75", Name: "Bob", Answers: []poll.Answer{yes, no, maybe}, Created: at("2026-10-01T08:00:01+02:00")},
			{ID: "30d254d7f49ee09544d2", Name: "Nil", Created: at("2026-10-01T09:30:59+02:00")},
		},
		Comments: []Comment{dora()}, Closes: "2026-11-30", NotifyVotes: true, NotifyComments: true, Created: at("2026-09-30T10:00:00+02:00"),
	}
}

// lunch is the recorded classic poll.
func lunch() Poll {
	return Poll{
		ID: "0123456789abcdef0123", Token: "fedcba98765432100123", Slug: "My-slug_1", Kind: poll.Classic, Title: "Lunch <where>?", Author: "Anna",
		Proposals: []Proposal{{ID: 1, Label: `Pizza; the "big" one`}, {ID: 2, Label: "=SUM(1)"}, {ID: 3, Label: "Sälat, 12:30"}},
		Votes:     []Vote{{Name: "Bob", Answers: []poll.Answer{yes, no, maybe}}, {Name: `-Cé "x"`, Answers: []poll.Answer{blank, blank, yes}}},
	}
}

func recorded(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testserver.Recorded(t, "pollaris"), name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPagesAreBuiltLikeTheRecordedOnes(t *testing.T) {
	id, slug := "/polls/0123456789abcdef0123", "/polls/My-slug_1"
	admin := id + "/fedcba98765432100123"
	hidden, secret, options := lunch(), garden(), lunch()
	hidden.Hidden, hidden.Comments = true, []Comment{dora()}
	secret.Password = "s3cret"
	options.Password, options.MaxVotes, options.NotifyVotes, options.NotifyComments = "s3cret", 2, true, true
	closed := garden()
	closed.Closes = "2000-01-01"
	for file, c := range map[string]struct {
		poll    Poll
		address string
		form    []string
		old     bool
	}{
		"classic-poll.html":                {poll: lunch(), address: slug},
		"classic-poll-hidden-results.html": {poll: hidden, address: slug},
		"date-poll.html":                   {poll: garden(), address: id},
		"date-poll-closed.html":            {poll: closed, address: id},
		"date-poll-admin.html":             {poll: garden(), address: admin + "/admin"},
		"admin-form-edit.html":             {poll: garden(), address: admin + "/edit"},
		"admin-form-dates.html":            {poll: garden(), address: admin + "/dates"},
		"admin-form-slots.html":            {poll: garden(), address: admin + "/slots"},
		"admin-form-settings.html":         {poll: options, address: admin + "/settings"},
		"password.html":                    {poll: secret, address: id + "/authenticate"},
		"password-wrong-422.html":          {poll: secret, address: id + "/authenticate", form: []string{"poll_authentication[password]", "wrong"}},
		"not-found-404.html":               {poll: garden(), address: id + "x"},
	} {
		s := New(Options{Now: then, Zone: paris(t), Base: "https://pollaris.example"})
		s.Put(c.poll)
		v := visitor(t, s)
		got := v.get(c.address)
		if c.form != nil {
			got = v.send(c.address, "poll_authentication", c.form...)
		}
		if m := status.FindStringSubmatch(file); m != nil && m[1] != strconv.Itoa(got.Code) || m == nil && got.Code != http.StatusOK {
			t.Errorf("%s: status %d", file, got.Code)
		}
		want := elements(t, recorded(t, file), "main")
		have := elements(t, got.Body.Bytes(), "main")
		if missing := notIn(want, have); missing != "" {
			t.Errorf("%s: there is no %s, in its place, in\n%s", file, missing, strings.Join(have, "\n"))
		}
		if strings.Contains(file, "-poll") {
			counted(t, file, want, have)
		}
	}
}

func TestOldTableIsBuiltLikeTheRecordedOne(t *testing.T) {
	p := garden()
	p.Proposals, p.Votes = p.Proposals[1:2], p.Votes[:1]
	p.Votes[0].Answers = []poll.Answer{no}
	s := New(Options{Now: then, Dialect: V11, Zone: paris(t)})
	s.Put(p)
	got := elements(t, visitor(t, s).get("/polls/"+p.ID).Body.Bytes(), "table")
	want := elements(t, recorded(t, "table-1.1.html"), "table")
	if missing := notIn(want, got); missing != "" || len(want) != len(got) {
		t.Errorf("no %s in\n%s\nwant\n%s", missing, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTablesAreThoseOfTheRecordedServers(t *testing.T) {
	s := New(Options{Now: then})
	s.Put(garden())
	p := lunch()
	p.ID = "a123456789abcdef0123"
	s.Put(p)
	for file, address := range map[string]string{
		"date-poll.csv": "/polls/0123456789abcdef0123.csv", "classic-poll.csv": "/polls/My-slug_1.csv", "classic-poll.fr.csv": "/polls/My-slug_1.csv",
	} {
		v := visitor(t, s)
		if strings.Contains(file, ".fr.") {
			v.language = "fr"
		}
		if d := cmp.Diff(string(recorded(t, file)), v.get(address).Body.String()); d != "" {
			t.Errorf("%s: %s", file, d)
		}
	}
}

var status = regexp.MustCompile(`-([0-9]{3})\.html$`)

// notIn is the first element of want that have lacks in its order.
func notIn(want, have []string) string {
	i := 0
	for _, w := range want {
		for ; i < len(have) && !fits(w, have[i]); i++ {
		}
		if i++; i > len(have) {
			return w
		}
	}
	return ""
}

// fits: all that the recorded element has the other has, too.
func fits(want, have string) bool {
	parts := strings.Split(have, "\t")
	if !strings.HasPrefix(want+"\t", parts[0]+"\t") {
		return false
	}
	for _, part := range strings.Split(want, "\t") {
		if !slices.Contains(parts, part) {
			return false
		}
	}
	return true
}

// counted compares how many there are of what a reader looks for.
func counted(t *testing.T, file string, want, have []string) {
	t.Helper()
	for _, tag := range []string{"article", "fieldset", "form", "input", "legend", "li", "table", "tbody", "td", "th", "time", "tr", "a"} {
		count := func(all []string) (n int) {
			for _, e := range all {
				if first, _, _ := strings.Cut(e, "\t"); first == tag {
					n++
				}
			}
			return n
		}
		if w, h := count(want), count(have); w != h {
			t.Errorf("%s: %d × %s, want %d", file, h, tag, w)
		}
	}
}

var tokens = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)

// elements are those below the first of a name, in their order: the name, all
// attributes that are no words, and text that is the poll's.
func elements(t *testing.T, page []byte, below string) (list []string) {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var walk func(n *html.Node, inside bool)
	walk = func(n *html.Node, inside bool) {
		if n.Type == html.ElementNode && inside {
			list = append(list, element(n))
		}
		inside = inside || n.Type == html.ElementNode && n.Data == below
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, inside)
		}
	}
	walk(root, false)
	return list
}

func element(n *html.Node) string {
	parts := []string{n.Data}
	class := ""
	for _, a := range n.Attr {
		switch a.Key {
		case "class":
			class = a.Val
			for _, name := range strings.Fields(a.Val) {
				if !strings.HasPrefix(name, "icon--") {
					parts = append(parts, "."+name)
				}
			}
			continue
		case "data-turbo-confirm", "rows":
			continue
		case "value":
			if tokens.MatchString(a.Val) {
				a.Val = "token"
			}
		}
		parts = append(parts, fmt.Sprintf("%s=%q", a.Key, a.Val))
	}
	for _, own := range []string{"text--nobold", "proposal__", "proposals-table__author", "vote vote--", "col--extend"} {
		if strings.HasPrefix(class, own) && class != "proposals-table__author proposals-table__author--new" && class != "col--extend text--overflow" {
			parts = append(parts, "text "+strings.TrimSpace(text(n)))
			break
		}
	}
	title := n.Data == "h1" && strings.Contains(text(n), "\n") // others are words of a language
	if title || slices.Contains([]string{"legend", "textarea", "h3"}, n.Data) {
		parts = append(parts, "text "+strings.TrimSpace(text(n)))
	}
	return strings.Join(parts, "\t")
}

func text(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Data != "svg" {
			b.WriteString(text(c))
		}
	}
	return b.String()
}

// then is a day on which the recorded polls were open.
func then() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }
