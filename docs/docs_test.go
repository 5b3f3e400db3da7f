// Package docs_test keeps the pages true: links lead somewhere and examples
// are what the program takes.
package docs_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/setup"
)

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	for name, text := range pages(t) {
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			file := name
			if target != "" {
				file = filepath.Join(filepath.Dir(name), target)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s links to %s, which is not there", name, match[1])
			} else if anchor != "" && !hasHeading(t, file, anchor) {
				t.Errorf("%s links to %s, which has no such heading", name, match[1])
			}
		}
	}
}

func TestExamplesAreWellFormed(t *testing.T) {
	for name, text := range pages(t) {
		for _, example := range examples(text, "json") {
			for line := range strings.Lines(example) {
				if !json.Valid([]byte(line)) {
					t.Errorf("%s: not JSON: %s", name, line)
				}
			}
		}
		for _, example := range examples(text, "yaml") {
			if err := yaml.Unmarshal([]byte(example), new(any)); err != nil {
				t.Errorf("%s: %v in\n%s", name, err, example)
			}
		}
	}
}

func TestConfigurationsAreAccepted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "padsync.toml")
	found := 0
	for name, text := range pages(t) {
		for _, example := range examples(text, "toml") {
			found++
			if err := os.WriteFile(file, []byte(example), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := config.Load(file, setup.AllKinds().InConfig()); err != nil {
				t.Errorf("%s: %v in\n%s", name, err, example)
			}
		}
	}
	if found < 2 {
		t.Errorf("found %d configurations, want at least 2", found)
	}
}

// pages returns the text of every page for people, by its name.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, pattern := range []string{"*.md", "reader/*.md", "../*.md", "../changelog/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no page matches %s: %v", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = string(text)
		}
	}
	return all
}

// examples returns the blocks of a page that are in a language.
func examples(page, language string) (blocks []string) {
	var block *strings.Builder
	for line := range strings.Lines(page) {
		switch trimmed := strings.TrimSpace(line); {
		case block == nil && trimmed == "```"+language:
			block = new(strings.Builder)
		case block != nil && trimmed == "```":
			blocks, block = append(blocks, block.String()), nil
		case block != nil:
			block.WriteString(line)
		}
	}
	return blocks
}

var heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)

// hasHeading tells whether a page has a heading with the anchor that GitHub
// and GitLab give it.
func hasHeading(t *testing.T, page, anchor string) bool {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range heading.FindAllStringSubmatch(string(text), -1) {
		kept := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(match[1]), "")
		if strings.ReplaceAll(kept, " ", "-") == anchor {
			return true
		}
	}
	return false
}
