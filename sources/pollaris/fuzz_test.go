package pollaris

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/polls"
	"github.com/padsync/padsync/sources/sourcetest/pollaristest"
)

// answers are those of the fake server at these pages of two polls; taken counts
// those that the parser takes, as a corpus of refusals would prove nothing.
func answers(t testing.TB, least int, takes func([]byte) bool, pages ...string) (bodies [][]byte) {
	taken := 0
	for _, dialect := range []pollaristest.Dialect{pollaristest.V11, pollaristest.V12} {
		for _, kind := range []poll.Kind{poll.Classic, poll.Date} {
			server := pollaristest.New(pollaristest.Options{Dialect: dialect, User: "op", Password: "s3cret"})
			p := pollaristest.Poll{ID: hexID, Token: token, Kind: kind, Title: "a", Description: "*b*", Author: "c", Closes: "2099-01-01"}
			for i, label := range []string{"9h", "=SUM(1)", "x"} {
				choice := pollaristest.Proposal{Label: label}
				if kind == poll.Date {
					choice.Date = []string{"2026-10-26", "2026-10-25", "2026-10-25"}[i]
				}
				p.Proposals = append(p.Proposals, choice)
			}
			p.Votes = []pollaristest.Vote{{ID: vote, Name: "Bob", Answers: []poll.Answer{poll.Yes, poll.No, poll.IfNeedBe}}}
			p.Comments = []pollaristest.Comment{{Author: "Dora", Text: "> hello"}}
			server.Put(p)
			for _, page := range pages {
				r := httptest.NewRequest(http.MethodGet, page, nil)
				r.Header.Set("Accept-Language", "en-GB")
				w := httptest.NewRecorder()
				server.ServeHTTP(w, r)
				bodies = append(bodies, w.Body.Bytes())
				if takes(w.Body.Bytes()) {
					taken++
				}
			}
		}
	}
	if taken < least {
		t.Fatalf("only %d of %d answers are taken", taken, len(bodies))
	}
	return bodies
}

func read(b []byte, with func(*goquery.Document) error) error {
	doc, err := parse(bytes.NewReader(b))
	if err != nil {
		return err
	}
	return with(doc)
}

func pageOf(b []byte) (p *page, err error) {
	err = read(b, func(doc *goquery.Document) (err error) {
		p, err = parsePage(doc, hexID)
		return err
	})
	return p, err
}

func FuzzPage(f *testing.F) {
	takes := func(b []byte) bool { _, err := pageOf(b); return err == nil }
	for _, b := range answers(f, 4, takes, "/polls/"+hexID, "/polls/x", "/polls/"+hexID+"/"+token+"/admin") {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if !utf8.Valid(b) {
			return // receive takes none
		}
		p, err := pageOf(b)
		if err != nil {
			if !errors.Is(err, sources.ErrRefused) {
				t.Error(err)
			}
			return
		}
		k := &look{slug: hexID, page: p}
		if _, err := k.validator(); err != nil {
			t.Error(err)
		}
		joined, _ := k.join()
		checkJoined(t, k, joined)
	})
}

func checkJoined(t *testing.T, k *look, joined *poll.Poll) {
	t.Helper()
	seen := k.partsOf(joined)
	for _, part := range seen.Unseen {
		if seen.Fields[string(part)] != "" {
			t.Errorf("%s is seen, and is not", part)
		}
	}
	joined.Unseen = seen.Unseen
	encoded, err := joined.Encode()
	if err != nil {
		return
	}
	if _, err := poll.Decode(bytes.NewReader(encoded)); err != nil && len(encoded) <= poll.MaxSize {
		t.Error(err)
	}
}

// FuzzAdmin gives one answer to all that reads pages of an admin link.
func FuzzAdmin(f *testing.F) {
	whole := func(b []byte) *look {
		k := &look{slug: hexID, forms: new(forms), choices: new(choiceForm)}
		_ = read(b, k.forms.readSettings)
		if k.forms.Settings.Hidden == nil {
			k.forms.Settings.Hidden = new(bool)
		}
		_ = read(b, k.forms.readEdit)
		_ = read(b, k.choices.readDates)
		_ = read(b, k.choices.readSlots)
		_ = read(b, k.choices.readProposals)
		_ = read(b, func(doc *goquery.Document) (err error) {
			k.admin, err = parseAdmin(doc)
			return err
		})
		return k
	}
	takes := func(b []byte) bool {
		k := whole(b)
		return k.admin != nil || k.forms.Slug != "" || k.forms.Title != "" || k.choices.Days != nil || k.choices.Slots != nil || k.choices.Labels != nil
	}
	var pages []string
	for _, page := range []string{"admin", "settings", "edit", "dates", "slots", "proposals"} {
		pages = append(pages, "/polls/"+hexID+"/"+token+"/"+page)
	}
	for _, b := range answers(f, 18, takes, pages...) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if !utf8.Valid(b) {
			return
		}
		k := whole(b)
		if k.choices.Kind = poll.Classic; len(k.choices.Slots) > 0 {
			k.choices.Kind = poll.Date
		}
		if k.draft = k.admin == nil; k.forms.Slug != "" && !slugForm.MatchString(k.forms.Slug) {
			t.Errorf("slug %q", k.forms.Slug)
		}
		joined, _ := k.join()
		checkJoined(t, k, joined)
	})
}

