package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"filippo.io/age/plugin"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/web/access"
)

// opened are the settings for what opens saved texts for a request: with the key
// that its session unlocked, or else with what the configuration names and opens
// without asking. Without both, texts stay closed, and closed tells that of the
// error: such a page leads to keyAddress. Settings that p.settings gives ask nobody
// either, but would run the command that prints a key each time.
func (p *page) opened(r *http.Request) (*setup.Settings, error) {
	by, err := p.openerOf(r)
	if err != nil {
		return nil, err
	}
	s, owner := by.settings, by.owner
	if owner == nil {
		// What is wrong with the key, the page that asks for it says.
		if owner, err = s.Asking(setup.Nobody{}).Owner(r.Context()); err != nil {
			owner = new(setup.Owner)
		}
	}
	return s.With(owner), r.Context().Err()
}

// An opener is what opens texts for a request: of two that are equal, each opens what
// the other one does.
type opener struct {
	settings *setup.Settings
	owner    *setup.Owner // that the session unlocked; nil: what the configuration names
}

func (p *page) openerOf(r *http.Request) (opener, error) {
	settings, err := p.settings()
	return opener{settings, p.keys.of(access.Token(r))}, err
}

// closed says that a text did not open for want of a key.
func closed(err error) bool {
	return errors.Is(err, repository.ErrNoIdentity) || errors.Is(err, crypto.ErrPassphrase)
}

// keyAddress is the page that asks for a key, and leads back to another one.
func keyAddress(to string) string { return "/key?" + url.Values{backField: {to}}.Encode() }

// quietly asks nobody for a passphrase; a command for a password of a server may do
// what it does for a backup without a terminal.
type quietly struct{ setup.Asker }

// Prompt implements setup.Asker.
func (quietly) Prompt(string) crypto.Prompt { return crypto.Prompt{} }

// typed answers with what somebody typed.
type typed struct {
	setup.Asker
	passphrase string
}

// Prompt implements setup.Asker.
func (t typed) Prompt(string) crypto.Prompt {
	said := func() (string, error) { return t.passphrase, nil }
	return crypto.Prompt{Passphrase: said, Plugin: &plugin.ClientUI{
		DisplayMessage: func(string, string) error { return nil },
		RequestValue:   func(string, string, bool) (string, error) { return said() },
		Confirm:        func(string, string, string, string) (bool, error) { return false, crypto.ErrPassphrase },
		WaitTimer:      func(string) {},
	}}
}

// keyTime is how long a key stays at hand without a request of a person.
const keyTime = 15 * time.Minute

// After so many wrong passphrases in a row, the next one waits: each takes a second
// of the processor, and memory.
const (
	freeTries = 5
	tryPause  = 10 * time.Second
)

// A keyring has the keys that sessions unlocked, and nothing that opens them again. A
// key that is forgotten is let go of: what age keeps of it cannot be overwritten from
// here, and is left to the garbage collector. It is safe for concurrent use.
type keyring struct {
	clock     func() time.Time
	forgotten func()
	turn      chan struct{} // held by whoever tries a passphrase

	mu    sync.Mutex // guards what follows
	open  map[string]*unlocked
	wrong int       // passphrases in a row
	next  time.Time // when one may be tried again
}

// An unlocked key is at hand for a session.
type unlocked struct {
	owner *setup.Owner
	used  time.Time // without its monotonic part: that stands still while a computer sleeps
	timer *time.Timer
}

// newKeyring calls forgotten as a key is forgotten: what it opened closes.
func newKeyring(clock func() time.Time, forgotten func()) *keyring {
	return &keyring{clock: clock, forgotten: forgotten, turn: make(chan struct{}, 1), open: make(map[string]*unlocked)}
}

func (k *keyring) now() time.Time { return k.clock().Round(0) }

// of is the key at hand for a session, nil if there is none.
func (k *keyring) of(session string) *setup.Owner {
	k.mu.Lock()
	defer k.mu.Unlock()
	one := k.open[session]
	if one == nil {
		return nil
	}
	if k.now().Sub(one.used) > keyTime {
		k.forgetLocked(session)
		return nil
	}
	return one.owner
}

// person notes that a session made a request by somebody's hand.
func (k *keyring) person(session string) {
	if k.of(session) == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if one := k.open[session]; one != nil {
		one.used = k.now()
		one.timer.Reset(keyTime)
	}
}

func (k *keyring) keep(session string, owner *setup.Owner) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forgetLocked(session)
	one := &unlocked{owner: owner, used: k.now()}
	one.timer = time.AfterFunc(keyTime, func() { k.expire(session, one) })
	k.open[session] = one
}

// expire forgets a key whose time is over, unless it was used in the meantime.
func (k *keyring) expire(session string, one *unlocked) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if left := keyTime - k.now().Sub(one.used); k.open[session] == one && left <= 0 {
		k.forgetLocked(session)
	} else if left > 0 {
		one.timer.Reset(left)
	}
}

