package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/mypads"
)

// A tokenFile keeps the token of an account of MyPads in the state folder,
// under a name that tells neither the server nor the login.
type tokenFile struct {
	app  *app
	name string
}

func (a *app) tokenFile(base, login string) mypads.TokenKeeper {
	sum := sha256.Sum256([]byte(sources.Identity(base) + "\x00" + login))
	return tokenFile{a, hex.EncodeToString(sum[:16])}
}

func (f tokenFile) folder() string { return filepath.Join(f.app.stateFolder(), "accounts") }

// Token implements mypads.TokenKeeper. What cannot be read is not there.
func (f tokenFile) Token() string {
	file, err := os.Open(filepath.Join(f.folder(), f.name))
	if err != nil {
		return ""
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSecret))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// Keep implements mypads.TokenKeeper.
func (f tokenFile) Keep(token string) {
	if err := f.write(token); err != nil {
		f.app.note("token-not-kept", "Error", err)
	}
}

func (f tokenFile) write(token string) error {
	root, err := durable.OpenRoot(f.folder())
	if err != nil {
		return err
	}
	defer root.Close()
	return durable.Replace(root, f.name, func(w io.Writer) error {
		_, err := io.WriteString(w, token+"\n")
		return err
	})
}
