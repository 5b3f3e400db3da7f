// Package etherpadtest is a server that answers as Etherpad does: exports of
// pads with a history, the rate limit, and what goes wrong. It serves no
// pages and takes no visitors, and has no formatting in its HTML.
//
// It was made from recorded answers of Etherpad 1.8.14 and 3.3.1, and is
// tested against them.
package etherpadtest

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf16"
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

	NoETag    bool // as behind some proxies
	Converter bool // V1 has LibreOffice: it makes pdf, odt and doc

	Synthetic int // pads made up as they are asked for: SyntheticID(0) and so on

	// Now dates changes; nil: a clock that starts in 2026 and goes on by a
	// second with each change.
	Now func() time.Time

	// Unasked is told of each request that no careful client sends: any but
	// for exports of known kinds and /api. It may be nil.
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
	Archived           // everything is a page with the pad's HTML, as in MyPads
	SentAway           // everything redirects to a page of MyPads
	CutShort           // all bodies end early, and tell no length
	NoMarkup           // the export as HTML is not enabled
	OnlyText           // neither is .etherpad
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
}

// New makes a Server.
func New(o Options) *Server {
	if o.Window == 0 {
		o.Window = 90 * time.Second
	}
	return &Server{
		options: o, pads: map[string]*Pad{}, readOnly: map[string]string{}, seen: map[string]int64{},
		generations: map[int]int{}, etags: map[int]syntheticETag{},
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

// Delete takes a pad away.
func (s *Server) Delete(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pads, id)
	delete(s.readOnly, readOnlyID(id))
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

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests++
	s.mu.Unlock()
	path, found := strings.CutPrefix(r.URL.EscapedPath(), s.options.Prefix)
	if !found || r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.unasked(w, r)
		return
	}
	if path == "/api" || path == "/api/" {
		version := map[Dialect]string{V1: "1.2.15", V3: "1.3.1"}[s.options.Dialect]
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		s.send(w, r, fmt.Appendf(nil, `{"currentVersion":%q}`, version))
		return
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(parts) == 4 && parts[0] == "p" && parts[2] == "export" {
		s.serveExport(w, r, parts[1], parts[3])
		return
	}
	s.unasked(w, r)
}

func (s *Server) unasked(w http.ResponseWriter, r *http.Request) {
	if s.options.Unasked != nil {
		s.options.Unasked(r.Method + " " + r.URL.EscapedPath())
	}
	notFound(w, r)
}

var (
	formats = []string{"txt", "html", "etherpad", "pdf", "doc", "odt", "docx"}

	types = map[string]string{
		"txt": "text/plain; charset=utf-8", "html": "text/html; charset=utf-8", "etherpad": "application/octet-stream; charset=utf-8",
		"pdf": "application/pdf", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"doc": "application/msword", "odt": "application/vnd.oasis.opendocument.text",
	}
	binaries = map[string]string{"pdf": "%PDF-1.4\n%%EOF\n", "docx": "PK\x03\x04", "odt": "PK\x03\x04", "doc": "\xd0\xcf\x11\xe0"}
)

// serveExport follows the order of importexport.js and padurlsanitize.js.
func (s *Server) serveExport(w http.ResponseWriter, r *http.Request, escaped, format string) {
	id, err := url.PathUnescape(escaped)
	if err != nil || strings.ContainsRune(id, '\uFFFD') {
		http.Error(w, "Bad Request", http.StatusBadRequest)
		return
	}
	if !validID.MatchString(id) || len(utf16.Encode([]rune(id))) > 69 {
		page(w, http.StatusNotFound, "Such a padname is forbidden")
		return
	}
	if clean := s.sanitize(id); clean != id {
		location := url.PathEscape(clean)
		w.Header().Set("Location", location)
		page(w, http.StatusFound, "You should be redirected to <a href=\""+location+"\">"+location+"</a>")
		return
	}
	if s.limited(w, r) {
		return
	}
	switch {
	case !slices.Contains(formats, format):
		s.unasked(w, r)
	case format == "docx" && s.options.Dialect == V1:
		notFound(w, r)
	case !s.converts(format):
		s.notEnabled(w, r) // even for pads that do not exist
	default:
		s.servePad(w, r, id, format)
	}
}

// converts says whether the server has this format. 3.3.1 makes pdf by itself.
func (s *Server) converts(format string) bool {
	switch format {
	case "pdf":
		return s.options.Converter || s.options.Dialect == V3
	case "doc", "odt":
		return s.options.Converter
	}
	return true
}

// validID is PadManager's isValidPadId.
var validID = regexp.MustCompile(`^(g.[a-zA-Z0-9]{16}\$)?[^$]{1,50}$`)

var spaces, colons = regexp.MustCompile(`\s+`), regexp.MustCompile(`:+`)

func (s *Server) sanitize(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pads[id] != nil {
		return id
	}
	id = spaces.ReplaceAllString(id, "_")
	if s.pads[id] != nil {
		return id
	}
	return colons.ReplaceAllString(id, "_")
}

// limited counts the request, and deals with it if it is one too many.
func (s *Server) limited(w http.ResponseWriter, r *http.Request) bool {
	if s.options.Limit == 0 {
		return false
	}
	s.mu.Lock()
	now := time.Now()
	if !now.Before(s.windowEnd) {
		s.windowEnd, s.used = now.Add(s.options.Window), 0
	}
	s.used++
	if s.used > s.options.Limit {
		s.overrun++
	}
	used, end := s.used, s.windowEnd
	s.mu.Unlock()

	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(s.options.Limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(s.options.Limit-used, 0)))
	h.Set("X-RateLimit-Reset", strconv.FormatInt((end.UnixMilli()+999)/1000, 10))
	if used <= s.options.Limit {
		return false
	}
	if s.options.Dialect == V3 {
		<-r.Context().Done() // since 1.9.4, the answer is forgotten
		return true
	}
	h.Set("Retry-After", strconv.Itoa(int(s.options.Window/time.Second)))
	page(w, http.StatusTooManyRequests, "Too many requests, please try again later.")
	return true
}

