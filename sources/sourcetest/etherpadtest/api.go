package etherpadtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A session opens the pads of a group to whoever has it.
type session struct {
	group string
	until int64 // Unix seconds
}

// Calls is how many calls of the API came so far.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// Sessions is how many sessions of groups there are.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// GroupPadID is the id of a pad in a group that is the same in every run.
func GroupPadID(group, name string) string {
	return "g." + (group + "0000000000000000")[:16] + "$" + name
}

// An envelope is what every call is answered with.
type envelope struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data"`
}

type data map[string]any

// serveAPI answers POST /api/VERSION/FUNCTION. A key in an address is reported
// as unasked: it would end in logs.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, function string) {
	if r.URL.RawQuery != "" {
		s.unasked(w, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, "Bad Request", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.calls++
	status, e := http.StatusOK, envelope{Message: "ok"}
	if s.authorized(r) {
		status, e = s.call(function, r.PostForm)
	} else {
		status, e = http.StatusUnauthorized, envelope{Code: 4, Message: "no or wrong API Key"}
	}
	s.mu.Unlock()
	if e.Code == 3 && s.options.Unasked != nil {
		s.options.Unasked("call of " + function)
	}
	b, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	w.Write(b)
}

// authorized: with clients, the key opens nothing. The caller holds s.mu.
func (s *Server) authorized(r *http.Request) bool {
	if s.options.ClientID != "" {
		token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		return found && time.Now().Before(s.tokens[token])
	}
	return s.options.APIKey != "" && r.PostForm.Get("apikey") == s.options.APIKey
}

// call answers a function. The caller holds s.mu.
func (s *Server) call(function string, form url.Values) (status int, e envelope) {
	ok := func(d data) (int, envelope) { return http.StatusOK, envelope{0, "ok", d} }
	wrong := func(message string) (int, envelope) { return http.StatusOK, envelope{1, message, nil} }
	switch function {
	case "listAllPads":
		return ok(data{"padIDs": s.ids()})
	case "createAuthorIfNotExistsFor":
		return ok(data{"authorID": "a." + (form.Get("authorMapper") + "0000000000000000")[:16]})
	case "createSession":
		group := form.Get("groupID")
		if !slices.ContainsFunc(s.ids(), func(id string) bool { return strings.HasPrefix(id, group+"$") }) {
			return wrong("groupID does not exist")
		}
		until, err := strconv.ParseInt(form.Get("validUntil"), 10, 64)
		if err != nil {
			return wrong("validUntil is not a number")
		}
		if until < time.Now().Unix() {
			return wrong("validUntil is in the past")
		}
		id := fmt.Sprintf("s.%016d%016d", s.calls, len(s.sessions))
		s.sessions[id] = session{group, until}
		return ok(data{"sessionID": id})
	case "getAuthorName":
		return http.StatusOK, envelope{0, "ok", s.authorName(form.Get("authorID"))}
	case "deleteSession":
		if _, found := s.sessions[form.Get("sessionID")]; !found {
			return wrong("sessionID does not exist")
		}
		delete(s.sessions, form.Get("sessionID"))
		return http.StatusOK, envelope{0, "ok", nil}
	}
	numbers, found := s.numbers(form.Get("padID"))
	switch id := form.Get("padID"); {
	case function == "createPad" && found:
		return wrong("padID does already exist")
	case function == "createPad":
		s.pads[id], s.readOnly[readOnlyID(id)] = newPad(s, id, welcome), id
		return http.StatusOK, envelope{0, "ok", nil}
	case function == "getText" && s.pads[id] != nil:
		return ok(data{"text": s.pads[id].string()})
	case function == "getHTML" && s.pads[id] != nil:
		return ok(data{"html": "<!DOCTYPE HTML><html><body>" + htmlBody(s.pads[id].string()) + "</body></html>"})
	case function == "listAuthorsOfPad" && found:
		return ok(data{"authorIDs": s.authorsOf(id)})
	case (function == "setHTML" || function == "setText") && found:
		s.pads[id].setText(textOfHTML(form.Get("html")) + form.Get("text"))
		return http.StatusOK, envelope{0, "ok", nil}
	}
	names := map[string]string{
		"getRevisionsCount": "revisions", "getLastEdited": "lastEdited", "getChatHead": "chatHead", "getSavedRevisionsCount": "savedRevisions",
	}
	switch name := names[function]; {
	case name == "":
		return http.StatusNotFound, envelope{3, "no such function", nil}
	case !found:
		return wrong("padID does not exist")
	default:
		return ok(data{name: numbers[name]})
	}
}

// ids are those of all pads. The caller holds s.mu.
func (s *Server) ids() []string {
	ids := make([]string, 0, len(s.pads)+s.options.Synthetic)
	for id := range s.pads {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for n := range s.options.Synthetic {
		ids = append(ids, SyntheticID(n))
	}
	return ids
}

// authorsOf are those of the attributes that the pad's pool has.
func (s *Server) authorsOf(id string) []string {
	ids := []string{}
	if p := s.pads[id]; p != nil {
		for _, a := range p.authors {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// authorName is null for one without a name, and for one that does not exist.
func (s *Server) authorName(id string) any {
	for _, p := range s.pads {
		for _, a := range p.authors {
			if a.ID == id && a.Name != "" {
				return a.Name
			}
		}
	}
	return nil
}

// numbers are what the API says of a pad. The caller holds s.mu.
func (s *Server) numbers(id string) (map[string]int64, bool) {
	if n, ok := s.syntheticNumber(id); ok {
		head := s.syntheticHead(n)
		return map[string]int64{"revisions": head, "lastEdited": syntheticStart + 1000*head, "chatHead": -1, "savedRevisions": 0}, true
	}
	p := s.pads[id]
	if p == nil {
		return nil, false
	}
	return map[string]int64{
		"revisions": int64(len(p.revs) - 1), "lastEdited": p.revs[len(p.revs)-1].time,
		"chatHead": int64(len(p.chat) - 1), "savedRevisions": int64(len(p.saved)),
	}, true
}

// syntheticHead makes a pad once only to count its revisions. The caller
// holds s.mu.
func (s *Server) syntheticHead(n int) int64 {
	head, known := s.heads[n]
	if !known {
		head = s.synthetic(n, 0).head
		s.heads[n] = head
	}
	return head + int64(s.generations[n])
}

// isIn says whether the request has a session that opens the group's pad.
func (s *Server) isIn(r *http.Request, id string) bool {
	group, _, _ := strings.Cut(id, "$")
	c, err := r.Cookie("sessionID")
	if err != nil {
		return false
	}
	for id := range strings.SplitSeq(c.Value, ",") {
		if known := s.sessions[id]; known.group == group && known.until > time.Now().Unix() {
			return true
		}
	}
	return false
}

// serveToken gives a token for a client's credentials, as 3.3.1 does.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, word string) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":%q}`, word)
	}
	err := r.ParseForm()
	f := r.PostForm
	switch resource, bad := url.Parse(f.Get("resource")); {
	case err != nil || f.Get("grant_type") != "client_credentials":
		refuse(http.StatusBadRequest, "unsupported_grant_type")
	case f.Get("client_id") != s.options.ClientID || f.Get("client_secret") != s.options.ClientSecret:
		refuse(http.StatusUnauthorized, "invalid_client")
	case bad != nil || !resource.IsAbs():
		refuse(http.StatusBadRequest, "invalid_target")
	default:
		s.mu.Lock()
		token := fmt.Sprintf("token-%d", len(s.tokens)+1)
		s.tokens[token] = time.Now().Add(s.options.TokenLife)
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		fmt.Fprintf(w, `{"access_token":%q,"expires_in":%d,"token_type":"Bearer","scope":""}`, token, s.options.TokenLife/time.Second)
	}
}

// Revoke makes all tokens worthless, as when the server starts again.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token := range s.tokens {
		s.tokens[token] = time.Time{}
	}
}

// locked says whether the server is closed to the request, and answers it
// then: Basic authentication is for all but the API.
func (s *Server) locked(w http.ResponseWriter, r *http.Request) bool {
	if s.options.User == "" {
		return false
	}
	user, password, _ := r.BasicAuth()
	if user == s.options.User && password == s.options.Password {
		return false
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="Protected Area"`)
	page(w, http.StatusUnauthorized, "Authentication Required")
	return true
}
