// Package testserver starts the real servers that tests and the benchmark
// talk to, and finds what other real servers answered. A server that is not
// installed fails the test: it is never skipped.
package testserver

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// find gives the program of that name from the tests' cache, from PATH, or
// from where Debian keeps servers.
func find(t testing.TB, name string) string {
	t.Helper()
	for _, candidate := range []string{filepath.Join(cache(t), "bin", name), name, "/usr/sbin/" + name} {
		if program, err := exec.LookPath(candidate); err == nil {
			return program
		}
	}
	t.Fatalf("%s is not installed: run ./test.sh once", name)
	return ""
}

// cache is the folder of what is installed for tests only.
func cache(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("PADSYNC_TEST_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "padsync-test")
}

// freeAddress is a loopback address on which nothing listens now.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start starts a server, waits until something listens on address, and stops
// it when the test ends, or at once when kill is called.
func start(t testing.TB, address string, server *exec.Cmd) (kill func()) {
	t.Helper()
	var output lockedBuffer
	server.Stdout, server.Stderr = &output, &output
	server.SysProcAttr = diesWithParent()
	server.WaitDelay = 5 * time.Second
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	t.Cleanup(func() { stop(t, server, ended) })

	patience := time.After(time.Minute)
	for !listens(address) {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%s: %v\n%s", server.Path, err, output.String())
		case <-patience:
			t.Fatalf("%s does not listen\n%s", server.Path, output.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return func() {
		_ = server.Process.Kill() // on an error, it has ended by itself
		ended <- <-ended
	}
}

func stop(t testing.TB, server *exec.Cmd, ended <-chan error) {
	if err := server.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	select {
	case <-ended:
	case <-time.After(time.Second): // versitygw waits for its clients
		_ = server.Process.Kill()
		<-ended
	}
}

func listens(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// A lockedBuffer may be read while a process writes into it.
type lockedBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
