package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// A stalling server has large pads, and stops at one of them.
type stalling struct {
	url     string
	pads    []string
	stopped chan struct{} // closed when it stops
	waiting chan struct{} // closed when a second request has no answer either

	mu      sync.Mutex // guards what follows
	stopAt  int        // requests until then; 0: never
	asked   map[string]int
	current int
}

// newStalling makes n pads of which each fills a good part of a pack.
func newStalling(t testing.TB, n, stopAt int) *stalling {
	fake := etherpadtest.New(etherpadtest.Options{Unasked: func(request string) { t.Errorf("asked for %s", request) }})
	s := &stalling{stopped: make(chan struct{}), waiting: make(chan struct{}), stopAt: stopAt, asked: make(map[string]int)}
	for i := range n {
		s.pads = append(s.pads, fmt.Sprintf("dossier-%02d", i))
		fake.Create(s.pads[i], noise(1<<20))
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.stops(r) {
			<-r.Context().Done()
			return
		}
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *stalling) stops(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current++
	s.asked[strings.Split(r.URL.Path, "/")[2]]++
	if s.stopAt == 0 {
		return false
	}
	switch s.current {
	case s.stopAt:
		close(s.stopped)
	case s.stopAt + 1:
		close(s.waiting)
	}
	return s.current >= s.stopAt
}

// goOn lets all pads be had, and forgets what was asked.
func (s *stalling) goOn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopAt = 0
	clear(s.asked)
}

// A run that is killed is taken up where it last committed.
func TestKilledRunIsTakenUp(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	server := newStalling(t, 38, 37)
	m.write("pads.txt", list(server.url, server.pads))
	m.keepSecret(server.pads...)
	p := m.start(m.command("backup", "-r", "archive", "--documents-file", "pads.txt"))
	<-server.stopped
	waitFor(t, func() bool { return objects(t, m.path("archive"), "manifests") > 0 })
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.wait()
	server.goOn()
	kept := make(map[string]bool)
	for _, d := range decode[listed](m.padsync("ls", "--json", "-r", "archive").exits(0)) {
		kept[d.ID] = true
	}
	if len(kept) < 20 {
		t.Errorf("the killed run kept %d pads", len(kept))
	}

	o := m.padsync("backup", "-r", "archive", "--documents-file", "pads.txt").exits(0)
	o.says(fmt.Sprintf("%d documents were looked at by an earlier run, less than two hours ago", len(kept)))
	o.says(fmt.Sprintf("safe: %d documents", len(server.pads)))
	for _, id := range server.pads {
		if asked := server.asked[id]; kept[id] != (asked == 0) || asked > 1 {
			t.Errorf("%s, kept: %t, was asked for %d times", id, kept[id], asked)
		}
	}
	m.padsync("check", "-r", "archive", "--read-data").exits(0)
	m.padsync("restore", "-r", "archive", "--target", "out").exits(0).says(fmt.Sprintf("%d documents restored", len(server.pads)))
}

// A second backup waits for the first, says for which, and goes on once that has
// ended, however it ended.
func TestSecondBackupWaitsForTheFirst(t *testing.T) {
	for name, end := range map[string]os.Signal{"interrupted": os.Interrupt, "killed": os.Kill} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			server := newStalling(t, 3, 2)
			m.write("pads.txt", list(server.url, server.pads))
			m.keepSecret(server.pads...)
			backup := []string{"backup", "-r", "archive", "--documents-file", "pads.txt"}
			first := m.start(m.command(backup...))
			<-server.stopped
			var progress struct{ Process, Documents, Done int }
			waitFor(t, func() bool {
				for _, content := range files(t, m.path(".local/state/padsync/backups")) {
					_ = json.Unmarshal([]byte(content), &progress) // a lock is none
				}
				return progress.Done == 1
			})
			if progress.Process != first.Process.Pid || progress.Documents != 3 {
				t.Errorf("%+v", progress)
			}
			second := m.start(m.command(backup...))
			second.awaits(fmt.Sprintf("waiting for the backup that process %d began", first.Process.Pid), 1)
			second.awaits("(1 of 3 documents are done)", 1)
			server.goOn()
			if err := first.Process.Signal(end); err != nil {
				t.Fatal(err)
			}
			first.wait()
			second.wait().exits(0).says("safe: 3 documents")
		})
	}
}

