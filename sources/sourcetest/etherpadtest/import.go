package etherpadtest

import (
	"encoding/json"
	"errors"
	"fmt"
	markup "html"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// An ImportFault is what is wrong with a server's imports.
type ImportFault int

const (
	ImportsAll       ImportFault = iota
	ImportsNoHistory             // .etherpad is too large for it
	ImportsOnlyText              // neither does it take HTML
	ImportsNothing               // they are forbidden
	ImportsLess                  // it says yes, and the last revision says something else
	ImportsNowhere               // it says yes, and does nothing
	ImportsSilently              // it does, and never answers
	ImportsSlowly                // the pad can be seen only at the second look
)

// Imports says how imports go from now on.
func (s *Server) Imports(f ImportFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.imports = f
}

// Imported is how many files were sent to be imported so far.
func (s *Server) Imported() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.imported
}

// welcome is the text of a pad that nobody wrote in.
const welcome = "Welcome to Etherpad!\n"

// serveImport follows ImportHandler.js.
func (s *Server) serveImport(w http.ResponseWriter, r *http.Request, escaped string) {
	id, err := url.PathUnescape(escaped)
	if err != nil || !validID.MatchString(id) || s.sanitize(id) != id {
		page(w, http.StatusNotFound, "Such a padname is forbidden")
		return
	}
	if s.limited(w, r) {
		return
	}
	s.mu.Lock()
	s.imported++
	fault := s.imports
	s.mu.Unlock()
	file, header, err := r.FormFile("file")
	if fault == ImportsNothing || strings.HasPrefix(id, "r.") || strings.HasPrefix(id, "g.") && strings.Contains(id, "$") {
		page(w, http.StatusForbidden, "Forbidden")
		return
	}
	var content []byte
	if err == nil {
		content, err = io.ReadAll(file)
	}
	message := "uploadFailed"
	if err == nil {
		message = s.take(id, path.Ext(header.Filename), content, fault)
	}
	if fault == ImportsSilently {
		<-r.Context().Done()
		return
	}
	status := map[string]int{"ok": http.StatusOK, "internalError": http.StatusInternalServerError}[message]
	code := map[int]int{http.StatusOK: 0, http.StatusInternalServerError: 2}[status]
	if status == 0 {
		status, code = http.StatusBadRequest, 1
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	data := "{}"
	if message == "ok" {
		data = fmt.Sprintf(`{"directDatabaseAccess":%t}`, path.Ext(header.Filename) == ".etherpad")
	}
	fmt.Fprintf(w, `{"code":%d,"message":%q,"data":%s}`, code, message, data)
}

// take imports, and gives the message to answer with.
func (s *Server) take(id, ending string, content []byte, fault ImportFault) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if fault == ImportsNowhere {
		return "ok"
	}
	p := s.pads[id]
	if p != nil && ending == ".etherpad" && len(p.revs) > 10 {
		return "padHasData"
	}
	if ending == ".etherpad" && fault != ImportsAll && fault < ImportsNothing {
		return "maxFileSize"
	}
	if p == nil {
		p = newPad(s, id, welcome)
		s.pads[id], s.readOnly[readOnlyID(id)] = p, id
	}
	switch {
	case ending == ".etherpad":
		if s.options.Dialect == V1 && endsServer(content) {
			s.dead = true
			return "ok"
		}
		made, err := newPad(s, id, ""), error(nil)
		if made.endless = s.options.Dialect == V1 && isEndless(content); made.endless {
			s.pads[id] = made
			return "ok"
		}
		made, err = s.readExport(id, content)
		if err != nil && s.options.Dialect == V1 && isGivenBack(id, content) {
			// It writes each member into its database as it stands.
			made, err = newPad(s, id, ""), nil
			made.given = content
		}
		if err != nil {
			return "internalError"
		}
		if fault == ImportsLess {
			made.revs[len(made.revs)-1].time++
		}
		if fault == ImportsSlowly {
			made.late = 1
		}
		s.pads[id] = made
	case ending == ".html" && fault == ImportsOnlyText:
		return "convertFailed"
	case ending == ".html":
		p.setText(textOfHTML(string(content)))
	default:
		p.setText(string(content)) // also what it does not know
	}
	return "ok"
}

