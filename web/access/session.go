package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strconv"
	"sync"
)

// Where a request that changes something has its token.
const (
	TokenHeader = "Padsync-Token"
	TokenField  = "token"
)

// A digest stands for a secret: what is looked up tells nothing by its time.
type digest [sha256.Size]byte

// A session is one browser's. It lasts as long as the guard.
type session struct{ token string }

func (s *session) has(token string) bool {
	return subtle.ConstantTimeCompare([]byte(s.token), []byte(token)) == 1
}

// sessions are those that a link began.
type sessions struct {
	mutex sync.Mutex
	all   map[digest]*session
}

// begin is the cookie of a new session.
func (s *sessions) begin() string {
	cookie := rand.Text()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.all == nil {
		s.all = make(map[digest]*session)
	}
	s.all[sha256.Sum256([]byte(cookie))] = &session{token: rand.Text()}
	return cookie
}

// of is the session of a request, nil for none. A browser may send several
// cookies of the name.
func (s *sessions) of(r *http.Request) *session {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, c := range r.CookiesNamed(cookieName(r.Host)) {
		if one := s.all[sha256.Sum256([]byte(c.Value))]; one != nil {
			return one
		}
	}
	return nil
}

// cookieName has the port that the browser used: it sends the cookies of all
// ports of a host to each.
func cookieName(host string) string {
	h, _ := ParseHost(host)
	if h.Port == 0 {
		return "padsync"
	}
	return "padsync-" + strconv.Itoa(h.Port)
}

// Token is what a form of the page has to send in TokenField, for the session
// of a request that a Guard let through; "" for another request.
func Token(r *http.Request) string {
	if s, _ := r.Context().Value(sessionKey{}).(*session); s != nil {
		return s.token
	}
	return ""
}

func isTooLarge(err error) bool {
	var large *http.MaxBytesError
	return errors.As(err, &large)
}
