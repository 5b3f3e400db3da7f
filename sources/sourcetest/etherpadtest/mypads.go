package etherpadtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// What MyPads 1.7.17 adds to a Server whose Options say MyPads: accounts, and
// groups of pads that are shown to some. What was not recorded of it was read
// in its source.

// A Visibility says to whom MyPads shows the pads of a group, or a pad.
type Visibility string

const (
	Restricted Visibility = "restricted" // to its members
	Private    Visibility = "private"    // to its admins, and with its password
	Public     Visibility = "public"
)

// An Account is someone's in MyPads.
type Account struct {
	ID, Login, Password, Email string
	Created                    int64 // ms
}

// A Group is one of MyPads. Admins and Users are ids of accounts.
type Group struct {
	ID, Name      string
	Visibility    Visibility
	Password      string
	Admins, Users []string
	ReadOnly      bool
	Created       int64 // ms
}

// A Member is what MyPads says of a pad in a group. The group's own word counts
// where Visibility is neither Private nor Public, or ReadOnly nil. A pad that
// was once private still has a Password.
type Member struct {
	Name, Group string
	Visibility  Visibility
	Password    string
	ReadOnly    *bool
	Created     int64 // ms
}

// mypads is the state of MyPads. The Server's mu guards it.
type mypads struct {
	secret   int // of this process
	accounts map[string]Account
	groups   map[string]*Group
	members  map[string]Member // by the pad's id
	keys     map[string]string // of logins
	issued   int               // keys
	logins   int               // tried
	dead     bool
	deaths   int
}

// AddAccount makes an account.
func (s *Server) AddAccount(a Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mypads.accounts[a.Login] = a
}

// AddGroup makes a group, or changes it.
func (s *Server) AddGroup(g Group) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mypads.groups[g.ID] = &g
}

// Adopt puts the pad into a group.
func (p *Pad) Adopt(m Member) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.server.mypads.members[p.id] = m
}

// Restart makes all tokens of MyPads worthless, as a new process does, which
// answers again where the one before has died.
func (s *Server) Restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restart()
}

// The caller holds s.mu.
func (s *Server) restart() {
	s.mypads.secret++
	s.mypads.dead = false
	clear(s.mypads.keys)
}

// Deaths is how often the process died of a request.
func (s *Server) Deaths() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mypads.deaths
}

// die ends the process, and with it all connections: an error that nothing
// catches. The caller holds s.mu, and leaves at once.
func (s *Server) die() {
	s.mypads.deaths++
	s.mypads.dead = true
	if s.options.Supervised {
		s.restart()
	}
	if s.options.Died != nil {
		s.options.Died()
	}
	panic(http.ErrAbortHandler)
}

// LogIn is what a person does in a browser: it gives a token, and ends the
// one before.
func (s *Server) LogIn(login string) (token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logIn(login)
}

// Logins is how many times someone tried to log in by the API.
func (s *Server) Logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mypads.logins
}

// The caller holds s.mu.
func (s *Server) logIn(login string) string {
	s.mypads.issued++
	s.mypads.keys[login] = fmt.Sprintf("cmwrra2op%016d", s.mypads.issued)
	payload := fmt.Sprintf(`{"login":%s,"key":%q,"iat":1795347051}`, quote(login), s.mypads.keys[login])
	signed := jwtHeader + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	return signed + "." + s.signature(signed)
}

const jwtHeader = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9"

func (s *Server) signature(signed string) string {
	mac := hmac.New(sha256.New, fmt.Append(nil, s.mypads.secret))
	mac.Write([]byte(signed))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// claims is what a token says, without checking who signed it.
func claims(token string) (login, key string) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var c struct{ Login, Key string }
	if err != nil || json.Unmarshal(payload, &c) != nil {
		return "", ""
	}
	return c.Login, c.Key
}

// holder is whose the token is, as pads ask: nobody's if it has ended. The
// caller holds s.mu.
func (s *Server) holder(token string) (Account, bool) {
	login, key := claims(token)
	if key == "" || s.mypads.keys[login] != key {
		return Account{}, false
	}
	return s.mypads.accounts[login], true
}

