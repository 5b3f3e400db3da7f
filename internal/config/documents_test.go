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
	// as Windows, Unix and old Macs end lines, one byte at a time too
	unix := strings.ReplaceAll(file, "\r\n", "\n")
	for _, end := range []string{"\r\n", "\n", "\r"} {
		got, err := read(iotest.OneByteReader(strings.NewReader(strings.ReplaceAll(unix, "\n", end))))
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("with %q: %q, %v", end, got, err)
		}
	}
}

func TestListsAsPeopleAndProgramsWriteThem(t *testing.T) {
	utf16 := "\xff\xfe"
	for _, c := range "https://h/p/été\r\nag\r\n" {
		utf16 += string([]byte{byte(c), byte(c >> 8)})
	}
	for name, c := range map[string]struct{ file, want string }{
		"labels":        {"https://h/p/a\tAssemblée\nhttps://h/p/b B c\nAG : https://h/p/c", "[1 https://h/p/a 2 https://h/p/b 3 https://h/p/c]"},
		"ids":           {"- a\n* b\n1. c\n- [ ] d\n\"e\"\n<f>\ng\tG\nh i\n-j", "[1 a 2 b 3 c 4 d 5 e 6 f 7 g 8 h i 9 -j]"},
		"CSV":           {"Titre;URL\nAG;https://h/p/a\n\"B\";\"https://h/p/b\"", "[2 https://h/p/a 3 https://h/p/b]"},
		"CSV, commas":   {"url,title\nhttps://h/p/a,\"AG, 2026\"\n", "[2 https://h/p/a]"},
		"tabs":          {"Pad\tNotes\nhttps://h/p/a\tx", "[2 https://h/p/a]"},
		"Markdown":      {"# Pads\n\n- [AG](https://h/p/a)\n\n| Nom | Lien |\n|---|:--|\n| B | <https://h/p/b> |\n---", "[3 https://h/p/a 7 https://h/p/b]"},
		".pad":          {"[InternetShortcut]\r\nURL=https://h/p/a\r\nIconFile=https://h/favicon.ico\r\nIDList=\r\n", "[2 https://h/p/a]"},
		"UTF-16":        {utf16, "[1 https://h/p/été 2 ag]"},
		"one pad":       {"pad", "[1 pad]"},
		"two in a line": {"https://h/p/a, https://h/p/b", "[1 https://h/p/a 1 https://h/p/b]"},
	} {
		got, err := read(strings.NewReader(c.file))
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, %v, want %s", name, got, err, c.want)
		}
	}
}

func TestBrokenDocumentsFileIsAnErrorOfItsLine(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want Error
	}{
		"long line":       {"a\n" + strings.Repeat("hunter2", maxLine) + "\nb", Error{Line: 2, Problem: TooLong}},
		"endless line":    {strings.Repeat("hunter2", 1<<20), Error{Line: 1, Problem: TooLong}},
		"latin-1":         {"a\n\n\xe9hunter2", Error{Line: 3, Problem: NotText}},
		"utf-16, no mark": {"h\x00u\x00n\x00", Error{Line: 1, Problem: NotText}},
		"nul":             {"hun\x00ter2", Error{Line: 1, Problem: NotText}},
		"escape":          {"\x1b[2Jhunter2", Error{Line: 1, Problem: NotText}},
		"a file of bits":  {"\x1f\x8b\x08hunter2", Error{Line: 1, Problem: NotText}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(strings.NewReader(c.file))
			var e *Error
			if !errors.As(err, &e) || e.Error() != c.want.Error() || strings.Contains(err.Error(), "hunter") {
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
	f.Add("\"#\"\n- <a>\tb")
	f.Add("\r0\r\nb\rc")
	f.Fuzz(func(t *testing.T, file string) {
		line := 0
		for d, err := range ReadDocuments(strings.NewReader(file)) {
			if err != nil {
				continue
			}
			s := d.Address.Reveal()
			comment := s != "" && s[0] == '#' && !strings.ContainsAny(file, "<([{\"'`«“‘") // within marks it is an id
			if comment || d.Line < line || s == "" || s != strings.TrimSpace(s) || len(s) > maxLine || !utf8.ValidString(s) {
				t.Fatalf("line %d: %q", d.Line, s)
			}
			line = d.Line
		}
		if line > 1+strings.Count(file, "\n")+strings.Count(file, "\r") {
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
