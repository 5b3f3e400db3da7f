package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const whole = `# what CI and cron run
[[source]]
name = "asso"
kind = "etherpad"
url = "https://annuel.framapad.org"
documents = ["ag-2026", "https://annuel.framapad.org/p/été#L3"]
documents-file = "pads.txt"
formats = ["html", "pdf"]
passwords-file = "passwords.txt"
passwords-command = ["pass", "show", "polls"]

[[source]]
documents = ["https://framadate.org/AbCdEf1234567890"]

[[repository]]
address = "archive"

[[repository]]
address = "rclone:nextcloud,pass=x:Backups/pads"
unencrypted = true

[[mirror]]
address = "./pages"
unencrypted = true
documents = ["https://framadate.org/AbCdEf1234567890", "The minutes"]
tags = ["minutes"]
services = ["Our pads"]
formats = ["html", "ics"]
by = "tag"
chat = true

[encryption]
recipients = ["age1xyz"]
recipients-file = "~/recipients.txt"
identity-file = "/etc/padsync/key.txt"
identity-command = ["pass", "show", "padsync"]
runner-identity-file = "./keys/../runner.txt"
`

// load puts the text into a file and loads it.
var testKinds = []Kind{{Name: "etherpad", Expires: true}, {Name: "framadate", AnyBase: true}}

func load(t *testing.T, text string) (*Config, string, error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "padsync.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path, testKinds)
	return c, dir, err
}

