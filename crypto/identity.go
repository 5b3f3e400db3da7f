package crypto

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	"filippo.io/age/plugin"
	"golang.org/x/crypto/ssh"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// ErrPassphrase is matched by errors for a passphrase that is wrong or that
// nobody could be asked for.
var ErrPassphrase = errors.New("passphrase missing or wrong")

// ErrNoRecipient is matched by errors for an identity that does not show its
// recipient.
var ErrNoRecipient = errors.New("the identity does not show its recipient")

// A Prompt asks the person who runs the program. The zero value asks nobody:
// what needs an answer fails.
type Prompt struct {
	Passphrase func() (string, error) // that of the identity file
	Plugin     *plugin.ClientUI       // how age's plugins ask
}

// ParseIdentities reads an identity file of at most 1 MiB: lines of
// AGE-SECRET-KEY-1…, AGE-SECRET-KEY-PQ-1… and AGE-PLUGIN-…, or an SSH private
// key, in UTF-8 or in UTF-16, as Windows' shells write; or such a file
// protected by a passphrase, as an age file or as ssh does it. It asks for a
// passphrase at once. No error holds any of the file's text.
func ParseIdentities(r io.Reader, p Prompt) ([]age.Identity, error) {
	text, err := readAll(r)
	if err != nil {
		return nil, err
	}
	trimmed := bytes.TrimSpace(text)
	switch {
	case bytes.HasPrefix(trimmed, []byte(armor.Header)):
		return parseProtected(armor.NewReader(bytes.NewReader(trimmed)), p)
	case bytes.HasPrefix(text, []byte("age-encryption")):
		return parseProtected(bytes.NewReader(text), p)
	case bytes.HasPrefix(trimmed, []byte("-----BEGIN")):
		return parseSSHIdentity(text, p)
	}
	return parseLines(text, p)
}

// readAll gives the file's text in UTF-8, without a byte order mark.
func readAll(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, ErrTooLong
	}
	decoded, _, err := transform.Bytes(encodingOf(text), text)
	if err != nil {
		return text, nil // the parser says that this is not text
	}
	return decoded, nil
}

// encodingOf is the encoding that the file's mark gives. Without one, UTF-16
// shows by its first character: all that stands in such files is ASCII.
func encodingOf(text []byte) transform.Transformer {
	switch {
	case len(text) > 1 && text[0] != 0 && text[1] == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder()
	case len(text) > 1 && text[0] == 0 && text[1] != 0:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder()
	}
	return unicode.BOMOverride(transform.Nop)
}

func parseLines(text []byte, p Prompt) ([]age.Identity, error) {
	var found []age.Identity
	err := eachLine(text, func(line string) error {
		id, err := parseIdentity(line, p)
		if err != nil {
			// The cause may quote the secret.
			return ErrNotIdentity
		}
		found = append(found, id)
		return nil
	})
	if err == nil && len(found) == 0 {
		err = ErrNotIdentity
	}
	return found, err
}

func parseIdentity(line string, p Prompt) (age.Identity, error) {
	switch {
	case strings.HasPrefix(line, "AGE-PLUGIN-"):
		ui := p.Plugin
		if ui == nil {
			ui = &plugin.ClientUI{}
		}
		return plugin.NewIdentity(line, ui)
	case strings.HasPrefix(line, "AGE-SECRET-KEY-PQ-1"):
		return age.ParseHybridIdentity(line)
	default:
		return age.ParseX25519Identity(line)
	}
}

func parseProtected(r io.Reader, p Prompt) ([]age.Identity, error) {
	passphrase, err := p.ask()
	if err != nil {
		return nil, err
	}
	id, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, ErrPassphrase
	}
	plain, err := age.Decrypt(r, id)
	if errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, ErrPassphrase
	}
	if err != nil {
		return nil, fmt.Errorf("%w: not an age file protected by a passphrase", ErrNotIdentity)
	}
	text, err := readAll(plain)
	if err != nil {
		return nil, err
	}
	return parseLines(text, p)
}