// setText replaces the text with a new revision.
func (p *Pad) setText(text string) {
	if n := count(p.text) - 1; n > 0 {
		p.remove(Author{}, 0, n)
	}
	p.insert(Author{}, 0, strings.TrimSuffix(text, "\n"), nil)
}

var (
	unseen = regexp.MustCompile(`(?s)<head>.*</head>|<(style|title)\b.*?</(style|title)>`)
	breaks = regexp.MustCompile(`<br ?/?>|</(p|li|h[1-6]|div)>`)
	tags   = regexp.MustCompile(`<[^>]*>`)
)

func textOfHTML(s string) string {
	s = unseen.ReplaceAllString(s, "")
	return markup.UnescapeString(tags.ReplaceAllString(breaks.ReplaceAllString(s, "\n"), ""))
}

// endsServer says whether an import ends 1.8.14, by an exception that nobody
// catches: a member's pool has no list of attributes, or one that is null.
func endsServer(export []byte) bool {
	var members map[string]json.RawMessage
	json.Unmarshal(export, &members)
	for _, member := range members {
		var fields map[string]any
		json.Unmarshal(member, &fields)
		switch pool := fields["pool"].(type) {
		case nil:
		case map[string]any:
			switch list := pool["numToAttrib"].(type) {
			case nil:
				return true
			case map[string]any:
				for _, attribute := range list {
					if attribute == nil {
						return true
					}
				}
			case []any:
				if slices.Contains(list, any(nil)) {
					return true
				}
			}
		default:
			return true
		}
	}
	return false
}

// maxNumbers is about how many keys fit into 1.8.14's memory, which gives it 2 GB.
const maxNumbers = 10_000_000

// isEndless says whether 1.8.14 ends when it exports what was imported: it makes
// a list of all keys up to head and chatHead, which it compares as they stand.
func isEndless(export []byte) bool {
	var members map[string]struct{ Head, ChatHead json.RawMessage }
	json.Unmarshal(export, &members)
	for _, pad := range members {
		for _, end := range []json.RawMessage{pad.Head, pad.ChatHead} {
			if number, _ := strconv.ParseFloat(strings.Trim(string(end), `["]`), 64); number > maxNumbers {
				return true
			}
		}
	}
	return false
}

// isGivenBack says whether the export is one that 1.8.14 gives back as it came.
func isGivenBack(id string, export []byte) bool {
	var members map[string]json.RawMessage
	var pad struct{ AText any }
	return json.Unmarshal(export, &members) == nil && json.Unmarshal(members["pad:"+id], &pad) == nil && pad.AText != nil
}

// readExport makes the pad that is in an export. 3.3.1 checks that it is whole;
// 1.8.14 does not, and cannot export it afterwards. The caller holds s.mu.
func (s *Server) readExport(id string, export []byte) (*Pad, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(export, &members); err != nil {
		return nil, err
	}
	p := &Pad{server: s, id: id}
	revisions, messages := map[int]revision{}, map[int]message{}
	head := -1
	for key, value := range members {
		parts := strings.Split(key, ":")
		number := -1
		if len(parts) == 4 {
			number, _ = strconv.Atoi(parts[3])
		}
		var err error
		switch {
		case parts[0] == "globalAuthor":
			err = p.readAuthor(parts[1], value)
		case parts[0] != "pad":
			return nil, errors.New("1.8.14 would write this under the key undefined")
		case len(parts) == 2:
			head, err = p.readPad(value)
		case parts[2] == "revs":
			revisions[number], err = readRevision(value)
		case parts[2] == "chat":
			messages[number], err = readMessage(value)
		}
		if err != nil {
			return nil, err
		}
	}
	for n := range head + 1 {
		r, found := revisions[n]
		if !found && s.options.Dialect == V3 {
			return nil, errors.New("a revision is missing")
		}
		if !found {
			p.fault = Broken
		}
		p.revs = append(p.revs, r)
	}
	for n := range messages {
		p.chat = append(p.chat, messages[n])
	}
	slices.SortFunc(p.authors, func(a, b Author) int { return strings.Compare(a.ID, b.ID) })
	for n := range p.chat {
		p.chat[n] = messages[n]
		if i := slices.IndexFunc(p.authors, func(a Author) bool { return a.ID == p.chat[n].author.ID }); i >= 0 {
			p.chat[n].author = p.authors[i]
		}
	}
	if head < 0 {
		return nil, errors.New("no pad")
	}
	if s.options.Dialect == V3 {
		p.attribute()
	}
	return p, nil
}

