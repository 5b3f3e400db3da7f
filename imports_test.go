package padsync_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/padsync/padsync/"

// everything is what only the top of the tree may import.
var everything = []string{
	"backup", "restore", "move", "discovery", "discovery/*", "mirror", "library", "catalog", "search", "web", "web/*", "repository", "manifest", "crypto",
	"sources", "sources/*", "sources/etherpad/*", "sources/sourcetest/*", "documents", "documents/*", "sinks", "sinks/*", "internal/*",
}

// layers says who may import whom: the first row whose pattern (path.Match)
// fits a package holds for it. A package that fits no row is an error. Test
// files may import what they like. CONTRIBUTING.md shows the same table to people.
var layers = []layer{
	{"cmd/padsync", everything},
	// What a newcomer runs first links no big client, so that it compiles fast.
	{"demo", []string{
		"backup", "restore", "library", "repository", "manifest", "crypto", "sources", "sources/*", "sources/sourcetest/*",
		"documents", "documents/*", "sinks/local", "internal/terminal", "internal/polite", "internal/spool",
	}},
	{"bench", everything},
	{"web", []string{
		"backup", "catalog", "crypto", "discovery", "documents", "documents/*", "library", "manifest", "repository", "search", "web/access",
		"internal/config", "internal/jsonlines", "internal/message", "internal/pages", "internal/schedule", "internal/setup", "internal/stylesheet", "internal/terminal", "internal/words",
		"web/access", "discovery", "backup", "library", "catalog", "search", "documents", "documents/*", "repository", "manifest", "crypto",
		"internal/setup", "internal/schedule", "internal/words", "internal/jsonlines", "internal/pages", "internal/stylesheet", "internal/terminal",
	}},
	{"web/access", []string{"internal/durable"}},
	{"e2e", nil}, // tests only

	{"library", []string{"repository", "manifest", "documents", "documents/page", "internal/spool"}},
	{"search", []string{"library", "repository", "manifest", "documents", "crypto", "internal/durable"}},
	{"backup", []string{"repository", "manifest", "sources", "internal/durable", "internal/grace", "internal/spool"}},
	{"restore", []string{"library", "repository", "manifest", "documents", "internal/durable"}},
	{"move", []string{"library", "repository", "manifest", "sources", "documents", "internal/durable", "internal/grace", "internal/spool"}},
	{"mirror", []string{"mirror/shards", "library", "repository", "manifest", "documents", "sinks", "internal/spool"}},
	{"mirror/shards", []string{"search", "documents", "internal/spool"}},
	{"mirror/mirrortest", []string{"mirror"}},
	{"repository", []string{"repository/*", "manifest", "sources", "crypto", "sinks", "internal/spool"}},
	{"repository/pack", []string{"repository/object", "manifest", "crypto", "internal/spool"}},
	{"repository/object", []string{"crypto", "sinks", "internal/spool"}},

	{"discovery", []string{"manifest", "sources", "sources/kinds"}},
	{"discovery/files", []string{"discovery", "discovery/mozilla", "discovery/propertylist", "internal/config"}},
	{"discovery/browsers", []string{"discovery", "discovery/mozilla", "discovery/propertylist"}},
	{"discovery/*", []string{"discovery"}},

	{"sources", []string{"manifest"}},
	{"sources/polls", []string{"sources", "documents/poll", "internal/polite", "internal/spool"}},
	{"sources/kinds", []string{"sources", "documents", "internal/polite", "internal/spool"}},
	{"sources/sourcetest", []string{"sources", "documents/*"}},
	{"sources/sourcetest/*", []string{"sources", "sources/sourcetest", "documents/*"}},
	{"sources/etherpad/server", []string{"sources", "internal/polite", "internal/spool"}},
	{"sources/etherpad/*", []string{"sources", "sources/etherpad/server", "internal/polite", "internal/spool"}},
	{"sources/etherpad", []string{"sources", "sources/kinds", "sources/etherpad/*", "documents/*", "internal/polite", "internal/spool"}},
	{"sources/*", []string{"sources", "sources/kinds", "sources/polls", "documents/*", "internal/polite", "internal/spool", "internal/webpage"}},

	{"sinks", nil},
	{"sinks/sinktest", []string{"sinks"}},
	{"sinks/rclone", []string{"sinks", "sinks/rclone/early"}},
	{"sinks/rclone/early", nil},
	{"sinks/*", []string{"sinks", "internal/durable"}},

	{"catalog", []string{"manifest", "internal/durable"}},
	{"documents", nil},
	{"documents/*", []string{"documents", "internal/stylesheet"}},
	{"manifest", nil},
	{"crypto", nil},
	{"internal/spool", []string{"crypto"}},
	{"internal/words", []string{
		"restore", "move", "mirror", "library", "search", "catalog", "repository", "manifest", "crypto", "sources", "sources/*", "sources/etherpad/*", "documents/*", "sinks", "sinks/*",
		"internal/setup", "internal/schedule", "internal/message", "internal/config", "internal/polite", "internal/spool", "discovery",
	}},
	{"internal/setup", []string{
		"discovery", "discovery/*", "backup", "move", "mirror", "library", "search", "catalog", "repository", "manifest", "crypto", "sources", "sources/*", "documents", "sinks", "sinks/*",
		"internal/machine", "internal/schedule", "internal/config", "internal/message", "internal/polite", "internal/spool", "internal/durable",
	}},
	{"internal/schedule", []string{"internal/durable", "internal/message"}},
	{"internal/machine", []string{"manifest", "internal/durable"}},
	{"internal/config", []string{"internal/durable"}},
	{"internal/roff", []string{"internal/durable"}},
	{"internal/pages", []string{"restore", "move", "mirror", "mirror/shards", "library", "internal/durable", "internal/stylesheet", "internal/words", "documents"}},
	{"internal/jsonlines", []string{"documents/*", "backup", "move", "library", "documents", "search", "catalog", "repository", "manifest", "sources", "internal/setup"}},
	{"internal/pagetest", everything},
	{"internal/pagetest/shots", []string{"internal/pagetest"}},
	{"internal/*", nil},
}