func TestWholeFileIsUnderstood(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	for name, text := range map[string]string{
		"unix":      whole,
		"windows":   "\ufeff" + strings.ReplaceAll(whole, "\n", "\r\n"),
		"no end":    strings.TrimSpace(whole),
		"commented": strings.ReplaceAll(whole, "\n\n", "\n # a comment\n"),
	} {
		t.Run(name, func(t *testing.T) {
			c, dir, err := load(t, text)
			if err != nil {
				t.Fatal(err)
			}
			s, e := c.Sources[0], c.Encryption
			got := []string{
				s.Name, s.Kind, s.URL.Reveal(), s.Documents[0].Reveal(), s.Documents[1].Reveal(), s.DocumentsFile, fmt.Sprint(s.Formats),
				s.PasswordsFile, fmt.Sprint(s.PasswordsCommand),
				c.Sources[1].Documents[0].Reveal(), c.Repositories[0].Address.Reveal(), c.Repositories[1].Address.Reveal(),
				fmt.Sprint(c.Repositories[0].Unencrypted, c.Repositories[1].Unencrypted),
				c.Mirrors[0].Address.Reveal(), c.Mirrors[0].Documents[1].Reveal(),
				fmt.Sprint(c.Mirrors[0].Tags, c.Mirrors[0].Services, c.Mirrors[0].Formats, c.Mirrors[0].By, c.Mirrors[0].Chat, c.Mirrors[0].Voters),
				fmt.Sprint(e.Recipients), e.RecipientsFile, e.IdentityFile, fmt.Sprint(e.IdentityCommand), e.RunnerIdentityFile,
			}
			want := []string{
				"asso", "etherpad", "https://annuel.framapad.org", "ag-2026", "https://annuel.framapad.org/p/été#L3",
				filepath.Join(dir, "pads.txt"), "[html pdf]",
				filepath.Join(dir, "passwords.txt"), "[pass show polls]",
				"https://framadate.org/AbCdEf1234567890", filepath.Join(dir, "archive"), "rclone:nextcloud,pass=x:Backups/pads",
				"false true",
				filepath.Join(dir, "pages"), "The minutes", "[minutes] [Our pads] [html ics]tagtrue false",
				"[age1xyz]", filepath.Join(home, "recipients.txt"), filepath.FromSlash("/etc/padsync/key.txt"), "[pass show padsync]", filepath.Join(dir, "runner.txt"),
			}
			if !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func TestEmptyFileSaysNothing(t *testing.T) {
	if c, _, err := load(t, ""); err != nil || len(c.Sources)+len(c.Repositories) > 0 {
		t.Error(c, err)
	}
}

func TestMissingFileIsNotExist(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "none.toml"), testKinds); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestWhatIsWrongIsToldWithItsPlace(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"[[source]]\nname = 'a'\ndocumnts = ['hunter2']\n", "3:1: source.documnts: unknown key"},
		{"[[sources]]\nname = 'hunter2'\n", "1:3: sources: unknown key"},
		{"typo = 'hunter2'", "1:1: typo: unknown key"},
		{"'https://h/hunter2' = 1", "1:1: unknown key"},
		{"[[source]]\ndocuments = 'hunter2'\n", "2:13: source.documents: a list is needed, such as [\"one\", \"two\"]"},
		{"[[source]]\nname = 3\n", "2:8: source.name: text is needed, in quotes"},
		{"[[source]]\nurl = ['hunter2']\n", "2:7: source.url: text is needed, in quotes"},
		{"a = 'hunter2'\n[[source]]\nb = 'hunter2'\n", "1:1: a: unknown key\n3:1: source.b: unknown key"},
		{"[[repository]]\naddress = 'x'\nunencrypted = 'hunter2'\n", "3:15: repository.unencrypted: true or false is needed, without quotes"},
		{"source = 'hunter2'\n", "1:10: source: a table is needed, such as [encryption] or [[source]]"},
		{"[source]\nname = 'hunter2'\n", "1:2: source.documents: missing or empty"},
		{"[encryption]\nidentity-command = 'pass hunter2'\n", "2:20: encryption.identity-command: a list is needed, such as [\"one\", \"two\"]"},
		{"[encryption]\nrecipients = ['hunter2\n", "2:23: not valid TOML"},
		{"name = hunter2\n", "1:8: not valid TOML"},
		{"https://h/hunter2\n", "1:6: not valid TOML"},
		{"[encryption]\nrecipients = []\nrecipients = ['hunter2']\n", "3:1: recipients: not valid TOML"},
		{"[encryption]\n[encryption]\n", "2:2: encryption: not valid TOML"},
		{"a = 1.hunter2", "1:7: not valid TOML"},
		{"a = '\xff'", "1:6: not valid TOML"},
		{"[[source]]\ndocuments = ['hunter2']\n", "1:3: source.url: missing or empty"},
		{"\n[[source]]\nurl = 'https://h'\n", "2:3: source.documents: missing or empty"},
		{"[[source]]\nurl = ''\ndocuments = ['https://h/p/hunter2', '']\n", "3:37: source.documents: missing or empty"},
		{"[[source]]\nkind = 'hunter2'\ndocuments-file = 'x'\n", "2:1: source.kind: no such kind"},
		{"[[source]]\nurl = 'hunter2.example.org'\ndocuments-file = 'x'\n", "2:1: source.url: an address begins with https:// or http://"},
		{"[[source]]\nurl = 'https://h/p/hunter2'\ndocuments-file = 'x'\n", "2:1: source.url: the address of a pad: the server's ends before /p/"},
		{"[[source]]\ndocuments = ['h/p/hunter2', 'i/p/hunter2']\n", "2:14: source.documents: an address begins with https:// or http://"},
		{"[[source]]\nurl = 'https://h'\ndocuments = ['h/p/hunter2']\n", "3:14: source.documents: an address begins with https:// or http://"},
		{"[[source]]\nurl = 'ftp://hunter2'\ndocuments-file = 'x'\n", "2:1: source.url: the address of a server is needed, such as https://pad.example.org"},
		{"[[source]]\nurl = 'https://h?hunter2'\ndocuments-file = 'x'\n", "2:1: source.url: the address of a server is needed, such as https://pad.example.org"},
		{"[[source]]\nformats = ['../hunter2']\ndocuments-file = 'x'\n", "2:12: source.formats: no such form: there are html, txt, pdf, docx, odt and doc"},
		{"[[source]]\nname = 'a'\ndocuments-file = 'x'\n[[source]]\nname = 'a'\ndocuments-file = 'y'\n", "5:1: source.name: there already"},
		{"[[source]]\npasswords-file = 'hunter2'\ndocuments-file = 'x'\n", "1:3: source.url: missing or empty"},
		{"[[source]]\nurl = 'https://h'\npasswords-command = ['']\ndocuments-file = 'x'\n", "3:1: source.passwords-command: missing or empty"},
		{"language = 'hunter2'\n", "1:1: language: no such language: there are en and fr"},
		{"[[source]]\nurl = 'https://h'\ndocuments = [\n  'a', # first\n  'h/p/hunter2',\n]\n", "5:3: source.documents: an address begins with https:// or http://"},
		{"[[source]]\ndocuments-file = 'x'\nhours = 'hunter2'\n", "3:1: source.hours: a part of the day is needed, such as 22:00-06:00"},
		{"[[source]]\ndocuments-file = 'x'\nexpires-after = 'hunter2'\n", "3:17: source.expires-after: a whole number is needed, without quotes"},
		{"[[source]]\ndocuments-file = 'x'\nexpires-after = -1\n", "3:1: source.expires-after: a number of days is needed, or 0; a server of polls takes none"},
		{"[[source]]\nkind = 'framadate'\ndocuments-file = 'x'\nexpires-after = 30\n", "4:1: source.expires-after: a number of days is needed, or 0; a server of polls takes none"},
		{"[[mirror]]\naddress = 'hunter2'\nall = true\n", "1:3: mirror.unencrypted: a mirror is not encrypted: unencrypted = true says that you know"},
		{"[[mirror]]\naddress = 'hunter2'\nunencrypted = true\n", "1:3: mirror.documents: what to publish is not said: documents, tags, services or all = true"},
		{"[[mirror]]\nunencrypted = true\nall = true\n", "1:3: mirror.address: missing or empty"},
		{"[[repository]]\naddress = 'hunter2'\n[[mirror]]\naddress = 'hunter2'\nunencrypted = true\nall = true\n", "4:1: mirror.address: there already"},
		{"[[mirror]]\naddress = 'x'\nunencrypted = true\nall = true\nformats = ['html', 'hunter2']\n", "5:20: mirror.formats: no such form of a page: there are html, markdown, txt, csv and ics"},
		{"[[mirror]]\naddress = 'x'\nunencrypted = true\nall = true\nby = 'hunter2'\n", "5:1: mirror.by: no such folders: there are service and tag"},
		{"[[mirror]]\naddress = 'x'\nunencrypted = true\ntags = ['hunter2', ' ']\n", "4:20: mirror.tags: missing or empty"},
		{"[[mirror]]\naddress = 'x'\nunencrypted = true\ndocuments = ['https://me:hunter2@example.org/p/x']\n", "4:14: mirror.documents: there is a user name or a password in the address"},
		{"[[repository]]\n", "1:3: repository.address: missing or empty"},
		{"[[repository]]\naddress = 'hunter2'\n\n[[repository]]\naddress = 'hunter2'\n", "5:1: repository.address: there already"},
		{"[encryption]\nrecipients = ['']\n", "2:15: encryption.recipients: missing or empty"},
		{"[encryption]\nidentity-command = ['']\n", "2:1: encryption.identity-command: missing or empty"},
		{"source = [{kind = 'hunter2', documents-file = 'x'}]\n", "1:11: source.kind: no such kind"},
		{strings.Repeat("#", maxFile+1), "too long"},
	} {
		_, dir, err := load(t, c.text)
		if err == nil {
			t.Errorf("%q: no error", c.text[:min(len(c.text), 80)])
			continue
		}
		got := strings.ReplaceAll(err.Error(), filepath.Join(dir, "padsync.toml")+":", "")
		if got = strings.ReplaceAll(got, "\n ", "\n"); strings.TrimSpace(got) != c.want {
			t.Errorf("%q:\n got %q\nwant %q", c.text[:min(len(c.text), 80)], got, c.want)
		}
		var e *Error
		if !errors.As(err, &e) || e.File == "" || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%#v", err)
		}
	}
}

