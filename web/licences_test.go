package web

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestEveryModuleHasALicence(t *testing.T) {
	text, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	named := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v\S+`).FindAllStringSubmatch(string(text), -1) {
		named[m[1]] = true
	}
	if len(named) < 30 {
		t.Fatalf("go.mod names %d modules", len(named))
	}
	for line := range strings.Lines(licences) {
		name, licence, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok || licence == "" || !named[name] {
			t.Errorf("licences.tsv says %q", line)
		}
		delete(named, name)
	}
	for name := range named {
		t.Errorf("%s has no licence in licences.tsv", name)
	}
	noted, err := os.ReadFile("static/js/README.md")
	if err != nil || !strings.Contains(string(noted), " "+htmxVersion+" ") {
		t.Errorf("htmx.js is not %s: %v", htmxVersion, err)
	}
	for _, l := range libraries() {
		if l.Name == "" || l.Version == "" || l.Licence == "" {
			t.Errorf("%+v", l)
		}
	}
}
