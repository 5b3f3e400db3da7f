package pollaristest

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
)

const cookie = "PHPSESSID"

// A session is what the server knows of one visitor.
type session struct {
	id       string
	locale   string
	flash    string            // a word that the next page shows
	secrets  map[string]string // of forms, by name
	admin    map[string]bool   // polls whose admin page was seen, by id
	unlocked map[string]string // passwords by poll, which ends with a new one
	votes    map[string]string // own votes by poll
	operator bool
	refused  bool // as an operator
}

// start begins a session, if the visitor has none.
func (v *visit) start() *session {
	if v.session == nil {
		v.session = &session{
			secrets: make(map[string]string), admin: make(map[string]bool),
			unlocked: make(map[string]string), votes: make(map[string]string),
		}
		v.renew()
	}
	return v.session
}

// renew gives the session a new id, as at its beginning and at a login.
func (v *visit) renew() {
	delete(v.sessions, v.session.id)
	v.session.id = v.hex20()
	v.session.secrets = make(map[string]string)
	v.sessions[v.session.id] = v.session
	v.header.Add("Set-Cookie", cookie+"="+v.session.id+"; path=/; httponly; samesite=lax")
}

// token is a form's, for this session: another one each time, as it is masked.
func (v *visit) token(form string) string {
	s := v.start()
	if s.secrets[form] == "" {
		s.secrets[form] = rand.Text()
	}
	mask := []byte(rand.Text())
	return rand.Text()[:8] + "." + encoding.EncodeToString(mask) + "." + encoding.EncodeToString(xor([]byte(s.secrets[form]), mask))
}

// accepts says whether a token is one of the form's, for this session.
func (v *visit) accepts(form, token string) bool {
	parts := strings.Split(token, ".")
	if v.session == nil || len(parts) != 3 || v.session.secrets[form] == "" {
		return false
	}
	mask, err1 := encoding.DecodeString(parts[1])
	masked, err2 := encoding.DecodeString(parts[2])
	return err1 == nil && err2 == nil && len(mask) == len(masked) && string(xor(masked, mask)) == v.session.secrets[form]
}

var encoding = base64.RawURLEncoding

func xor(a, b []byte) []byte {
	out := make([]byte, len(a))
	for i := range a {
		out[i] = a[i] ^ b[i]
	}
	return out
}

// What a session may see and do.

func (v *visit) isAdmin(p *Poll) bool { return v.session != nil && v.session.admin[p.ID] }

func (v *visit) seesResults(p *Poll) bool { return !p.Hidden || v.isAdmin(p) }

// mayRead is not even the admin's without the password.
func (v *visit) mayRead(p *Poll) bool {
	return p.Password == "" || p.VotesOnly || v.session != nil && v.session.unlocked[p.ID] == p.Password
}

// mayEdit says whether the page links to the change of a vote.
func (v *visit) mayEdit(p *Poll, vote *Vote) bool {
	own := v.session != nil && v.session.votes[p.ID] == vote.ID
	return !v.closed(p) && (p.Edit == Any || own || v.isAdmin(p))
}
