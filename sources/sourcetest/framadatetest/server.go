// Package framadatetest is a server that answers as Framadate does: pages of
// polls, public and admin, their tables as CSV, links that delete, and the forms
// that make a poll, vote on its admin page, comment and lock. Its pages have no
// style.
//
// It was made from recorded answers of Framadate 1.0.3 to 1.2-alpha1, and is
// tested against them; the pages' text is its own. The forms do what those of
// 1.1.19 and 1.2-alpha1 were seen to do.
package framadatetest

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources/sourcetest"
)

// A Dialect is how a version of Framadate answers.
type Dialect int

const (
	R103   Dialect = iota // 1.0.3
	R1119                 // 1.1.19
	HEAD11                // the branch v1.1.x after it
	DEV12                 // 1.2.0-alpha.1
)

// Options describe a Server. The zero value is a 1.0.3 without any polls.
type Options struct {
	Dialect  Dialect
	Prefix   string         // the path the server is under, such as "/polls"
	Scripts  bool           // its own links are studs.php?poll=ID, as without mod_rewrite
	NoFrench bool           // only English is allowed
	Twice    bool           // texts are shown encoded twice: "RÃ©union"
	Zone     *time.Location // where days begin; nil: an hour east of Greenwich
	Mail     bool           // it mails organisers, and so asks for their addresses
	Days     int            // that a new poll lives at most; 0: 180
	NoCustom bool           // nobody can choose a poll's id
	Early    bool           // a new poll ends a day early, as with a database in UTC; NoMend: it does again when the day is changed
	NoMend   bool

	// Protected is the path, such as "/" or "/admin/", below which the server
	// wants User and Password (HTTP Basic); "": nowhere.
	Protected, User, Password string

	// Unasked is called with each request that padsync may never send: any
	// except for the front page, a page, a table or the list of polls, in
	// French, at its address with .php, the form with a poll's password, and
	// those that make and fill a poll. Those that delete do so. It may be nil.
	Unasked func(request string)
}

// A Poll is one poll of the server. Of its choices, a date poll's have a date,
// a classic one's Markdown, and a label that is that without markup.
type Poll struct {
	poll.Poll
	ID       string // "": made from a counter
	Admin    string // "": the ID and 8 characters, if that has 16
	Password string // "": none; Settings.PublicResults opens the votes
	ValueMax int    // of votes for a choice, after which it is closed; 0: any number
	Fault    Fault
}

// A Fault is what is wrong with a poll.
type Fault int

const (
	None    Fault = iota
	Broken        // 500 without a body, as for a poll without choices
	NoTable       // the table is refused
	Differs       // the table has a vote that the page does not have
	Deadly        // the connection breaks where the answer to a password is due
)

// A Server answers as one Framadate. It is safe for concurrent use.
type Server struct {
	options Options

	mu       sync.Mutex // guards what follows
	polls    map[string]*Poll
	made     int              // ids
	sessions int              // made
	unlocked map[string]bool  // by session and id
	forms    map[string]*Poll // in the making, by session
	mails    int              // sent
	mailed   map[string]bool  // changes, by session and id
	purged   int              // polls
	deaths   int
}

// New makes a Server.
func New(o Options) *Server {
	if o.Zone == nil {
		o.Zone = time.FixedZone("", 60*60)
	}
	if o.Days == 0 {
		o.Days = 180
	}
	return &Server{options: o, polls: make(map[string]*Poll), unlocked: make(map[string]bool), forms: make(map[string]*Poll), mailed: make(map[string]bool)}
}

// Add adds a poll, or replaces the one of its ID, and returns its ids.
func (s *Server) Add(p Poll) (id, admin string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	if p.ID == "" {
		p.ID = fmt.Sprintf("Poll%012d", s.made)
	}
	if p.Admin == "" && len(p.ID) == 16 {
		p.Admin = p.ID + "Admin123"
	} else if p.Admin == "" {
		p.Admin = fmt.Sprintf("CustomAdmin%013d", s.made)
	}
	s.polls[p.ID] = &p
	return p.ID, p.Admin
}

// Change lets f change the poll of this id, and does nothing if there is none.
func (s *Server) Change(id string, f func(*Poll)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.polls[id]; p != nil {
		f(p)
	}
}

// Delete removes the poll of this id.
func (s *Server) Delete(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.polls, id)
}

// Sessions is how many visitors without a session came.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions
}

// Mails is how many mails organisers got.
func (s *Server) Mails() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails
}

// Purged is how many polls were deleted as new ones were made.
func (s *Server) Purged() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.purged
}

// ServeHTTP answers. Status is 200 also for what is missing or refused.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fields := sourcetest.ReadForm(r)
	if !asked(r, s.options.Prefix, fields) && s.options.Unasked != nil {
		s.options.Unasked(r.Method + " " + r.URL.RequestURI())
	}
	path, ok := strings.CutPrefix(r.URL.Path, s.options.Prefix)
	if !ok {
		http.NotFound(w, r)
		return
	}
	if s.dies(r, path) {
		panic(http.ErrAbortHandler)
	}
	a := s.answer(w.Header(), path, r, fields)
	w.WriteHeader(a.status)
	w.Write(a.body.Bytes()) // an error is the client's going away
}

// dies says that the request is one with a password for a Deadly poll.
func (s *Server) dies(r *http.Request, path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, isAdmin, _ := route(path, r)
	p := s.find(byID, id)
	if isAdmin || p == nil || p.Fault != Deadly || r.Method != http.MethodPost {
		return false
	}
	s.deaths++
	return true
}

// Deaths is how often a connection broke of a Deadly poll.
func (s *Server) Deaths() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deaths
}