type layer struct {
	pattern   string
	mayImport []string
}

func TestImportsFollowTheLayers(t *testing.T) {
	imports, err := readImports(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if len(imports) < 4 {
		t.Fatalf("found only %d packages: the test looks in the wrong place", len(imports))
	}
	for _, problem := range violations(imports) {
		t.Error(problem)
	}
}

// TestDocumentsStartNoGoroutine, which is why test.sh does not have the race
// detector watch their own tests.
func TestDocumentsStartNoGoroutine(t *testing.T) {
	files, err := fs.Glob(os.DirFS("."), "documents/*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range append(files, "documents/documents.go") {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			method, _ := n.(*ast.SelectorExpr)
			if _, starts := n.(*ast.GoStmt); starts || method != nil && method.Sel.Name == "Go" { // of a group
				t.Errorf("%s starts a goroutine", name)
			}
			return true
		})
	}
}

func TestForbiddenImportsAreFound(t *testing.T) {
	for name, planted := range map[string]struct {
		from, to string
		wrong    bool
	}{
		"up":                     {"sources/etherpad", "backup", true},
		"from a room, back up":   {"sources/etherpad/server", "sources/etherpad", true},
		"room into room":         {"sources/etherpad/server", "sources/etherpad/mypads", true},
		"into one's room":        {"sources/etherpad", "sources/etherpad/server", false},
		"into another's room":    {"sources/framadate", "sources/etherpad/server", true},
		"sideways":               {"sources/etherpad", "sources/framadate", true},
		"from what all ask":      {"library", "restore", true},
		"a move and a restore":   {"move", "restore", true},
		"a concrete sink":        {"repository", "sinks/local", true},
		"rclone in the demo":     {"demo", "sinks/rclone", true},
		"tests in the program":   {"backup", "sources/sourcetest/etherpadtest", true},
		"from a leaf":            {"manifest", "sources", true},
		"what sources tell":      {"sources", "manifest", false},
		"from within a room":     {"repository/pack", "repository", true},
		"into a room":            {"restore", "repository/object", true},
		"package in no row":      {"helpers", "", true},
		"sub-package in no row":  {"backup/helpers", "", true},
		"one kind's documents":   {"library", "documents/pad", true},
		"a kind from all":        {"documents", "documents/pad", true},
		"down":                   {"sources/etherpad", "documents/pad", false},
		"exact row before glob":  {"internal/spool", "crypto", false},
		"the same, wrongly":      {"internal/polite", "crypto", true},
		"fake server to its own": {"sources/sourcetest/etherpadtest", "sources/sourcetest", false},
	} {
		t.Run(name, func(t *testing.T) {
			problems := violations(map[string][]string{planted.from: {planted.to}})
			if (len(problems) > 0) != planted.wrong {
				t.Errorf("%s importing %q: %v", planted.from, planted.to, problems)
			}
		})
	}
}

// violations returns one line for each import that layers does not allow.
func violations(imports map[string][]string) (problems []string) {
	for _, from := range slices.Sorted(maps.Keys(imports)) {
		row := slices.IndexFunc(layers, func(l layer) bool { return matches(l.pattern, from) })
		if row < 0 {
			problems = append(problems, fmt.Sprintf("package %s is in no row of layers: decide what it may import", from))
			continue
		}
		for _, to := range imports[from] {
			allowed := func(pattern string) bool { return matches(pattern, to) }
			if to != "" && !slices.ContainsFunc(layers[row].mayImport, allowed) {
				problems = append(problems, fmt.Sprintf("package %s may not import %s", from, to))
			}
		}
	}
	return problems
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// readImports returns the packages below root, named without the module, each
// with those of ours that it imports under any build tag.
func readImports(root fs.FS) (map[string][]string, error) {
	imports := make(map[string][]string)
	return imports, fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != "." && (base == "testdata" || base[0] == '.' || base[0] == '_') {
				return fs.SkipDir
			}
			return nil
		}
		dir := path.Dir(name)
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		ours, err := importsOf(root, name)
		if err != nil {
			return err
		}
		imports[dir] = append(imports[dir], ours...)
		return nil
	})
}

func importsOf(root fs.FS, name string) (ours []string, err error) {
	source, err := fs.ReadFile(root, name)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	for _, spec := range file.Imports {
		full, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		if short, ok := strings.CutPrefix(full, module); ok {
			ours = append(ours, short)
		}
	}
	return ours, nil
}
