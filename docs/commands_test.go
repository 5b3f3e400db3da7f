package docs_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// Every command line that a page shows must be one that the program knows.
func TestCommandsAreThoseOfTheProgram(t *testing.T) {
	help := func(command string) string {
		output, err := exec.Command(program, command, "--help").CombinedOutput()
		if err != nil {
			t.Fatalf("padsync %s --help: %v\n%s", command, err, output)
		}
		return string(output)
	}
	seen := make(map[string]bool)
	for name, page := range pages(t) {
		for _, line := range commandLines(page) {
			words := strings.Fields(line)
			seen[words[0]] = true
			text := help(words[0])
			if !strings.Contains(text, "padsync "+words[0]) {
				t.Errorf("%s: padsync has no command %s", name, words[0])
			}
			for _, word := range words[1:] {
				if option := option.FindString(strings.Trim(word, "[]")); option != "" && !knows(text, option) {
					t.Errorf("%s: padsync %s has no %s: %s", name, words[0], option, line)
				}
			}
		}
	}
	for _, command := range []string{"backup", "ls", "add", "list", "describe", "ignore", "remove", "open", "catalog", "show", "log", "diff", "restore", "runs", "check", "keygen", "version"} {
		if !seen[command] {
			t.Errorf("no page shows padsync %s", command)
		}
	}
}

var (
	invocation = regexp.MustCompile(`(?m)^[ \t]*(?:\./)?padsync ([a-z]+[^#>\n]*)`)
	inText     = regexp.MustCompile("`padsync ([a-z]+[^#>`]*)`")
	option     = regexp.MustCompile(`^--?[a-zA-Z][a-z-]*`)
)

// commandLines are what follows "padsync" in a page's blocks of commands, and
// where its text has a command.
func commandLines(page string) (lines []string) {
	for _, block := range examples(page, "sh") {
		for _, match := range invocation.FindAllStringSubmatch(block, -1) {
			lines = append(lines, match[1])
		}
	}
	for _, match := range inText.FindAllStringSubmatch(page, -1) {
		lines = append(lines, match[1])
	}
	return lines
}

func knows(help, option string) bool {
	return regexp.MustCompile(`(?m)(^|[\s,])` + regexp.QuoteMeta(option) + `([\s,=]|$)`).MatchString(help)
}

func TestUnknownOptionsAreFound(t *testing.T) {
	help := "  -r, --repository address   where\n      --at when\n"
	for option, want := range map[string]bool{"-r": true, "--repository": true, "--at": true, "--repo": false, "-a": false, "--att": false} {
		if knows(help, option) != want {
			t.Errorf("%s: known is %t, want %t", option, !want, want)
		}
	}
}
