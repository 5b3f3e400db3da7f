package terminal

import "testing"

func TestTextsAreCutToTheirColumns(t *testing.T) {
	for _, c := range []struct {
		text    string
		columns int
		want    string
	}{
		{"0 B", 3, "0 B"}, {"0 B", 2, "0…"}, {"été", 3, "été"}, {"été", 2, "é…"}, {"x", 0, ""}, {"x", -2, ""}, {"", 0, ""},
	} {
		if got := cutTo(c.text, c.columns); got != c.want {
			t.Errorf("%q in %d columns is %q, want %q", c.text, c.columns, got, c.want)
		}
	}
}