func (s *Server) servePad(w http.ResponseWriter, r *http.Request, id, format string) {
	if n, ok := s.syntheticNumber(id); ok {
		s.serveSynthetic(w, r, n, format)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := id // in names and titles
	if strings.HasPrefix(id, "r.") {
		real, found := s.readOnly[id]
		if !found {
			forbidden(w)
			return
		}
		id = real
	}
	p := s.pads[id]
	switch {
	case strings.HasPrefix(id, "g.") && strings.Contains(id, "$") && (p == nil || !p.public):
		forbidden(w)
		return
	case p == nil:
		notFound(w, r)
		return
	}
	if s.refused(w, r, p, format) {
		return
	}
	attachment(w, shown, format)
	key := shown
	if s.options.Dialect == V1 {
		key = id // even where it was asked for under its read-only id
	}
	var body []byte
	switch format {
	case "etherpad":
		body = p.etherpad(key)
	case "html":
		body = html(s.options.Dialect, key, p.string())
	case "txt":
		body = []byte(p.string())
	default:
		body = []byte(binaries[format] + key) // enough to be taken for one, and to leak
	}
	if p.fault == CutShort || p.fault == TextCutShort && format == "txt" {
		s.etag(w, body)
		w.Write(body[:len(body)/2])
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		return
	}
	s.send(w, r, body)
}

// refused answers for the pad's faults that come before an export. The caller
// holds s.mu.
func (s *Server) refused(w http.ResponseWriter, r *http.Request, p *Pad, format string) bool {
	etherpad := format == "etherpad"
	switch f := p.fault; {
	case f == Broken && etherpad:
		attachment(w, p.id, format)
		expressPage(w, http.StatusInternalServerError, "Internal Server Error")
	case f == NotEnabled && etherpad, f == NoMarkup && format == "html", f == OnlyText && format != "txt":
		s.notEnabled(w, r)
	case f == NotAllowed && etherpad:
		page(w, http.StatusMethodNotAllowed, "Method Not Allowed")
	case f == Forbidden:
		forbidden(w)
	case f == Archived:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		s.send(w, r, html(s.options.Dialect, p.id, p.string()))
	case f == SentAway:
		w.Header().Set("Location", s.options.Prefix+"/mypads/index.html?/mypads/group/g/pad/view/"+url.PathEscape(p.id))
		page(w, http.StatusFound, "Found")
	default:
		return false
	}
	return true
}

func attachment(w http.ResponseWriter, id, format string) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Content-Type", types[format])
	var name []byte // as Latin-1, with no other form beside
	for _, r := range id {
		switch {
		case r == '"' || r == '\\':
			name = append(name, '\\', byte(r))
		case r < ' ' || r > 0xff:
			name = append(name, '?')
		default:
			name = append(name, byte(r))
		}
	}
	w.Header().Set("Content-Disposition", `attachment; filename="`+string(name)+"."+format+`"`)
}

// send sends a whole body, or 304 if the client has it.
func (s *Server) send(w http.ResponseWriter, r *http.Request, body []byte) {
	if etag := s.etag(w, body); etag != "" && r.Header.Get("If-None-Match") == etag {
		w.Header().Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body) // an error is the client's going away
	}
}

func (s *Server) etag(w http.ResponseWriter, body []byte) string {
	if s.options.NoETag {
		return ""
	}
	etag := expressETag(body)
	w.Header().Set("ETag", etag)
	return etag
}

// expressETag is Express's weak ETag.
func expressETag(body []byte) string {
	sum := sha1.Sum(body)
	return fmt.Sprintf(`W/"%x-%s"`, len(body), base64.RawStdEncoding.EncodeToString(sum[:]))
}

func (s *Server) notEnabled(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	s.send(w, r, []byte("This export is not enabled at this Etherpad instance. Set the path to Abiword"+
		" or soffice (LibreOffice) in settings.json to enable this feature"))
}

func forbidden(w http.ResponseWriter) { page(w, http.StatusForbidden, "403 - Can't touch this") }

func notFound(w http.ResponseWriter, r *http.Request) {
	expressPage(w, http.StatusNotFound, "Cannot "+r.Method+" "+escapeHTML(r.URL.EscapedPath()))
}

func expressPage(w http.ResponseWriter, status int, message string) {
	page(w, status, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n<body>\n<pre>"+
		message+"</pre>\n</body>\n</html>\n")
}

func page(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte(body))
}
