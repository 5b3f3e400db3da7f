package web

import (
	"errors"
	"io/fs"
	"net/http"
	"path/filepath"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/web/access"
)

// keysView is who can read what is saved, and what opens it here.
type keysView struct {
	Readers []string // public keys
	Unread  string   // why they cannot be told
	Places  []keyPlace
	Plain   bool // some place is not sealed

	File, Command bool   // the configuration names a file, or a program that prints it
	Name          string // of that file
	Hand          string // the id of the words for whether the key is at hand
	State         string // "", look or bad
	Why           string // it is not
	Unlocked      bool   // by a passphrase, for this session
	Asks          bool   // a passphrase opens it
	Runner        string // the file of this computer's own key, "" for the usual place
}

type keyPlace struct {
	Shown string
	Plain bool
}

func (p *page) keysRoom(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	v := keysView{
		Name: settings.Encryption.IdentityFile, File: settings.Encryption.IdentityFile != "",
		Command: len(settings.Encryption.IdentityCommand) > 0, Runner: settings.Encryption.RunnerIdentityFile,
	}
	if v.Readers, err = settings.Readers(); err != nil {
		v.Unread = p.Words.Error(err)
	}
	for _, place := range settings.Repositories {
		one := keyPlace{place.Shown, place.Unencrypted || len(v.Readers) == 0}
		v.Plain = v.Plain || one.Plain
		v.Places = append(v.Places, one)
	}
	owner := p.keys.of(access.Token(r))
	v.Unlocked = owner.AtHand()
	if !v.Unlocked && v.File {
		owner, err = settings.Asking(setup.Nobody{}).Owner(r.Context())
	}
	switch missing := errors.Is(err, fs.ErrNotExist); {
	case v.Unlocked:
		v.Hand = "web-keys-unlocked"
	case !v.File && v.Command:
		v.Hand = "web-keys-command"
	case !v.File:
		v.Hand, v.State = "web-keys-none", "look"
		if len(v.Readers) == 0 {
			v.Hand, v.State = "web-keys-needs-none", ""
		}
	case missing:
		v.Hand, v.State = "web-keys-missing", "bad"
	case errors.Is(err, crypto.ErrPassphrase):
		v.Hand, v.Asks = "web-keys-passphrase", true
	case err != nil:
		v.Hand, v.State, v.Why = "web-keys-unreadable", "bad", p.Words.Error(err)
	case owner.AtHand():
		v.Hand = "web-keys-hand"
	}
	v.Name = filepath.Clean(v.Name)
	return p.show(w, r, http.StatusOK, "keys", view{Title: p.Words.Text("web-keys-title"), Section: "settings", Of: v})
}
