package roff

import "testing"

func TestNothingInTextIsAMacro(t *testing.T) {
	m := new(Page)
	m.Text(Escape(".x \\n 'y' a-b"))
	m.Text(Escape("'z"))
	if got, want := m.String(), "\\&.x \\en 'y' a\\-b\n\\&'z\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
