package setup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/internal/message"
)

var (
	// ErrIdentityPath and ErrRunnerPath are for a variable that has a path in
	// place of the text of an identity.
	ErrIdentityPath = errors.New("a path in place of an identity")
	ErrRunnerPath   = errors.New("a path in place of a runner identity")

	// ErrRunnerKind says that age cannot mix the runner's identity and the
	// recipients.
	ErrRunnerKind = errors.New("runner identity of another kind than the recipients")
)

// parseRecipients reads recipients from their texts and from files, each once.
func (s *Setup) parseRecipients(texts, files []string) ([]crypto.Recipient, error) {
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
			return nil, badKeys(err, name)
		}
		all = append(all, found...)
	}
	return unique(all)
}

// unique drops repeated recipients, and makes sure that the rest go together
// before anything is fetched.
func unique(all []crypto.Recipient) ([]crypto.Recipient, error) {
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
func (s *Setup) readIdentities(files []string) ([]age.Identity, error) {
	var all []age.Identity
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, message.Of(message.Usage, err, "bad-file", "Error", err)
		}
		s.warnExposed(name)
		found, err := crypto.ParseIdentities(f, s.Asker.Prompt(name))
		f.Close()
		if err != nil {
			return nil, badKeys(err, name)
		}
		all = append(all, found...)
	}
	return all, nil
}

// warnExposed warns of a file with a key or a password that others can read.
func (s *Setup) warnExposed(name string) {
	if info, err := os.Stat(name); err == nil && Exposed(info) {
		s.tell("key-exposed", "File", name)
	}
}

// identitiesFromEnv reads the text of an identity file from a variable, for
// jobs that get secrets that way. It refuses a path: in place of the secret,
// that would be one more file to protect.
func (s *Setup) identitiesFromEnv(variable string) ([]age.Identity, error) {
	text := s.Getenv(variable)
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	ids, err := crypto.ParseIdentities(strings.NewReader(text), s.Asker.Prompt(variable))
	if isPath := errIfPath(variable, text); err != nil && isPath != nil {
		return nil, message.Of(message.Usage, isPath, "bad-variable", "Variable", variable, "Error", err)
	}
	if err != nil {
		return nil, badKeys(err, variable)
	}
	return ids, nil
}

// badKeys is the problem of what is not a recipient or an identity; from says
// where it is.
func badKeys(err error, from any) error {
	if line, ok := errors.AsType[*crypto.LineError](err); ok {
		from, err = message.New("line-of-file", "Line", line.Line, "File", from), line.Err
	}
	return badFile(from, err)
}

// badFile is the problem of what is in a file, or of reading it. The file is
// named once.
func badFile(from any, err error) error {
	why := err
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		why = path.Err
	}
	return message.Of(message.Usage, err, "bad-key-file", "File", from, "Error", why)
}

const (
	identityVariable = "PADSYNC_IDENTITY"
	runnerVariable   = "PADSYNC_RUNNER_IDENTITY"
)

func errIfPath(variable, text string) error {
	if _, err := os.Stat(text); err != nil {
		return nil
	}
	if variable == runnerVariable {
		return ErrRunnerPath
	}
	return ErrIdentityPath
}

// identitiesFromCommand reads the identity file that a command prints.
func (s *Setup) identitiesFromCommand(ctx context.Context, command []string) ([]age.Identity, error) {
	if len(command) == 0 {
		return nil, nil
	}
	out, err := s.Asker.Output(ctx, command)
	if err != nil {
		return nil, message.Of(message.Usage, err, "bad-identity-command", "Error", err)
	}
	ids, err := crypto.ParseIdentities(bytes.NewReader(out), s.Asker.Prompt(command[0]))
	if err != nil {
		return nil, badKeys(err, "identity-command")
	}
	return ids, nil
}

// runnerIdentity is the identity of this machine: the one in the variable, in
// the file, or the one that the first run makes and keeps in the state folder.
// It is of the recipients' kind, as age cannot mix the two.
func (s *Setup) runnerIdentity(file string, postQuantum, create bool) (age.Identity, error) {
	ids, err := s.identitiesFromEnv(runnerVariable)
	if err == nil && len(ids) == 0 && file != "" {
		ids, err = s.readIdentities([]string{file})
	}
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return s.ownRunner(postQuantum, create)
	}
	r, err := crypto.RecipientOf(ids[0])
	if err != nil {
		return nil, message.Of(message.Usage, err, "bad-runner", "Error", err)
	}
	if quantum, err := crypto.PostQuantum(r); err != nil || create && quantum != postQuantum {
		return nil, message.Of(message.Usage, ErrRunnerKind, "bad-runner", "Error", crypto.ErrMixed)
	}
	return ids[0], nil
}

// ownRunner reads the identity in the state folder. If there is none, it makes
// one, or gives nil.
func (s *Setup) ownRunner(postQuantum, create bool) (age.Identity, error) {
	dir := s.Machine().Folder()
	switch {
	case dir == "" && create:
		return nil, message.Of(message.Usage, ErrHomeless, "no-home", "Variable", stateVariable)
	case dir == "":
		return nil, nil
	}
	name := "runner.txt"
	if postQuantum {
		name = "runner-post-quantum.txt"
	}
	file := filepath.Join(dir, name)
	ids, err := s.readIdentities([]string{file})
	if err == nil {
		return ids[0], nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if !create {
		return nil, nil
	}
	if err := createRunner(dir, name, postQuantum); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, message.In(err, "runner-not-kept")
	}
	// What is read may be what another run wrote a moment ago.
	if ids, err = s.readIdentities([]string{file}); err != nil {
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
