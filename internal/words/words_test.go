package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/pelletier/go-toml/v2"
)

// load gives the messages of a catalogue file by id, plural forms joined.
func load(t *testing.T, name string) map[string]string {
	t.Helper()
	raw, err := files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := toml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	messages := make(map[string]string)
	for id, value := range file {
		switch v := value.(type) {
		case string:
			messages[id] = v
		case map[string]any:
			for _, form := range []string{"one", "other"} {
				text, ok := v[form].(string)
				if !ok {
					t.Errorf("%s: %s has no form %q", name, id, form)
				}
				messages[id] += text + "\n"
			}
		}
		if strings.TrimSpace(messages[id]) == "" {
			t.Errorf("%s: %s is empty", name, id)
		}
	}
	return messages
}

var placeholder = regexp.MustCompile(`{{\.(\w+)}}`)

func placeholders(text string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestLanguagesHaveTheSameMessages(t *testing.T) {
	english := load(t, "active.en.toml")
	if len(english) < 20 {
		t.Fatalf("only %d messages", len(english))
	}
	for _, name := range fileNames {
		messages := load(t, name)
		for id, text := range messages {
			if _, err := parsePhrase(text); err != nil {
				t.Errorf("%s: %s: %v", name, id, err)
			}
			if _, ok := english[id]; !ok {
				t.Errorf("%s: %s is not in English", name, id)
			}
		}
		for id, text := range english {
			if _, ok := messages[id]; !ok {
				t.Errorf("%s: %s is missing", name, id)
			}
			if got, want := placeholders(messages[id]), placeholders(text); !slices.Equal(got, want) {
				t.Errorf("%s: %s has the placeholders %v, want %v", name, id, got, want)
			}
		}
	}
}

func TestWhatIsNoPlaceholderIsAnError(t *testing.T) {
	for _, text := range []string{"{{ .Name }}", "{{if .Count}}", "{{.Name} is", "{{.Name}} {{"} {
		if m, err := parsePhrase(text); err == nil {
			t.Errorf("%q is read as %q", text, m)
		}
	}
}

// TestMessagesInTheCodeAreInTheCatalogue also finds those that nothing uses,
// and placeholders that the code does not fill.
// said is a message in a template.
var said = regexp.MustCompile(`\bt "([a-z0-9-]+)"`)

func TestMessagesInTheCodeAreInTheCatalogue(t *testing.T) {
	messages := load(t, "active.en.toml")
	var code []string
	for _, folder := range []string{".", "../setup", "../schedule", "../pages", "../../web", "../../cmd/padsync"} {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("no code found in %s: %v", folder, err)
		}
		code = append(code, files...)
	}
	used := make(map[string]bool)
	for _, file := range code {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					used[s] = true
				}
			}
			if call, ok := n.(*ast.CallExpr); ok {
				checkCall(t, file, call, messages)
			}
			return true
		})
	}
	pages, err := filepath.Glob("../../web/templates/*.html")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no templates found: %v", err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range said.FindAllSubmatch(text, -1) {
			id := string(m[1])
			if used[id] = true; messages[id] == "" {
				t.Errorf("%s says %s, which is no message", page, id)
			}
		}
	}
	values := make(map[string]bool)
	for _, v := range valuesOf(t) {
		values[v] = true
	}
	for id := range messages {
		if !used[id] && !values[id] {
			t.Errorf("nothing says %s", id)
		}
	}
}

// valuePrefixes are how the words for values of these types begin.
var valuePrefixes = map[string]string{"Loss": "loss-", "Suspicion": "suspect-", "Flaw": "flaw-", "State": "state-"}

// valuesOf are the ids of the words for all values that the code declares.
func valuesOf(t *testing.T) (ids []string) {
	for _, pattern := range []string{"../../sources/*.go", "../../sources/*/*.go", "../../documents/*/*.go", "../../backup/*.go", "../../manifest/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no code found: %v", err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				spec, ok := n.(*ast.ValueSpec)
				if !ok {
					return true
				}
				name := ""
				if filepath.Base(file) == "suspect.go" || spec.Names[0].Name == "Compacted" {
					name = "Suspicion" // as manifests have it, without a type
				}
				switch of := spec.Type.(type) {
				case *ast.Ident:
					name = of.Name
				case *ast.SelectorExpr:
					name = of.Sel.Name
				}
				for _, v := range spec.Values {
					if value, ok := literal(v); ok && valuePrefixes[name] != "" {
						ids = append(ids, valuePrefixes[name]+value)
					}
				}
				return true
			})
		}
	}
	return ids
}

// TestValuesHaveWords: a new kind of server brings losses of its own.
func TestValuesHaveWords(t *testing.T) {
	ids := valuesOf(t)
	if len(ids) < 30 {
		t.Fatalf("only %d values", len(ids))
	}
	for _, name := range fileNames {
		messages := load(t, name)
		for _, id := range ids {
			text, ok := messages[id]
			if !ok {
				t.Errorf("%s has no %s", name, id)
			}
			if strings.HasPrefix(id, "suspect-") && strings.HasPrefix(text, "suspect") {
				t.Errorf("%s: %s says twice that it is suspect: %q", name, id, text)
			}
		}
	}
	w := speak(t, "en")
	if got := w.Flaws("chat+what-is-new"); got != w.Text("flaw-chat")+", what-is-new" {
		t.Errorf("what a newer program wrote is shown as %q", got)
	}
}