// answer makes an answer whole, so that no slow client holds the server up.
func (s *Server) answer(header http.Header, path string, r *http.Request, fields []sourcetest.Field) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := r.URL.Query()
	a := &answer{Server: s, status: http.StatusOK, header: header, fields: fields, french: q.Get("lang") == "fr" && !s.options.NoFrench}
	if user, password, _ := r.BasicAuth(); s.protects(path) && (user != s.options.User || password != s.options.Password) {
		a.header.Set("WWW-Authenticate", `Basic realm="polls"`)
		a.status = http.StatusUnauthorized
		return a
	}
	switch path {
	case "/":
		a.startSession(r)
		a.header.Set("Content-Type", "text/html; charset=UTF-8")
		a.body.WriteString(`<!DOCTYPE html><html><title>Polls</title><a href="create_poll.php?type=date">` +
			`</a><a href="create&lowbar;poll&period;php&quest;type&equals;autre"></a></html>`)
		return a
	case "/exportcsv.php":
		a.startSession(r)
		a.table(q.Get("poll"), q.Get("admin"))
		return a
	case "/admin/polls.php":
		a.startSession(r)
		a.listPolls(q.Get("page"))
		return a
	case "/create_poll.php":
		a.startSession(r)
		a.creation(kindOf(q.Get("type") == "date"))
		return a
	case "/create_date_poll.php", "/create_classic_poll.php":
		a.startSession(r)
		a.choices(kindOf(path == "/create_date_poll.php"))
		return a
	case "/action/add_comment.php":
		a.startSession(r)
		a.comment()
		return a
	}
	id, isAdmin, action := route(path, r)
	switch {
	case id == "":
		a.status = http.StatusNotFound
	case isAdmin:
		a.startSession(r)
		a.admin(id, action)
	default:
		a.startSession(r)
		a.public(id, r)
	}
	return a
}

func kindOf(date bool) poll.Kind {
	if date {
		return poll.Date
	}
	return poll.Classic
}

// asked says whether padsync may send the request.
func asked(r *http.Request, prefix string, fields []sourcetest.Field) bool {
	address, ok := strings.CutPrefix(r.URL.RequestURI(), prefix)
	get := r.Method == http.MethodGet && (address == "/" || allowed.MatchString(address) || list.MatchString(address))
	return ok && (get || opens(address, r) || makes(address, r, fields))
}

// makes says whether the request is a form, in French, that makes or fills a
// poll.
func makes(address string, r *http.Request, fields []sourcetest.Field) bool {
	switch {
	case r.Header.Get("Accept-Language") != "fr":
		return false
	case creationPages.MatchString(address):
		return r.Method == http.MethodGet && strings.Contains(address, "?type=") || len(fields) > 0
	case adminPage.MatchString(address) && len(fields) > 0:
		return only(fields, "control", "name", "choices", "save") || only(fields, "rules", "update_poll_info") || only(fields, "expiration_date", "update_poll_info")
	}
	return address == "/action/add_comment.php?lang=fr" && only(fields, "poll", "poll_admin", "name", "comment")
}

func (s *Server) protects(path string) bool {
	return s.options.Protected != "" && strings.HasPrefix(path, s.options.Protected)
}

// opens says whether the request is a visitor's form with a password.
func opens(address string, r *http.Request) bool {
	id, ok := strings.CutPrefix(strings.TrimSuffix(address, "&lang=fr"), "/studs.php?poll=")
	if !ok || r.Method != http.MethodPost || !allowed.MatchString(address) || r.ParseForm() != nil {
		return false
	}
	return len(r.PostForm) == 2 && r.PostForm.Get("poll") == id && r.PostForm.Get("password") != ""
}

var (
	allowed       = regexp.MustCompile(`^/(studs\.php\?poll|adminstuds\.php\?poll|exportcsv\.php\?(poll|admin))=[A-Za-z0-9-]{1,64}&lang=fr$`)
	creationPages = regexp.MustCompile(`^/create_(poll\.php\?type=(date|classic)&|(date|classic)_poll\.php\?)lang=fr$`)
	adminPage     = regexp.MustCompile(`^/adminstuds\.php\?poll=[A-Za-z0-9]{24}&lang=fr$`)
	list          = regexp.MustCompile(`^/admin/polls\.php\?page=[1-9][0-9]*&lang=fr$`)
	clean         = regexp.MustCompile(`^/([A-Za-z0-9-]+)(?:/(admin))?(?:/(?:vote/[A-Za-z0-9]+|action/([a-z_]+/?[A-Za-z0-9_-]*)))?$`)
)

// route finds the id and the action of an address.
func route(path string, r *http.Request) (id string, isAdmin bool, action string) {
	q := r.URL.Query()
	switch path {
	case "/studs.php":
		return orNone(q.Get("poll")), false, ""
	case "/adminstuds.php":
		for _, verb := range []string{"delete_column", "delete_vote"} {
			if q.Has(verb) {
				action = verb + "/" + q.Get(verb)
			}
		}
		return orNone(q.Get("poll")), true, action
	}
	m := clean.FindStringSubmatch(path)
	if m == nil {
		return "", false, ""
	}
	return m[1], m[2] != "", m[3]
}

func orNone(id string) string {
	if id == "" {
		return "-"
	}
	return id
}

// find looks a poll up as MySQL does: upper and lower case are one.
func (s *Server) find(match func(*Poll) string, id string) *Poll {
	for _, p := range s.polls {
		if strings.EqualFold(match(p), id) {
			return p
		}
	}
	return nil
}

func byID(p *Poll) string    { return p.ID }
func byAdmin(p *Poll) string { return p.Admin }