// serveMyPads answers what MyPads does not leave to Etherpad.
func (s *Server) serveMyPads(w http.ResponseWriter, r *http.Request, path string) bool {
	api, isAPI := strings.CutPrefix(path, "/mypads/api/")
	switch {
	case !s.options.MyPads:
		return false
	case isAPI && s.locked(w, r):
	case isAPI && r.Method == http.MethodPost && api == "auth/login":
		s.serveLogin(w, r)
	case isAPI && r.Method == http.MethodGet && api == "group":
		s.serveGroups(w, r)
	case isAPI && r.Method == http.MethodPost && api == "pad" && s.options.TakesImports:
		s.serveNewPad(w, r)
	case isAPI:
		s.unasked(w, r)
	default:
		return s.guard(w, r, path)
	}
	return true
}

func (s *Server) serveLogin(w http.ResponseWriter, r *http.Request) {
	var form struct{ Login, Password string }
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&form)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mypads.logins++
	a, known := s.mypads.accounts[form.Login]
	switch {
	case err != nil || r.URL.RawQuery != "" || r.Header.Get("Content-Type") != "application/json":
		sendJSON(w, http.StatusBadRequest, object{"error": "BACKEND.ERROR.TYPE.PASSWORD_STR"})
	case !known:
		sendJSON(w, http.StatusBadRequest, object{"error": "BACKEND.ERROR.USER.NOT_FOUND"})
	case a.Password != form.Password:
		sendJSON(w, http.StatusBadRequest, object{"error": "BACKEND.ERROR.AUTHENTICATION.PASSWORD_INCORRECT"})
	default:
		token := s.logIn(a.Login)
		sendJSON(w, http.StatusOK, object{"success": true, "token": token, "user": object{
			"_id": a.ID, "login": a.Login, "email": a.Email, "firstname": "", "lastname": "", "organization": "", "color": "",
			"padNickname": "", "eplAuthorToken": "", "groups": []string{}, "bookmarks": object{"groups": []string{}, "pads": []string{}},
			"userlists": object{}, "active": true, "useLoginAndColorInPads": true, "hideHelp": false, "lang": "en",
			"ctime": a.Created, "key": s.mypads.keys[a.Login],
		}})
	}
}

var slugs = regexp.MustCompile(`[^a-z0-9]+`)

