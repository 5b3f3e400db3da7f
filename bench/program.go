package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A program is padsync as a user has it, and a key.
type program struct {
	dir, path           string
	identity, recipient string
}

// build compiles padsync and makes a key.
func build(t testing.TB, tags string) *program {
	t.Log("Compiling padsync: minutes, the first time")
	dir := t.TempDir()
	p := &program{dir: dir, path: filepath.Join(dir, "padsync"), identity: filepath.Join(dir, "key.txt")}
	command := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-tags", tags, "-o", p.path, "github.com/padsync/padsync/cmd/padsync")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build padsync: %v\n%s", err, output)
	}
	key, err := exec.CommandContext(t.Context(), p.path, "keygen").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.identity, key, 0o600); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(key), "public key: ")
	p.recipient, _, _ = strings.Cut(rest, "\n")
	return p
}

// A setup is a configuration and a state of its own for padsync.
type setup struct {
	*program
	config string
	env    []string
}

// setUp makes a setup that backs up the documents in list from the source into
// a repository, sealed.
func (p *program) setUp(t testing.TB, source, list, repository string, env ...string) setup {
	home := t.TempDir()
	s := setup{p, filepath.Join(home, "padsync.toml"), append(env, "XDG_STATE_HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home, "LANG=C")}
	config := fmt.Sprintf("[[source]]\nkind = 'etherpad'\nurl = '%s'\ndocuments-file = '%s'\n[[repository]]\naddress = '%s'\n[encryption]\nrecipients = ['%s']\n",
		source, list, repository, p.recipient)
	if err := os.WriteFile(s.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// A summary is what padsync says of a run.
type summary struct {
	Documents struct{ Saved, Unchanged, Missing, Failed int }
}

// create makes the repository with one document in it, as restic has its init. In
// a store that takes seconds: other machines may be making one, too.
func (s setup) create(t testing.TB, address string) {
	if _, _, err := measured(t.Context(), s.env, s.path, "backup", "--config", s.config, "--quiet", address); err != nil {
		t.Fatal(err)
	}
}

// backup runs padsync backup, and fails if not all documents were saved, or
// found unchanged.
func (s setup) backup(t testing.TB, documents int) usage {
	u, output, err := measured(t.Context(), s.env, s.path, "backup", "--config", s.config, "--json")
	if err != nil {
		t.Fatal(err)
	}
	var told summary
	if err := json.Unmarshal(output, &told); err != nil {
		t.Fatalf("padsync backup --json: %v in %s", err, output)
	}
	if told.Documents.Saved+told.Documents.Unchanged != documents {
		t.Fatalf("of %d documents padsync says %+v", documents, told.Documents)
	}
	return u
}

// machine says what the figures were measured on.
func machine() string {
	model := "unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores, %s/%s, %s", model, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}
