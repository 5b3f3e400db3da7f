package etherpadtest

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests++
	dead := s.dead || s.mypads.dead
	s.mu.Unlock()
	if dead {
		panic(http.ErrAbortHandler) // the connection breaks
	}
	path, found := strings.CutPrefix(r.URL.EscapedPath(), s.options.Prefix)
	if found && s.serveMyPads(w, r, path) {
		return
	}
	if found && r.Method == http.MethodPost && s.servePost(w, r, path) {
		return
	}
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
	if s.locked(w, r) {
		return
	}
	if path == "/" {
		s.serveFront(w, r)
		return
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(parts) == 4 && parts[0] == "p" && parts[2] == "export" {
		s.serveExport(w, r, parts[1], parts[3])
		return
	}
	s.unasked(w, r)
}

// serveFront answers with what is to be known by of the front page.
func (s *Server) serveFront(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	s.send(w, r, []byte(`<!doctype html><html><title>Etherpad</title>`+
		`<link rel="localizations" type="application/l10n+json" href="locales.json">`+
		`<form action="#" id="go2Name"><input type="text" id="padname"></form></html>`))
}

// servePost answers calls of the API, if that is open to someone, and imports.
func (s *Server) servePost(w http.ResponseWriter, r *http.Request, path string) bool {
	call, isCall := strings.CutPrefix(path, "/api/")
	pad, isImport := strings.CutSuffix(strings.TrimPrefix(path, "/p/"), "/import")
	_, function, _ := strings.Cut(call, "/")
	switch {
	case isCall && s.options.APIKey+s.options.ClientID != "":
		s.serveAPI(w, r, function)
	case isImport && s.options.TakesImports:
		if !s.locked(w, r) {
			s.serveImport(w, r, pad)
		}
	case path == "/oidc/token" && s.options.ClientID != "":
		s.serveToken(w, r)
	default:
		return false
	}
	return true
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
	id = colons.ReplaceAllString(id, "_")
	if s.options.LowerCase && s.pads[id] == nil {
		id = strings.ToLower(id)
	}
	return id
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
	body, fault := s.export(w, r, id, format)
	switch {
	case body == nil:
	case fault == CutShort, fault == TextCutShort && format == "txt":
		s.etag(w, body)
		w.Write(body[:len(body)/2])
		if f, ok := w.(http.Flusher); ok {
			f.Flush() // so that no length is told
		}
	default:
		s.send(w, r, body)
	}
}

// export is what is sent of a pad, nil if it was refused.
func (s *Server) export(w http.ResponseWriter, r *http.Request, id, format string) ([]byte, Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := id // in names and titles
	if strings.HasPrefix(id, "r.") {
		real, found := s.readOnly[id]
		if !found {
			forbidden(w)
			return nil, None
		}
		id = real
	}
	p := s.pads[id]
	switch {
	case strings.HasPrefix(id, "g.") && strings.Contains(id, "$") && (p == nil || !p.public) && !s.isIn(r, id):
		forbidden(w)
		return nil, None
	case p == nil:
		notFound(w, r)
		return nil, None
	case s.refused(w, r, p, format):
		return nil, None
	}
	attachment(w, shown, format)
	key := shown
	if s.options.Dialect == V1 {
		key = id // even where it was asked for under its read-only id
	}
	switch format {
	case "etherpad":
		if p.endless {
			s.dead = true
			panic(http.ErrAbortHandler)
		}
		if p.given != nil {
			return p.given, p.fault
		}
		return p.etherpad(key), p.fault
	case "html":
		return html(s.options.Dialect, key, p.string()), p.fault
	case "txt":
		return []byte(p.string()), p.fault
	}
	return []byte(binaries[format] + key), p.fault // enough to be taken for one, and to leak
}

// refused answers for the pad's faults that come before an export. The caller
// holds s.mu.
func (s *Server) refused(w http.ResponseWriter, r *http.Request, p *Pad, format string) bool {
	etherpad := format == "etherpad"
	switch f := p.fault; {
	case f == Broken && etherpad, f == OnlyEtherpad && !etherpad:
		attachment(w, p.id, format)
		expressPage(w, http.StatusInternalServerError, "Internal Server Error")
	case f == NotEnabled && etherpad, f == NoMarkup && format == "html", f == OnlyText && format != "txt":
		s.notEnabled(w, r)
	case f == NotAllowed && etherpad:
		page(w, http.StatusMethodNotAllowed, "Method Not Allowed")
	case f == Forbidden:
		forbidden(w)
	case f == Archived:
		s.serveArchived(w, r, p)
	case f == SentAway:
		w.Header().Set("Location", s.options.Prefix+"/mypads/index.html?/mypads/group/g/pad/view/"+url.PathEscape(p.id))
		page(w, http.StatusFound, "Found")
	default:
		return false
	}
	return true
}
