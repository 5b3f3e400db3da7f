package manifest

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// A text is JSON that is being written, in the one encoding of docs/format.md:
// by hand, as it is several times as fast as encoding/json, and a run writes
// each document's entry twice.
type text struct {
	b     []byte
	alone bool // as in a pack: without locations
	err   error
}

var errText = errors.New("encode manifest: a text is not valid UTF-8")

// EncodeAlone gives the document.json that lies in a pack beside a version's
// files: what a manifest tells of the version, without its locations, and what
// only packs hold.
func EncodeAlone(s Source, id string, v *DocumentVersion, private map[string]string) ([]byte, error) {
	t := &text{alone: true, b: make([]byte, 0, 1<<10)} // mostly enough
	t.begin()
	t.string("format", documentFormat)
	t.number("version", Version)
	t.key("source")
	t.begin()
	t.string("kind", s.Kind)
	t.string("url", s.URL)
	t.end()
	t.string("id", id)
	t.key("versions")
	list(t, []DocumentVersion{*v}, (*text).version)
	if len(private) > 0 {
		t.key("private")
		t.texts(private)
	}
	t.end()
	return append(t.b, '\n'), t.err
}

func (t *text) document(d *Document) {
	t.begin()
	t.number("source", int64(d.Source))
	t.string("id", d.ID)
	t.optional("state", string(d.State))
	t.optional("error", d.Error)
	t.time("checked", d.Checked)
	if d.Told != nil {
		t.number("told", int64(*d.Told))
	}
	if w := d.Withheld; w != nil {
		t.key("withheld")
		t.begin()
		t.time("since", &w.Since)
		t.string("key", w.Key)
		t.end()
	}
	if d.Said != nil {
		t.key("said")
		t.said(d.Said)
	}
	if len(d.Versions) > 0 {
		t.key("versions")
		list(t, d.Versions, (*text).version)
	}
	t.end()
}

func (t *text) said(s *Said) {
	t.begin()
	if s.Name != nil {
		t.string("name", *s.Name)
	}
	if s.Tags != nil {
		t.key("tags")
		list(t, s.Tags, func(t *text, tag *string) { t.quote(*tag) })
	}
	if s.Description != nil {
		t.string("description", *s.Description)
	}
	t.bool("removed", s.Removed)
	if len(s.Choices) > 0 {
		t.key("choices")
		list(t, s.Choices, (*text).choice)
	}
	if s.Told != nil {
		t.key("told")
		list(t, s.Told[:], (*text).index)
	}
	t.end()
}

func (t *text) choice(c *MachineChoice) {
	t.begin()
	t.string("machine", c.Machine)
	t.string("choice", string(c.Choice))
	if c.Told != nil {
		t.number("told", int64(*c.Told))
	}
	t.end()
}

func (t *text) version(v *DocumentVersion) {
	t.begin()
	t.string("version", v.Name)
	t.time("saved", v.Saved)
	if v.Recovered {
		t.bool("recovered", &v.Recovered)
	}
	t.optional("revision", v.Revision)
	t.time("modified", v.Modified)
	t.optional("title", v.Title)
	if v.Facts != nil {
		t.key("facts")
		t.facts(v.Facts)
	}
	if v.Validator != nil {
		t.string("validator", *v.Validator)
	}
	if v.Suspect != nil {
		t.string("suspect", *v.Suspect)
	}
	t.bool("public", v.Public)
	if len(v.Files) > 0 {
		t.key("files")
		list(t, v.Files, (*text).file)
	}
	if len(v.Told) > 0 {
		t.key("told")
		list(t, v.Told, (*text).index)
	}
	t.end()
}

func (t *text) facts(f *Facts) {
	t.begin()
	if f.Revision != nil {
		t.number("revision", *f.Revision)
	}
	if f.Length != 0 {
		t.number("length", f.Length)
	}
	t.optional("first", f.First)
	t.optional("start", f.Start)
	t.optional("content", f.Content)
	t.optional("text", f.Text)
	if len(f.Fields) > 0 {
		t.key("fields")
		t.texts(f.Fields)
	}
	if len(f.Items) > 0 {
		t.key("items")
		t.texts(f.Items)
	}
	t.optional("flaw", f.Flaw)
	if f.Blank {
		t.bool("blank", &f.Blank)
	}
	t.optional("expires", f.Expires)
	t.end()
}