func TestAServerMayBeBelowAFolderP(t *testing.T) {
	for _, text := range []string{
		"[[source]]\nurl = 'https://h/p'\ndocuments = ['a']\n",
		"[[source]]\nkind = 'framadate'\nurl = 'https://h/p/polls'\ndocuments = ['a/b']\n",
	} {
		if _, _, err := load(t, text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Add("source = [{name = 'x'}]\n[encryption]\nrecipients = [\n1.5e3,\n]")
	f.Add("[[source]]\ndocuments-file = \"\"\"\nsecret\"\"\"")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parse([]byte(text), "padsync.toml", testKinds)
		if (c == nil) == (err == nil) {
			t.Fatal(c, err)
		}
		if err == nil {
			c.resolve("/etc/padsync", "/root")
			return
		}
		var e *Error
		if !errors.As(err, &e) || e.Line > 1+strings.Count(text, "\n") {
			t.Fatal(err)
		}
	})
}

func TestPathsAreOfTheFile(t *testing.T) {
	dir, home := filepath.FromSlash("/etc/padsync"), filepath.FromSlash("/home/me")
	for in, want := range map[string]string{
		"":                   "",
		"a/b":                "/etc/padsync/a/b",
		"../b":               "/etc/b",
		"~":                  "/home/me",
		"~/a":                "/home/me/a",
		"~me/a":              "/etc/padsync/~me/a",
		"/a/./b":             "/a/b",
		"file:a":             "file:/etc/padsync/a",
		"file:~/a":           "file:/home/me/a",
		"file:/a":            "file:/a",
		"s3:https://h/b/p":   "s3:https://h/b/p",
		"rclone:x:a":         "rclone:x:a",
		"nextcloud:a":        "nextcloud:a",
		":webdav,url=u:a":    ":webdav,url=u:a",
		"./colon:in the way": "/etc/padsync/colon:in the way",
	} {
		if got := folder(in, dir, home); filepath.ToSlash(got) != want {
			t.Errorf("%q is %q, not %q", in, got, want)
		}
	}
	if got := absolute("~/a", dir, ""); filepath.ToSlash(got) != "/etc/padsync/~/a" {
		t.Errorf("without a home folder: %q", got)
	}
}

