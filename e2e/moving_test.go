package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// Pads and a poll move from one server to another: killed in the middle, the
// same command goes on, nothing comes twice, and all reads the same.
func TestPadsAndPollMoveToOtherServers(t *testing.T) {
	t.Parallel()
	old := testserver.Etherpad(t, testserver.EtherpadOptions{})
	target := testserver.Etherpad(t, testserver.EtherpadOptions{Limit: 8, Window: 2 * time.Second})
	m := newMachine(t)
	pads := append(old.Seed(t), create(t, old, "étape", 4)...)
	oldPolls, newPolls := framadatetest.New(framadatetest.Options{}), framadatetest.New(framadatetest.Options{})
	from, into := httptest.NewServer(oldPolls), httptest.NewServer(newPolls)
	defer from.Close()
	defer into.Close()
	id, _ := oldPolls.Add(framadatetest.Poll{Poll: poll.Poll{
		Title: "Quand ?", Author: "Zoé", Kind: poll.Date, Choices: []poll.Choice{{Date: "2027-01-11", Moment: "9h"}, {Date: "2027-01-12", Moment: "14h"}},
		Votes: []poll.Vote{{Name: "Zoé", Answers: []poll.Answer{poll.Yes, poll.No}}, {Name: "Ada", Answers: []poll.Answer{poll.IfNeedBe, poll.Yes}}},
	}})
	oldPoll := from.URL + "/studs.php?poll=" + id
	m.write("documents.txt", list(old.URL, pads)+"\n"+oldPoll+"\n")
	m.keepSecret(append(pads, id)...)
	m.padsync("backup", "-r", "archive", "--documents-file", "documents.txt").exits(0)

	m.padsync("restore", "-r", "archive", "--into", target.URL, "--into", into.URL).exits(0).says("8 pads, with 24 requests").says("--yes")
	if got := target.Pads(t); len(got) > 0 {
		t.Fatalf("the plan made %q", got)
	}
	front := stopAtImport(t, target.URL, 4)
	command := []string{"restore", "-r", "archive", "--into", front.url, "--into", into.URL, "--yes", "--table", "moved.csv"}
	p := m.start(m.command(command...))
	<-front.stopped
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.wait()
	front.goOn()
	o := m.padsync(command...).exits(0)
	o.says(", 0 failed")
	if strings.Contains(o.stdout, " 0 by an earlier run") {
		t.Errorf("it began anew:\n%s", o)
	}
	if got := target.Pads(t); len(got) != len(pads) {
		t.Errorf("the server has pads %q", got)
	}
	table, err := os.ReadFile(m.path("moved.csv"))
	if err != nil {
		t.Fatal(err)
	}
	m.write("moved.txt", list(target.URL, pads))
	m.padsync("backup", "-r", "after", "--documents-file", "moved.txt").exits(0)
	m.padsync("restore", "-r", "archive", "--target", "before").exits(0)
	m.padsync("restore", "-r", "after", "--target", "now").exits(0)
	was, is := exportsIn(t, m.path("before")), exportsIn(t, m.path("now"))
	if len(was) != len(pads) || len(is) != len(pads) {
		t.Errorf("%d pads are %d", len(was), len(is))
	}
	for name := range was {
		if was[name] != is[name] {
			t.Errorf("%s is %s\nwas %s", name, is[name], was[name])
		}
	}
	for _, pad := range pads {
		if !strings.Contains(string(table), front.url+"/p/"+url.PathEscape(pad)+",") {
			t.Errorf("the table lacks %s", pad)
		}
	}

	// The polls are compared as the votes' tables that the servers give.
	moved := strings.Split(string(table)[strings.Index(string(table), oldPoll+","):], ",")[1]
	if was, is := get(t, strings.Replace(oldPoll, "studs.php", "exportcsv.php", 1)), get(t, strings.Replace(moved, "studs.php", "exportcsv.php", 1)); was != is || !strings.Contains(is, "Ada") {
		t.Errorf("the poll's votes are %q, were %q", is, was)
	}
	m.padsync(command...).exits(0).says("0 moved, 0 there already, 9 by an earlier run, 0 failed")
}

// An interrupted move finishes the pad that it is at, and writes it down.
func TestInterruptedMoveFinishesThePadInHand(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	fakePads(t, m, 3)
	m.padsync("backup", "-r", "archive", "--documents-file", "pads.txt").exits(0)
	target := httptest.NewServer(etherpadtest.New(etherpadtest.Options{TakesImports: true}))
	defer target.Close()
	front := stopAtImport(t, target.URL, 2)
	command := []string{"restore", "-r", "archive", "--into", front.url, "--yes", "--table", "moved.csv"}
	p := m.start(m.command(command...))
	<-front.stopped
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.awaits("finishing the document in hand", 1)
	close(front.release)
	p.wait().exits(130).says("2 moved, 0 there already, 0 by an earlier run, 0 failed").says("goes on from there, by moved.csv")
	front.goOn()
	table, err := os.ReadFile(m.path("moved.csv"))
	if err != nil || strings.Count(string(table), ",moved,") != 2 {
		t.Errorf("%s, %v", table, err)
	}
	m.padsync(command...).exits(0).says("1 moved, 0 there already, 2 by an earlier run, 0 failed")
}

