package docs_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
	"github.com/padsync/padsync/sources/sourcetest/pollaristest"
)

// What the first screen says must work as it stands there, but for the
// addresses, the date and the storage, which are the reader's.
func TestReadmeWorks(t *testing.T) {
	for name, key := range map[string]string{"../README.md": "key.txt", "../README.fr.md": "cle.txt"} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			page, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var commands []string
			for _, block := range examples(string(page), "sh") {
				for line := range strings.Lines(block) {
					// The page lasts until somebody ends it: e2e walks through it.
					if strings.HasPrefix(line, "./padsync ") && line != "./padsync serve\n" {
						commands = append(commands, line)
					}
				}
			}
			if len(commands) != 18 {
				t.Fatalf("the page has %d commands, want 18: %q", len(commands), commands)
			}
			dir := t.TempDir()
			said := readme(t, dir, key, commands)
			for _, shown := range []string{"ag-2026", "(automatic)", "[budget]", "General meeting"} {
				if shown = french(name, shown); !strings.Contains(said, shown) {
					t.Errorf("%s is not shown:\n%s", shown, said)
				}
			}
			for _, saved := range []string{"*/*/*/ag-2026.etherpad", "*/*/AbCdEf1234567890/poll.csv", "*/*/budget-2026/poll.csv", "*/*/*/ag-2026.html"} {
				if found, err := filepath.Glob(filepath.Join(dir, saved)); err != nil || len(found) == 0 {
					t.Errorf("nothing restored as %s: %v", saved, err)
				}
			}
			if moved, err := filepath.Glob(filepath.Join(dir, "moved-*.csv")); err != nil || len(moved) != 1 || !strings.Contains(said, "\n3 moved") {
				t.Errorf("not moved: %q, %v", moved, err)
			}
			if found, err := filepath.Glob(filepath.Join(dir, "*/pads/packs/*.age")); err != nil || len(found) == 0 {
				t.Errorf("nothing encrypted on the remote: %v", err)
			}
		})
	}
}

// french is a name as the French page has it.
func french(page, name string) string {
	if page == "../README.fr.md" && name == "General meeting" {
		return "Assemblée générale"
	}
	return name
}

// readme runs the commands, and returns what they say.
func readme(t *testing.T, dir, key string, commands []string) string {
	pads := etherpadtest.New(etherpadtest.Options{Prefix: "/pads"})
	pads.Create("ag-2026", "Ordre du jour : le budget\n")
	polls := framadatetest.New(framadatetest.Options{Prefix: "/polls"})
	polls.Add(framadatetest.Poll{ID: "AbCdEf1234567890", Poll: poll.Poll{
		Title: "Quand ?", Kind: poll.Date, Choices: []poll.Choice{{Date: "2027-01-11"}}, Expires: "2027-07-10",
	}})
	pollaris := pollaristest.New(pollaristest.Options{Prefix: "/pollaris", Unasked: func(request string) { t.Errorf("unasked: %s", request) }})
	pollaris.Put(pollaristest.Poll{
		Slug: "budget-2026", Kind: poll.Classic, Title: "Budget", Proposals: []pollaristest.Proposal{{Label: "A"}, {Label: "B"}},
		Votes: []pollaristest.Vote{{Name: "Ada", Answers: []poll.Answer{poll.Yes, poll.No}}},
	})
	newPads := etherpadtest.New(etherpadtest.Options{Prefix: "/newpads", TakesImports: true})
	newPolls := framadatetest.New(framadatetest.Options{Prefix: "/newpolls"})
	mux := http.NewServeMux()
	mux.Handle("/newpads/", newPads)
	mux.Handle("/newpolls/", newPolls)
	mux.Handle("/pads/", pads)
	mux.Handle("/polls/", polls)
	mux.Handle("/pollaris/", pollaris)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	if err := os.WriteFile(filepath.Join(dir, "pads.txt"), []byte(server.URL+"/pads/p/ag-2026\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	bookmarks := filepath.Join(dir, "chromium", "Default", "Bookmarks")
	bookmark := `{"roots":{"other":{"type":"folder","children":[{"type":"url","name":"AG","url":"` + server.URL + `/pads/p/ag-2026/timeslider"}]}},"version":1}`
	if err := errors.Join(os.MkdirAll(filepath.Dir(bookmarks), 0o700), os.WriteFile(bookmarks, []byte(bookmark), 0o600)); err != nil {
		t.Fatal(err)
	}

	var said strings.Builder
	recipient := ""
	for _, command := range commands {
		command = strings.NewReplacer("./padsync", program, "https://annuel.framapad.org", server.URL+"/pads",
			"https://framadate.org", server.URL+"/pollaris", "https://date.example.org", server.URL+"/polls",
			"https://pads.example.org", server.URL+"/newpads", "https://polls.example.org", server.URL+"/newpolls", "2026-11-20", time.Now().Format(time.DateOnly), "age1…", recipient).Replace(command)
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_STATE_HOME="+dir, "XDG_CONFIG_HOME="+dir,
			"RCLONE_CONFIG=", "RCLONE_CONFIG_NEXTCLOUD_TYPE=local")
		output, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s%v\n%s", command, err, output)
		}
		said.Write(output)
		if text, err := os.ReadFile(filepath.Join(dir, key)); err == nil {
			recipient = regexp.MustCompile("age1[a-z0-9]+").FindString(string(text))
		}
	}
	return said.String()
}

// program is padsync, with the small set of rclone's back ends.
var program string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "padsync-docs-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "padsync")
	build := exec.Command("go", "build", "-tags", "small", "-o", program, "../cmd/padsync")
	if output, err := build.CombinedOutput(); err != nil {
		os.Stderr.Write(bytes.TrimSpace(output))
		return 1
	}
	return m.Run()
}
