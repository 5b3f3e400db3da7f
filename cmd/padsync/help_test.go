package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/padsync/padsync/internal/roff"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/spf13/cobra"
)

// helpOf is the help of a command on a terminal with so many columns.
func helpOf(a *app, cmd *cobra.Command, columns string) string {
	var out bytes.Buffer
	a.getenv = func(name string) string {
		if name == "COLUMNS" {
			return columns
		}
		return ""
	}
	cmd.SetOut(&out)
	a.help(cmd, nil)
	return out.String()
}

// Only examples, which are to be copied, may be wider.
func TestHelpIsAsWideAsTheTerminal(t *testing.T) {
	for _, language := range []string{"en", "fr"} {
		for columns, width := range map[string]int{"40": 40, "": 80, "120": 120} {
			a, root := program(t, language)
			check := func(cmd *cobra.Command) {
				text := helpOf(a, cmd, columns)
				if cmd.Example != "" {
					text = strings.Replace(text, terminal.Indented(cmd.Example), "", 1)
				}
				for line := range strings.Lines(text) {
					line = strings.TrimSuffix(line, "\n")
					if n := utf8.RuneCountInString(line); n > width && len(terminal.Words(line)) > 2 {
						t.Errorf("%s: %s: %d columns: %q", language, cmd.Name(), n, line)
					}
				}
			}
			check(root)
			eachCommand(root, check)
		}
	}
}

func TestEveryCommandHasExamplesThatItTakes(t *testing.T) {
	for _, language := range []string{"en", "fr"} {
		_, root := program(t, language)
		eachCommand(root, func(cmd *cobra.Command) {
			if cmd.Name() == "version" {
				return
			}
			found := 0
			for line := range strings.Lines(cmd.Example) {
				line = strings.TrimSpace(line)
				line, _, _ = strings.Cut(strings.TrimPrefix(line, "source <("), " > ")
				args, ok := strings.CutPrefix(strings.TrimSuffix(line, ")"), "padsync ")
				if !ok {
					continue
				}
				found++
				_, other := program(t, language)
				target, rest, err := other.Find(strings.Fields(args))
				if err == nil {
					err = target.ParseFlags(rest)
				}
				if err == nil {
					err = target.ValidateArgs(target.Flags().Args())
				}
				if err != nil && !strings.Contains(line, "'2026") { // quoted blanks
					t.Errorf("%s: %s: %v", language, line, err)
				}
			}
			if found == 0 {
				t.Errorf("%s: padsync %s has no example", language, cmd.Name())
			}
		})
	}
}

// Commands stand by what people want to do; none is forgotten.
func TestHelpHasEveryCommandOnce(t *testing.T) {
	a, root := program(t, "en")
	text := helpOf(a, root, "")
	last := -1
	for _, name := range []string{"backup", "ls", "log", "show", "diff", "restore", "mirror", "runs", "check", "accept", "keygen", "completion", "version"} {
		at := strings.Index(text, "\n  "+name+" ")
		if at < last {
			t.Errorf("%s is not where its task is", name)
		}
		last = at
	}
	eachCommand(root, func(cmd *cobra.Command) {
		if n := strings.Count(text, "\n  "+cmd.Name()+" "); n != 1 {
			t.Errorf("%s is there %d times", cmd.Name(), n)
		}
	})
}

func TestManualPagesAreMadeOfAllCommands(t *testing.T) {
	for _, language := range []string{"en", "fr"} {
		a, root := program(t, language)
		check := func(cmd *cobra.Command) {
			page := a.manPage(cmd)
			if !strings.HasPrefix(page, ".TH \"PADSYNC") {
				t.Errorf("%s: %s begins with %.40q", language, cmd.Name(), page)
			}
			for _, row := range optionRows(cmd.Flags()) {
				if !strings.Contains(page, roff.Escape(strings.TrimSpace(row[0]))) {
					t.Errorf("%s: the page of %s has no %s", language, cmd.Name(), row[0])
				}
			}
			for line := range strings.Lines(page) {
				name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
				if strings.HasPrefix(line, "'") || line[0] == '.' && !strings.Contains(" .TH .SH .SS .PP .TP .EX .EE ", " "+name+" ") {
					t.Errorf("%s: %s: a line that troff takes for something else: %q", language, cmd.Name(), line)
				}
			}
		}
		check(root)
		eachCommand(root, check)
	}
}
