// Command errortexts lists, with their places, the texts of all errors that the
// code makes, and the catalogue of words, so that they can be read in one go.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// others are folders of what no user runs.
var others = []string{".git", "bench", "demo", "e2e", "errortexts", "sinktest", "sourcetest", "testdata", "testserver"}

func main() {
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(others, entry.Name()):
			return fs.SkipDir
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			return list(path)
		case strings.HasPrefix(entry.Name(), "active."):
			words, err := os.ReadFile(path)
			for i, line := range strings.Split(strings.TrimSpace(string(words)), "\n") {
				fmt.Printf("%s:%d: %s\n", path, i+1, line)
			}
			return err
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}

// list prints the texts in the errors that a file makes.
func list(path string) error {
	places := token.NewFileSet()
	file, err := parser.ParseFile(places, path, nil, 0)
	if err != nil {
		return err
	}
	makes := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			name := types.ExprString(n.Fun)
			return name == "errors.New" || name == "fmt.Errorf"
		case *ast.FuncDecl:
			return n.Recv != nil && n.Name.Name == "Error"
		case *ast.ValueSpec:
			return n.Type != nil && types.ExprString(n.Type) == "Problem" // of a configuration
		}
		return false
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if !makes(n) {
			return true
		}
		ast.Inspect(n, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				said, _ := strconv.Unquote(text.Value)
				fmt.Printf("%s: %s\n", places.Position(text.Pos()), said)
			}
			return true
		})
		return false
	})
	return nil
}
