package schedule

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// odd are words that some reader takes for something else.
var odd = []string{
	"", " ", "a b", `a"b`, "a'b", `a\b`, `a\`, `\"`, `a\\"`, `a b\`, `a b\\`, "100%", "%%", "%h", "50% off", "$HOME", "$$", "${HOME}", "$(id)", "`id`", "a;b", "a&b", "a|b", "a>b", "a*b", "~", "#a", "-x", "=x", "a=b", "é à", "日本",
	"# padsync schedule: 0123456789abcdef", "'\"$(printf '\\045')\"'", "<a>", "&amp;", "]]>", "--", "-->",
}

// words are some words without control characters.
func words(t *rapid.T) []string {
	word := rapid.OneOf(rapid.SampledFrom(odd), rapid.StringOf(rapid.RuneFrom(nil, unicode.L, unicode.P, unicode.S, unicode.Zs)))
	return rapid.SliceOfN(word, 1, 5).Draw(t, "words")
}

func TestUnitsWordsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := words(t)
		var quoted []string
		for i, word := range all {
			quoted = append(quoted, unitWord(word, i > 0))
		}
		line := strings.Join(quoted, " ")
		if got, ok := unitWords(line); !ok || !slices.Equal(got, all) {
			t.Fatalf("%q is written %s and read as %q", all, line, got)
		}
	})
	for _, line := range []string{"/bin/true", `"/bin/true" a`, `"/bin/true`, `@"/bin/true"`} {
		if words, ok := unitWords(line); ok {
			t.Errorf("%s, which somebody else wrote, is read as %q", line, words)
		}
	}
}

// Written by hand, after systemd.syntax(7), systemd.unit(5) and systemd.service(5).
func TestUnitsHaveTheirOwnSignsTwice(t *testing.T) {
	for word, want := range map[string]string{
		`a b`: `"a b"`, `100%`: `"100%%"`, `$HOME`: `"$$HOME"`, `say "hi"`: `"say \"hi\""`, `a\b`: `"a\\b"`, `it's`: `"it's"`,
	} {
		if got := unitWord(word, true); got != want {
			t.Errorf("%s is written %s, want %s", word, got, want)
		}
	}
	if got := unitWord("A=$HOME", false); got != `"A=$HOME"` {
		t.Errorf("in Environment=: %s", got)
	}
}

// A shell is asked, as cron does.
func TestShellTakesWordsFromALineOfCron(t *testing.T) {
	for _, word := range odd {
		line := shellWord(word)
		if strings.Contains(line, "%") {
			t.Errorf("%q: cron ends the command at %%: %s", word, line)
		}
		out, err := exec.Command("/bin/sh", "-c", "printf '[%s]' "+line+" end").CombinedOutput()
		if want := "[" + word + "][end]"; err != nil || string(out) != want {
			t.Errorf("%q is written %s, of which a shell makes %q (%v)", word, line, out, err)
		}
	}
}

func TestShellsWordsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := words(t)
		var quoted []string
		for _, word := range all {
			quoted = append(quoted, shellWord(word))
		}
		line := strings.Join(quoted, " ")
		// What stands for % cannot be told from itself, and nobody calls a file so.
		if strings.Contains(strings.Join(all, " "), percent) {
			return
		}
		if got, ok := shellWords(line); !ok || !slices.Equal(got, all) {
			t.Fatalf("%q is written %s and read as %q", all, line, got)
		}
	})
	for _, line := range []string{"a; b", "a > b", "$HOME/padsync", "'a", "~/padsync"} {
		if words, ok := shellWords(line); ok {
			t.Errorf("%s, which somebody else wrote, is read as %q", line, words)
		}
	}
}

// argv takes a line apart as CommandLineToArgvW documents it: 2n backslashes before
// a quotation mark are n of them, one more makes the mark a character.
func argv(line string) (words []string) {
	var word strings.Builder
	quoted, any, slashes := false, false, 0
	flush := func(n int) { word.WriteString(strings.Repeat(`\`, n)); slashes = 0 }
	for _, c := range line {
		switch {
		case c == '\\':
			slashes++
			any = true
		case c == '"':
			literal := slashes%2 == 1
			flush(slashes / 2)
			if any = true; literal {
				word.WriteRune('"')
			} else {
				quoted = !quoted
			}
		case (c == ' ' || c == '\t') && !quoted:
			flush(slashes)
			if any {
				words = append(words, word.String())
			}
			word.Reset()
			any = false
		default:
			flush(slashes)
			word.WriteRune(c)
			any = true
		}
	}
	flush(slashes)
	if any {
		words = append(words, word.String())
	}
	return words
}

func TestWindowsTakesWordsFromALine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := words(t)
		if got := argv(windowsLine(all)); !slices.Equal(got, all) {
			t.Fatalf("%q is written %s and read as %q", all, windowsLine(all), got)
		}
	})
}

// TestSystemdTakesTheUnits asks systemd itself. It says nothing of units that are
// right, and that a program is not there if its name is written wrongly.
func TestSystemdTakesTheUnits(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // has none
	}
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	verify := func(program string) (string, error) {
		j := Job{Program: program, Args: append([]string{"backup"}, odd...), Environment: []string{"LANG=fr_FR.UTF-8", "A=" + strings.Join(odd[1:], " ")}, At: Clock{2, 5}}
		service, timer := units(j, made{Folders: odd, Lingers: true})
		files := []string{filepath.Join(dir, serviceUnit), filepath.Join(dir, timerUnit)}
		for i, text := range []string{service, timer} {
			if err := os.WriteFile(files[i], []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out, err := exec.Command("systemd-analyze", append([]string{"verify", "--user", "--man=no"}, files...)...).CombinedOutput()
		return string(out), err
	}
	for _, name := range []string{"padsync", "my pads/$HOME %h $$ é;&*"} {
		program := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(program), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		if said, err := verify(program); err != nil || said != "" {
			t.Errorf("%s: %v: %s", name, err, said)
		}
	}
	if said, err := verify(filepath.Join(dir, "nothing")); err == nil || !strings.Contains(said, "nothing") {
		t.Errorf("a program that is not there: %v: %s", err, said)
	}
}

// TestCronTakesTheLine asks Debian's crontab, which checks a table and writes none.
func TestCronTakesTheLine(t *testing.T) {
	if _, err := os.Stat("/etc/debian_version"); err != nil {
		return // other crontabs cannot only check
	}
	j := Job{Program: "/opt/my pads/100%", Args: append([]string{"backup"}, odd...), Environment: []string{"LANG=fr_FR.UTF-8", "A=%"}, At: Clock{23, 55}, Shift: 14}
	check := func(table string) ([]byte, error) {
		file := filepath.Join(t.TempDir(), "table")
		if err := os.WriteFile(file, []byte(table), 0o600); err != nil {
			t.Fatal(err)
		}
		return exec.Command("crontab", "-n", file).CombinedOutput()
	}
	if out, err := check(cronLine(j) + "\n"); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := check("x" + cronLine(j) + "\n"); err == nil {
		t.Error("crontab takes what is no line")
	}
}
