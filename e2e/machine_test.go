package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// program is the padsync that TestMain builds.
var program string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "padsync-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "padsync")
	build := exec.Command("go", "build", "-tags", "small", "-o", program, "../cmd/padsync")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build padsync:", err)
		return 1
	}
	return m.Run()
}

// A machine is someone's computer: a home folder, variables, and secrets that
// may be in nothing that padsync says there.
type machine struct {
	t       testing.TB
	home    string
	temp    string // its folder for temporary files
	env     []string
	secrets []string
}

func newMachine(t testing.TB) *machine {
	m := &machine{t: t, home: t.TempDir(), temp: t.TempDir()}
	m.set("HOME", m.home)
	m.set("PATH", os.Getenv("PATH"))
	m.set("LANG", "en_GB.UTF-8")
	m.set("TZ", "UTC")
	m.set("TMPDIR", m.temp)
	m.set("RCLONE_CONFIG", m.path("none.conf"))
	return m
}

func (m *machine) set(name, value string) { m.env = append(m.env, name+"="+value) }

func (m *machine) path(name string) string { return filepath.Join(m.home, name) }

func (m *machine) write(name, content string) string {
	m.t.Helper()
	if err := os.WriteFile(m.path(name), []byte(content), 0o600); err != nil {
		m.t.Fatal(err)
	}
	return m.path(name)
}

// keepSecret says that nothing may show the ids of these documents.
func (m *machine) keepSecret(ids ...string) {
	for _, id := range ids {
		m.secrets = append(m.secrets, id, url.PathEscape(id), url.QueryEscape(id))
	}
}

// An outcome is what became of one command.
type outcome struct {
	t              testing.TB
	code           int
	stdout, stderr string
}

func (o *outcome) String() string {
	return fmt.Sprintf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
}

// command makes one in the home folder.
func (m *machine) command(args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = m.home, m.env
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// padsync runs a command to its end. Only ls may name documents that the
// command line does not.
func (m *machine) padsync(args ...string) *outcome {
	m.t.Helper()
	return m.run(m.command(args...))
}

func (m *machine) run(cmd *exec.Cmd) *outcome {
	m.t.Helper()
	p := m.start(cmd)
	return p.wait()
}

// A process is a command that runs.
type process struct {
	*exec.Cmd
	m              *machine
	stdout, stderr *output
}

// An output is what a process has written so far.
type output struct {
	mu   sync.Mutex // guards what follows
	text strings.Builder
	more chan struct{} // closed by the next write
}

func newOutput() *output { return &output{more: make(chan struct{})} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.more)
	o.more = make(chan struct{})
	return o.text.Write(b)
}

// now is what is there, and what tells that there is more.
func (o *output) now() (text string, more <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String(), o.more
}

func (o *output) String() string {
	text, _ := o.now()
	return text
}

func (m *machine) start(cmd *exec.Cmd) *process {
	m.t.Helper()
	p := &process{cmd, m, newOutput(), newOutput()}
	cmd.Stdout, cmd.Stderr = p.stdout, p.stderr
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	return p
}

// awaits waits until the process has written this so many times to standard
// error.
func (p *process) awaits(text string, times int) {
	p.m.t.Helper()
	tooLate := time.After(time.Minute)
	for {
		said, more := p.stderr.now()
		if strings.Count(said, text) >= times {
			return
		}
		select {
		case <-more:
		case <-tooLate:
			p.m.t.Fatalf("%q was awaited in vain %d times in\n%s", text, times, said)
		}
	}
}

func (p *process) wait() *outcome {
	p.m.t.Helper()
	err := p.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.m.t.Fatal(err)
	}
	o := &outcome{p.m.t, p.ProcessState.ExitCode(), p.stdout.String(), p.stderr.String()}
	if !slices.Contains(p.Args, "ls") {
		p.m.quiet(o, p.Args)
	}
	return o
}

func (m *machine) quiet(o *outcome, given []string) {
	m.t.Helper()
	for _, secret := range m.secrets {
		if !slices.Contains(given, secret) && strings.Contains(o.stdout+o.stderr, secret) {
			m.t.Errorf("%q is shown:\n%s", secret, o)
		}
	}
}

// exits demands an exit code.
func (o *outcome) exits(code int) *outcome {
	o.t.Helper()
	if o.code != code {
		o.t.Fatalf("%s\nwant exit code %d", o, code)
	}
	return o
}

// says demands a text in one of the outputs.
func (o *outcome) says(text string) *outcome {
	o.t.Helper()
	if !strings.Contains(o.stdout+o.stderr, text) {
		o.t.Errorf("%s\ndoes not say %q", o, text)
	}
	return o
}

// decode reads each line of standard output as JSON.
func decode[T any](o *outcome) (all []T) {
	o.t.Helper()
	for line := range strings.Lines(o.stdout) {
		var v T
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			o.t.Fatalf("%v in\n%s", err, o)
		}
		all = append(all, v)
	}
	return all
}

// A summary is what backup --json tells.
type summary struct {
	Run          string
	Documents    struct{ Saved, Unchanged, Missing, Failed, Suspect int }
	Bytes        struct{ Fetched, Stored int64 }
	Requests     int
	Repositories []struct {
		Repository, Manifest string
		Packs                int
		Error                string
	}
}

// summary is that of a backup --json.
func (o *outcome) summary() summary {
	o.t.Helper()
	all := decode[summary](o)
	if len(all) != 1 {
		o.t.Fatalf("%d lines from\n%s", len(all), o)
	}
	return all[0]
}

// found demands these numbers of documents.
func (s summary) found(t testing.TB, saved, unchanged, missing, failed int) {
	t.Helper()
	d := s.Documents
	if d.Saved != saved || d.Unchanged != unchanged || d.Missing != missing || d.Failed != failed {
		t.Errorf("%+v, want %d saved, %d unchanged, %d missing, %d failed", d, saved, unchanged, missing, failed)
	}
}

// A listed document is a line of ls --json.
type listed struct {
	Source, Kind, ID, URL, Title, State, Suspect string
	Versions                                     int
	Files                                        []struct {
		Name, Format, SHA256 string
		Size                 int64
	}
}

// recipientOf is the public key that an identity file tells.
func recipientOf(m *machine, key string) string {
	m.t.Helper()
	b, err := os.ReadFile(key)
	recipient := regexp.MustCompile(`age1\w+`).FindString(string(b))
	if err != nil || recipient == "" {
		m.t.Fatalf("no recipient in %s: %v", key, err)
	}
	return recipient
}

// files reads all files below a folder.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		all[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return all
}
