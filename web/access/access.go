// Package access decides who may use padsync's page: it stands before every
// request to it. A page on a person's own computer is reached by more than her
// browser: other people of the computer, programs of theirs on other ports to
// which the browser sends the same cookies, and every page of the web that she
// looks at, which can send requests without being able to read the answers.
//
// So a request has to pass all of these, and no switch turns one off: its
// connection is of this person, it names a host of ours, it has the cookie of
// a session, which only a link that is good once gives, and if it changes
// something, it comes from a page of ours and has that session's token.
package access

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Refusal is why a request was refused.
type Refusal int

// The refusals, and the status of each.
const (
	NoSession Refusal = iota + 1 // 401
	WrongHost                    // 421
	Foreign                      // 403: a change that no page of ours asked for
	Stranger                     // 403: a connection of another user of the computer
	Method                       // 405
	TooLarge                     // 413
)

// Status is that of the answer.
func (r Refusal) Status() int {
	switch r {
	case NoSession:
		return http.StatusUnauthorized
	case WrongHost:
		return http.StatusMisdirectedRequest
	case Method:
		return http.StatusMethodNotAllowed
	case TooLarge:
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusForbidden
}

// Options of a Guard.
type Options struct {
	Port  int    // on which the page is, on loopback
	Hosts []Host // other names of it, of a forwarded port or a proxy of one's own

	// Owner says whose a connection is. Nil: nobody can say, as on systems other
	// than Linux.
	Owner func(net.Conn) (User, error)
	// Users are those who may use the page, besides the one of this process and root.
	Users []User

	// Refuse writes what people see of a refusal, after its status; detail is the
	// host that was asked for or the user whose connection it is, and comes from
	// the request. It is called by many goroutines.
	Refuse func(w http.ResponseWriter, r *http.Request, why Refusal, detail string)

	Now func() time.Time // time.Now if nil
}

// bodies of forms, and of those with files.
const (
	formSize = 1 << 20
	fileSize = 32 << 20
)

// A Guard lets requests through to a page. It is safe for concurrent use.
type Guard struct {
	options  Options
	sessions sessions
	links    links
	cross    *http.CrossOriginProtection
	living   Living
	mine     User
}

// New is a guard that has no session and no link yet.
func New(o Options) *Guard {
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &Guard{options: o, cross: http.NewCrossOriginProtection(), mine: thisUser()}
	g.links.now = o.Now
	return g
}

// Enter is the path at which a link begins a session.
const Enter = "/enter"

// ServeConn is the ConnContext of the server: it looks whose a connection is,
// once and at once, as long as the other side has it open.
func (g *Guard) ServeConn(ctx context.Context, c net.Conn) context.Context {
	if g.options.Owner == nil {
		return ctx
	}
	owner, err := g.options.Owner(c)
	return context.WithValue(ctx, ownerKey{}, connection{owner, err == nil && g.mayUse(owner)})
}

type (
	ownerKey   struct{}
	sessionKey struct{}
	connection struct {
		owner User
		known bool
	}
)

func (g *Guard) mayUse(u User) bool {
	if u == g.mine || u == root {
		return true
	}
	for _, other := range g.options.Users {
		if u == other {
			return true
		}
	}
	return false
}

// Handler lets through to next what may pass. Whatever it answers, next
// included, has the headers that keep other pages out.
func (g *Guard) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers(w.Header())
		if why, detail := g.outside(r); why != 0 {
			g.refuse(w, r, why, detail)
			return
		}
		switch r.URL.Path {
		case Enter:
			g.enter(w, r)
			return
		case again:
			g.askedAgain(w, r)
			return
		}
		s := g.sessions.of(r)
		if s == nil {
			g.refuse(w, r, NoSession, "")
			return
		}
		if r.Method == http.MethodPost {
			if why := g.change(w, r, s); why != 0 {
				g.refuse(w, r, why, "")
				return
			}
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), sessionKey{}, s)))
	})
}

