// Package etherpadtest is a server that answers as Etherpad does: exports of
// pads with a history, the rate limit, and what goes wrong. It serves no
// pages and takes no visitors, and has no formatting in its HTML.
//
// It was made from recorded answers of Etherpad 1.8.14 and 3.3.1, and is
// tested against them.
package etherpadtest

import (
	"crypto/sha1"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"time"
)

// A Dialect is how a version of Etherpad answers.
type Dialect int

const (
	V1 Dialect = iota // 1.8.14
	V3                // 3.3.1
)

// Options describe a Server. The zero value is a 1.8.14 without any pads and
// limit.
type Options struct {
	Dialect Dialect
	Prefix  string // the path the server is under, such as "/pads"

	// Limit is how many exports a window allows, 0 for no limit: over it,
	// V1 answers 429 and V3 never. Window is 90 s if 0.
	Limit  int
	Window time.Duration

	LowerCase bool // ids are taken in lower case only (3.x with lowerCasePadIds), but for pads that are there

	NoETag    bool // as behind some proxies
	Converter bool // V1 has LibreOffice: it makes pdf, odt and doc

	Synthetic int // pads made up as they are asked for: SyntheticID(0) and so on

	// APIKey opens the API. With a ClientID, tokens do in its place, each for
	// TokenLife, an hour if 0. Without both the API is closed.
	APIKey, ClientID, ClientSecret string
	TokenLife                      time.Duration

	TakesImports bool // else they are unasked

	User, Password string // Basic authentication for all but the API; "": none

	// MyPads is there, with accounts and groups; with OnlyMyPads, pads in no
	// group are closed. RootURL is what its redirects begin with.
	MyPads, OnlyMyPads bool
	RootURL            string

	// AllForAccounts is MyPads' allPadsPublicsAuthentifiedOnly: accounts are
	// shown all pads, and others none.
	AllForAccounts bool

	// Died is called when the process dies of a request. Nothing is answered
	// from then on, until Restart; a Supervised one is started again at once.
	// Died may be nil, and calls no method of the Server.
	Died       func()
	Supervised bool

	// Now dates changes; nil: a clock that starts in 2026 and goes on by a
	// second with each change.
	Now func() time.Time

	// Unasked is called with each request that no careful client sends: any
	// except for exports of known kinds and /api. It may be nil.
	Unasked func(request string)
}

// A Fault is what is wrong with a pad, or with what the server says of it.
type Fault int

const (
	None         Fault = iota
	Broken             // .etherpad gives 500, as when a revision is missing in 1.8.14
	Gap                // .etherpad is whole but for a revision in its middle
	WrongKey           // .etherpad is of another pad
	OtherPads          // .etherpad names the authors' other pads, as before 1.8
	NotEnabled         // .etherpad is said not to be enabled
	NotAllowed         // .etherpad gives 405
	Forbidden          // all exports give 403
	Archived           // everything is a page with the pad's HTML, as of archived ones in MyPads
	SentAway           // everything redirects to a page of MyPads
	CutShort           // all bodies end early, and tell no length
	NoMarkup           // the export as HTML is not enabled
	OnlyText           // neither is .etherpad
	OnlyEtherpad       // all other exports give 500, as of a pad without a text
	TextCutShort       // the export as text ends early, and tells no length
)

// A Server answers as one Etherpad. It is safe for concurrent use.
type Server struct {
	options Options

	mu          sync.Mutex // guards what follows, and the pads
	requests    int
	pads        map[string]*Pad
	readOnly    map[string]string // to the pad's id
	seen        map[string]int64  // authors' last visits
	ticks       int64
	windowEnd   time.Time
	used        int
	overrun     int
	generations map[int]int // of synthetic pads that were touched
	etags       map[int]syntheticETag
	heads       map[int]int64
	calls       int
	sessions    map[string]session
	tokens      map[string]time.Time // until when they are good
	imports     ImportFault
	imported    int
	dead        bool // its process has ended
	mypads      mypads
}

// New makes a Server.
func New(o Options) *Server {
	if o.Window == 0 {
		o.Window = 90 * time.Second
	}
	if o.TokenLife == 0 {
		o.TokenLife = time.Hour
	}
	return &Server{
		heads: map[int]int64{}, sessions: map[string]session{}, tokens: map[string]time.Time{},
		options: o, pads: map[string]*Pad{}, readOnly: map[string]string{}, seen: map[string]int64{},
		generations: map[int]int{}, etags: map[int]syntheticETag{},
		mypads: mypads{accounts: map[string]Account{}, groups: map[string]*Group{}, members: map[string]Member{}, keys: map[string]string{}},
	}
}

// Update makes the server another version, with the pads that it has. No
// request is under way.
func (s *Server) Update(d Dialect) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.Dialect = d
}

// Erase takes an author's name from all pads and chats, as 3.x does for
// anonymizeAuthor. No number that the API tells of a pad changes.
func (s *Server) Erase(author Author) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pads {
		for i := range p.authors {
			if p.authors[i].ID == author.ID {
				p.authors[i].Name = ""
			}
		}
		for i := range p.chat {
			if p.chat[i].author.ID == author.ID {
				p.chat[i].author = Author{}
			}
		}
	}
}

// Create makes a pad with this text, over one that is there.
func (s *Server) Create(id, text string) *Pad {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := newPad(s, id, text)
	s.pads[id] = p
	s.readOnly[readOnlyID(id)] = id
	return p
}

// Export is what the server answers if it is asked for a pad as .etherpad.
func (s *Server) Export(id string) []byte {
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, s.options.Prefix+"/p/"+url.PathEscape(id)+"/export/etherpad", nil))
	return answer.Body.Bytes()
}

// Delete takes a pad away.
func (s *Server) Delete(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pads, id)
	delete(s.readOnly, readOnlyID(id))
	delete(s.mypads.members, id)
}

// Visit sets when an author was last seen, on any pad.
func (s *Server) Visit(a Author, when time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[a.ID] = milliseconds(when)
}

// Requests is how many requests came so far.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// Overrun is how many requests came over the limit so far.
func (s *Server) Overrun() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.overrun
}

// ID is the pad's id.
func (p *Pad) ID() string { return p.id }

// ReadOnlyID is the id under which the pad can only be read.
func (p *Pad) ReadOnlyID() string { return readOnlyID(p.id) }

// Spoil says what is wrong with the pad from now on.
func (p *Pad) Spoil(f Fault) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.fault = f
}

// Exports says what the export as .etherpad is from now on.
func (p *Pad) Exports(export []byte) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.given = export
}

// readOnlyID is the same for a pad in every run.
func readOnlyID(id string) string {
	sum := sha1.Sum([]byte(id))
	return "r." + hex.EncodeToString(sum[:16])
}

func (s *Server) now() int64 {
	if s.options.Now != nil {
		return milliseconds(s.options.Now())
	}
	s.ticks++
	return milliseconds(time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)) + 1000*s.ticks
}
