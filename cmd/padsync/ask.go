package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"filippo.io/age/plugin"
	"github.com/padsync/padsync/crypto"
	"golang.org/x/term"
)

// Output implements setup.Asker: the command may ask at the terminal.
func (a *app) Output(ctx context.Context, command []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin, cmd.Stderr = a.stdin, a.stderr
	return cmd.Output()
}

// Prompt implements setup.Asker: it asks at the terminal, if there is one, for the passphrase of what is
// named.
func (a *app) Prompt(name string) crypto.Prompt {
	if !isTerminal(a.stderr) && !isTerminal(a.stdin) {
		return crypto.Prompt{}
	}
	say := func(format string, v ...any) { fmt.Fprintf(a.stderr, "padsync: "+format+"\n", v...) }
	return crypto.Prompt{
		Passphrase: func() (string, error) { return a.readPassphrase(name) },
		Plugin:     plugin.NewTerminalUI(say, say),
	}
}

// readPassphrase goes to the terminal itself: standard input may be a list of
// documents. An interruption ends it, and gives the terminal its echo back.
func (a *app) readPassphrase(name string) (string, error) {
	device := "/dev/tty"
	if runtime.GOOS == "windows" {
		device = "CONIN$"
	}
	tty, err := os.OpenFile(device, os.O_RDWR, 0)
	if err != nil {
		return "", err
	}
	defer tty.Close()
	fd := int(tty.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fmt.Fprintf(a.stderr, "%s ", a.text("ask-passphrase", "Name", name))
	defer fmt.Fprintln(a.stderr)
	var text []byte
	read := make(chan error, 1)
	go func() { // ends with a line, or the process: nothing else wakes it up
		b, err := term.ReadPassword(fd)
		text = b
		read <- err
	}()
	select {
	case err := <-read:
		return string(text), err
	case <-interrupted.Done():
		return "", errors.Join(term.Restore(fd, before), context.Canceled)
	}
}
