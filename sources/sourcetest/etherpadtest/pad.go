package etherpadtest

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// An Author is someone who writes in pads.
type Author struct {
	ID    string // "a." and 16 letters and digits
	Name  string // may be ""
	Color int
}

// An Attribute is one of what is inserted, such as {"bold", "true"}.
type Attribute [2]string

// system is who makes pads on 3.x; on 1.8 nobody does.
var system = Author{ID: "a.etherpad-system"}

// A Pad is one pad with its history. Its methods may be called while the
// server answers.
type Pad struct {
	server *Server
	id     string

	text    []run
	pool    []Attribute
	authors []Author
	revs    []revision
	chat    []message
	saved   []savedRevision
	public  bool
	fault   Fault
	given   []byte // its export, where Exports says it
	endless bool   // 1.8.14 ends when it exports it
	late    int    // exports without a revision, as it is still being written
}

// A run is text that has the same attributes throughout.
type run struct {
	text    string
	attribs string // "*0*1"
}

type revision struct {
	changeset string
	author    string
	time      int64
	key       string // what key revisions have besides, as JSON; else ""
}

type message struct {
	author Author
	text   string
	time   int64
}

type savedRevision struct {
	rev    int
	author Author
	label  string
	time   int64
	id     string
}

// keyEvery is how often a revision holds the whole text.
const keyEvery = 100

func newPad(s *Server, id, text string) *Pad {
	p := &Pad{server: s, id: id, text: []run{{text: "\n"}}}
	maker := Author{}
	if s.options.Dialect == V3 {
		maker = system
	}
	p.insert(maker, 0, text, nil)
	return p
}

// Insert writes text at a place, counted in characters, as a new revision.
func (p *Pad) Insert(by Author, at int, text string, attributes ...Attribute) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.insert(by, at, text, attributes)
}

// Append writes text at the end as a new revision.
func (p *Pad) Append(by Author, text string, attributes ...Attribute) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.insert(by, count(p.text)-1, text, attributes)
}

// Remove takes n characters away as a new revision.
func (p *Pad) Remove(by Author, at, n int) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.remove(by, at, n)
}

func (p *Pad) remove(by Author, at, n int) {
	before, rest := cut(p.text, at)
	removed, after := cut(rest, n)
	var c changeset
	c.op("=", "", before)
	c.op("-", "", removed)
	changes := "Z:" + base36(length(p.text)) + "<" + base36(length(removed)) + c.ops.String() + "$"
	p.text = slices.Concat(before, after)
	p.add(by, changes)
}

// Say adds a message to the chat.
func (p *Pad) Say(by Author, text string) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.chat = append(p.chat, message{by, text, p.server.now()})
}

// Save marks the newest revision, or an earlier one, with a star.
func (p *Pad) Save(by Author, rev int, label, id string) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.saved = append(p.saved, savedRevision{rev, by, label, p.server.now(), id})
}

// Publish opens a pad of a group to everyone.
func (p *Pad) Publish() {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.public = true
}

// Compact cuts the whole history off as 3.x does for compactPad: the pad begins
// with the text it has, in one revision, which was made now; and two line ends
// are added to it.
func (p *Pad) Compact() {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	written, _ := cut(p.text, count(p.text)-1)
	written = append(slices.Clone(written), run{text: "\n\n"})
	p.text = append(slices.Clone(written), run{text: "\n"})
	var bank strings.Builder
	for _, r := range written {
		bank.WriteString(r.text)
	}
	p.revs, p.saved = nil, nil
	p.add(system, "Z:1>"+base36(length(written))+attribs(written)+"$"+bank.String())
}

// Text is what the pad says now.
func (p *Pad) Text() string {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	return p.string()
}

// Head is the number of the newest revision.
func (p *Pad) Head() int {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	return len(p.revs) - 1
}

func (p *Pad) string() string {
	var b strings.Builder
	for _, r := range p.text {
		b.WriteString(r.text)
	}
	return b.String()
}

func (p *Pad) insert(by Author, at int, text string, attributes []Attribute) {
	attribs := ""
	if by.ID != "" {
		attributes = append([]Attribute{{"author", by.ID}}, attributes...)
	}
	for _, a := range attributes {
		attribs += "*" + base36(p.number(a))
	}
	before, after := cut(p.text, at)
	var inserted []run
	if text != "" {
		inserted = []run{{text, attribs}}
	}
	var c changeset
	c.op("=", "", before)
	c.op("+", attribs, inserted)
	changes := "Z:" + base36(length(p.text)) + ">" + base36(length(inserted)) + c.ops.String() + "$" + text
	p.text = slices.Concat(before, inserted, after)
	p.add(by, changes)
}

// number is the attribute's in the pool.
func (p *Pad) number(a Attribute) int {
	if i := slices.Index(p.pool, a); i >= 0 {
		return i
	}
	p.pool = append(p.pool, a)
	return len(p.pool) - 1
}

func (p *Pad) add(by Author, changes string) {
	now := p.server.now()
	r := revision{changeset: changes, author: by.ID, time: now}
	if len(p.revs)%keyEvery == 0 {
		r.key = p.key()
	}
	p.revs = append(p.revs, r)
	if by.ID == "" || by == system {
		return
	}
	if !slices.ContainsFunc(p.authors, func(a Author) bool { return a.ID == by.ID }) {
		p.authors = append(p.authors, by)
	}
	p.server.seen[by.ID] = now
}

// A changeset collects operations in Etherpad's notation. Lengths are in
// UTF-16 units, as JavaScript counts.
type changeset struct{ ops strings.Builder }

// op adds the operation for this text: up to the last newline as one, with
// the number of lines, and the rest as another.
func (c *changeset) op(kind, attribs string, text []run) {
	lines, whole, rest := 0, 0, 0
	for _, r := range text {
		rest += units(r.text)
		if end := strings.LastIndexByte(r.text, '\n') + 1; end > 0 {
			lines += strings.Count(r.text, "\n")
			tail := units(r.text[end:])
			whole, rest = whole+rest-tail, tail
		}
	}
	if lines > 0 {
		c.ops.WriteString(attribs + "|" + base36(lines) + kind + base36(whole))
	}
	if rest > 0 {
		c.ops.WriteString(attribs + kind + base36(rest))
	}
}

// attribs is the notation for a whole text.
func attribs(text []run) string {
	var c changeset
	for len(text) > 0 {
		n := 1
		for n < len(text) && text[n].attribs == text[0].attribs {
			n++
		}
		c.op("+", text[0].attribs, text[:n])
		text = text[n:]
	}
	return c.ops.String()
}

// cut cuts a text behind n characters.
func cut(text []run, n int) (before, after []run) {
	for i, r := range text {
		if n == 0 {
			return text[:i:i], text[i:]
		}
		size := utf8.RuneCountInString(r.text)
		if n < size {
			at := 0
			for range n {
				_, size := utf8.DecodeRuneInString(r.text[at:])
				at += size
			}
			return append(text[:i:i], run{r.text[:at], r.attribs}), append([]run{{r.text[at:], r.attribs}}, text[i+1:]...)
		}
		n -= size
	}
	return text, nil
}

// count is how many characters a text has.
func count(text []run) (n int) {
	for _, r := range text {
		n += utf8.RuneCountInString(r.text)
	}
	return n
}

// length is a text's length in UTF-16 units.
func length(text []run) (n int) {
	for _, r := range text {
		n += units(r.text)
	}
	return n
}

func units(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

func base36(n int) string { return strconv.FormatInt(int64(n), 36) }

func milliseconds(t time.Time) int64 { return t.UnixMilli() }
