package web

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/web/access"
)

// A making is a key that is in memory alone, for the session that made it, until its
// owner proves to have it. Nothing is sealed to it before.
type making struct {
	key    *setup.NewKey
	asked  [2]int // the words that are the proof, from 1
	hidden bool   // it was shown, and somebody tried the proof: it is not shown again
	proven bool
}

// newMaking makes a key.
func newMaking(now time.Time) (*making, error) {
	key, err := setup.MakeKey(false, now)
	if err != nil {
		return nil, err
	}
	_, words := key.Words()
	m := &making{key: key}
	whole := len(words) - 1 // the last may be short
	for i := range m.asked {
		for m.asked[i] == 0 || i > 0 && m.asked[i] == m.asked[0] {
			n, err := rand.Int(rand.Reader, big.NewInt(int64(whole)))
			if err != nil {
				return nil, err
			}
			m.asked[i] = int(n.Int64()) + 1
		}
	}
	slices.Sort(m.asked[:])
	return m, nil
}

// A word is one that somebody has to know.
type word struct {
	Number int
	Field  string
	Wrong  string
}

// A keyPage is the fourth step.
type keyPage struct {
	Way       []stage
	There     bool   // the configuration says already who can read what is saved
	File      string // in which that key is, "" if it does not say
	Plain     bool   // all places may be plain, so that no key is needed
	Made      time.Time
	Recipient string
	Shown     bool
	Proven    bool
	Places    []string
	Prefix    string
	Words     []string
	Text      string // the whole file
	Asked     []word
	Lacks     bool   // no proof was given
	WrongFile bool   // it is not the key's
	Differ    bool   // the passphrases
	Failed    string // why the key could not be kept
	Do        []string
}

// makeKey makes the key of this session, once: who presses twice, or sends an old
// form again, gets the one that is there.
func (p *page) makeKey(w http.ResponseWriter, r *http.Request) error {
	if err := p.beginKey(r, r.PostForm.Get("instead")); err != nil {
		return err
	}
	return p.done(w, r, stepLink(keying), "")
}

// beginKey makes a key if there is none, or in place of the one with this recipient.
func (p *page) beginKey(r *http.Request, instead string) error {
	known := &p.welcomes
	known.mu.Lock()
	defer known.mu.Unlock()
	settings, err := p.settings()
	if err != nil || settings.Settled() {
		return err
	}
	session := access.Token(r)
	if now := known.making[session]; now != nil && now.key.Recipient.String() != instead {
		return nil
	}
	m, err := newMaking(p.Now())
	if err != nil {
		return err
	}
	if known.making == nil {
		known.making = make(map[string]*making)
	}
	known.making[session] = m
	return nil
}

func (p *page) keyStep(w http.ResponseWriter, r *http.Request, reached int) error {
	known := &p.welcomes
	known.mu.Lock()
	defer known.mu.Unlock()
	return p.showKeyStep(w, r, http.StatusOK, reached, keyPage{})
}

// showKeyStep shows it. Its caller has the lock.
func (p *page) showKeyStep(w http.ResponseWriter, r *http.Request, status, reached int, k keyPage) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	k.Way = way(keying, reached)
	m := p.welcomes.making[access.Token(r)]
	switch {
	case settings.Settled():
		k.There, k.File, k.Plain = true, settings.Encryption.IdentityFile, !settings.Sealed()
	case m != nil:
		k.Made, k.Recipient, k.Shown, k.Proven = m.key.Made, m.key.Recipient.String(), !m.hidden, m.proven
		if k.Asked == nil {
			k.Asked = m.words()
		}
		if k.Shown {
			if err := k.show(m.key); err != nil {
				return err
			}
			for _, at := range settings.Repositories {
				k.Places = append(k.Places, at.Shown)
			}
		}
	}
	w.Header().Set("Cache-Control", "no-store") // whatever stands before this page
	return p.showStep(w, r, status, keying, "welcome-key", k)
}

// show puts the key itself on the page.
func (k *keyPage) show(key *setup.NewKey) error {
	var text strings.Builder
	k.Prefix, k.Words = key.Words()
	err := key.Write(&text)
	k.Text = text.String()
	return err
}