// teller are the functions that take an id and pairs of names and values, and
// where the id is among their arguments.
var tellers = map[string]int{"text": 0, "Text": 0, "note": 0, "detail": 0, "say": 0, "done": 0, "line": 0, "tell": 0, "New": 0, "In": 1, "Of": 2}

func checkCall(t *testing.T, file string, call *ast.CallExpr, messages map[string]string) {
	fun, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	at, ok := tellers[fun.Sel.Name]
	if x, ident := fun.X.(*ast.Ident); ident && fun.Sel.Name == "New" && x.Name != "message" {
		return
	}
	if !ok || len(call.Args) <= at || call.Ellipsis.IsValid() {
		return
	}
	id, ok := literal(call.Args[at])
	if !ok || id == "" {
		return
	}
	text, ok := messages[id]
	if !ok {
		t.Errorf("%s: %s is not in the catalogue", file, id)
	}
	var given []string
	for i := at + 1; i < len(call.Args); i += 2 {
		name, _ := literal(call.Args[i])
		given = append(given, name)
	}
	for _, name := range placeholders(text) {
		if !slices.Contains(given, name) {
			t.Errorf("%s: %s is not given its %s", file, id, name)
		}
	}
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// speak gives the words of a language.
func speak(t *testing.T, language string) *Words {
	t.Helper()
	w, err := In(language, nil)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestNumbersAgreeWithWhatTheyCount(t *testing.T) {
	for language, want := range map[string][]string{
		"en": {"0 documents, 0 packs, 0 failed", "1 document, 1 pack, 1 failed", "2 documents, 2 packs, 2 failed", "1000000 documents, 1000000 packs, 1000000 failed"},
		"fr": {"0 document, 0 paquet, 0 en échec", "1 document, 1 paquet, 1 en échec", "2 documents, 2 paquets, 2 en échec", "1000000 documents, 1000000 paquets, 1000000 en échec"},
	} {
		w := speak(t, language)
		for i, n := range []int{0, 1, 2, 1_000_000} {
			if got := w.Tally("count-documents", n, "count-packs", n, "count-failed", n); got != want[i] {
				t.Errorf("%s: %q, want %q", language, got, want[i])
			}
		}
	}
}

func TestLocaleChoosesTheLanguage(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want string
	}{
		{nil, "error:"},
		{map[string]string{"LANG": "C.UTF-8"}, "error:"},
		{map[string]string{"LANG": "de_DE.UTF-8"}, "error:"},
		{map[string]string{"LANG": "fr_CA.UTF-8"}, "erreur\u00a0:"},
		{map[string]string{"LANG": "fr"}, "erreur\u00a0:"},
		{map[string]string{"LANG": "fr_FR", "LC_ALL": "en_GB.UTF-8"}, "error:"},
		{map[string]string{"LANG": "en_GB", "LC_MESSAGES": "fr_FR@euro"}, "erreur\u00a0:"},
		{map[string]string{"LANG": "!!"}, "error:"},
	} {
		language := Language(func(name string) string { return c.env[name] })
		if got := speak(t, language).Text("error"); got != c.want {
			t.Errorf("%v: %q, want %q", c.env, got, c.want)
		}
	}
}

// TestFrenchIsSetAsItsReadersDo: a line does not end before a colon, and what is
// to be typed stays as it is.
func TestFrenchIsSetAsItsReadersDo(t *testing.T) {
	for text, want := range map[string]string{
		"« a » : b ; c ! d ?":            "«\u00a0a\u00a0»\u00a0: b\u00a0; c\u00a0! d\u00a0?",
		"l'identité de l'«un»":           "l’identité de l’«un»",
		"padsync ls 'ag-*' --at 10:30":   "padsync ls 'ag-*' --at 10:30",
		"rclone::webdav,url='https://…'": "rclone::webdav,url='https://…'",
	} {
		if got := frenchType(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	w := speak(t, "fr")
	if got := Printable(w.Text("bad-secret-command", "Key", "un : deux", "Error", "x")); got != "un : deux-command\u00a0: x" {
		t.Errorf("it is printed as %q, and what it tells of as it is", got)
	}
}

// TestCatalogueHasPlainSpaces: which of them end no line is set at load, and
// a terminal shows no other kind of space.
func TestCatalogueHasPlainSpaces(t *testing.T) {
	for _, name := range fileNames {
		for id, text := range load(t, name) {
			if strings.ContainsFunc(text, func(r rune) bool { return r != ' ' && unicode.Is(unicode.Zs, r) }) {
				t.Errorf("%s: %s has a space that is not ASCII: %q", name, id, text)
			}
			if printed := Printable(frenchType(text)); strings.ContainsRune(printed, unicode.ReplacementChar) {
				t.Errorf("%s: %s is printed as %q", name, id, printed)
			}
		}
	}
}

func TestByteSizesAreForPeople(t *testing.T) {
	for lang, sizes := range map[string]map[int64]string{
		"en": {0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 5 << 20: "5.0 MiB", 3 << 30: "3.0 GiB", 3 << 40: "3072.0 GiB"},
		"fr": {0: "0 o", 1023: "1023 o", 1536: "1,5 Kio", 5 << 20: "5,0 Mio", 3 << 30: "3,0 Gio"},
	} {
		w := speak(t, lang)
		for n, want := range sizes {
			if got := w.Size(n); got != want {
				t.Errorf("%s: %d: %s, want %s", lang, n, got, want)
			}
		}
	}
}
