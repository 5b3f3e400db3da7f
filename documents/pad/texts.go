package pad

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/padsync/padsync/documents"
)

// Texts tells the text, the names of authors, what the history shows was deleted,
// and the chat: of all the pad, whatever the revision. The stars are marks, too.
// Of a history with gaps it tells what was there before each gap.
func (d *Document) Texts(marks []documents.Mark, tell func(documents.Text) error) (held []bool, err error) {
	p := d.Pad
	if p.current != nil {
		var text strings.Builder
		if err := p.current.WriteText(&text); err != nil && !errors.Is(err, ErrTooLarge) {
			return nil, err
		}
		if err := tell(documents.Text{In: documents.InText, Text: text.String(), Revision: p.Head}); err != nil {
			return nil, err
		}
	}
	for _, a := range p.Authors {
		if a.Name == "" {
			continue
		}
		if err := tell(documents.Text{In: documents.InAuthor, Text: a.Name}); err != nil {
			return nil, err
		}
	}
	h := history{tell: tell, marks: marks, held: make([]bool, len(marks)), at: make(map[int][]int)}
	for i, m := range marks {
		h.at[m.Revision] = append(h.at[m.Revision], i)
	}
	for _, s := range p.Saved {
		if _, known := h.at[s.Revision]; !known {
			h.at[s.Revision] = nil
		}
	}
	if err := h.read(p); err != nil {
		return nil, err
	}
	names := p.AuthorNames()
	for m, err := range p.Messages() {
		if err != nil {
			return nil, err
		}
		said := m.Text
		if name := names[m.Author]; name != "" {
			said = name + ": " + said
		}
		if err := tell(documents.Text{In: documents.InChat, Text: said, Since: m.Time}); err != nil {
			return nil, err
		}
	}
	return h.held, nil
}

// stood is how long a text must have stood to be told of. Who deletes a word
// letter by letter makes a text of each.
const stood = time.Minute

// A history follows the text of a pad through its revisions. It looks at the
// text whenever at least a minute has passed since the look before, just before
// the next change: so each text that stood for a minute is seen by a look.
type history struct {
	tell  func(documents.Text) error
	marks []documents.Mark
	held  []bool
	at    map[int][]int // revisions to look at besides, and which marks they are

	began bool
	next  int       // revision
	work  int       // units and births that were gone through
	due   time.Time // of the last look

	// The text at the last look, of that revision, and until when it stood.
	seen     units
	since    []birth // its parts
	revision int
	until    time.Time

	// The text now, as parts of the text then and what was written since.
	pieces  []piece
	written units
	length  int
	made    time.Time // the last revision
	gone    []removal // what of the text then is there no more
}

// A removal is a part of a text that one revision took away.
type removal struct {
	from, length, revision int
	by                     string // the author's id
	at                     time.Time
}

// A birth is so many units that were first seen at that time.
type birth struct {
	length int
	at     time.Time
}

// A piece is a part of what was seen, or of what was written since.
type piece struct {
	from, length int
	written      bool
}

// Bounds on what is held between two looks.
const (
	maxPieces   = 4096
	maxWritten  = 1 << 20
	maxRemovals = 1 << 16 // of more, nobody is named
)

func (h *history) read(p *Pad) error {
	for r, err := range p.records(0) {
		if err != nil {
			return err
		}
		if h.work > maxWork {
			return nil // more than any history that people made: what was seen so far
		}
		change, err := p.change(&r)
		if err := h.record(p, &r, change, err); err != nil {
			return err
		}
	}
	return h.end()
}

// end tells what was there last.
func (h *history) end() error {
	if !h.began {
		return nil
	}
	if err := h.goneSince(); err != nil {
		return err
	}
	if h.asked() {
		h.hold(h.text())
	}
	return nil
}

// asked says whether the text now is to be looked at, whenever it was made.
func (h *history) asked() bool {
	_, asked := h.at[h.next-1]
	return asked
}

