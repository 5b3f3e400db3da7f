package config

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func read(r io.Reader) (list []string, err error) {
	for d, e := range ReadDocuments(r) {
		if e != nil {
			return list, e
		}
		list = append(list, fmt.Sprint(d.Line, " ", d.Address.Reveal()))
	}
	return list, nil
}

func TestDocumentsHaveTheirLines(t *testing.T) {
	const file = "\ufeff# my pads\r\n" +
		"https://h/p/a#L3\r\n" +
		"\r\n" +
		"  ag 2026  # the assembly\n" +
		"\t#nothing\n" +
		"é#\u00a0#\n" +
		"# https://h/p/old\n" +
		"https://h/p/b?lang=fr#a#b #c\n" +
		"last"
	want := []string{"2 https://h/p/a#L3", "4 ag 2026", "6 é#", "8 https://h/p/b?lang=fr#a#b", "9 last"}
	got, err := read(strings.NewReader(file))
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestBrokenDocumentsFileIsAnErrorOfItsLine(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want Error
	}{
		"long line":      {"a\n" + strings.Repeat("hunter2", maxLine) + "\nb", Error{Line: 2, Problem: TooLong}},
		"endless line":   {strings.Repeat("hunter2", 1<<20), Error{Line: 1, Problem: TooLong}},
		"latin-1":        {"a\n\n\xe9hunter2", Error{Line: 3, Problem: NotText}},
		"utf-16":         {"\xff\xfeh\x00u\x00n\x00", Error{Line: 1, Problem: NotText}},
		"nul":            {"hun\x00ter2", Error{Line: 1, Problem: NotText}},
		"old mac":        {"hunter\r2", Error{Line: 1, Problem: NotText}},
		"escape":         {"\x1b[2Jhunter2", Error{Line: 1, Problem: NotText}},
		"a file of bits": {"\x1f\x8b\x08hunter2", Error{Line: 1, Problem: NotText}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(strings.NewReader(c.file))
			var e *Error
			if !errors.As(err, &e) || *e != c.want || strings.Contains(err.Error(), "hunter") {
				t.Errorf("%v, not %v", err, &c.want)
			}
		})
	}
	broken := errors.New("broken")
	got, err := read(io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Error(got, err)
	}
}

func TestReadingMayStopEarly(t *testing.T) {
	for d := range ReadDocuments(strings.NewReader("a\nb\nc")) {
		if d.Line == 2 {
			break
		}
	}
}

func FuzzReadDocuments(f *testing.F) {
	f.Add("\ufeffa#b #c\r\n\n d")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, file string) {
		line := 0
		for d, err := range ReadDocuments(strings.NewReader(file)) {
			if err != nil {
				continue
			}
			s := d.Address.Reveal()
			if d.Line <= line || s == "" || s != strings.TrimSpace(s) || s[0] == '#' || len(s) > maxLine || !utf8.ValidString(s) {
				t.Fatalf("line %d: %q", d.Line, s)
			}
			line = d.Line
		}
		if line > 1+strings.Count(file, "\n") {
			t.Fatal(line)
		}
	})
}

func TestBadLineCostsOnlyItself(t *testing.T) {
	var entries []string
	var bad []int
	for d, err := range ReadDocuments(strings.NewReader("one\n\xff\ntwo\n" + strings.Repeat("x", 3*maxLine) + "\na\x00b\nthree")) {
		if e, ok := errors.AsType[*Error](err); ok {
			bad = append(bad, e.Line)
			continue
		}
		entries = append(entries, d.Address.Reveal())
	}
	if !slices.Equal(entries, []string{"one", "two", "three"}) || !slices.Equal(bad, []int{2, 4, 5}) {
		t.Errorf("entries %q, bad lines %v", entries, bad)
	}
}
