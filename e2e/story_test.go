package e2e

import (
	"fmt"
	"html"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// TestRealPads does all that needs an Etherpad with one, as it takes seconds
// to start.
func TestRealPads(t *testing.T) {
	t.Parallel()
	etherpad := testserver.Etherpad(t, testserver.EtherpadOptions{})
	for _, store := range stores(t) {
		t.Run("come back from "+store.name, func(t *testing.T) { comeBack(t, etherpad, store) })
	}
	t.Run("come back whatever their names", func(t *testing.T) { oddNamesComeBack(t, etherpad) })
	t.Run("fail each for itself", func(t *testing.T) { eachPadFailsForItself(t, etherpad) })
	t.Run("come back with long histories", func(t *testing.T) { longHistoriesComeBack(t, etherpad) })
}

// comeBack is the main job with one kind of store: two backups with changes
// in between, by a machine that may not read what it stores; and what its
// owner gets back, compared with what the servers said.
func comeBack(t *testing.T, etherpad *testserver.EtherpadServer, store store) {
	polls := framadatetest.New(framadatetest.Options{Unasked: func(request string) { t.Errorf("polls were asked for %s", request) }})
	front := httptest.NewServer(polls)
	defer front.Close()
	s := &story{T: t, store: store, etherpad: etherpad, polls: polls, pollsURL: front.URL}
	s.people()
	s.documents()
	s.tell()
}

type story struct {
	*testing.T
	store
	etherpad *testserver.EtherpadServer
	polls    *framadatetest.Server
	pollsURL string

	runner, owner *machine
	key           string // the owner's identity file
	backup        []string

	rich, plain, gone, readOnly, poll string // ids
	real                              string // the id behind readOnly
}

// people sets up the machine that backs up, as CI would be, and the owner's.
func (s *story) people() {
	s.runner, s.owner = newMachine(s), newMachine(s)
	s.use(s.runner)
	s.use(s.owner)
	s.key = s.owner.write("key.txt", s.owner.padsync("keygen").exits(0).stdout)
	s.backup = []string{"backup", "--json", "-r", s.address, "--documents-file", "pads.txt"}
	if s.sealed {
		s.backup = append(s.backup, "--recipient", recipientOf(s.owner, s.key))
		s.runner.set("PADSYNC_RUNNER_IDENTITY", s.runner.padsync("keygen", "--runner").exits(0).stdout)
	}
}

// documents makes pads and a poll, and the list of their addresses.
func (s *story) documents() {
	e := s.etherpad
	for _, id := range e.Pads(s) {
		e.Delete(s, id)
	}
	rich := e.Export(s, e.Seed(s)[0], "etherpad")
	s.rich, s.plain, s.gone, s.real = "été_à_la_mairie", "Budget+2026", "brouillon_🎉", "cuisine"
	e.Import(s, s.rich, rich)
	e.CreateHTML(s, s.plain, "<html><body><h1>Œuvres</h1><ul><li>un<ul><li><b>gras</b></li></ul></li></ul><ol><li>premier 🎉</li></ol></body></html>")
	e.Create(s, s.gone, "à garder\n")
	e.Create(s, s.real, "à lire seulement : ça\n")
	var readOnly struct{ ReadOnlyID string }
	e.API(s, &readOnly, "getReadOnlyID", "padID", s.real)
	s.readOnly = readOnly.ReadOnlyID
	id, admin := s.polls.Add(framadatetest.Poll{ID: "Sondage", Poll: poll.Poll{
		Title: "Réunion d'été ?", Author: "Zoé", Kind: poll.Date,
		Choices: []poll.Choice{{Date: "2027-01-11", Moment: "9h"}, {Date: "2027-01-12", Moment: "14h"}},
		Votes:   []poll.Vote{{Name: "Noël 🎄", Answers: []poll.Answer{poll.Yes, poll.No}}},
	}})
	s.poll = id
	s.runner.keepSecret(s.rich, s.plain, s.gone, s.real, s.readOnly, s.poll, admin, "Réunion")
	s.owner.keepSecret(s.runner.secrets...)

	spaced := strings.ReplaceAll(e.PadURL(s.rich), "_", "%20") // as in old links
	s.runner.write("pads.txt", strings.Join([]string{
		"# ours",
		spaced + "?lang=fr#L3", e.PadURL(s.rich) + "/timeslider", // one pad
		e.PadURL(s.plain) + "/3/export/html", e.URL + "/p/" + s.gone + "/",
		"", e.PadURL(s.readOnly),
		s.pollsURL + "/adminstuds.php?poll=" + admin,
	}, "\n"))
}

// pads are those that the list names, with what the server calls them.
func (s *story) pads() map[string]string {
	return map[string]string{s.rich: s.rich, s.plain: s.plain, s.gone: s.gone, s.readOnly: s.real}
}

// exports is what the server says of the pads now.
func (s *story) exports(format string) map[string]string {
	all := make(map[string]string)
	existing := s.etherpad.Pads(s)
	for id, real := range s.pads() {
		if slices.Contains(existing, real) {
			all[id] = string(s.etherpad.Export(s, id, format))
		}
	}
	return all
}

func (s *story) tell() {
	first, firstText := s.exports("etherpad"), s.exports("txt")
	one := s.runner.padsync(s.backup...).exits(0).summary()
	one.found(s, 5, 0, 0, 0)
	s.costs("the first run", one, 4+2) // a poll is a page and a table
	if r := one.Repositories[0]; r.Packs != 1 || r.Error != "" {
		s.Errorf("%+v", r)
	}

	s.change()
	two := s.runner.padsync(s.backup...).exits(3).summary()
	two.found(s, 3, 1, 1, 0)
	s.costs("the second run", two, 4+2+1) // one that answered well is asked again, as another is gone
	three := s.runner.padsync(s.backup...).exits(0).summary()
	three.found(s, 0, 4, 1, 0)
	s.costs("a run without changes", three, 4+2)
	pads := int64(0)
	for _, export := range first {
		pads += int64(len(export))
	}
	// Beside the poll there is what the server says of the pad that is gone.
	if three.Bytes.Fetched > one.Bytes.Fetched-pads+1024 {
		s.Errorf("%d bytes fetched, %d the first time, %d of them pads: an unchanged pad came again", three.Bytes.Fetched, one.Bytes.Fetched, pads)
	}
	if r := three.Repositories[0]; r.Packs != 0 {
		s.Errorf("%+v: a pack for nothing", r)
	}

	// What is gone from the server comes from the first run.
	second, secondText := s.exports("etherpad"), s.exports("txt")
	second[s.gone], secondText[s.gone] = first[s.gone], firstText[s.gone]

	s.restores(first, "etherpad", "--at", one.Run)
	s.restores(firstText, "txt", "--at", one.Run, "--format", "txt,csv")
	s.restores(second, "etherpad")
	s.restores(secondText, "txt", "--format", "txt,csv")
	s.restores(secondText, "txt", "--format", "txt,html,markdown,csv,ics", "--at", two.Repositories[0].Manifest)
	s.pollComesBack()
	s.lists()
	s.checks()
	if s.sealed {
		s.staysSealed()
	}
	if s.name == "S3" {
		s.byHand(first, second)
	}
}

// change is what people do between two backups.
func (s *story) change() {
	e := s.etherpad
	e.Append(s, s.rich, "et encore une ligne : ça va 🎉\n")
	var author struct{ AuthorID string }
	e.API(s, &author, "createAuthor", "name", "Élodie")
	e.API(s, nil, "appendChatMessage", "padID", s.plain, "text", "Vu, merci 👍", "authorID", author.AuthorID)
	e.Delete(s, s.gone)
	s.polls.Change(s.poll, func(p *framadatetest.Poll) {
		p.Votes = append(p.Votes, poll.Vote{Name: "Zoé", Answers: []poll.Answer{poll.IfNeedBe, poll.Yes}})
	})
}

func (s *story) costs(what string, got summary, requests int) {
	s.Helper()
	if got.Requests != requests {
		s.Errorf("%s: %d requests, want %d", what, got.Requests, requests)
	}
}

// opens is a command of the owner's on the repository.
func (s *story) opens(command string, args ...string) *outcome {
	s.Helper()
	where := []string{command, "-r", s.address}
	if s.sealed {
		where = append(where, "-i", s.key)
	}
	return s.owner.padsync(append(where, args...)...)
}

// restores restores everything, and compares the pads.
func (s *story) restores(want map[string]string, ending string, args ...string) {
	s.Helper()
	target := filepath.Join(s.TempDir(), "restored")
	s.opens("restore", append(args, "--target", target)...).exits(0).says("5 documents restored")
	got := files(s, target)
	for id, content := range want {
		name := strings.Join([]string{
			repository.EscapeLegibly(strings.TrimPrefix(s.etherpad.URL, "http://")), repository.EscapeLegibly(id), repository.EscapeLegibly(id + "." + ending),
		}, "/")
		if got[name] == "" {
			s.Errorf("%q: there is no %s in %q", args, name, slices.Sorted(maps.Keys(got)))
		}
		if real := s.pads()[id]; real != id {
			if strings.Contains(got[name], real) {
				s.Errorf("%q: %s tells the id behind it", args, name)
			}
			content = strings.ReplaceAll(content, real, id)
		}
		if got[name] != content {
			s.Errorf("%q: %s is\n%.500q, the server said\n%.500q", args, name, got[name], content)
		}
	}
}

func (s *story) pollComesBack() {
	target := filepath.Join(s.TempDir(), "poll")
	s.opens("restore", s.poll, "--target", target).exits(0)
	got := files(s, target)
	for name, content := range got {
		content = html.UnescapeString(content)
		if !strings.Contains(content, "Zoé") || !strings.Contains(content, "🎄") {
			s.Errorf("%s has not all votes: %.300q", name, content)
		}
	}
	if len(got) != 3 {
		s.Errorf("%q, want poll.json, poll.csv and page.html", slices.Sorted(maps.Keys(got)))
	}
}

// lists looks at ls and runs, which the runner can too.
func (s *story) lists() {
	for _, m := range []*machine{s.runner, s.owner} {
		args := []string{"-r", s.address, "--json"}
		if m == s.owner && s.sealed {
			args = append(args, "-i", s.key)
		}
		states := make(map[string]string)
		for _, d := range decode[listed](m.padsync(append([]string{"ls"}, args...)...).exits(0)) {
			states[d.ID] = fmt.Sprintf("%s %d %d", d.State, d.Versions, len(d.Files))
		}
		want := map[string]string{
			s.rich: "current 2 1", s.plain: "current 2 1", s.gone: "missing 1 1", s.readOnly: "current 1 1", s.poll: "current 2 3",
		}
		if !maps.Equal(states, want) {
			s.Errorf("ls: %q, want %q", states, want)
		}
		runs := decode[summary](m.padsync(append([]string{"runs"}, args...)...).exits(0))
		if len(runs) != 3 {
			s.Fatalf("%d runs, want 3", len(runs))
		}
		runs[0].found(s, 5, 0, 0, 0)
		runs[1].found(s, 3, 1, 1, 0)
		runs[2].found(s, 0, 4, 1, 0)
	}
}

func (s *story) checks() {
	type checked struct {
		Documents, Versions, Packs int
		Problems                   []any
	}
	got := decode[checked](s.opens("check", "--read-data", "--json").exits(0))[0]
	if got.Documents != 5 || got.Versions != 8 || got.Packs != 2 || len(got.Problems) > 0 {
		s.Errorf("%+v", got)
	}
}

// staysSealed: neither the store nor the machine that backs up can read.
func (s *story) staysSealed() {
	target := filepath.Join(s.TempDir(), "stolen")
	s.runner.padsync("restore", "-r", s.address, "--target", target).exits(1).says("no identity")
	if got := files(s, target); len(got) > 0 {
		s.Errorf("the runner restored %d files", len(got))
	}
	for name, content := range files(s, s.objects(s)) {
		for _, secret := range append([]string{"etherpad", "atext"}, s.runner.secrets...) {
			if strings.Contains(name, secret) || strings.Contains(content, secret) {
				s.Errorf("%q is in %s", secret, name)
			}
		}
	}
}

// byHand follows docs/restoring-by-hand.md with what the store holds.
func (s *story) byHand(runs ...map[string]string) {
	page, err := os.ReadFile("../docs/restoring-by-hand.md")
	if err != nil {
		s.Fatal(err)
	}
	dir := s.TempDir()
	if err := os.Symlink(s.objects(s), filepath.Join(dir, "repository")); err != nil {
		s.Fatal(err)
	}
	if err := os.Link(s.key, filepath.Join(dir, "key.txt")); err != nil {
		s.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 10 {
		s.Fatalf("the page has %d blocks of commands; this test knows 10", len(blocks))
	}
	for _, block := range []string{blocks[1][1], blocks[9][1]} {
		cmd := exec.Command("bash", "-euo", "pipefail", "-c", block)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "damaged") {
			s.Fatalf("%v\n%s\nin\n%s", err, out, block)
		}
	}
	got := slices.Collect(maps.Values(files(s, filepath.Join(dir, "out"))))
	for _, run := range runs {
		for id, content := range run {
			if id != s.readOnly && !slices.Contains(got, content) {
				s.Errorf("%s is not in what comes back by hand", id)
			}
		}
	}
}
