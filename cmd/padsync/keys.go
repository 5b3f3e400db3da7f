package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"filippo.io/age"
	"filippo.io/age/plugin"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/internal/message"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// keyFlags are the options that say who can read.
type keyFlags struct {
	recipients      []string
	recipientsFiles []string
	identityFiles   []string
}

func (k *keyFlags) addRecipients(a *app, cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&k.recipients, "recipient", nil, a.text("flag-recipient"))
	cmd.Flags().StringArrayVarP(&k.recipientsFiles, "recipients-file", "R", nil, a.text("flag-recipients-file"))
}

func (k *keyFlags) addIdentities(a *app, cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&k.identityFiles, "identity", "i", nil, a.text("flag-identity"))
}

// parseRecipients reads recipients from their texts and from files, each once.
func (a *app) parseRecipients(texts, files []string) ([]crypto.Recipient, error) {
	var all []crypto.Recipient
	for _, text := range texts {
		r, err := crypto.ParseRecipient(text)
		if err != nil {
			return nil, message.Of(message.Usage, err, "bad-recipient", "Error", err)
		}
		all = append(all, r)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, message.Of(message.Usage, err, "bad-file", "Error", err)
		}
		found, err := crypto.ParseRecipients(f)
		f.Close()
		if err != nil {
			return nil, a.badKeys(err, name)
		}
		all = append(all, found...)
	}
	return a.unique(all)
}

// unique drops repeated recipients, and sees that the rest go together before
// anything is fetched.
func (a *app) unique(all []crypto.Recipient) ([]crypto.Recipient, error) {
	seen := make(map[string]bool)
	var recipients []crypto.Recipient
	for _, r := range all {
		if !seen[r.Hash()] {
			seen[r.Hash()] = true
			recipients = append(recipients, r)
		}
	}
	if _, err := crypto.PostQuantum(recipients...); err != nil {
		return nil, message.Of(message.Usage, err, "bad-recipient", "Error", err)
	}
	return recipients, nil
}

// readIdentities reads the identity files.
func (a *app) readIdentities(files []string) ([]age.Identity, error) {
	var all []age.Identity
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, message.Of(message.Usage, err, "bad-file", "Error", err)
		}
		a.warnExposed(name)
		found, err := crypto.ParseIdentities(f, a.prompt(name))
		f.Close()
		if err != nil {
			return nil, a.badKeys(err, name)
		}
		all = append(all, found...)
	}
	return all, nil
}

// warnExposed says once of a file with a key or a password that others can
// read it.
func (a *app) warnExposed(name string) {
	if info, err := os.Stat(name); err == nil && exposed(info) && !slices.Contains(a.exposed, name) {
		a.exposed = append(a.exposed, name)
		a.note("key-exposed", "File", name)
	}
}

// identitiesFromEnv reads the text of an identity file from a variable, for
// jobs that get secrets so. A path is refused: in place of the secret, it
// would be one more file to protect.
func (a *app) identitiesFromEnv(variable string) ([]age.Identity, error) {
	text := a.getenv(variable)
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	ids, err := crypto.ParseIdentities(strings.NewReader(text), a.prompt(variable))
	if isPath := errIfPath(variable, text); err != nil && isPath != nil {
		return nil, message.Of(message.Usage, isPath, "bad-variable", "Variable", variable, "Error", err)
	}
	if err != nil {
		return nil, a.badKeys(err, variable)
	}
	return ids, nil
}

// badKeys is the problem of recipients or identities that are none; from says
// where they are.
func (a *app) badKeys(err error, from string) error {
	if line, ok := errors.AsType[*crypto.LineError](err); ok {
		from, err = a.text("line-of-file", "Line", line.Line, "File", from), line.Err
	}
	return message.Of(message.Usage, err, "bad-key-file", "File", from, "Error", err)
}

const runnerVariable = "PADSYNC_RUNNER_IDENTITY"

func errIfPath(variable, text string) error {
	if _, err := os.Stat(text); err != nil {
		return nil
	}
	if variable == runnerVariable {
		return errRunnerPath
	}
	return errIdentityPath
}

// identitiesFromCommand reads the identity file that a command prints.
func (a *app) identitiesFromCommand(ctx context.Context, command []string) ([]age.Identity, error) {
	if len(command) == 0 {
		return nil, nil
	}
	out, err := a.output(ctx, command)
	if err != nil {
		return nil, message.Of(message.Usage, err, "bad-identity-command", "Error", err)
	}
	ids, err := crypto.ParseIdentities(bytes.NewReader(out), a.prompt(command[0]))
	if err != nil {
		return nil, a.badKeys(err, "identity-command")
	}
	return ids, nil
}

// output is what a command of the configuration prints; it may ask at the
// terminal.
func (a *app) output(ctx context.Context, command []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin, cmd.Stderr = a.stdin, a.stderr
	return cmd.Output()
}

// runnerIdentity is the identity of this machine: the one in the variable, in
// the file, or the one that the first run makes and keeps in the state folder.
// It is of the recipients' kind, as age cannot mix the two.
func (a *app) runnerIdentity(file string, postQuantum, create bool) (age.Identity, error) {
	ids, err := a.identitiesFromEnv(runnerVariable)
	if err == nil && len(ids) == 0 && file != "" {
		ids, err = a.readIdentities([]string{file})
	}
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return a.ownRunner(postQuantum, create)
	}
	r, err := crypto.RecipientOf(ids[0])
	if err != nil {
		return nil, message.Of(message.Usage, err, "bad-runner", "Error", err)
	}
	if quantum, err := crypto.PostQuantum(r); err != nil || create && quantum != postQuantum {
		return nil, message.Of(message.Usage, errRunnerKind, "bad-runner", "Error", crypto.ErrMixed)
	}
	return ids[0], nil
}

// ownRunner reads the identity in the state folder. If there is none, it makes
// one, or gives nil.
func (a *app) ownRunner(postQuantum, create bool) (age.Identity, error) {
	dir := a.stateFolder()
	name := "runner.txt"
	if postQuantum {
		name = "runner-post-quantum.txt"
	}
	file := filepath.Join(dir, name)
	ids, err := a.readIdentities([]string{file})
	if err == nil {
		return ids[0], nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if !create {
		return nil, nil
	}
	if a.homeless("XDG_STATE_HOME") {
		return nil, message.Of(message.Usage, errHomeless, "no-home", "Variable", "XDG_STATE_HOME")
	}
	if err := createRunner(dir, name, postQuantum); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, message.In(err, "runner-not-kept")
	}
	// What is read may be what another run wrote a moment ago.
	if ids, err = a.readIdentities([]string{file}); err != nil {
		return nil, err
	}
	return ids[0], nil
}

func createRunner(dir, name string, postQuantum bool) error {
	id, err := crypto.Generate(postQuantum)
	if err != nil {
		return err
	}
	root, err := durable.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return durable.Create(root, name, func(w io.Writer) error {
		return crypto.WriteIdentity(w, id, time.Now())
	})
}

// prompt asks at the terminal, if there is one, for the passphrase of what is
// named.
func (a *app) prompt(name string) crypto.Prompt {
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