func (k *keyring) forget(session string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forgetLocked(session)
}

func (k *keyring) forgetLocked(session string) {
	if one := k.open[session]; one != nil {
		one.timer.Stop()
		delete(k.open, session)
		k.forgotten()
	}
}

func (k *keyring) forgetAll() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for session := range k.open {
		k.forgetLocked(session)
	}
}

// errTooOften is for a passphrase after too many wrong ones.
type errTooOften struct{ wait time.Duration }

func (errTooOften) Error() string { return "too many wrong passphrases" }

// try tries a passphrase, one at a time.
func (k *keyring) try(ctx context.Context, unlock func() (*setup.Owner, error)) (*setup.Owner, error) {
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	k.mu.Lock()
	wait := k.next.Sub(k.now())
	k.mu.Unlock()
	if wait > 0 {
		return nil, errTooOften{wait}
	}
	owner, err := unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	if !errors.Is(err, crypto.ErrPassphrase) {
		k.wrong = 0
	} else if k.wrong++; k.wrong >= freeTries {
		k.next = k.now().Add(tryPause)
	}
	return owner, err
}

// A keyView is the page that asks for a key.
type keyView struct {
	Back    string // the page to come back to
	Open    bool   // a key is at hand
	Typed   bool   // by this session
	File    string // that the configuration names
	Command bool   // a command of the configuration prints it
	Bad     string // what is wrong with what was typed
	Wrong   string // what is wrong with the key
	Do      []string
}

func (p *page) key(w http.ResponseWriter, r *http.Request) error {
	v, _, err := p.keyView(r, r.URL.Query().Get(backField))
	if err != nil {
		return err
	}
	return p.showKey(w, r, http.StatusOK, v)
}

func (p *page) keyView(r *http.Request, to string) (v keyView, s *setup.Settings, err error) {
	if s, err = p.settings(); err != nil {
		return v, nil, err
	}
	v = keyView{Back: ours(to), File: s.Encryption.IdentityFile, Command: len(s.Encryption.IdentityCommand) > 0}
	if v.Typed = p.keys.of(access.Token(r)) != nil; v.Typed {
		v.Open = true
		return v, s, nil
	}
	owner, err := s.Asking(setup.Nobody{}).Owner(r.Context())
	switch {
	case errors.Is(err, crypto.ErrPassphrase):
	case err != nil:
		v.Wrong, v.Do = sentence(p.Words.Error(err)), p.Words.Hints(err)
	default:
		v.Open = owner.AtHand()
	}
	return v, s, nil
}

func (p *page) showKey(w http.ResponseWriter, r *http.Request, status int, v keyView) error {
	w.Header().Set("Cache-Control", "no-store")
	return p.show(w, r, status, "key", view{Title: p.Words.Text("web-key"), Section: "settings", Of: v})
}

// openKey unlocks the key with what was typed, and keeps it at hand.
func (p *page) openKey(w http.ResponseWriter, r *http.Request) error {
	v, s, err := p.keyView(r, r.PostForm.Get(backField))
	if err != nil {
		return err
	}
	passphrase := r.PostForm.Get("passphrase")
	r.PostForm.Del("passphrase")
	owner, err := p.keys.try(r.Context(), func() (*setup.Owner, error) {
		return s.Asking(typed{p.Setup.Asker, passphrase}).Owner(r.Context())
	})
	often, isOften := errors.AsType[errTooOften](err)
	switch {
	case isOften:
		v.Bad = p.Words.Text("web-key-often", "Count", int(often.wait/time.Second)+1)
		return p.showKey(w, r, http.StatusTooManyRequests, v)
	case errors.Is(err, crypto.ErrPassphrase) && passphrase == "":
		v.Bad = p.Words.Text("web-key-empty")
		return p.showKey(w, r, http.StatusUnprocessableEntity, v)
	case errors.Is(err, crypto.ErrPassphrase):
		v.Bad = p.Words.Text("web-key-wrong")
		return p.showKey(w, r, http.StatusUnprocessableEntity, v)
	case err != nil:
		v.Wrong, v.Do = sentence(p.Words.Error(err)), p.Words.Hints(err)
		return p.showKey(w, r, http.StatusUnprocessableEntity, v)
	case !owner.AtHand():
		return p.showKey(w, r, http.StatusUnprocessableEntity, v)
	}
	p.keys.keep(access.Token(r), owner)
	return p.done(w, r, v.Back, "web-said-key-open")
}

func (p *page) forgetKey(w http.ResponseWriter, r *http.Request) error {
	p.keys.forget(access.Token(r))
	return p.done(w, r, keyAddress(back(r)), "web-said-key-forgotten")
}