// ask gives the passphrase that the person typed.
func (p Prompt) ask() (string, error) {
	if p.Passphrase == nil {
		return "", ErrPassphrase
	}
	passphrase, err := p.Passphrase()
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrPassphrase, err)
	}
	return passphrase, nil
}

// sshIdentity is an SSH key that still knows its public half, which agessh's
// types keep to themselves.
type sshIdentity struct {
	age.Identity
	recipient Recipient
}

func parseSSHIdentity(text []byte, p Prompt) ([]age.Identity, error) {
	key, err := ssh.ParseRawPrivateKey(text)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		passphrase, err := p.ask()
		if err != nil {
			return nil, err
		}
		if key, err = ssh.ParseRawPrivateKeyWithPassphrase(text, []byte(passphrase)); err != nil {
			return nil, ErrPassphrase
		}
	} else if err != nil {
		return nil, fmt.Errorf("%w: not an SSH private key", ErrNotIdentity)
	}
	id, err := newSSHIdentity(key)
	if err != nil {
		return nil, err
	}
	return []age.Identity{id}, nil
}

func newSSHIdentity(key any) (age.Identity, error) {
	var id age.Identity
	var err error
	switch k := key.(type) {
	case *ed25519.PrivateKey: // from OpenSSH's own format
		key = *k
		id, err = agessh.NewEd25519Identity(*k)
	case ed25519.PrivateKey:
		id, err = agessh.NewEd25519Identity(k)
	case *rsa.PrivateKey:
		id, err = agessh.NewRSAIdentity(k)
	default:
		return nil, fmt.Errorf("%w: an SSH key of another kind than ssh-ed25519 and ssh-rsa", ErrNotIdentity)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: not a sound SSH private key", ErrNotIdentity)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return nil, fmt.Errorf("%w: not a sound SSH private key", ErrNotIdentity)
	}
	recipient, err := parseSSH(publicText(signer.PublicKey()))
	if err != nil {
		return nil, err
	}
	return sshIdentity{id, recipient}, nil
}

// RecipientOf is whom to seal to so that id opens it. The error matches
// ErrNoRecipient for an identity of a plugin: its owner knows the recipient.
func RecipientOf(id age.Identity) (Recipient, error) {
	switch i := id.(type) {
	case *age.X25519Identity:
		return named(i.Recipient(), nil)
	case *age.HybridIdentity:
		return named(i.Recipient(), nil)
	case sshIdentity:
		return i.recipient, nil
	}
	return Recipient{}, ErrNoRecipient
}

// A NativeIdentity is an identity of age's own kinds. Its String is the
// secret.
type NativeIdentity interface {
	age.Identity
	fmt.Stringer
}

// Generate makes a new identity.
func Generate(postQuantum bool) (NativeIdentity, error) {
	if postQuantum {
		return age.GenerateHybridIdentity()
	}
	return age.GenerateX25519Identity()
}

// WriteIdentity writes an identity file with the one identity, as age-keygen
// does.
func WriteIdentity(w io.Writer, id NativeIdentity, created time.Time) error {
	recipient, err := RecipientOf(id)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "# created: %s\n# public key: %s\n%s\n",
		created.Format(time.RFC3339), recipient, id)
	return err
}

// WriteProtectedIdentity writes an identity file that opens with a passphrase, as
// age -p makes them. Trying the passphrase takes 256 MiB for a moment.
func WriteProtectedIdentity(w io.Writer, id NativeIdentity, created time.Time, passphrase string) error {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return err
	}
	text := armor.NewWriter(w)
	sealed, err := age.Encrypt(text, recipient)
	if err != nil {
		return err
	}
	if err := WriteIdentity(sealed, id, created); err != nil {
		return err
	}
	return errors.Join(sealed.Close(), text.Close())
}