func (t *text) file(f *File) {
	t.begin()
	t.string("name", f.Name)
	t.string("format", f.Format)
	t.number("size", f.Size)
	t.string("sha256", f.SHA256)
	t.place(f.Pack, f.Frame, f.Offset)
	if h := f.History; h != nil {
		t.key("history")
		t.begin()
		t.number("offset", h.Offset)
		t.optional("recipients", h.Recipients)
		t.optional("stored", h.Stored)
		t.key("pieces")
		list(t, h.Pieces, (*text).piece)
		t.end()
	}
	t.end()
}

func (t *text) piece(p *Piece) {
	t.begin()
	t.number("length", p.Length)
	t.string("sha256", p.SHA256)
	if p.In != nil {
		t.key("in")
		t.begin()
		t.string("version", p.In.Version)
		t.place(p.In.Pack, p.In.Frame, p.In.Offset)
		t.end()
	}
	t.end()
}

func (t *text) place(pack int, frame [2]int64, offset int64) {
	if t.alone {
		return
	}
	t.number("pack", int64(pack))
	t.key("frame")
	t.b = strconv.AppendInt(append(t.b, '['), frame[0], 10)
	t.b = append(strconv.AppendInt(append(t.b, ','), frame[1], 10), ']')
	t.number("offset", offset)
}

func list[T any](t *text, all []T, each func(*text, *T)) {
	t.b = append(t.b, '[')
	for i := range all {
		if i > 0 {
			t.b = append(t.b, ',')
		}
		each(t, &all[i])
	}
	t.b = append(t.b, ']')
}

// texts writes an object whose keys anybody may have chosen.
func (t *text) texts(all map[string]string) {
	t.begin()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.comma()
		t.quote(name)
		t.b = append(t.b, ':')
		t.quote(all[name])
	}
	t.end()
}

func (t *text) begin() { t.b = append(t.b, '{') }
func (t *text) end()   { t.b = append(t.b, '}') }

// key writes a name of the format, which has nothing to escape.
func (t *text) key(name string) {
	t.comma()
	t.b = append(append(append(t.b, '"'), name...), `":`...)
}

// comma parts a key from the value before it.
func (t *text) comma() {
	if t.b[len(t.b)-1] != '{' {
		t.b = append(t.b, ',')
	}
}

func (t *text) number(name string, n int64) {
	t.key(name)
	t.b = strconv.AppendInt(t.b, n, 10)
}

func (t *text) bool(name string, is *bool) {
	if is != nil {
		t.key(name)
		t.b = strconv.AppendBool(t.b, *is)
	}
}

// index writes a place in a list of the header.
func (t *text) index(place *int) { t.b = strconv.AppendInt(t.b, int64(*place), 10) }

func (t *text) string(name, s string) {
	t.key(name)
	t.quote(s)
}

func (t *text) optional(name, s string) {
	if s != "" {
		t.string(name, s)
	}
}

func (t *text) time(name string, at *Time) {
	if at == nil {
		return
	}
	b, err := at.MarshalText()
	t.string(name, string(b))
	t.fail(err)
}

func (t *text) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// quote escapes what JSON requires, and the two line ends that JavaScript
// sees in U+2028 and U+2029.
func (t *text) quote(s string) {
	t.b = append(t.b, '"')
	n := ordinary(s)
	t.b = append(t.b, s[:n]...)
	if n < len(s) {
		t.escape(s[n:])
	}
	t.b = append(t.b, '"')
}

func (t *text) escape(s string) {
	if !utf8.ValidString(s) {
		t.fail(errText)
	}
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == '"' || r == '\\':
			t.b = append(t.b, '\\', byte(r))
		case r < ' ' && short[r] != 0:
			t.b = append(t.b, '\\', short[r])
		case r < ' ' || r == '\u2028' || r == '\u2029':
			t.b = append(t.b, '\\', 'u', hexDigits[r>>12], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			t.b = utf8.AppendRune(t.b, r)
		}
		n := size + ordinary(s[size:])
		t.b = append(t.b, s[size:n]...)
		s = s[n:]
	}
}

// ordinary is how many characters s begins with that are ASCII and stay as
// they are.
func ordinary(s string) int {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return i
		}
	}
	return len(s)
}

// short are the escapes that have a letter of their own.
var short = [' ']byte{'\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't'}