// On a signal, all that is done is stored first, also in a bucket.
func TestSignalStoresWhatIsDone(t *testing.T) {
	t.Parallel()
	// Under nohup the tests are to ignore it, and programs that they start
	// would too, which is right.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	m := newMachine(t)
	s := s3Store(testserver.S3(t), "signal")
	s.use(m)
	server := newStalling(t, 10, 9)
	m.write("pads.txt", list(server.url, server.pads))
	m.keepSecret(server.pads...)
	backup := []string{"backup", "--json", "--unencrypted", "-r", s.address, "--documents-file", "pads.txt"}
	p := m.start(m.command(backup...))
	<-server.waiting
	if err := p.Process.Signal(syscall.SIGHUP); err != nil { // the terminal is gone
		t.Fatal(err)
	}
	o := p.wait().exits(130).says("interrupted: what was done is kept")
	done := o.summary().Documents.Saved
	if done < 4 { // some were received, and not yet packed
		t.Errorf("%d pads were done", done)
	}
	if got := decode[listed](m.padsync("ls", "--json", "-r", s.address).exits(0)); len(got) != done {
		t.Errorf("%d pads are listed, want %d", len(got), done)
	}
	server.goOn()
	o = m.padsync(backup...).exits(0).says(fmt.Sprintf("%d documents were looked at by an earlier run", done))
	o.summary().found(t, len(server.pads)-done, 0, 0, 0)
	m.padsync("check", "-r", s.address, "--read-data").exits(0)
}

// Two runs at once into one bucket, by two machines with the same keys, lose
// nothing; nor do they of one pad that both have.
func TestTwoRunsAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	s3 := s3Store(testserver.S3(t), "shared")
	server := newStalling(t, 9, 0)
	owner := newMachine(t)
	s3.use(owner)
	key := owner.write("key.txt", owner.padsync("keygen").exits(0).stdout)
	runner := owner.padsync("keygen", "--runner").exits(0).stdout
	var machines []*machine
	for i := range 3 {
		m := newMachine(t)
		s3.use(m)
		m.set("PADSYNC_RUNNER_IDENTITY", runner)
		m.write("pads.txt", list(server.url, append(server.pads[2*i:2*i+2:2*i+2], server.pads[8])))
		m.keepSecret(server.pads...)
		machines = append(machines, m)
	}
	for round := range 2 {
		var processes []*process
		for _, m := range machines {
			args := []string{"backup", "--json", "-r", s3.address, "--recipient", recipientOf(owner, key), "--documents-file", "pads.txt"}
			processes = append(processes, m.start(m.command(args...)))
		}
		for _, p := range processes {
			d := p.wait().exits(0).summary().Documents
			if d.Saved+d.Unchanged != 3 || round == 1 && d.Saved > 0 {
				t.Errorf("round %d: %+v", round, d)
			}
		}
	}
	owner.padsync("check", "--read-data", "-r", s3.address, "-i", key).exits(0)
	owner.padsync("restore", "--target", "out", "-r", s3.address, "-i", key).exits(0).says("7 documents restored")
	if runs := decode[summary](owner.padsync("runs", "--json", "-r", s3.address, "-i", key).exits(0)); len(runs) != 6 {
		t.Errorf("%d runs are listed, want 6", len(runs))
	}
}

// objects is how many are below a folder of a repository.
func objects(t testing.TB, dir, kind string) int {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, kind, "*.zst*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// Who reads the lines of progress may go away: the run goes on.
func TestBrokenPipeEndsNoBackup(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	fakePads(t, m, 5)
	cmd := exec.Command("bash", "-c", `set -o pipefail; "$@" | true`, "bash", program, "backup", "-r", "archive", "--documents-file", "pads.txt")
	cmd.Dir, cmd.Env = m.home, m.env
	m.run(cmd).exits(0)
	if got := decode[listed](m.padsync("ls", "--json", "-r", "archive").exits(0)); len(got) != 5 {
		t.Errorf("%d pads are listed", len(got))
	}
}