func TestLinesOfValuesAreKnown(t *testing.T) {
	c, _, err := load(t, `language = "fr"
[[source]]
url = "https://h"
documents = [
  "a",
  # not yet
  "b",
]
all = false
[[repository]]
address = "x"
[encryption]
recipients = ["age1a",
 "age1b"]
`)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]int{
		"source[0].documents[0]": 5, "source[0].documents[1]": 7, "source[0].documents": 4, "source[0].all": 9,
		"repository[0].address": 11, "encryption.recipients[1]": 14, "source[0].hours": 2, "source[1].all": 0, "language": 1,
	} {
		if got := c.Line(key); got != want {
			t.Errorf("%s is in line %d, want %d", key, got, want)
		}
	}
}

// Mistakes are told in the language that the same file asks for.
func TestLanguageIsReadWhateverElseIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"language = 'fr'\n[[source]]\nkind = 3\n": "fr",
		"language = 'fr'\ntypo = 1\n":             "fr",
		"\ufefflanguage = 'en'\n":                 "en",
		"language = 'nix'\n":                      "",
		"language = 3\n":                          "",
		"[[source]]\ndocuments = ['https://h/a']": "",
	} {
		path := filepath.Join(t.TempDir(), "padsync.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := Language(path); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := Language(filepath.Join(t.TempDir(), "none.toml")); got != "" {
		t.Errorf("of no file: %q", got)
	}
}

func TestLinesOfFilesAreKnown(t *testing.T) {
	c, dir, err := load(t, `[[source]]
url = "https://h"
documents-file = "a list.txt"
user = "marie"
password-file = "a list.txt.secret"
[encryption]
identity-file = "key.txt"
`)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"a list.txt": 3, "a list.txt.secret": 5, "key.txt": 7, "other.txt": 0} {
		if got := c.LineOfFile(filepath.Join(dir, name)); got != want {
			t.Errorf("%s is named in line %d, want %d", name, got, want)
		}
	}
}
