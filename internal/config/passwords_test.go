package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPasswordsAreReadWhole(t *testing.T) {
	got, err := ReadPasswords(strings.NewReader("\ufeff# ours\r\nAbCd  s3cret é # two  \r\n\n\tAG-2027\t*\r\n* for all\n"))
	if err != nil {
		t.Fatal(err)
	}
	revealed := make(map[string]string)
	for id, p := range got {
		revealed[id] = p.Reveal()
	}
	if d := cmp.Diff(map[string]string{"AbCd": "s3cret é # two  ", "AG-2027": "*", "": "for all"}, revealed); d != "" {
		t.Error(d)
	}
}

func TestBadPasswordsAreToldByTheirLineAlone(t *testing.T) {
	for text, want := range map[string]Problem{
		"a b\nhunter2": Missing, "a b\nhunter2 \t": Missing, "hunter2 b\nhunter2 c": Duplicate, "a b\n* \xffhunter2": NotText,
		"a b\nhunter2 " + strings.Repeat("x", maxLine): TooLong,
	} {
		got, err := ReadPasswords(strings.NewReader(text))
		var at *Error
		if !errors.As(err, &at) || at.Problem != want || at.Line != 2 || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%.20q: %v, %v", text, got, err)
		}
	}
}