// serveNewPad makes a pad in a group, of which Etherpad knows nothing before
// somebody goes there.
func (s *Server) serveNewPad(w http.ResponseWriter, r *http.Request) {
	var form struct {
		Name, Group string
		Token       string `json:"auth_token"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&form)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.holder(form.Token)
	switch {
	case !known:
		sendJSON(w, http.StatusUnauthorized, object{"error": "BACKEND.ERROR.AUTHENTICATION.NOT_AUTH"})
	case err != nil || form.Name == "" || s.mypads.groups[form.Group] == nil:
		sendJSON(w, http.StatusBadRequest, object{"error": "BACKEND.ERROR.PAD.ITEMS_NOT_FOUND"})
	default:
		s.mypads.issued++
		id := fmt.Sprintf("%s-%07d", slugs.ReplaceAllString(strings.ToLower(form.Name), "-"), s.mypads.issued)
		s.mypads.members[id] = Member{Name: form.Name, Group: form.Group}
		sendJSON(w, http.StatusOK, object{"success": true, "key": id, "value": object{
			"name": form.Name, "group": form.Group, "users": []string{}, "visibility": nil, "password": nil, "readonly": nil, "_id": id,
		}})
	}
}

// serveGroups lists all that an account is in.
func (s *Server) serveGroups(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := r.URL.Query().Get("auth_token")
	at := strings.LastIndexByte(token, '.')
	if at < 0 || token[at+1:] != s.signature(token[:at]) {
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	}
	a, known := s.holder(token)
	if !known { // it was good once
		sendJSON(w, http.StatusInternalServerError, object{"error": "Sorry, something bad happened!"})
		return
	}
	sendJSON(w, http.StatusOK, object{"value": s.groupsOf(a)})
}

// The caller holds s.mu.
func (s *Server) groupsOf(a Account) object {
	groups, pads, users := object{}, object{}, object{}
	for id, g := range s.mypads.groups {
		members := slices.Concat(g.Admins, g.Users)
		if !slices.Contains(members, a.ID) {
			continue
		}
		in := []string{}
		for _, pad := range slices.Sorted(maps.Keys(s.mypads.members)) {
			if m := s.mypads.members[pad]; m.Group == id {
				in = append(in, pad)
				pads[pad] = object{
					"name": m.Name, "group": id, "users": []string{}, "_id": pad, "ctime": m.Created,
					"visibility": orNone(m.Visibility), "readonly": m.ReadOnly,
				}
			}
		}
		groups[id] = object{
			"name": g.Name, "description": "", "admins": list(g.Admins), "users": list(g.Users), "visibility": g.Visibility,
			"readonly": g.ReadOnly, "allowUsersToCreatePads": false, "archived": false, "tags": []string{}, "_id": id, "pads": in, "ctime": g.Created,
		}
		for _, other := range s.mypads.accounts {
			if slices.Contains(members, other.ID) {
				users[other.ID] = object{"_id": other.ID, "login": other.Login, "firstname": "", "lastname": "", "email": other.Email}
			}
		}
	}
	return object{"groups": groups, "pads": pads, "users": users, "admins": object{}, "bookmarks": object{"groups": object{}, "pads": object{}}}
}

// guarded finds the pad as MyPads' route does. Ids that begin with another
// character pass by.
var guarded = regexp.MustCompile(`/p/([.A-Za-z0-9_-]+)`)

// readOnly are the ids that MyPads takes for read-only ones.
var readOnly = regexp.MustCompile(`^r\.[A-Za-z0-9_-]{32}$`)

// guard answers requests for pads that MyPads does not let through.
func (s *Server) guard(w http.ResponseWriter, r *http.Request, path string) bool {
	found := guarded.FindStringSubmatch(path)
	if found == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := found[1]
	if real, known := s.readOnly[id]; known {
		id = real
	} else if readOnly.MatchString(id) { // what Etherpad's API says of it
		sendJSON(w, http.StatusUnauthorized, object{"error": "BACKEND.ERROR.PERMISSION.UNEXPECTED", "extra": object{"name": "apierror"}})
		return true
	}
	p, m := s.pads[id], s.mypads.members[id]
	g := s.mypads.groups[m.Group]
	switch {
	case g == nil:
		if s.options.OnlyMyPads {
			sendJSON(w, http.StatusUnauthorized, object{"error": "BACKEND.ERROR.PERMISSION.UNEXPECTED"})
		}
		return s.options.OnlyMyPads
	case !s.shows(r, m, g):
		location := s.options.RootURL + "/mypads/index.html?/mypads/group/" + g.ID + "/pad/view/" + id
		w.Header().Set("Location", location)
		page(w, http.StatusFound, "<p>Found. Redirecting to <a href=\""+location+"\">"+location+"</a></p>")
		return true
	case p != nil && (m.ReadOnly != nil && *m.ReadOnly || m.ReadOnly == nil && g.ReadOnly):
		s.serveArchived(w, r, p)
		return true
	}
	return false
}

// shows says whether the request may see the pad, as MyPads' perm.js does. The
// caller holds s.mu.
func (s *Server) shows(r *http.Request, m Member, g *Group) bool {
	a, known := s.holder(r.URL.Query().Get("auth_token"))
	isUser := known && slices.Contains(g.Users, a.ID)
	switch {
	case known && slices.Contains(g.Admins, a.ID):
		return true
	case s.options.AllForAccounts:
		return known
	case m.Visibility == Public:
		return true
	case m.Visibility == Private:
		return s.opens(r, m.Password)
	case g.Visibility == Public:
		return true
	case g.Visibility == Private && isUser:
		return s.opens(r, m.Password)
	case g.Visibility == Private:
		return s.opens(r, g.Password)
	}
	return isUser
}

// opens says whether the request has the password. MyPads takes for granted
// that there is one where one is given, and dies where there is none. The caller
// holds s.mu.
func (s *Server) opens(r *http.Request, password string) bool {
	given := r.URL.Query().Get("mypadspassword")
	if given == "" {
		return false
	}
	if password == "" {
		s.die()
	}
	decoded, err := base64.StdEncoding.DecodeString(given)
	return err == nil && string(decoded) == password
}

// serveArchived answers everything for a pad with the same page. The caller
// holds s.mu.
func (s *Server) serveArchived(w http.ResponseWriter, r *http.Request, p *Pad) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	s.send(w, r, []byte("<!DOCTYPE HTML><html><body>"+htmlBody(p.string())+"</body></html>"))
}

type object map[string]any

func list(ids []string) []string { return append([]string{}, ids...) }

func orNone(v Visibility) any {
	if v == "" {
		return nil
	}
	return v
}

func sendJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b)
}