func (p *Pad) readAuthor(id string, value []byte) error {
	var a struct {
		Name    string
		ColorID int
		Seen    int64 `json:"timestamp"`
		PadIDs  json.RawMessage
	}
	if err := json.Unmarshal(value, &a); err != nil {
		return err
	}
	if len(a.PadIDs) == 0 || string(a.PadIDs) == `""` {
		return errors.New("1.8.14 would not take this for an author")
	}
	p.authors = append(p.authors, Author{id, a.Name, a.ColorID})
	p.server.seen[id] = max(a.Seen, p.server.seen[id])
	return nil
}

func (p *Pad) readPad(value []byte) (head int, err error) {
	var pad struct {
		AText struct{ Text, Attribs string }
		Pool  struct {
			NumToAttrib map[int]Attribute
		}
		Head           int
		PublicStatus   bool
		SavedRevisions []struct {
			RevNum               int
			SavedByID, Label, ID string
			Timestamp            int64
		}
	}
	if err := json.Unmarshal(value, &pad); err != nil {
		return 0, err
	}
	for n := range len(pad.Pool.NumToAttrib) {
		p.pool = append(p.pool, pad.Pool.NumToAttrib[n])
	}
	for _, s := range pad.SavedRevisions {
		p.saved = append(p.saved, savedRevision{s.RevNum, Author{ID: s.SavedByID}, s.Label, s.Timestamp, s.ID})
	}
	p.public = pad.PublicStatus
	p.text, err = runs(pad.AText.Text, pad.AText.Attribs)
	return pad.Head, err
}

func readRevision(value []byte) (revision, error) {
	var r struct {
		Changeset string
		Meta      struct {
			Author      string
			Timestamp   int64
			Pool, AText json.RawMessage
		}
	}
	err := json.Unmarshal(value, &r)
	key := ""
	if r.Meta.AText != nil {
		key = `,"pool":` + string(r.Meta.Pool) + `,"atext":` + string(r.Meta.AText)
	}
	return revision{r.Changeset, r.Meta.Author, r.Meta.Timestamp, key}, err
}

func readMessage(value []byte) (message, error) {
	var m struct {
		Text, UserID string
		Time         int64
	}
	err := json.Unmarshal(value, &m)
	return message{Author{ID: m.UserID}, m.Text, m.Time}, err
}

var operation = regexp.MustCompile(`((?:\*[0-9a-z]+)*)((?:\|[0-9a-z]+)?)([-+=])([0-9a-z]+)`)

func runs(text, attribs string) ([]run, error) {
	var all []run
	for _, op := range operation.FindAllStringSubmatch(attribs, -1) {
		n, err := strconv.ParseInt(op[4], 36, 32)
		if err != nil {
			return nil, err
		}
		end := 0
		for end < len(text) && n > 0 {
			r, size := utf8.DecodeRuneInString(text[end:])
			end, n = end+size, n-int64(utf16.RuneLen(r))
		}
		all, text = append(all, run{text[:end], op[1]}), text[end:]
	}
	if text != "" || len(all) == 0 {
		return nil, errors.New("the attribution is of another text")
	}
	return all, nil
}

// attribute gives text that nobody wrote to the system's author, as 3.3.1 does
// with what it imports.
func (p *Pad) attribute() {
	number := ""
	to := func() string {
		if number == "" {
			number = "*" + base36(p.number(Attribute{"author", system.ID}))
		}
		return number
	}
	for i, r := range p.revs {
		changes, bank, _ := strings.Cut(r.changeset, "$")
		changes = operation.ReplaceAllStringFunc(changes, func(op string) string {
			if op[0] != '*' && strings.Contains(op, "+") {
				return to() + op
			}
			return op
		})
		p.revs[i].changeset = changes + "$" + bank
	}
	before, last := cut(p.text, count(p.text)-1)
	for i, r := range before {
		if r.attribs == "" {
			before[i].attribs = to()
		}
	}
	p.text = slices.Concat(before, last)
	for i, r := range p.revs {
		if r.key != "" {
			p.revs[i].key = p.key() // refreshed, with another text than it should be
		}
	}
}
