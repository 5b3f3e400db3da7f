package framadate

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
)

// A server without French answers in one of its other languages.
func TestTableInAnyLanguageTellsOnlyWhatIsCertain(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		french bool
		want   table
	}{
		"French":          {",\"11/01/2027\",\"12/01/2027\",\r\n,\"9h\",\"\",\r\n\"Ada\",\"Oui\",\"Si nécessaire\",\r\n", true, table{[]string{"2027-01-11", "2027-01-12"}, []poll.Vote{{Name: "Ada", Answers: []poll.Answer{y, m}}}}},
		"until 1.1.17":    {",\"11/01/2027\",\r\n,\"9h\",\r\n\"Ada\",\"unkown\",\r\n", true, table{[]string{"2027-01-11"}, []poll.Vote{{Name: "Ada", Answers: []poll.Answer{u}}}}},
		"0.9 in French":   {",\"2027-01-11\",\r\n,\"9h\",\r\n", true, table{[]string{"2027-01-11"}, nil}},
		"English, 1.1.x":  {",\"1/11/27\",\r\n,\"9h\",\r\n\"Ada\",\"Yes\",\r\n", false, table{[]string{""}, []poll.Vote{{Name: "Ada", Answers: []poll.Answer{""}}}}},
		"day or month":    {",\"01/11/2027\",\r\n,\"9h\",\r\n", false, table{[]string{""}, nil}},
		"Spanish":         {",\"2027-01-11\",\r\n,\"9h\",\r\n\"Ada\",\"Sí\",\r\n", false, table{[]string{"2027-01-11"}, []poll.Vote{{Name: "Ada", Answers: []poll.Answer{""}}}}},
		"Arabic":          {",\"\u200f\u0661\u0661/\u0660\u0661/\u0662\u0660\u0662\u0667\",\r\n,\"9h\",\r\n\"Ada\",\"نعم\",\r\n", false, table{[]string{""}, []poll.Vote{{Name: "Ada", Answers: []poll.Answer{""}}}}},
		"a key, not text": {",\"2027-01-11\",\r\n,\"9h\",\r\n\"Ada\",\"[missing key: Generic.Unknown]\",\r\n", false, table{[]string{"2027-01-11"}, []poll.Vote{{Name: "Ada", Answers: []poll.Answer{""}}}}},
	} {
		got, err := parseTable(strings.NewReader(c.text), poll.Date, c.french)
		if err != nil || cmp.Diff(&c.want, got, cmp.AllowUnexported(table{})) != "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestTableWithoutChoicesIsNone(t *testing.T) {
	for _, text := range []string{"", ",", ",\r\n", ",\r\n,\r\n", "\ufeff,\r\n"} {
		for _, kind := range []poll.Kind{poll.Date, poll.Classic} {
			if got, err := parseTable(strings.NewReader(text), kind, true); !errors.Is(err, sources.ErrRefused) {
				t.Errorf("%q: %+v, %v", text, got, err)
			}
		}
	}
}
