package etherpadtest_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

var (
	changesets = regexp.MustCompile(`^Z:([0-9a-z]+)([<>])([0-9a-z]+)([^$]*)\$((?s).*)$`)
	operation  = regexp.MustCompile(`((?:\*[0-9a-z]+)*)(?:\|([0-9a-z]+))?([-+=])([0-9a-z]+)`)
)

// apply applies a changeset, checking every number in it.
func apply(t *testing.T, text []uint16, c string) []uint16 {
	t.Helper()
	m := changesets.FindStringSubmatch(c)
	if m == nil {
		t.Fatalf("no changeset: %.100q", c)
	}
	bank := utf16.Encode([]rune(m[5]))
	var out []uint16
	at, rest := 0, m[4]
	for _, op := range operation.FindAllStringSubmatch(m[4], -1) {
		rest = strings.TrimPrefix(rest, op[0])
		n := parse36(t, op[4])
		var part []uint16
		if op[3] == "+" {
			part, bank = bank[:n], bank[n:]
		} else {
			part, at = text[at:at+n], at+n
		}
		checkLines(t, c, op[2], part)
		if op[3] != "-" {
			out = append(out, part...)
		}
	}
	out = append(out, text[at:]...)
	change := parse36(t, m[3])
	if m[2] == "<" {
		change = -change
	}
	if rest != "" || len(bank) > 0 || len(text) != parse36(t, m[1]) || len(out) != len(text)+change {
		t.Fatalf("the lengths in %.100q are not those of the text", c)
	}
	return out
}

func checkLines(t *testing.T, c, lines string, part []uint16) {
	t.Helper()
	want := 0
	for _, u := range part {
		if u == '\n' {
			want++
		}
	}
	if lines == "" && want > 0 || lines != "" && (parse36(t, lines) != want || !slices.Equal(part[len(part)-1:], []uint16{'\n'})) {
		t.Fatalf("the lines in %.100q are not those of the text", c)
	}
}

func parse36(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.ParseInt(s, 36, 32)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

func decodeUTF16(u []uint16) string { return string(utf16.Decode(u)) }
