package polls

import (
	"net/http"
	"sync"
)

// A Session is one visitor's of a server in PHP, by the cookie that the server gave:
// without it, each request makes the server keep another. It is safe for concurrent
// use. Of several first requests at once, one has the session that counts: if a later
// answer replaced it, what was done in between, such as giving a password, would be
// gone.
type Session struct {
	mu     sync.Mutex // guards cookie
	cookie string
}

// cookieName is that of PHP's session.
const cookieName = "PHPSESSID"

// Add adds the cookie to a request, if there is one.
func (s *Session) Add(req *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cookie != "" {
		req.AddCookie(&http.Cookie{Name: cookieName, Value: s.cookie})
	}
}

// Keep keeps the cookie of an answer, if the request had the session's own, or as
// the first.
func (s *Session) Keep(resp *http.Response) {
	sent := ""
	if c, err := resp.Request.Cookie(cookieName); err == nil {
		sent = c.Value
	}
	for _, c := range resp.Cookies() {
		if c.Name == cookieName && len(c.Value) < 256 {
			s.mu.Lock()
			if s.cookie == sent {
				s.cookie = c.Value
			}
			s.mu.Unlock()
		}
	}
}