// outside is what can be said of a request without looking at its session.
func (g *Guard) outside(r *http.Request) (Refusal, string) {
	if g.options.Owner != nil {
		if c, _ := r.Context().Value(ownerKey{}).(connection); !c.known {
			return Stranger, string(c.owner)
		}
	}
	if !g.isOurs(r.Host) {
		return WrongHost, r.Host
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		// A worker of a page would see every later request of the browser.
		if r.Header.Get("Service-Worker") != "" {
			return Foreign, ""
		}
	case http.MethodPost:
		if g.cross.Check(r) != nil {
			return Foreign, ""
		}
	default:
		return Method, ""
	}
	return 0, ""
}

// change looks for the token of a request that changes something: in a header,
// or in its form, which is read whole and into memory for it.
func (g *Guard) change(w http.ResponseWriter, r *http.Request, s *session) Refusal {
	token := r.Header.Get(TokenHeader)
	if token == "" {
		size := int64(formSize)
		multipart := strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data")
		if multipart {
			size = fileSize
		}
		r.Body = http.MaxBytesReader(w, r.Body, size)
		var err error
		if multipart {
			err = r.ParseMultipartForm(size) // as much as there can be: nothing goes to a disk
		} else {
			err = r.ParseForm()
		}
		if isTooLarge(err) {
			return TooLarge
		}
		token = r.PostFormValue(TokenField)
	}
	if !s.has(token) {
		return Foreign
	}
	return 0
}

func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, why Refusal, detail string) {
	// What is left of a body is not read: whoever sent it may not.
	if r.Method == http.MethodPost {
		w.Header().Set("Connection", "close")
	}
	if why == Method {
		w.Header().Set("Allow", "GET, HEAD, POST")
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(why.Status())
	if r.Method != http.MethodHead {
		g.options.Refuse(w, r, why, detail)
	}
}

// Policy of every answer but those that show saved documents.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

func headers(h http.Header) {
	h.Set("Content-Security-Policy", Policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// enter begins a session for who has a link.
func (g *Guard) enter(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost:
		g.refuse(w, r, Foreign, "")
		return
	case r.Method == http.MethodHead || isAhead(r.Header):
		// Programs that look at a link before a person does, and browsers that
		// fetch what she might open, do not use it up.
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if !g.links.use(r.URL.Query().Get("link")) {
		if g.sessions.of(r) != nil { // such as a second look at the same link
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		g.refuse(w, r, NoSession, "")
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(r.Host), Value: g.sessions.begin(), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
	if r.Header.Get("Sec-Fetch-Site") != "cross-site" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	// Browsers do not send such a cookie through a redirect that another site
	// began, but they do from a page of ours.
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(`<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>padsync</title><p><a href="/">padsync</a>` + "\n"))
}

// isAhead reports whether a browser fetches something before anybody wants it.
func isAhead(h http.Header) bool {
	return h.Get("Sec-Purpose") != "" || strings.EqualFold(h.Get("Purpose"), "prefetch") || strings.EqualFold(h.Get("X-Moz"), "prefetch")
}

// A Host is a name under which the page is reached, as a browser names it.
type Host struct {
	Name string // in lower case; of an IPv6 address without brackets
	Port int    // 0: that of the page, or none
}

// ParseHost reads NAME or NAME:PORT.
func ParseHost(s string) (Host, bool) {
	name, port := s, ""
	if n, p, err := net.SplitHostPort(s); err == nil {
		name, port = n, p
		if port == "" {
			return Host{}, false
		}
	}
	h := Host{Name: strings.ToLower(strings.Trim(name, "[]"))}
	if port != "" {
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || number == 0 {
			return Host{}, false
		}
		h.Port = int(number)
	}
	return h, isName(h.Name)
}

// isName reports whether it can be a host's name, or its address.
func isName(s string) bool {
	if net.ParseIP(s) != nil {
		return true
	}
	return s != "" && len(s) <= 253 && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_')
	})
}

// isOurs reports whether a request that names this host is meant for the page.
// Another site's name can be made to lead to it (DNS rebinding).
func (g *Guard) isOurs(host string) bool {
	h, ok := ParseHost(host)
	if !ok {
		return false
	}
	port := h.Port
	if port == 0 {
		port = 80
	}
	switch h.Name {
	case "localhost", "127.0.0.1", "::1":
		if port == g.options.Port {
			return true
		}
	}
	for _, other := range g.options.Hosts {
		if h.Name == other.Name && (h.Port == other.Port || other.Port == 0 && h.Port == g.options.Port) {
			return true
		}
	}
	return false
}
