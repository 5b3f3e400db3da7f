// Package pollaristest is a server that answers as Pollaris does, Framasoft's
// successor of Framadate: pages of polls, their tables as CSV, the pages of an
// admin, an operator's list, and the forms that make a poll, vote and comment.
// Its pages have no style, and their text is its own.
//
// It was made from what a running Pollaris was seen to do, and is tested
// against recorded pages. Where nobody saw it, it does the worst that Pollaris'
// code allows.
package pollaristest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/padsync/padsync/sources/sourcetest"
)

// A Dialect is how a version of Pollaris answers.
type Dialect int

const (
	V12 Dialect = iota // 1.2.0
	V11                // 1.1.3: an older table, nobody edits others' votes, names may be twins
)

// Options describe a Server. The zero value is a 1.2.0 without any polls.
type Options struct {
	Dialect Dialect
	Base    string           // where the server believes to be; "": http:// and the host that was asked
	Prefix  string           // the path the server is under, such as "/sub"
	Zone    *time.Location   // where days begin; nil: an hour east of Greenwich
	NoPHP   bool             // the web server answers each *.php itself, with a bare 404
	Front   string           // what stands before the server answers all with this page, and status 200
	Now     func() time.Time // when polls are closed or not; nil: time.Now
	Early   bool             // the CSV has days one too early, as with a database in UTC

	RequireMail bool // organisers must give an address

	// User and Password are an operator's; "": there is none.
	User, Password string

	// Unasked is told of each request that padsync may never send: any that
	// is not in British English, or that has no place in reading a poll or the
	// list of polls. Making and filling a poll is such a request too, unless
	// Importing says that this is asked for. It may be nil.
	Unasked   func(request string)
	Importing bool
}

// A Server answers as one Pollaris. It is safe for concurrent use.
type Server struct {
	options Options

	mu       sync.Mutex       // guards what follows
	polls    map[string]*Poll // by id
	sessions map[string]*session
	made     int // ids of polls, tokens, votes, sessions
	rows     int // ids of dates, proposals and comments
	answers  int
	mails    int
	deleted  int
}

// New makes a Server.
func New(o Options) *Server {
	if o.Zone == nil {
		o.Zone = time.FixedZone("", 60*60)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Server{options: o, polls: make(map[string]*Poll), sessions: make(map[string]*session)}
}

// Put adds a poll, or replaces the one of its ID, and returns it with all that
// the server gave it: ids, its token, times.
func (s *Server) Put(p Poll) Poll {
	s.mu.Lock()
	defer s.mu.Unlock()
	p = p.clone()
	s.complete(&p)
	s.polls[p.ID] = &p
	return p.clone()
}

// Poll is the poll of this id, if there is one.
func (s *Server) Poll(id string) (Poll, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.polls[id]
	if p == nil {
		return Poll{}, false
	}
	return p.clone(), true
}

// Polls are all, the first made first.
func (s *Server) Polls() (polls []Poll) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.newest() {
		polls = append(polls, p.clone())
	}
	slices.Reverse(polls)
	return polls
}

// Change lets f change the poll of this id, and does nothing if there is none.
func (s *Server) Change(id string, f func(*Poll)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.polls[id]; p != nil {
		f(p)
		s.complete(p)
	}
}

// Delete removes the poll of this id.
func (s *Server) Delete(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.polls, id)
}

// Sessions is how many sessions the server began.
func (s *Server) Sessions() int { return s.count(func() int { return len(s.sessions) }) }

// Mails is how many mails the server sent.
func (s *Server) Mails() int { return s.count(func() int { return s.mails }) }

// Deleted is how many polls, votes and comments visitors deleted.
func (s *Server) Deleted() int { return s.count(func() int { return s.deleted }) }

func (s *Server) count(of func() int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return of()
}

// ServeHTTP answers.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fields := fields(sourcetest.ReadForm(r))
	if s.options.Unasked != nil && !s.asked(r, fields) {
		s.options.Unasked(r.Method + " " + r.URL.RequestURI())
	}
	v := s.visit(w.Header(), r, fields)
	w.WriteHeader(v.status)
	w.Write(v.body.Bytes()) // an error is the client's going away
}

// visit makes an answer whole, so that no slow client holds the server up.
func (s *Server) visit(header http.Header, r *http.Request, fields fields) *visit {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers++
	v := &visit{Server: s, r: r, header: header, status: http.StatusOK, fields: fields}
	path, ok := strings.CutPrefix(r.URL.Path, s.options.Prefix)
	v.root = s.options.Prefix
	if inner, found := strings.CutPrefix(path, "/index.php"); found {
		path, v.root = inner, v.root+"/index.php"
	}
	v.words = languageOf(r)
	if c, err := r.Cookie(cookie); err == nil && s.sessions[c.Value] != nil {
		v.session = s.sessions[c.Value]
		if w := languages[v.session.locale]; w != nil {
			v.words = w
		}
	}
	switch {
	case s.options.Front != "":
		v.header.Set("Content-Type", "text/html; charset=UTF-8")
		v.body.WriteString(s.options.Front)
	case s.options.NoPHP && strings.HasSuffix(path, ".php"):
		v.header.Set("Content-Type", "text/html")
		v.status = http.StatusNotFound
		v.body.WriteString("<html><head><title>404 Not Found</title></head><body><center><h1>404 Not Found</h1></center></body></html>")
	case !ok:
		v.notFound()
	default:
		v.route(path)
	}
	return v
}

// hex20 makes an id as Pollaris does, but the same ones each time.
func (s *Server) hex20() string {
	s.made++
	sum := sha256.Sum256(fmt.Append(nil, "id ", s.made))
	return hex.EncodeToString(sum[:10])
}

// newest are all polls, the last made first.
func (s *Server) newest() []*Poll {
	return slices.SortedFunc(maps.Values(s.polls), func(p, q *Poll) int { return cmp.Or(q.Created.Compare(p.Created), q.number-p.number) })
}

func (s *Server) bySlug(slug string) *Poll {
	for _, p := range s.polls {
		if p.Slug == slug {
			return p
		}
	}
	return nil
}