func FuzzTable(f *testing.F) {
	takes := func(b []byte) bool { _, err := parseTable(bytes.NewReader(b)); return err == nil }
	for _, b := range answers(f, 4, takes, "/polls/"+hexID+".csv", "/polls/x.csv") {
		f.Add(b)
	}
	f.Add([]byte(",a\n,b\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := parseTable(bytes.NewReader(b))
		if err != nil {
			if !errors.Is(err, sources.ErrRefused) {
				t.Error(err)
			}
			return
		}
		rows.agrees(&page{Poll: poll.Poll{Kind: poll.Date, Choices: make([]poll.Choice, len(rows.heads)), Votes: make([]poll.Vote, len(rows.rows))}})
	})
}

func FuzzList(f *testing.F) {
	f.Add([]byte(`<html data-controller="color-scheme"><main><ul><li class=panel><a href="/polls/a"></a><a href="/polls/` + hexID + `/` + token + `/admin"></a></ul></main></html>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		err := read(b, func(doc *goquery.Document) error {
			found, err := parseList(doc)
			for slug, admin := range found {
				if l, err := parseLocator(admin.String()); !slugForm.MatchString(slug) || err != nil || l != admin {
					t.Errorf("%q: %+v, %v", slug, admin, err)
				}
			}
			return err
		})
		if err != nil && !errors.Is(err, sources.ErrRefused) {
			t.Error(err)
		}
	})
}

// FuzzCleaned: whatever the page is, no link of its admin is left in it.
func FuzzCleaned(f *testing.F) {
	for _, b := range answers(f, 0, func([]byte) bool { return true }, "/polls/"+hexID+"/"+token+"/admin", "/polls/"+hexID) {
		f.Add(b)
	}
	s := &Source{pool: new(spool.Pool)}
	f.Fuzz(func(t *testing.T, b []byte) {
		body, err := s.pool.Receive(bytes.NewReader(b), polls.MaxBody)
		if err != nil {
			return
		}
		defer body.Close()
		clean, err := s.cleaned(body, locator{id: hexID, token: token})
		if err != nil {
			if !errors.Is(err, sources.ErrRefused) {
				t.Error(err)
			}
			return
		}
		defer clean.Close()
		page, err := io.ReadAll(io.NewSectionReader(clean, 0, clean.Size()))
		if err != nil || strings.Contains(string(page), token) || strings.Contains(string(page), "/votes/"+vote+`"`) {
			t.Errorf("%v, %s", err, page)
		}
	})
}

func TestPagesOfAnAdminAreKeptWithoutTheirKeys(t *testing.T) {
	s := &Source{pool: new(spool.Pool)}
	for _, b := range answers(t, 0, func([]byte) bool { return true }, "/polls/"+hexID+"/"+token+"/admin") {
		body, err := s.pool.Receive(bytes.NewReader(b), polls.MaxBody)
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		clean, err := s.cleaned(body, locator{id: hexID, token: token})
		if err != nil {
			t.Fatal(err)
		}
		defer clean.Close()
		kept, err := io.ReadAll(io.NewSectionReader(clean, 0, clean.Size()))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(b, []byte(token)) || !bytes.Contains(b, []byte(vote)) || !bytes.Contains(b, []byte(`name="_csrf_token" value="`)) {
			t.Fatal("the page has no keys, so nothing is tested")
		}
		text := string(kept)
		if strings.Contains(text, token) || strings.Contains(text, vote) || strings.Count(text, `name="_csrf_token" value=""`) != strings.Count(string(b), `name="_csrf_token"`) {
			t.Errorf("%s", text)
		}
		if !strings.Contains(text, "Bob") || !strings.Contains(text, "Dora") {
			t.Error("what it shows is gone")
		}
	}
}