func get(t *testing.T, address string) string {
	t.Helper()
	r, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// exportsIn are the pads below a folder by their files' names, without when
// their authors looked at a pad.
func exportsIn(t *testing.T, dir string) map[string]string {
	found := make(map[string]string)
	for name, content := range files(t, dir) {
		if !strings.HasSuffix(name, ".etherpad") {
			continue
		}
		var members map[string]map[string]any
		if err := json.Unmarshal([]byte(content), &members); err != nil {
			t.Fatal(err)
		}
		for key, value := range members {
			if strings.HasPrefix(key, "globalAuthor:") {
				delete(value, "timestamp")
			}
		}
		b, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		found[path.Base(name)] = string(b)
	}
	return found
}

// stopping is a proxy that lets an import through, and its answer only when it
// is released.
type stopping struct {
	url              string
	stopped, release chan struct{}

	mu      sync.Mutex // guards what follows
	imports int        // until it stops
}

func stopAtImport(t *testing.T, address string, n int) *stopping {
	to, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	s := &stopping{stopped: make(chan struct{}), release: make(chan struct{}), imports: n}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if r.Method == http.MethodPost {
			s.imports--
		}
		last := r.Method == http.MethodPost && s.imports == 0
		s.mu.Unlock()
		if last {
			answer := httptest.NewRecorder()
			proxy.ServeHTTP(answer, r)
			close(s.stopped)
			select {
			case <-s.release:
				w.WriteHeader(answer.Code)
				w.Write(answer.Body.Bytes())
			case <-r.Context().Done():
			}
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *stopping) goOn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.imports = -1
}

// savedPolls saves n polls by their admin links, and gives their ids.
func savedPolls(t *testing.T, m *machine, n int, change func(*framadatetest.Poll)) (ids []string) {
	t.Helper()
	server := framadatetest.New(framadatetest.Options{Dialect: framadatetest.HEAD11})
	from := httptest.NewServer(server)
	defer from.Close()
	var links strings.Builder
	for range n {
		p := framadatetest.Poll{Poll: poll.Poll{
			Title: "Quand ?", Author: "Zoé", Kind: poll.Date, Choices: []poll.Choice{{Date: "2027-01-11"}}, Settings: poll.Settings{Edit: poll.EditAll},
			Votes: []poll.Vote{{Name: "Ada", Answers: []poll.Answer{poll.Yes}}}, Expires: time.Now().AddDate(0, 0, 30).Format(time.DateOnly),
		}}
		change(&p)
		id, admin := server.Add(p)
		ids = append(ids, id)
		links.WriteString(from.URL + "/adminstuds.php?poll=" + admin + "\n")
	}
	m.write("polls.txt", links.String())
	m.padsync("backup", "-r", "archive", "--documents-file", "polls.txt").exits(0)
	return ids
}

// What a move could not bring back stands on the terminal, also where all were
// moved; polls keep their addresses.
func TestMoveSaysWhatItFoundLost(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	locked := true
	ids := savedPolls(t, m, 2, func(p *framadatetest.Poll) { p.Settings.Locked = &locked })
	into := httptest.NewServer(framadatetest.New(framadatetest.Options{Dialect: framadatetest.DEV12, Early: true, NoMend: true}))
	defer into.Close()
	command := []string{"restore", "-r", "archive", "--into", into.URL, "--table", "moved.csv"}
	const lock, day = "the poll is not locked", "the poll ends on another day"
	plan := m.padsync(command...).exits(0).says("its own address stays")
	if strings.Contains(plan.stdout, lock) || strings.Contains(plan.stdout, day) {
		t.Errorf("the plan knew it:\n%s", plan)
	}
	m.padsync(append(command, "--yes")...).exits(0).says("2 moved").says("lost, of 2 documents: " + lock).says("lost, of 2 documents: " + day)
	for _, id := range ids {
		if page := get(t, into.URL+"/studs.php?poll="+id); !strings.Contains(page, "Ada") {
			t.Errorf("the old address of a poll leads to %s", page)
		}
	}
}

// What the target asks for is asked for in the plan.
func TestPlanOfAMoveAsksForTheMailAddress(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	savedPolls(t, m, 3, func(*framadatetest.Poll) {})
	server := framadatetest.New(framadatetest.Options{Mail: true})
	into := httptest.NewServer(server)
	defer into.Close()
	command := []string{"restore", "-r", "archive", "--into", into.URL, "--table", "moved.csv"}
	m.padsync(command...).exits(0).says("3 polls would not be made, as this server mails organisers and wants an address").says("--mail you@example.org --yes")
	m.padsync(append(command, "--mail", "zoe@example.org")...).exits(0).says(into.URL + ": 3 polls")
	m.padsync(append(command, "--mail", "zoe@example.org", "--yes")...).exits(0).says("3 moved")
	if server.Mails() != 6 {
		t.Errorf("%d mails", server.Mails())
	}
}

// A server that makes polls and does not say so is not given all of them.
func TestMoveStopsAtAServerThatDoesNotSayWhatItMade(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	savedPolls(t, m, 5, func(*framadatetest.Poll) {})
	server := framadatetest.New(framadatetest.Options{})
	var mu sync.Mutex
	made, broken := 0, true
	into := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if broken && bytes.Contains(body, []byte("confirmation=")) {
			server.ServeHTTP(httptest.NewRecorder(), r)
			made++
			w.WriteHeader(http.StatusInternalServerError) // as behind a mailer that is broken
			return
		}
		server.ServeHTTP(w, r)
	}))
	defer into.Close()
	command := []string{"restore", "-r", "archive", "--into", into.URL, "--table", "moved.csv", "--yes"}
	m.padsync(command...).exits(3).says("stopped").says("2 documents may have been made or not").says("padsync restore -r archive")
	mu.Lock()
	if broken = false; made != 2 {
		t.Errorf("%d polls were half made", made)
	}
	mu.Unlock()
	m.padsync(command...).exits(3).says("3 moved").says("2 documents may have been made or not")
}
