package framadatetest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/testserver"
)

const (
	yes     = poll.Yes
	maybe   = poll.IfNeedBe
	no      = poll.No
	unknown = poll.Unknown
)

func slots() Poll {
	return Poll{ID: "vac8oBNKwD5LRw6o", Poll: poll.Poll{
		Title: `Réunion "de" rentrée`, Kind: poll.Date,
		Choices: []poll.Choice{
			{Date: "2027-01-11", Moment: "09:00"}, {Date: "2027-01-11", Moment: "14h-16h"}, {Date: "2027-01-11", Moment: "Evening"},
			{Date: "2027-01-12", Moment: "09:00"}, {Date: "2027-02-02", Moment: "10:00"}, {Date: "2027-02-02", Moment: "11:00"},
		},
		Votes: []poll.Vote{
			{Name: "Alice", Answers: []poll.Answer{yes, yes, no, maybe, yes, yes}},
			{Name: "Bob", Answers: []poll.Answer{no, no, no, no, no, no}},
			{Name: "Chloé", Answers: []poll.Answer{maybe, yes, yes, yes, maybe, no}},
			{Name: "Partial", Answers: []poll.Answer{yes, unknown, unknown, unknown, no, unknown}},
		},
	}}
}

func pizza() Poll {
	return Poll{ID: "AexK1bhSlKn9HA8Y", Poll: poll.Poll{
		Title: "Which pizza?", Kind: poll.Classic,
		Choices: []poll.Choice{{Label: "Margherita"}, {Label: `Quattro "formaggi", hot`}, {Label: "Calzone"}},
		Votes: []poll.Vote{
			{Name: "Alice", Answers: []poll.Answer{yes, no, maybe}},
			{Name: "Bob", Answers: []poll.Answer{maybe, yes, no}},
		},
	}}
}

func get(s *Server, address string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
	return w
}

func TestTablesAreThoseOfTheRecordedServers(t *testing.T) {
	folder := testserver.Recorded(t, "framadate")
	for dialect, prefix := range map[Dialect]string{
		R103: "_release-1.0.3/%.public", R1119: "_release-1.1.19/%.public", HEAD11: "%/public", DEV12: "_develop-1.2/%.public",
	} {
		s := New(Options{Dialect: dialect})
		for name, p := range map[string]Poll{"date-slots": slots(), "classic-basic": pizza()} {
			s.Add(p)
			for _, lang := range []string{"fr", "en"} {
				file := filepath.Join(folder, filepath.FromSlash(strings.Replace(prefix, "%", name, 1)+"."+lang+".csv"))
				want, err := os.ReadFile(file)
				if err != nil {
					t.Error(err)
					continue
				}
				got := get(s, "/exportcsv.php?poll="+p.ID+"&lang="+lang)
				if d := cmp.Diff(string(want), got.Body.String()); d != "" {
					t.Errorf("%s: %s", file, d)
				}
			}
		}
	}
}

func TestWhatPadsyncMayNeverSendIsTold(t *testing.T) {
	var told []string
	s := New(Options{Prefix: "/polls", Unasked: func(r string) { told = append(told, r) }})
	id, admin := s.Add(slots())
	for _, address := range []string{
		"/studs.php?poll=" + id + "&lang=fr", "/adminstuds.php?poll=" + admin + "&lang=fr",
		"/exportcsv.php?poll=" + id + "&lang=fr", "/exportcsv.php?admin=" + admin + "&lang=fr",
	} {
		if get(s, "/polls"+address); told != nil {
			t.Errorf("%s is told of", address)
		}
	}
	for _, address := range []string{
		"/polls/" + id, "/polls/" + admin + "/admin", "/polls/" + admin + "/admin/action/delete_vote/MQ", "/", "/studs.php?poll=" + id + "&lang=fr",
		"/polls/adminstuds.php?poll=" + admin + "&lang=fr&delete_column=x", "/polls/studs.php?poll=" + id, "/polls/create_poll.php",
	} {
		told = nil
		if get(s, address); len(told) != 1 {
			t.Errorf("%s: told %q", address, told)
		}
	}
}

func TestLinksThatDeleteDoSo(t *testing.T) {
	s := New(Options{Dialect: HEAD11})
	id, admin := s.Add(slots())
	get(s, "/"+admin+"/admin/action/delete_vote/MQ")
	get(s, "/adminstuds.php?poll="+admin+"&delete_column=MTc5OTYyMjAwMEAwOTowMA")
	s.Change(id, func(p *Poll) {
		if len(p.Votes) != 3 || len(p.Choices) != 5 || p.Choices[0].Moment != "14h-16h" {
			t.Errorf("%d votes, %d choices", len(p.Votes), len(p.Choices))
		}
	})
}

func TestPasswordOpensAPollForItsSession(t *testing.T) {
	s := New(Options{Dialect: HEAD11})
	p := slots()
	p.Password = "s3cret é"
	id, admin := s.Add(p)
	if body := get(s, "/studs.php?poll="+id).Body.String(); !strings.Contains(body, "password_request") || strings.Contains(body, "Alice") {
		t.Error("the page is open")
	}
	if got := get(s, "/exportcsv.php?poll="+id); !strings.HasPrefix(got.Header().Get("Content-Type"), "text/html") {
		t.Error("the table is open")
	}
	if body := get(s, "/exportcsv.php?admin="+admin).Body.String(); !strings.Contains(body, "Alice") {
		t.Error("the admin is asked too")
	}
	r := httptest.NewRequest(http.MethodPost, "/"+id, strings.NewReader("password=s3cret+%C3%A9"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	r = httptest.NewRequest(http.MethodGet, "/exportcsv.php?poll="+id, nil)
	r.Header.Set("Cookie", w.Header().Get("Set-Cookie"))
	w = httptest.NewRecorder()
	if s.ServeHTTP(w, r); !strings.Contains(w.Body.String(), "Alice") {
		t.Error("the password does not open the poll")
	}
}