// record goes on to the next revision, whose change is that, or cannot be had.
func (h *history) record(p *Pad, r *record, change units, err error) error {
	made, _ := moment(r.time.Value)
	if err != nil && !isOfExport(err) {
		return err
	}
	if h.began && r.number == h.next && err == nil {
		if err := h.look(made); err != nil {
			return err
		}
		if h.apply(change, r) {
			h.next, h.made = h.next+1, made
			return nil
		}
	}
	// It begins, or begins anew after a gap: nothing shows what became of the text.
	if h.began {
		h.pieces = nil
		if err := h.goneSince(); err != nil {
			return err
		}
		h.began = false
	}
	if r.number%keyInterval != 0 {
		return nil
	}
	state, err := p.keyState(r, change, err)
	if err != nil {
		if isOfExport(err) {
			return nil
		}
		return err
	}
	h.began, h.next, h.made, h.due = true, r.number+1, made, made
	h.begin(state.text, []birth{{len(state.text), made}})
	return nil
}

// look looks at the text before a change that is made then, if it is time.
func (h *history) look(made time.Time) error {
	asked := h.asked()
	due := made.Sub(h.due) >= stood || made.Before(h.due) // a clock that was set back
	if !asked && (!due || made.IsZero()) && len(h.pieces) < maxPieces && len(h.written) < maxWritten {
		if h.revision == h.next-1 {
			h.until = made
		}
		return nil
	}
	if err := h.goneSince(); err != nil {
		return err
	}
	text := h.text()
	if asked {
		h.hold(text)
	}
	h.begin(text, h.births())
	h.due, h.until = made, made
	return nil
}

// begin makes the text now what was seen.
func (h *history) begin(text units, since []birth) {
	h.seen, h.since, h.revision, h.until = text, since, h.next-1, h.made
	h.written, h.length, h.gone = nil, len(text), h.gone[:0]
	h.pieces = append(h.pieces[:0], piece{length: len(text)})
	h.work += len(text)
}

// hold notes the marks whose text this is.
func (h *history) hold(text units) {
	marks := h.at[h.next-1]
	if len(marks) == 0 {
		return
	}
	hash := textHash([]byte(text.String()))
	for _, i := range marks {
		h.held[i] = h.marks[i].Hash == hash
	}
}

func (h *history) text() units {
	text := make(units, 0, h.length)
	for _, p := range h.pieces {
		of := h.seen
		if p.written {
			of = h.written
		}
		text = append(text, of[p.from:p.from+p.length]...)
	}
	return text
}

// births are those of the text now.
func (h *history) births() (all []birth) {
	add := func(length int, at time.Time) {
		if n := len(all); n > 0 && all[n-1].at.Equal(at) {
			all[n-1].length += length
		} else if length > 0 {
			all = append(all, birth{length, at})
		}
	}
	i, start := 0, 0 // of since
	for _, p := range h.pieces {
		if p.written {
			add(p.length, h.made)
			continue
		}
		for from, end := p.from, p.from+p.length; from < end; {
			for start+h.since[i].length <= from {
				start += h.since[i].length
				i++
			}
			n := min(end, start+h.since[i].length) - from
			add(n, h.since[i].at)
			from += n
		}
	}
	return all
}

// apply makes a revision's change to the text, unless it is not one of this text.
func (h *history) apply(change units, r *record) bool {
	c, err := parseChangeset(change)
	if err != nil || c.before != h.length || c.after < 0 || c.after > maxHeld {
		return false
	}
	h.work += len(h.pieces) + len(c.ops)
	pieces, inserted, length := make([]piece, 0, len(h.pieces)+8), c.inserted, 0
	add := func(p piece) {
		length += p.length
		if n := len(pieces); n > 0 && pieces[n-1].written == p.written && pieces[n-1].from+pieces[n-1].length == p.from {
			pieces[n-1].length += p.length
		} else if p.length > 0 {
			pieces = append(pieces, p)
		}
	}
	var gone []removal
	i, used := 0, 0 // of the pieces before
	pass := func(chars int, keep bool) bool {
		for chars > 0 && i < len(h.pieces) {
			p := h.pieces[i]
			n := min(chars, p.length-used)
			if keep {
				add(piece{p.from + used, n, p.written})
			} else if !p.written && len(h.gone)+len(gone) < maxRemovals {
				gone = append(gone, removal{from: p.from + used, length: n})
			}
			chars -= n
			if used += n; used == p.length {
				i, used = i+1, 0
			}
		}
		return chars == 0
	}
	written := h.written
	for o, err := range ops(c.ops) {
		switch {
		case err != nil:
			return false
		case o.code != '+':
			if !pass(o.chars, o.code == '=') {
				return false
			}
		case o.chars > len(inserted):
			return false
		default:
			add(piece{len(written), o.chars, true})
			written, inserted = append(written, inserted[:o.chars]...), inserted[o.chars:]
		}
	}
	pass(h.length, true)
	if length != c.after {
		return false
	}
	h.pieces, h.written, h.length = pieces, written, length
	if len(gone) > 0 {
		by, _ := Word(r.author.Value)
		at, _ := moment(r.time.Value)
		for i := range gone {
			gone[i].by, gone[i].at, gone[i].revision = by, at, r.number
		}
		h.gone = append(h.gone, gone...)
	}
	return true
}

