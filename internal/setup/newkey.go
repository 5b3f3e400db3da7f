package setup

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/internal/message"
)

// A NewKey is an identity that was just made, and is in no file yet.
type NewKey struct {
	Recipient crypto.Recipient // whom to seal to
	Made      time.Time

	identity crypto.NativeIdentity
}

// MakeKey makes one.
func MakeKey(postQuantum bool, now time.Time) (*NewKey, error) {
	id, err := crypto.Generate(postQuantum)
	if err != nil {
		return nil, err
	}
	recipient, err := crypto.RecipientOf(id)
	return &NewKey{recipient, now, id}, err
}

// Owner is who has it.
func (k *NewKey) Owner() *Owner { return &Owner{[]age.Identity{k.identity}} }

// Write writes its file, as age-keygen does.
func (k *NewKey) Write(w io.Writer) error { return crypto.WriteIdentity(w, k.identity, k.Made) }

// wordLength is how many characters people copy without losing their place.
const wordLength = 4

// Words are the secret in words of four characters, the last perhaps shorter, and
// what stands before them.
func (k *NewKey) Words() (prefix string, words []string) {
	text := k.identity.String()
	at := strings.LastIndex(text, "1") + 1 // which no character of Bech32's data is
	prefix, text = text[:at], text[at:]
	for len(text) > 0 {
		n := min(wordLength, len(text))
		words, text = append(words, text[:n]), text[n:]
	}
	return prefix, words
}

// OpenedBy reports whether an identity file, which needs no passphrase, opens what is
// sealed to the key.
func (k *NewKey) OpenedBy(file io.Reader) bool {
	ids, err := crypto.ParseIdentities(file, crypto.Prompt{})
	if err != nil {
		return false
	}
	proof, sealed := rand.Text(), new(bytes.Buffer)
	w, err := crypto.Seal(sealed, k.Recipient)
	if err != nil {
		return false
	}
	if _, err := io.WriteString(w, proof); err != nil || w.Close() != nil {
		return false
	}
	opened, size, err := crypto.Open(bytes.NewReader(sealed.Bytes()), int64(sealed.Len()), ids...)
	if err != nil || size != int64(len(proof)) {
		return false
	}
	text, err := io.ReadAll(io.NewSectionReader(opened, 0, size))
	return err == nil && string(text) == proof
}

// ErrKeyExists says that a file for a new identity exists.
var ErrKeyExists = errors.New("a file of this name exists")

// Create writes the key into a file, which must not exist: the key in it may be the
// only one.
func (k *NewKey) Create(file string) error {
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return message.Of(message.Usage, err, "bad-file", "Error", err)
	}
	defer root.Close()
	err = durable.Create(root, filepath.Base(file), k.Write)
	if errors.Is(err, fs.ErrExist) {
		return message.Of(message.Failed, ErrKeyExists, "keygen-exists", "File", file)
	}
	if err != nil {
		return message.In(durable.Nameless(err), "repository", "Repository", file)
	}
	return nil
}

// How the file of a key is called beside the configuration.
const (
	plainKey     = "key.txt"
	protectedKey = "key.age"
)

// KeepKey writes the key into a file beside the configuration, closed with a
// passphrase unless that is "", and says in the configuration that what is saved is
// sealed to it. Whatever is there stays: the file gets a name that none has.
func (s *Settings) KeepKey(k *NewKey, passphrase string) (file string, err error) {
	name, write := plainKey, k.Write
	if passphrase != "" {
		name, write = protectedKey, func(w io.Writer) error {
			return crypto.WriteProtectedIdentity(w, k.identity, k.Made, passphrase)
		}
	}
	return s.keep(name, write, []string{k.Recipient.String()})
}

// keep writes a key file of this name, or the next that is free, and names it and who
// can read in the configuration.
func (s *Settings) keep(name string, write func(io.Writer) error, recipients []string) (file string, err error) {
	root, err := durable.OpenRoot(filepath.Dir(s.File))
	if err != nil {
		return "", err
	}
	defer root.Close()
	stem, ending := strings.TrimSuffix(name, filepath.Ext(name)), filepath.Ext(name)
	for n := 2; ; n++ {
		err = durable.Create(root, name, write)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
		name = stem + "-" + strconv.Itoa(n) + ending
	}
	if err != nil {
		return "", durable.Nameless(err)
	}
	if err := s.sealTo(name, recipients); err != nil {
		return "", errors.Join(err, durable.Nameless(root.Remove(name))) // nothing is sealed to it yet
	}
	return filepath.Join(filepath.Dir(s.File), name), nil
}

// sealTo says in the configuration who can read, and where the identity is.
func (s *Settings) sealTo(file string, recipients []string) error {
	e, err := config.Edit(s.File, s.setup.Kinds.InConfig())
	if err != nil {
		return err
	}
	err = errors.Join(e.Set("encryption.recipients", recipients), e.Set("encryption.identity-file", file))
	if err != nil {
		return err
	}
	return e.Save()
}
