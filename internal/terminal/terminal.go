// Package terminal is what a person sees and types at a terminal: bars, columns,
// passphrases, and text of strangers that steers nothing. It has no word of a
// language.
package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/term"
)

// Is says whether w, or what is read from it, is a terminal.
func Is(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Width is how many columns out has: those of the terminal, or else what the
// variable COLUMNS says, or else 80.
func Width(out io.Writer, getenv func(string) string) int {
	const usual, least = 80, 30
	if f, ok := out.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return max(columns, least)
		}
	}
	if columns, err := strconv.Atoi(getenv("COLUMNS")); err == nil && columns > 0 {
		return max(columns, least)
	}
	return usual
}

// ReadPassphrase asks question on out, and reads from the terminal itself:
// standard input may be a list of documents. An interruption ends it, and turns
// the terminal's echo on again; the error is then context.Canceled.
func ReadPassphrase(question string, out io.Writer) (string, error) {
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
	fmt.Fprintf(out, "%s ", question)
	defer fmt.Fprintln(out)
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