// goneBy is who took most of a part of the text away, where parts are asked for in
// their order; the removals are sorted.
func goneBy(gone *[]removal, from, until int) (by string) {
	for len(*gone) > 0 && (*gone)[0].from+(*gone)[0].length <= from {
		*gone = (*gone)[1:]
	}
	if n := len(*gone); n == 0 || n == 1 || (*gone)[0].from+(*gone)[0].length >= until {
		if n > 0 && (*gone)[0].from < until {
			by = (*gone)[0].by
		}
		return by
	}
	took, most := make(map[string]int), 0
	for _, g := range *gone {
		if g.from >= until {
			break
		}
		took[g.by] += min(g.from+g.length, until) - max(g.from, from)
		if took[g.by] > most {
			by, most = g.by, took[g.by]
		}
	}
	return by
}

// goneSince tells what was seen and is no longer there, with the whole of the
// words that it was part of.
func (h *history) goneSince() error {
	from, until := 0, 0 // what is to be told
	at := 0             // up to where all was looked at
	since := ages{births: h.since}
	defer func() { h.work += since.seen }()
	slices.SortFunc(h.gone, func(a, b removal) int { return a.from - b.from })
	gone := h.gone
	flush := func() error {
		text := strings.TrimSpace(h.seen[from:until].String())
		if !strings.ContainsFunc(text, isOfWord) {
			return nil
		}
		return h.tell(documents.Text{
			In: documents.InPast, Text: text, Revision: h.revision, Since: since.last(from, until), Until: h.until, By: goneBy(&gone, from, until),
		})
	}
	for _, p := range append(slices.Clip(h.pieces), piece{from: len(h.seen)}) {
		if p.written {
			continue
		}
		if p.from > at {
			start, end := h.wordStart(at), h.wordEnd(p.from)
			if start > until {
				if err := flush(); err != nil {
					return err
				}
				from = start
			}
			until = end
		}
		at = p.from + p.length
	}
	return flush()
}

// ages tells since when parts of a text were there, which are asked for in their
// order.
type ages struct {
	births []birth // from the first that may be of the next part
	start  int     // of that one
	seen   int     // births that were looked at
}

// last is since when all of a part was there.
func (a *ages) last(from, until int) (last time.Time) {
	for len(a.births) > 0 && a.start+a.births[0].length <= from {
		a.start += a.births[0].length
		a.births = a.births[1:]
		a.seen++
	}
	start := a.start
	for _, b := range a.births {
		if start >= until {
			break
		}
		if b.at.After(last) {
			last = b.at
		}
		start += b.length
		a.seen++
	}
	return last
}

// maxWord bounds how far a word is followed, in units.
const maxWord = 64

// wordStart is where the word begins that a place is within, else the place.
func (h *history) wordStart(at int) int {
	start := at
	for n := 0; n < maxWord && start > 0 && isOfWord(rune(h.seen[start])) && isOfWord(rune(h.seen[start-1])); n++ {
		start--
	}
	return start
}

// wordEnd is where the word ends that a place is within, else the place.
func (h *history) wordEnd(at int) int {
	end := at
	for n := 0; n < maxWord && end < len(h.seen) && isOfWord(rune(h.seen[end-1])) && isOfWord(rune(h.seen[end])); n++ {
		end++
	}
	return end
}

// isOfWord reports whether a character, or half of a surrogate pair, may be part
// of a word.
func isOfWord(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N, unicode.M, unicode.Cs)
}
