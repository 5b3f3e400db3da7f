package poll

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/documents"
)

func is(b bool) *bool { return &b }

// assembly is a poll with everything in it.
func assembly() *Poll {
	return &Poll{
		Title: "Assemblée générale", Author: "Zoé", Description: "# Ordre du jour\n\n- *budget*", Kind: Date,
		Choices: []Choice{
			{Date: "2027-01-11", Moment: "9h"}, {Date: "2027-01-11", Moment: "14:00-15:30"},
			{Date: "2027-01-11", Moment: "soirée, chez Léa"}, {Date: "2027-02-01"},
		},
		Votes: []Vote{
			{"Alice", "", []Answer{Yes, Yes, No, IfNeedBe}},
			{"Bob & <Chloé>", "", []Answer{IfNeedBe, Yes}},
			{"=1+1", "", []Answer{No, No, No, No, Yes}},
		},
		Comments: []Comment{{"Alice", "2026-11-22T11:01", "Ligne 1\nLigne 2 <script>alert(1)</script>"}, {"Bob", "", "sans date"}},
		Settings: Settings{Hidden: is(false), Edit: EditOwn, Mail: "zoe@example.org"},
		Expires:  "2027-07-10",
	}
}

const assemblyJSON = `{
  "title": "Assemblée générale",
  "author": "Zoé",
  "description": "# Ordre du jour\n\n- *budget*",
  "kind": "date",
  "choices": [
    {
      "date": "2027-01-11",
      "moment": "9h"
    },
    {
      "date": "2027-02-01"
    }
  ],
  "votes": [
    {
      "name": "Bob & <Chloé>",
      "answers": [
        "ifneedbe",
        "unknown"
      ]
    }
  ],
  "comments": [],
  "settings": {
    "hidden": false,
    "edit": "own",
    "mail": "zoe@example.org"
  },
  "expires": "2027-07-10"
}
`

func TestJSONIsAsDocumented(t *testing.T) {
	p := assembly()
	p.Choices = []Choice{p.Choices[0], p.Choices[3]}
	p.Votes = []Vote{{"Bob & <Chloé>", "", []Answer{IfNeedBe, Unknown}}}
	p.Comments = []Comment{}
	got, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(assemblyJSON, string(got)); d != "" {
		t.Error(d)
	}
}

func TestWhatIsNotToldIsAbsent(t *testing.T) {
	p := &Poll{Title: "x", Kind: Classic, Choices: []Choice{{Label: "A"}}}
	got, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"votes", "comments", "settings", "author", "description", "expires", "markdown", "date"} {
		if strings.Contains(string(got), `"`+key) {
			t.Errorf("%s is in %s", key, got)
		}
	}
}

func TestOptionsAndMomentsAreAsDocumented(t *testing.T) {
	p := assembly()
	options(p)
	p.Choices, p.Votes, p.DaysDiffer = p.Choices[3:], p.Votes[:1], true
	p.Comments = []Comment{{"Dora", "2026-10-25T02:30:00+01:00", "x"}}
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"maxVotes": 2`, `"noIfNeedBe": true`, `"noByDefault": false`, `"notifyVotes": true`, `"notifyComments": false`, `"daysDiffer": true`,
		`"created": "2026-09-30T10:00:00+02:00"`, `"date": "2026-10-01T08:00:01Z"`, `"date": "2026-10-25T02:30:00+01:00"`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
}

func TestDecodeGivesBackWhatEncodeTook(t *testing.T) {
	want := assembly()
	options(want)
	b, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestDecodeRefusesWhatIsNoPoll(t *testing.T) {
	for name, given := range map[string]string{
		"empty":            "",
		"cut":              assemblyJSON[:100],
		"twice":            assemblyJSON + assemblyJSON,
		"array":            "[]",
		"other kind":       strings.Replace(assemblyJSON, `"date"`, `"secret"`, 1),
		"no choices":       `{"title":"secret","kind":"classic","choices":[]}`,
		"unknown answer":   strings.Replace(assemblyJSON, "ifneedbe", "secret", 1),
		"date that is not": strings.Replace(assemblyJSON, "2027-02-01", "2027-02-30", 1),
		"date of a text":   strings.Replace(assemblyJSON, `"kind": "date"`, `"kind": "classic"`, 1),
		"expiry":           strings.Replace(assemblyJSON, "2027-07-10", "10/07/2027", 1),
		"purge":            strings.Replace(assemblyJSON, `"expires": "2027-07-10"`, `"purge": "secret"`, 1),
		"edit":             strings.Replace(assemblyJSON, "own", "secret", 1),
		"date of a vote":   strings.Replace(assemblyJSON, `"answers"`, `"date": "secret", "answers"`, 1),
		"made when":        strings.Replace(assemblyJSON, `"expires": "2027-07-10"`, `"created": "2027-07-10 secret"`, 1),
		"fewer than none":  strings.Replace(assemblyJSON, `"edit": "own"`, `"maxVotes": -1`, 1),
		"not UTF-8":        strings.Replace(assemblyJSON, "Zoé", "Zo\xe9", 1),
	} {
		p, err := Decode(strings.NewReader(given))
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v, %v", name, p, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells what is in the poll: %v", name, err)
		}
	}
}

func TestOneWideVoteDoesNotMakeAHugeTable(t *testing.T) {
	wide := `{"name":"","answers":["no"` + strings.Repeat(`,"no"`, 9999) + `]}`
	narrow := strings.Repeat(`,{"name":"","answers":[]}`, 1000)
	_, err := Decode(strings.NewReader(`{"kind":"classic","choices":[{"label":"a"}],"votes":[` + wide + narrow + `]}`))
	if !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

func TestDecodeReadsNoMoreThanItsBound(t *testing.T) {
	endless := &spaces{left: 10 * MaxSize}
	if _, err := Decode(endless); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	if read := 10*MaxSize - endless.left; read > MaxSize+1 {
		t.Errorf("read %d bytes", read)
	}
}

type spaces struct{ left int }

func (s *spaces) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	s.left -= len(b)
	return len(b), nil
}

func TestCSVIsATablePeopleRead(t *testing.T) {
	var b strings.Builder
	if err := assembly().WriteCSV(&b, documents.French); err != nil {
		t.Fatal(err)
	}
	want := `Nom,2027-01-11 9h,2027-01-11 14:00-15:30,"2027-01-11 soirée, chez Léa",2027-02-01,
Alice,Oui,Oui,Non,Si nécessaire,Sans réponse
Bob & <Chloé>,Si nécessaire,Oui,Sans réponse,Sans réponse,Sans réponse
'=1+1,Non,Non,Non,Non,Oui
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}

