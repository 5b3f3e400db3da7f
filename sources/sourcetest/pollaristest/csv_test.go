package pollaristest

import (
	"strings"
	"testing"

	"github.com/padsync/padsync/documents/poll"
)

func TestTablesAreQuotedAsPHPDoes(t *testing.T) {
	s := New(Options{Now: then})
	for _, c := range []struct {
		poll Poll
		want string
	}{
		{
			Poll{Title: "Odd", Proposals: []Proposal{{Label: "=SUM(1)"}, {Label: "a,b"}, {Label: `"`}, {Label: "\tx"}, {Label: "x\ny"}, {Label: `a\b`}, {Label: "+1"}, {Label: "@x"}}, Votes: []Vote{{Name: "-x", Answers: []poll.Answer{yes, maybe, no}}}},
			",'=SUM(1),\"a,b\",\"\"\"\",\"'\tx\",\"x\ny\",a\\b,'+1,'@x\n'-x,Yes,\"If needed\",No,,,,,\n",
		},
		{Poll{Title: "None", Proposals: []Proposal{{Label: "2026-10-25"}, {Label: "2026-10-26"}}}, ",2026-10-25,2026-10-26\n"},
		{Poll{Title: "None", Kind: poll.Date, Proposals: []Proposal{{Date: "2026-10-25", Label: "9h"}, {Date: "2026-10-24", Label: "9h"}}}, ",2026-10-24,2026-10-25\n,9h,9h\n"},
	} {
		p := s.Put(c.poll)
		got := visitor(t, s).get("/polls/" + p.ID + ".csv")
		if got.Body.String() != c.want || got.Header().Get("Content-Type") != "text/csv; charset=UTF-8" {
			t.Errorf("%q, %s", got.Body, got.Header())
		}
	}
}

func TestATableIsNamedByWhatATitleHasOfASCII(t *testing.T) {
	s := New(Options{Now: then})
	for title, want := range map[string]string{"会議": ".csv", "Réunion de rentrée": "R_union_de_rentr_e.csv", "a.b-c_d  e!": "a.b-c_d_e.csv"} {
		p := s.Put(Poll{Title: title, Proposals: []Proposal{{Label: "A"}}})
		got := visitor(t, s).get("/polls/" + p.ID + ".csv").Header().Get("Content-Disposition")
		if got != `attachment; filename="`+want+`"` {
			t.Errorf("%s: %s", title, got)
		}
	}
}

func TestFaultsOfTables(t *testing.T) {
	p := garden()
	for _, c := range []struct {
		fault Fault
		early bool
		code  int
		part  string
	}{
		{Differs, false, 200, "\nnobody,,,,\n"}, {NoTable, false, 404, ""}, {Broken, false, 500, ""}, {None, true, 200, ",2026-10-23,2026-10-24,2026-10-24,2026-10-25\n"},
	} {
		s := New(Options{Now: then, Early: c.early})
		p.Fault = c.fault
		s.Put(p)
		if got := visitor(t, s).get(secretID + ".csv"); got.Code != c.code || !strings.Contains(got.Body.String(), c.part) {
			t.Errorf("%d: %d %s", c.fault, got.Code, got.Body)
		}
	}
}