func (m *making) words() []word {
	return []word{{Number: m.asked[0], Field: "word1"}, {Number: m.asked[1], Field: "word2"}}
}

// keyFile gives the key as a file, to whom it is shown. It is no address, so that
// nothing remembers one that gives a key.
func (p *page) keyFile(w http.ResponseWriter, r *http.Request) error {
	known := &p.welcomes
	known.mu.Lock()
	defer known.mu.Unlock()
	m := known.making[access.Token(r)]
	if m == nil || m.hidden {
		return p.done(w, r, stepLink(keying), "")
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+p.Words.Text("web-welcome-key-file")+`"`)
	return m.key.Write(w)
}

// keepKey keeps the key of this session, once somebody proved to have it, and begins
// the first backup.
func (p *page) keepKey(w http.ResponseWriter, r *http.Request) error {
	known := &p.welcomes
	known.mu.Lock()
	defer known.mu.Unlock()
	settings, err := p.settings()
	if err != nil {
		return err
	}
	session := access.Token(r)
	m := known.making[session]
	if m == nil || settings.Settled() {
		delete(known.making, session) // another window was quicker
		return p.done(w, r, stepLink(keying), "")
	}
	k := keyPage{Asked: m.words()}
	if !m.proven {
		if err := m.prove(r, &k); err != nil {
			return err
		}
		k.tellWrong(p)
	}
	passphrase := r.PostForm.Get("passphrase")
	k.Differ = passphrase != r.PostForm.Get("again")
	r.PostForm.Del("passphrase")
	r.PostForm.Del("again")
	if m.proven && !k.Differ {
		if _, err = settings.KeepKey(m.key, passphrase); err == nil {
			delete(known.making, session)
			p.keys.keep(session, m.key.Owner())
			return p.beginFirst(w, r, "")
		}
		k.Failed, k.Do = sentence(p.Words.Error(err)), p.Words.Hints(err)
	}
	return p.showKeyStep(w, r, http.StatusUnprocessableEntity, keying, k)
}

// prove looks at what somebody gives as a proof. After one that is wrong, the key is
// not shown again.
func (m *making) prove(r *http.Request, k *keyPage) error {
	file, err := givenFile(r, "file")
	if err != nil {
		return err
	}
	if file != nil {
		m.proven = m.key.OpenedBy(bytes.NewReader(file))
		k.WrongFile, m.hidden = !m.proven, true
		return nil
	}
	_, words := m.key.Words()
	right, given := true, false
	for i := range k.Asked {
		one := &k.Asked[i]
		typed := plainWord(r.PostForm.Get(one.Field))
		r.PostForm.Del(one.Field)
		given = given || typed != ""
		if typed != words[one.Number-1] {
			right, one.Wrong = false, "wrong"
		}
	}
	m.proven, k.Lacks = right, !given
	m.hidden = m.hidden || given
	return nil
}

// tellWrong says which words are wrong, unless none was given.
func (k *keyPage) tellWrong(p *page) {
	for i := range k.Asked {
		switch one := &k.Asked[i]; {
		case k.Lacks:
			one.Wrong = ""
		case one.Wrong != "":
			one.Wrong = p.Words.Text("web-welcome-wrong-word", "Number", one.Number)
		}
	}
}

// plainWord is a word as the key has it, however somebody types it.
func plainWord(text string) string {
	return strings.ToUpper(strings.Join(strings.Fields(text), ""))
}

// mostKeyFile is more than a key file has.
const mostKeyFile = 64 << 10

// givenFile is what a file of a form has, nil for none.
func givenFile(r *http.Request, field string) ([]byte, error) {
	if r.MultipartForm == nil {
		return nil, nil
	}
	for _, header := range r.MultipartForm.File[field] {
		if header.Filename == "" || header.Size == 0 {
			continue
		}
		f, err := header.Open()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(io.LimitReader(f, mostKeyFile+1))
		return text, errors.Join(err, f.Close())
	}
	return nil, nil
}
