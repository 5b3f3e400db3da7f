package crypto_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"
	"filippo.io/age/plugin"
	"github.com/padsync/padsync/crypto"
	"golang.org/x/crypto/ssh"
)

const pluginName = "padsynctest"

// TestMain makes this binary a plugin of age when it is called as one.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "age-plugin-"+pluginName {
		p, _ := plugin.New(pluginName)
		p.HandleRecipient(func(data []byte) (age.Recipient, error) {
			return age.ParseX25519Recipient(string(data))
		})
		p.HandleIdentity(func(data []byte) (age.Identity, error) {
			return age.ParseX25519Identity(string(data))
		})
		os.Exit(p.Main())
	}
	os.Exit(m.Run())
}

func identityFile(t *testing.T, id crypto.NativeIdentity) string {
	t.Helper()
	var file strings.Builder
	if err := crypto.WriteIdentity(&file, id, time.Unix(0, 0).UTC()); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

func sshKey(t *testing.T, key any, passphrase string) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block))
}

func protected(t *testing.T, plain, passphrase string, armored bool) string {
	t.Helper()
	r, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	r.SetWorkFactor(10)
	var out bytes.Buffer
	var dst io.WriteCloser = nopCloser{&out}
	if armored {
		dst = armor.NewWriter(&out)
	}
	w, err := age.Encrypt(dst, r)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, plain)
	if err := errors.Join(w.Close(), dst.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func says(passphrase string) crypto.Prompt {
	return crypto.Prompt{Passphrase: func() (string, error) { return passphrase, nil }}
}

func TestEveryKindOfIdentityOpensWhatItsRecipientSealed(t *testing.T) {
	classic, _ := newKey(t, false)
	quantum, _ := newKey(t, true)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"x25519":           identityFile(t, classic),
		"x25519 crlf":      strings.ReplaceAll(identityFile(t, classic), "\n", "\r\n"),
		"hybrid":           identityFile(t, quantum),
		"armored":          protected(t, identityFile(t, quantum), "secret", true),
		"binary":           protected(t, identityFile(t, classic), "secret", false),
		"ed25519":          sshKey(t, ed, ""),
		"rsa":              sshKey(t, rsaKey, ""),
		"ed25519 with one": sshKey(t, ed, "secret"),
		"rsa with one":     sshKey(t, rsaKey, "secret"),
	} {
		t.Run(name, func(t *testing.T) {
			ids, err := crypto.ParseIdentities(strings.NewReader(file), says("secret"))
			if err != nil || len(ids) != 1 {
				t.Fatalf("%d identities, %v", len(ids), err)
			}
			r, err := crypto.RecipientOf(ids[0])
			if err != nil {
				t.Fatal(err)
			}
			again, err := crypto.ParseRecipient(r.String())
			if err != nil || again.Hash() != r.Hash() || len(r.Hash()) != 16 {
				t.Fatalf("the recipient's text reads back as %v, %v", again, err)
			}
			if err := openAll(seal(t, random(10), again), ids[0]); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPluginsSealAndOpen(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "age-plugin-"+pluginName)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	id, r := newKey(t, false)
	text := plugin.EncodeRecipient(pluginName, []byte(r.String()))
	recipients, err := crypto.ParseRecipients(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if quantum, err := crypto.PostQuantum(recipients...); quantum || err != nil {
		t.Errorf("PostQuantum = %v, %v", quantum, err)
	}
	secret := plugin.EncodeIdentity(pluginName, []byte(id.String()))
	ids, err := crypto.ParseIdentities(strings.NewReader(secret), crypto.Prompt{})
	if err != nil {
		t.Fatal(err)
	}
	if err := openAll(seal(t, random(10), recipients[0]), ids[0]); err != nil {
		t.Error(err)
	}
	if _, err := crypto.RecipientOf(ids[0]); !errors.Is(err, crypto.ErrNoRecipient) {
		t.Errorf("RecipientOf: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	var missing *plugin.NotFoundError
	if _, err := crypto.PostQuantum(recipients...); !errors.As(err, &missing) {
		t.Errorf("without the plugin: %v", err)
	}
}

func TestSeveralIdentitiesInOneFile(t *testing.T) {
	one, _ := newKey(t, false)
	two, _ := newKey(t, true)
	file := identityFile(t, one) + "\n\n# the other\n" + identityFile(t, two)
	ids, err := crypto.ParseIdentities(strings.NewReader(file), crypto.Prompt{})
	if err != nil || len(ids) != 2 {
		t.Fatalf("%d identities, %v", len(ids), err)
	}
}

func TestRecipientsFile(t *testing.T) {
	_, one := newKey(t, false)
	_, two := newKey(t, false)
	file := fmt.Sprintf("# who can read\n\r%s\r\n  %s  \r", one, two)
	got, err := crypto.ParseRecipients(strings.NewReader(file))
	if err != nil || len(got) != 2 || got[0].Hash() != one.Hash() || got[1].Hash() != two.Hash() {
		t.Fatalf("%v, %v", got, err)
	}
}

func TestMixedKindsAreRefused(t *testing.T) {
	_, classic := newKey(t, false)
	_, quantum := newKey(t, true)
	if _, err := crypto.PostQuantum(classic, quantum); !errors.Is(err, crypto.ErrMixed) {
		t.Errorf("PostQuantum: %v", err)
	}
	if _, err := crypto.Seal(io.Discard, classic, quantum); err == nil {
		t.Error("Seal let them pass")
	}
	if got, err := crypto.PostQuantum(quantum, quantum); !got || err != nil {
		t.Errorf("PostQuantum = %v, %v", got, err)
	}
}

func TestWrongPassphraseIsToldAsSuch(t *testing.T) {
	id, _ := newKey(t, false)
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	for _, file := range []string{
		protected(t, identityFile(t, id), "secret", true),
		protected(t, identityFile(t, id), "secret", false),
		sshKey(t, ed, "secret"),
	} {
		for _, p := range []crypto.Prompt{{}, says("wrong"), says("")} {
			if _, err := crypto.ParseIdentities(strings.NewReader(file), p); !errors.Is(err, crypto.ErrPassphrase) {
				t.Errorf("error %v", err)
			}
		}
	}
}

func TestErrorsHoldNothingOfTheFile(t *testing.T) {
	id, recipient := newKey(t, false)
	secret := id.String()
	damaged := secret[:len(secret)-1] + "é"
	for _, file := range []string{
		damaged, strings.ToLower(secret), secret + "x", "AGE-PLUGIN-" + secret, secret + " # mine",
		"-----BEGIN OPENSSH PRIVATE KEY-----\n" + secret, "age-encryption.org/v1\n" + secret,
		armor.Header + "\n" + secret, "", "# nothing", recipient.String(),
	} {
		_, err := crypto.ParseIdentities(strings.NewReader(file), says("secret"))
		if err == nil {
			t.Errorf("no error for %q", file)
		} else if strings.Contains(strings.ToUpper(err.Error()), secret[20:40]) {
			t.Errorf("the secret is in %q", err)
		}
		if _, err := crypto.ParseRecipients(strings.NewReader(file)); err != nil &&
			strings.Contains(strings.ToUpper(err.Error()), secret[20:40]) {
			t.Errorf("the secret is in %q", err)
		}
	}
	for _, s := range []string{secret, strings.ToLower(secret)} {
		if _, err := crypto.ParseRecipient(s); !errors.Is(err, crypto.ErrIdentity) {
			t.Errorf("ParseRecipient: %v", err)
		}
	}
}

func TestEndlessFilesAreRefused(t *testing.T) {
	for _, file := range []string{strings.Repeat("# comment\n", 200_000), strings.Repeat("a", 2<<20)} {
		if _, err := crypto.ParseIdentities(strings.NewReader(file), crypto.Prompt{}); !errors.Is(err, crypto.ErrTooLong) {
			t.Errorf("ParseIdentities: %v", err)
		}
		if _, err := crypto.ParseRecipients(strings.NewReader(file)); !errors.Is(err, crypto.ErrTooLong) {
			t.Errorf("ParseRecipients: %v", err)
		}
	}
}

func TestWhatIsNoKeyIsToldWithItsLine(t *testing.T) {
	const text = "# keys\nhunter2\n"
	_, asIdentity := crypto.ParseIdentities(strings.NewReader(text), crypto.Prompt{})
	_, asRecipient := crypto.ParseRecipients(strings.NewReader(text))
	for want, err := range map[error]error{crypto.ErrNotIdentity: asIdentity, crypto.ErrNotRecipient: asRecipient} {
		var line *crypto.LineError
		if !errors.As(err, &line) || line.Line != 2 || line.Err != want || err.Error() != "line 2: "+want.Error() {
			t.Errorf("%v, want %v", err, want)
		}
	}
	for _, text := range []string{"", "# keys\n", "-----BEGIN hunter2", "age-encryption.org/v1\nhunter2"} {
		p := crypto.Prompt{Passphrase: func() (string, error) { return "x", nil }}
		if _, err := crypto.ParseIdentities(strings.NewReader(text), p); !errors.Is(err, crypto.ErrNotIdentity) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Windows' shells and editors write UTF-16, or a byte order mark.
func TestKeysAreReadInEveryEncodingOfTheirFile(t *testing.T) {
	id, err := crypto.Generate(false)
	if err != nil {
		t.Fatal(err)
	}
	recipient, err := crypto.RecipientOf(id)
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	utf16 := func(text string, low, high int) string {
		var b []byte
		for _, c := range []byte(strings.ReplaceAll(text, "\n", "\r\n")) {
			pair := [2]byte{}
			pair[low], pair[high] = c, 0
			b = append(b, pair[:]...)
		}
		return string(b)
	}
	for name, encode := range map[string]func(string) string{
		"UTF-8":              func(s string) string { return s },
		"UTF-8 with a mark":  func(s string) string { return "\ufeff" + s },
		"little-endian":      func(s string) string { return "\xff\xfe" + utf16(s, 0, 1) },
		"big-endian":         func(s string) string { return "\xfe\xff" + utf16(s, 1, 0) },
		"little, no mark":    func(s string) string { return utf16(s, 0, 1) },
		"big, no mark":       func(s string) string { return utf16(s, 1, 0) },
		"a mark and a blank": func(s string) string { return "\ufeff\r\n" + s },
	} {
		for _, file := range []string{identityFile(t, id), sshKey(t, key, ""), protected(t, identityFile(t, id), "padsync", true)} {
			ids, err := crypto.ParseIdentities(strings.NewReader(encode(file)), crypto.Prompt{Passphrase: func() (string, error) { return "padsync", nil }})
			if err != nil || len(ids) != 1 {
				t.Errorf("%s: %d identities, %v", name, len(ids), err)
			}
		}
		found, err := crypto.ParseRecipients(strings.NewReader(encode("# mine\n" + recipient.String() + "\n")))
		if err != nil || len(found) != 1 || found[0].Hash() != recipient.Hash() {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
}
