package crypto

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/plugin"
	"filippo.io/age/tag"
	"golang.org/x/crypto/ssh"
)

// maxFile is how long a file of recipients or identities may be, in bytes.
const maxFile = 1 << 20

// ErrMixed is matched by errors for recipients of which some are post-quantum
// and some are not: what is sealed to both would be as weak as the weaker.
var ErrMixed = errors.New("post-quantum and classic recipients cannot be mixed")

// ErrTooLong is matched by errors for a file of recipients or identities of
// more than 1 MiB.
var ErrTooLong = errors.New("longer than 1 MiB")

// ErrIdentity is matched by errors for an identity, which is secret, where a
// recipient was expected.
var ErrIdentity = errors.New("an identity, which is secret, in place of a recipient")

var (
	// ErrNotIdentity is matched by errors for what is not an identity, or for a
	// file without one.
	ErrNotIdentity = errors.New("not an identity (secret key)")

	// ErrNotRecipient is matched by errors for what is not a recipient, or for
	// a file without one.
	ErrNotRecipient = errors.New("not a recipient (public key)")
)

// A LineError says in which line of a file the problem is.
type LineError struct {
	Line int // from 1
	Err  error
}

// Error implements error.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap gives the problem.
func (e *LineError) Unwrap() error { return e.Err }

// A Recipient is who can open what is sealed to it.
type Recipient struct {
	age.Recipient
	text string
}

// String is its text in age's form, public and without a comment.
func (r Recipient) String() string { return r.text }

// Hash identifies a recipient without naming it: the first 16 hex digits of the
// SHA-256 of its text.
func (r Recipient) Hash() string {
	sum := sha256.Sum256([]byte(r.text))
	return hex.EncodeToString(sum[:8])
}

// WrapWithLabels implements age.RecipientWithLabels, without which age would
// not see that recipients may not be mixed.
func (r Recipient) WrapWithLabels(fileKey []byte) ([]*age.Stanza, []string, error) {
	if l, ok := r.Recipient.(age.RecipientWithLabels); ok {
		return l.WrapWithLabels(fileKey)
	}
	stanzas, err := r.Wrap(fileKey)
	return stanzas, nil, err
}

// PostQuantum says whether the recipients are post-quantum. It seals a key
// without use to each of them, which may start a plugin: what would fail in the
// middle of a run fails here. Its error matches ErrMixed if they are of both
// kinds.
func PostQuantum(recipients ...Recipient) (bool, error) {
	var quantum, classic bool
	for _, r := range recipients {
		_, labels, err := r.WrapWithLabels(make([]byte, 16))
		if err != nil {
			return false, fmt.Errorf("seal to recipient %s: %w", r.Hash(), err)
		}
		if slices.Contains(labels, "postquantum") {
			quantum = true
		} else {
			classic = true
		}
	}
	if quantum && classic {
		return false, ErrMixed
	}
	return quantum, nil
}

// ParseRecipient reads one recipient: age1…, age1pq1…, an SSH public key
// (ssh-ed25519 or ssh-rsa), or that of a plugin, age1name1….
func ParseRecipient(s string) (Recipient, error) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(strings.ToUpper(s), "AGE-") {
		return Recipient{}, ErrIdentity
	}
	switch {
	case strings.HasPrefix(s, "age1tag1"), strings.HasPrefix(s, "age1tagpq1"):
		return named(tag.ParseRecipient(s))
	case strings.HasPrefix(s, "age1pq1"):
		return named(age.ParseHybridRecipient(s))
	case strings.HasPrefix(s, "age1") && strings.Count(s, "1") > 1:
		return named(plugin.NewRecipient(s, &plugin.ClientUI{}))
	case strings.HasPrefix(s, "age1"):
		return named(age.ParseX25519Recipient(s))
	case strings.HasPrefix(s, "ssh-"):
		return parseSSH(s)
	}
	return Recipient{}, ErrNotRecipient
}

type namedRecipient interface {
	age.Recipient
	fmt.Stringer
}

func named[R namedRecipient](r R, err error) (Recipient, error) {
	if err != nil {
		return Recipient{}, fmt.Errorf("%w: %w", ErrNotRecipient, err)
	}
	return Recipient{Recipient: r, text: r.String()}, nil
}

func parseSSH(s string) (Recipient, error) {
	r, err := agessh.ParseRecipient(s)
	if err != nil {
		return Recipient{}, fmt.Errorf("%w: %w", ErrNotRecipient, err)
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(s))
	if err != nil {
		return Recipient{}, fmt.Errorf("%w: %w", ErrNotRecipient, err)
	}
	return Recipient{Recipient: r, text: publicText(key)}, nil
}

// publicText leaves out the comment.
func publicText(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

// ParseRecipients reads a recipients file: one on each line, and blank lines
// and comments (#), in UTF-8 or UTF-16. An error names the line but does not
// quote it: the file may be another than was meant.
func ParseRecipients(r io.Reader) ([]Recipient, error) {
	text, err := readAll(r)
	if err != nil {
		return nil, err
	}
	var found []Recipient
	err = eachLine(text, func(line string) error {
		one, err := ParseRecipient(line)
		if errors.Is(err, ErrIdentity) {
			return err
		}
		if err != nil {
			return ErrNotRecipient
		}
		found = append(found, one)
		return nil
	})
	if err == nil && len(found) == 0 {
		err = ErrNotRecipient
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

// eachLine calls do with the lines of the text that are neither blank nor a
// comment.
func eachLine(text []byte, do func(string) error) error {
	n := 0
	unix := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text))
	for line := range strings.Lines(unix) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := do(line); err != nil {
			return &LineError{n, err}
		}
	}
	return nil
}
