package machine

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/padsync/padsync/manifest"
)

const (
	maxToken   = 64 << 10 // bytes
	tokensRoom = "accounts"
)

// A Token is that of an account of a server, kept under a name that reveals
// neither the server nor the login. It implements sources.TokenKeeper.
type Token struct {
	machine Machine
	name    string
	failed  func(error)
}

// Token is that of a login on the server at base. It calls failed if the token
// cannot be kept.
func (m Machine) Token(base, login string, failed func(error)) *Token {
	sum := sha256.Sum256([]byte(manifest.Address(base) + "\x00" + login))
	return &Token{m, hex.EncodeToString(sum[:16]), failed}
}

// Token is what was kept, "" for nothing.
func (t *Token) Token() string {
	f, err := os.Open(filepath.Join(t.machine.folder, tokensRoom, t.name))
	if err != nil || t.machine.folder == "" {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxToken))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// Keep replaces it.
func (t *Token) Keep(token string) {
	err := t.machine.replace(tokensRoom, t.name, func(w io.Writer) error {
		_, err := io.WriteString(w, token+"\n")
		return err
	})
	if err != nil {
		t.failed(err)
	}
}
