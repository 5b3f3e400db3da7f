package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2/unstable"
)

// editor is one for a file with this text.
func editor(t testing.TB, text string) *Editor {
	t.Helper()
	path := filepath.Join(t.TempDir(), "padsync.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := Edit(path, testKinds)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEditsLeaveTheRestAsItIs(t *testing.T) {
	const commented = `# mine
# since 2024

[[source]]   # the first
documents = [  # two
  "https://h/p/a",
]

# off site
[[repository]]
address = 'x'  # the disk
# unencrypted = true

# keys
[encryption]
recipients = ["age1a"]
`
	for name, c := range map[string]struct {
		text   string
		change func(*Editor) error
		want   func(string) string
	}{
		"a value": {commented, func(e *Editor) error { return e.Set("repository[0].address", `y"\`) }, func(s string) string {
			return strings.Replace(s, `'x'`, `"y\"\\"`, 1)
		}},
		"a list": {commented, func(e *Editor) error {
			return e.Set("source[0].documents", []string{"https://h/p/a", "https://h/p/b"})
		}, func(s string) string {
			return strings.Replace(s, "[  # two\n  \"https://h/p/a\",\n]", `["https://h/p/a", "https://h/p/b"]`, 1)
		}},
		"a new key": {commented, func(e *Editor) error { return e.Set("encryption.identity-file", "key.txt") }, func(s string) string {
			return s + "identity-file = \"key.txt\"\n"
		}},
		"a new key in the middle": {commented, func(e *Editor) error { return e.Set("repository[0].unencrypted", true) }, func(s string) string {
			return strings.Replace(s, "the disk\n", "the disk\nunencrypted = true\n", 1)
		}},
		"a number": {commented, func(e *Editor) error { return e.Set("source[0].expires-after", 0) }, func(s string) string {
			return strings.Replace(s, "]\n\n# off", "]\nexpires-after = 0\n\n# off", 1)
		}},
		"a key above all tables": {commented, func(e *Editor) error { return e.Set("language", "fr") }, func(s string) string {
			return strings.Replace(s, "[[source]]", "language = \"fr\"\n\n[[source]]", 1)
		}},
		"a key above a comment": {"# a\n[[repository]]\naddress = 'x'\n", func(e *Editor) error { return e.Set("language", "fr") }, func(s string) string {
			return "language = \"fr\"\n\n" + s
		}},
		"a key that is gone": {commented, func(e *Editor) error { return e.Remove("encryption.recipients") }, func(s string) string {
			return strings.Replace(s, "recipients = [\"age1a\"]\n", "", 1)
		}},
		"a key that was not there": {commented, func(e *Editor) error { return e.Remove("language") }, func(s string) string { return s }},
		"a place more": {commented, func(e *Editor) error {
			return e.Add("repository", Setting{"address", "z"}, Setting{"unencrypted", true})
		}, func(s string) string {
			return strings.Replace(s, "\n# keys", "\n[[repository]]\naddress = \"z\"\nunencrypted = true\n\n# keys", 1)
		}},
		"a first one": {commented, func(e *Editor) error {
			return e.Add("mirror", Setting{"address", "z"}, Setting{"unencrypted", true}, Setting{"all", true})
		}, func(s string) string { return s + "\n[[mirror]]\naddress = \"z\"\nunencrypted = true\nall = true\n" }},
		"a place less": {commented, func(e *Editor) error { return e.Drop("repository[0]") }, func(s string) string {
			return strings.Replace(s, "[[repository]]\naddress = 'x'  # the disk\n", "", 1)
		}},
		"the last place": {"[[repository]]\naddress = 'x'\n\n[[repository]]\naddress = 'y'\n", func(e *Editor) error { return e.Drop("repository[1]") }, func(string) string {
			return "[[repository]]\naddress = 'x'\n"
		}},
		"the first place": {"[[repository]]\naddress = 'x'\n\n[[repository]]\naddress = 'y'\n", func(e *Editor) error { return e.Drop("repository[0]") }, func(string) string {
			return "[[repository]]\naddress = 'y'\n"
		}},
		"a file without an end": {"[encryption]\nrecipients = ['age1a']", func(e *Editor) error {
			return errors.Join(e.Set("encryption.identity-file", "k"), e.Add("repository", Setting{"address", "z"}))
		}, func(s string) string { return s + "\nidentity-file = \"k\"\n\n[[repository]]\naddress = \"z\"\n" }},
		"an empty file": {"", func(e *Editor) error {
			return errors.Join(e.Add("repository", Setting{"address", "z"}), e.Set("language", "fr"), e.Set("encryption.recipients", []string{"age1a"}))
		}, func(string) string {
			return "language = \"fr\"\n\n[[repository]]\naddress = \"z\"\n\n[encryption]\nrecipients = [\"age1a\"]\n"
		}},
		"dotted keys": {"encryption . \"recipients\" = ['age1a'] # here\n[[repository]]\naddress = 'x'\n", func(e *Editor) error {
			return errors.Join(e.Set("encryption.recipients", []string{"age1b"}), e.Set("encryption.identity-file", "k"))
		}, func(s string) string {
			return strings.Replace(strings.Replace(s, "['age1a']", `["age1b"]`, 1), "# here\n", "# here\nencryption.identity-file = \"k\"\n", 1)
		}},
		"text that has to be escaped": {"", func(e *Editor) error { return e.Set("encryption.identity-file", "a\x7f\t\x01<é\u2028") }, func(string) string {
			return "[encryption]\nidentity-file = \"a\\u007f\\t\\u0001<é\\u2028\"\n"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for end, mark := range map[string]string{"\n": "", "\r\n": "\ufeff"} {
				lines := func(s string) string { return mark + strings.ReplaceAll(s, "\n", end) }
				e := editor(t, lines(c.text))
				if err := errors.Join(c.change(e), e.Check()); err != nil {
					t.Fatal(err)
				}
				want := lines(c.want(c.text))
				if c.text == "" {
					want = mark + c.want("") // nothing shows how lines end
				}
				if got := e.Text(); got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
				err := e.Save()
				saved, readErr := os.ReadFile(e.path)
				if err := errors.Join(err, readErr); err != nil || string(saved) != e.Text() {
					t.Errorf("%q, %v", saved, err)
				}
			}
		})
	}
}

func TestWhatOnlyPeopleChangeIsLeft(t *testing.T) {
	for _, c := range []struct {
		text   string
		change func(*Editor) error
	}{
		{"encryption = { recipients = ['age1a'] }\n", func(e *Editor) error { return e.Set("encryption.identity-file", "k") }},
		{"encryption = { recipients = ['age1a'] }\n", func(e *Editor) error { return e.Remove("encryption.recipients") }},
		{"repository = [{ address = 'x' }]\n", func(e *Editor) error { return e.Add("repository", Setting{"address", "y"}) }},
		{"repository = [{ address = 'x' }]\n", func(e *Editor) error { return e.Drop("repository[0]") }},
		{"[[repository]]\naddress = 'x'\n", func(e *Editor) error { return e.Drop("repository[1]") }},
		{"[[repository]]\naddress = 'x'\n", func(e *Editor) error { return e.Set("repository[1].address", "y") }},
		{"[repository]\naddress = 'x'\n", func(e *Editor) error { return e.Add("repository", Setting{"address", "y"}) }},
	} {
		e := editor(t, c.text)
		if err := c.change(e); !errors.Is(err, ErrForm) || e.Text() != c.text {
			t.Errorf("%q: %v, %q", c.text, err, e.Text())
		}
	}
}

func TestEditorSavesNothingThatLoadRefuses(t *testing.T) {
	e := editor(t, "language = 'fr'\n")
	if err := e.Add("repository", Setting{"address", "webdav:https://h/"}, Setting{"user", "marie"}); err != nil {
		t.Fatal(err)
	}
	var wrong *Error
	if err := e.Save(); !errors.As(err, &wrong) || wrong.Key != "repository.password-file" || wrong.Problem != Missing {
		t.Errorf("%v", err)
	}
	if saved, err := os.ReadFile(e.path); err != nil || string(saved) != "language = 'fr'\n" {
		t.Errorf("%q, %v", saved, err)
	}
	if _, err := Edit(e.path+"/none", testKinds); err == nil {
		t.Error("a folder that is a file is taken")
	}
	if err := os.WriteFile(e.path, []byte("language = 'de'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Edit(e.path, testKinds); !errors.As(err, &wrong) || wrong.Problem != NoLanguage {
		t.Errorf("a file with a mistake is edited: %v", err)
	}
}

func TestWhatSomebodyElseChangedIsNotOverwritten(t *testing.T) {
	for name, meanwhile := range map[string]func(path string) error{
		"changed": func(path string) error { return os.WriteFile(path, []byte("# theirs\n"), 0o600) },
		"removed": os.Remove,
	} {
		e := editor(t, "# mine\n")
		if err := errors.Join(e.Set("language", "fr"), meanwhile(e.path)); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(e.path)
		err := e.Save()
		after, _ := os.ReadFile(e.path)
		if !errors.Is(err, ErrChanged) || string(after) != string(before) {
			t.Errorf("%s: %v, %q", name, err, after)
		}
		if entries, err := os.ReadDir(filepath.Dir(e.path)); err != nil || len(entries) > 1 {
			t.Errorf("%s: %v, %v", name, entries, err)
		}
	}
	path := filepath.Join(t.TempDir(), "new", "padsync.toml")
	e, err := Edit(path, testKinds)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.Set("language", "fr"), os.Mkdir(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := e.Save(); !errors.Is(err, ErrChanged) {
		t.Errorf("%v", err)
	}
}

func TestSavedFileIsAsPrivateAsItWas(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // has no such modes
	}
	dir := t.TempDir()
	real, link := filepath.Join(dir, "dotfiles.toml"), filepath.Join(dir, "padsync.toml")
	for _, mode := range []fs.FileMode{0, 0o600, 0o640} {
		if mode != 0 {
			if err := errors.Join(os.Chmod(real, mode), os.RemoveAll(link), os.Symlink(real, link)); err != nil {
				t.Fatal(err)
			}
		}
		path := link
		if mode == 0 {
			path = real
		}
		e, err := Edit(path, testKinds)
		if err == nil {
			err = errors.Join(e.Set("language", []string{"fr", "en"}[int(mode>>5)%2]), e.Save())
		}
		info, statErr := os.Lstat(real)
		if err := errors.Join(err, statErr); err != nil {
			t.Fatal(err)
		}
		want := mode
		if mode == 0 {
			want = 0o600
		}
		if info.Mode() != want {
			t.Errorf("%v, not %v", info.Mode(), want)
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
}

// FuzzEditsKeepEverythingElse changes any file that Load takes: what was not
// changed stays, to the byte where it stands on lines of its own.
func FuzzEditsKeepEverythingElse(f *testing.F) {
	for _, text := range []string{whole, "", "# only this", "encryption.recipients = ['age1a']\n", "[encryption]\n", "repository = [{address='x'}]",
		"[[repository]]\naddress = 'x' # a\n# b\n\n\n[encryption]", "\ufeff[[repository]]\r\naddress = '''\r\nx'''\r\n"} {
		for op := range byte(5) {
			f.Add(text, op, "repository[0].address", "y\"\n#")
			f.Add(text, op, "encryption.identity-file", "k")
			f.Add(text, op, "language", "fr")
			f.Add(text, op, "source[0].hours", "22:00-06:00")
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string, op byte, key, value string) {
		path := filepath.Join(dir, "padsync.toml")
		e := &Editor{path: path, kinds: testKinds, text: []byte(text), was: []byte(text)}
		if e.Check() != nil || strings.ContainsAny(key, "\r\n\"'#= \t") {
			return
		}
		table, _ := cutKey(key)
		var err error
		switch op % 5 {
		case 0:
			err = e.Set(key, value)
		case 1:
			err = e.Set(key, []string{value, value})
		case 2:
			err = e.Remove(key)
		case 3:
			err = e.Add("repository", Setting{"address", value}, Setting{"unencrypted", true})
		case 4:
			err = e.Drop(table)
		}
		if err != nil {
			if string(e.text) != text {
				t.Fatalf("changed despite %v", err)
			}
			return
		}
		// Comments on lines of their own are what no value shows.
		for _, comment := range comments(text) {
			if !slices.Contains(comments(string(e.text)), comment) {
				t.Errorf("%q is lost in\n%s", comment, e.text)
			}
		}
		// What was put in can be taken out again.
		if op%5 == 3 {
			last := -1
			for _, at := range layoutOf(e.text).items {
				if at.kind == unstable.ArrayTable && strings.HasPrefix(at.table, "repository[") {
					last++
				}
			}
			back := string(e.text)
			if err := e.Drop("repository[" + string(rune('0'+last)) + "]"); last < 10 && err != nil {
				t.Errorf("%v in\n%s", err, back)
			}
		}
	})
}

func comments(text string) (all []string) {
	p := unstable.Parser{KeepComments: true}
	p.Reset([]byte(text))
	for p.NextExpression() {
		if e := p.Expression(); e.Kind == unstable.Comment {
			all = append(all, string(e.Data))
		}
	}
	return all
}
