package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/local"
	"github.com/pelletier/go-toml/v2"
)

// load gives the messages of a catalogue file by id, plural forms joined.
func load(t *testing.T, name string) map[string]string {
	t.Helper()
	raw, err := catalogue.ReadFile(name)
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
	for _, name := range catalogueFiles {
		messages := load(t, name)
		for id, text := range messages {
			if _, err := parseMessage(text); err != nil {
				t.Errorf("%s: %s: %v", name, id, err)
			}
			if _, ok := english[id]; !ok {
				t.Errorf("%s: %s is not in English", name, id)
			}
		}
		for id, text := range english {
			if got, want := placeholders(messages[id]), placeholders(text); !slices.Equal(got, want) {
				t.Errorf("%s: %s has the placeholders %v, want %v", name, id, got, want)
			}
		}
	}
}

func TestWhatIsNoPlaceholderIsAnError(t *testing.T) {
	for _, text := range []string{"{{ .Name }}", "{{if .Count}}", "{{.Name} is", "{{.Name}} {{"} {
		if m, err := parseMessage(text); err == nil {
			t.Errorf("%q is read as %q", text, m)
		}
	}
}

// TestMessagesInTheCodeAreInTheCatalogue also finds those that nothing uses,
// and placeholders that the code does not fill.
func TestMessagesInTheCodeAreInTheCatalogue(t *testing.T) {
	messages := load(t, "active.en.toml")
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no code found: %v", err)
	}
	used := make(map[string]bool)
	for _, file := range files {
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
	for id := range messages {
		if !used[id] {
			t.Errorf("nothing says %s", id)
		}
	}
}

// teller are the functions that take an id and pairs of names and values, and
// where the id is among their arguments.
var tellers = map[string]int{"text": 0, "note": 0, "say": 0, "usage": 1, "failed": 1}

func checkCall(t *testing.T, file string, call *ast.CallExpr, messages map[string]string) {
	fun, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	at, ok := tellers[fun.Sel.Name]
	if !ok || len(call.Args) <= at || call.Ellipsis.IsValid() {
		return
	}
	id, ok := literal(call.Args[at])
	if !ok {
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

func TestNumbersAgreeWithWhatTheyCount(t *testing.T) {
	for lang, want := range map[string][]string{
		"en": {"0 documents, 0 packs, 0 failed", "1 document, 1 pack, 1 failed", "2 documents, 2 packs, 2 failed", "1000000 documents, 1000000 packs, 1000000 failed"},
		"fr": {"0 document, 0 paquet, 0 en échec", "1 document, 1 paquet, 1 en échec", "2 documents, 2 paquets, 2 en échec", "1000000 documents, 1000000 paquets, 1000000 en échec"},
	} {
		w, err := newWords(func(string) string { return lang })
		if err != nil {
			t.Fatal(err)
		}
		a := &app{words: w}
		for i, n := range []int{0, 1, 2, 1_000_000} {
			if got := a.tally("count-documents", n, "count-packs", n, "count-failed", n); got != want[i] {
				t.Errorf("%s: %q, want %q", lang, got, want[i])
			}
		}
	}
}

func TestCausesAreTranslated(t *testing.T) {
	for lang, same := range map[string]bool{"en": true, "fr": false} {
		w, err := newWords(func(string) string { return lang })
		if err != nil {
			t.Fatal(err)
		}
		a := &app{words: w}
		for known := range causes {
			err := fmt.Errorf("open it: %w", known)
			if got := a.cause(err); (got == err.Error()) != same || !strings.HasPrefix(got, "open it: ") {
				t.Errorf("%s: %q is %q", lang, err, got)
			}
		}
	}
}

func TestWhatAStoreWasDoingIsTranslated(t *testing.T) {
	w, err := newWords(func(string) string { return "fr" })
	if err != nil {
		t.Fatal(err)
	}
	a := &app{words: w}
	for op := range storeDoings {
		err := errors.Join(errors.New("x"), fmt.Errorf("one: %w", &sinks.Error{Op: op, Key: "packs/a", Err: local.ErrFull}), &sinks.Error{Op: op, Key: "packs/b", Err: sinks.ErrBroken})
		want := regexp.MustCompile("^x\none: \\S+ (de )?packs/a\u00a0: le disque est plein\n\\S+ (de )?packs/b\u00a0: la connexion s.est interrompue$")
		if got := a.cause(err); !want.MatchString(got) {
			t.Errorf("%q", got)
		}
	}
}

func TestWhatTheSystemRefusesHasAHint(t *testing.T) {
	w, err := newWords(func(string) string { return "en" })
	if err != nil {
		t.Fatal(err)
	}
	a := &app{words: w}
	for id, known := range map[string]error{
		"hint-full-disk": local.ErrFull,
		"hint-gone":      &sinks.Error{Op: "put", Key: "packs/a", Err: sinks.ErrGone},
		"hint-endless":   sinks.ErrEndless,

		"hint-region": sinks.ErrRegion, "hint-clock": sinks.ErrClock, "hint-quota": sinks.ErrQuota, "hint-archived": sinks.ErrArchived,
		"hint-bucket-in-host": sinks.ErrBucketInHost, "hint-expired": sinks.ErrExpired, "hint-web-page": sinks.ErrWebPage,

		"hint-full":       syscall.ENOSPC,
		"hint-permission": syscall.EROFS,
		"hint-no-answer":  &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
	} {
		if got := a.hints(fmt.Errorf("open it: %w", known)); !slices.Equal(got, []string{a.text(id)}) {
			t.Errorf("%v: %q", known, got)
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
		w, err := newWords(func(name string) string { return c.env[name] })
		if err != nil {
			t.Fatal(err)
		}
		if got := w.text("error"); got != c.want {
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
	w, err := newWords(func(string) string { return "fr" })
	if err != nil {
		t.Fatal(err)
	}
	if got := printable(w.text("bad-secret-command", "Key", "un : deux", "Error", "x")); got != "un : deux-command\u00a0: x" {
		t.Errorf("it is printed as %q, and what it tells of as it is", got)
	}
}