func TestMomentsAreTimesOnlyWhereCertain(t *testing.T) {
	at := func(h, m int) time.Duration { return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute }
	for moment, want := range map[string]span{
		"9h": {start: at(9, 0)}, "09H": {start: at(9, 0)}, "9h30": {start: at(9, 30)}, "9 h 30": {start: at(9, 30)},
		"09:00": {start: at(9, 0)}, "0:00": {start: 0}, "23h59": {start: at(23, 59)},
		"14:00-15:00": {at(14, 0), at(15, 0)}, "14h-16h": {at(14, 0), at(16, 0)}, "14h – 16h30": {at(14, 0), at(16, 30)},
		"9h à 11h": {at(9, 0), at(11, 0)}, "9:00 to 10:15": {at(9, 0), at(10, 15)},
	} {
		if got, ok := parseMoment(moment); !ok || got != want {
			t.Errorf("%q: %v, %v; want %v", moment, got, ok, want)
		}
	}
	for _, moment := range []string{
		"", "9", "9-11", "9-11h", "soir", "Evening", "24h", "9h60", "25:00", "22h-2h", "9h-9h", "9h, salle 12", "vers 9h",
		"9:00 am", "9.30", "100h", "9h5", "-9h", "9h-", "٩h", "9h\n10h", "1e3h",
	} {
		if got, ok := parseMoment(moment); ok {
			t.Errorf("%q is taken for %v", moment, got)
		}
	}
}

func TestHTMLShowsEverythingAndRunsNothing(t *testing.T) {
	for l, words := range map[documents.Language][]string{
		documents.English: {`lang="en"`, "Monday 11 January 2027", "If need be", "Created by", "People can change their own votes."},
		documents.French:  {`lang="fr"`, "lundi 11 janvier 2027", "lundi 1er février 2027", "Si nécessaire", "Créé par", "Chacun peut modifier son propre vote."},
	} {
		var b strings.Builder
		if err := assembly().WriteHTML(&b, l); err != nil {
			t.Fatal(err)
		}
		words = append(words, "Assemblée générale", "Zoé", "# Ordre du jour", "14:00-15:30", "soirée, chez Léa", "Bob &amp; &lt;Chloé&gt;",
			"=1&#43;1", "2 &lt;script&gt;", "sans date", `colspan="3"`, `scope="row"`, `scope="colgroup"`, "default-src 'none'")
		for _, w := range words {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%s: no %q in the page", l, w)
			}
		}
		for _, w := range []string{"<script", "http:", "https:", "ZgotmplZ"} {
			if strings.Contains(b.String(), w) {
				t.Errorf("%s: %q is in the page", l, w)
			}
		}
	}
}

func TestHTMLSaysWhereTheServersTableHasOtherDays(t *testing.T) {
	for _, differ := range []bool{false, true} {
		p := assembly()
		p.DaysDiffer = differ
		var b strings.Builder
		if err := p.WriteHTML(&b, documents.English); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "table has other days") != differ {
			t.Errorf("%t: %s", differ, b.String())
		}
	}
}

func TestHTMLTellsNoVotesFromVotesNotShown(t *testing.T) {
	p := &Poll{Title: "x", Kind: Classic, Choices: []Choice{{Label: "A"}}}
	var unknown, none strings.Builder
	if err := p.WriteHTML(&unknown, documents.English); err != nil {
		t.Fatal(err)
	}
	p.Votes = []Vote{}
	if err := p.WriteHTML(&none, documents.English); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(unknown.String(), "did not show") || !strings.Contains(none.String(), "Nobody voted") {
		t.Errorf("%s\n%s", unknown.String(), none.String())
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(assemblyJSON))
	f.Add([]byte(`{"title":"","kind":"classic","choices":[{"label":"a","markdown":"*a*"}]}`))
	f.Add([]byte(`{"kind":"date","choices":[{}],"votes":[],"comments":[{"text":"","date":"2026-11-22"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Decode(bytes.NewReader(b))
		if err != nil {
			return
		}
		again, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		q, err := Decode(bytes.NewReader(again))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(p, q); d != "" {
			t.Error(d)
		}
		var out bytes.Buffer
		if err := errors.Join(p.WriteCSV(&out, documents.French), p.WriteHTML(&out, documents.French)); err != nil {
			t.Error(err)
		}
		if err := p.WriteICS(&out, documents.English, "id", time.Unix(0, 0)); err != nil && !errors.Is(err, ErrNoDates) {
			t.Error(err)
		}
	})
}
