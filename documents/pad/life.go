package pad

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/documents"
)

// A Life is what a pad's history tells of all of it, from one reading. It does not
// change, and is safe for concurrent use.
type Life struct {
	// Hands are who wrote in it, in the order in which they came.
	Hands []Hand

	// Passages were written, had stood for a minute, and are there no more: the
	// last that went, the last first. Gone is how many went of all.
	Passages []Passage
	Gone     int

	// Apart are revisions of which the server kept another text than the changes
	// make, as Etherpad does after some imports: what is shown of the revisions
	// before each may never have been there.
	Apart []int

	times []int64 // by revision, in milliseconds since 1970; 0: not known
	by    []int32 // the hand; -1: nobody's
}

// A Hand is somebody who wrote in a pad.
type Hand struct {
	ID        string
	Name      string // "" if none was given, or it was taken back
	Revisions int
	Written   int // characters, in UTF-16 units, whether they are still there or not
}

// A Passage is what was written once.
type Passage struct {
	Text         string // its beginning
	Revision     int    // that had it
	Since, Until time.Time
	By           int // the hand that took most of it away, -1 if that is not known
}

const (
	maxMoments  = 1 << 20 // revisions of which a Life tells: 12 MB
	maxHands    = 10_000
	maxPassages = 500
	maxPassage  = 1000 // bytes of one
	maxApart    = 100
)

// Life reads the whole history. The error is the reader's, or matches ErrTooLarge
// for more than a million revisions.
func (p *Pad) Life() (*Life, error) {
	if p.Head >= maxMoments {
		return nil, fmt.Errorf("read pad export: history: %w", ErrTooLarge)
	}
	l := lifeReader{Life: &Life{times: make([]int64, p.Head+1), by: make([]int32, p.Head+1)}, pad: p, names: p.AuthorNames(), hands: make(map[string]int)}
	for i := range l.by {
		l.by[i] = -1
	}
	l.history = history{tell: l.passage, at: make(map[int][]int)}
	for r, err := range p.records(0) {
		if err == nil {
			err = l.record(&r)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := l.history.end(); err != nil {
		return nil, err
	}
	l.sift()
	return l.Life, nil
}

// A lifeReader makes a Life.
type lifeReader struct {
	*Life
	pad     *Pad
	names   map[string]string
	hands   map[string]int // by the author's id
	history history
}

func (l *lifeReader) record(r *record) error {
	if !r.isRevision() || r.number >= len(l.times) {
		return nil
	}
	author, _ := Word(r.author.Value)
	hand := l.hand(author)
	if l.by[r.number] = int32(hand); hand >= 0 {
		l.Hands[hand].Revisions++
	}
	if made, ok := moment(r.time.Value); ok && !made.IsZero() {
		l.times[r.number] = made.UnixMilli()
	}
	change, err := l.pad.change(r)
	if err == nil {
		l.wrote(change, hand)
	}
	if l.history.work > maxWork {
		return nil
	}
	if err := l.history.record(l.pad, r, change, err); err != nil {
		return err
	}
	return l.compare(r)
}

// hand is that of an author, -1 of nobody.
func (l *lifeReader) hand(author string) int {
	if author == "" {
		return -1
	}
	n, known := l.hands[author]
	if !known {
		if n = len(l.Hands); n == maxHands {
			return -1
		}
		l.hands[author] = n
		l.Hands = append(l.Hands, Hand{ID: author, Name: l.names[author]})
	}
	return n
}

// wrote counts what a change inserts: for whom that says it is, else for who made
// the change.
func (l *lifeReader) wrote(change units, hand int) {
	c, err := parseChangeset(change)
	if err != nil {
		return
	}
	for o, err := range ops(c.ops) {
		if err != nil {
			return
		}
		if o.code != '+' || o.chars > len(c.inserted) {
			continue
		}
		whose := hand
		for a := range l.pad.pool.attributes(o.attribs) {
			if a.name == "author" {
				whose = l.hand(a.value)
			}
		}
		if whose >= 0 {
			l.Hands[whose].Written += o.chars
		}
	}
}

// compare notes a revision that came of the changes before it, and of which the
// server kept another text. That an import put the newest text in its place
// (Etherpad 3.3.1) says nothing.
func (l *lifeReader) compare(r *record) error {
	h := &l.history
	if r.number == 0 || r.number%keyInterval != 0 || !h.began || h.next != r.number+1 || h.revision == r.number || !r.atext.IsObject() || len(l.Apart) == maxApart {
		return nil
	}
	kept, _, err := l.pad.state(&r.atext)
	if err != nil {
		if isOfExport(err) {
			return nil
		}
		return err
	}
	h.work += h.length
	if slices.Equal(kept.text, h.text()) || l.pad.current != nil && slices.Equal(kept.text, l.pad.current.text) {
		return nil
	}
	l.Apart = append(l.Apart, r.number)
	return nil
}

// passage takes what is there no more.
func (l *lifeReader) passage(t documents.Text) error {
	l.Gone++
	by := -1
	if n, known := l.hands[t.By]; known {
		by = n
	}
	l.Passages = append(l.Passages, Passage{Text: strings.ToValidUTF8(t.Text[:min(len(t.Text), maxPassage)], ""), Revision: t.Revision, Since: t.Since, Until: t.Until, By: by})
	if len(l.Passages) >= 2*maxPassages {
		l.Passages = append(l.Passages[:0], l.Passages[len(l.Passages)-maxPassages:]...)
	}
	return nil
}

// sift leaves out the passages that came back.
func (l *lifeReader) sift() {
	l.Passages = slices.Clone(l.Passages[max(len(l.Passages)-maxPassages, 0):])
	slices.Reverse(l.Passages)
	if l.pad.current == nil || len(l.pad.current.text) > maxWritten {
		return
	}
	now := l.pad.current.Text()
	before := len(l.Passages)
	l.Passages = slices.DeleteFunc(l.Passages, func(p Passage) bool { return len(p.Text) < maxPassage && strings.Contains(now, p.Text) })
	l.Gone -= before - len(l.Passages)
}

// Head is the newest revision.
func (l *Life) Head() int { return len(l.times) - 1 }

// Made is when a revision from 0 to Head was made, zero where that is not known, and
// whose it is: an index of Hands, -1 for nobody's.
func (l *Life) Made(number int) (at time.Time, hand int) {
	if ms := l.times[number]; ms != 0 {
		at = time.UnixMilli(ms).UTC()
	}
	return at, int(l.by[number])
}

// RevisionAt is as the pad's, without reading anything.
func (l *Life) RevisionAt(moment time.Time) (number int, found bool) {
	for n := range slices.Backward(l.times) {
		if ms := l.times[n]; ms != 0 && ms <= moment.UnixMilli() {
			return n, true
		}
	}
	return 0, false
}

// A Sitting is what was written without a long pause: its revisions.
type Sitting struct{ First, Last int }

// Sittings cuts the history where nobody wrote for longer than pause.
func (l *Life) Sittings(pause time.Duration) (all []Sitting) {
	last := int64(0)
	for n, ms := range l.times {
		if len(all) == 0 || ms != 0 && last != 0 && ms-last > pause.Milliseconds() {
			all = append(all, Sitting{First: n})
		}
		all[len(all)-1].Last = n
		if ms != 0 {
			last = ms
		}
	}
	return all
}

// Written is how many characters of the text, in UTF-16 units, each author wrote, by
// the authors' ids; "" are those of whom nobody knows.
func (s *State) Written() map[string]int {
	written, left := make(map[string]int), len(s.text)
	for _, r := range s.runs {
		written[s.author(r.attribs)] += r.chars
		left -= r.chars
	}
	if left > 0 {
		written[""] += left
	}
	return written
}

// A Removal is a part of a text that a later revision took away.
type Removal struct {
	Begin, End int // in the text, in UTF-16 units
	Revision   int
	By         string // the author's id, "" if nobody is known
	Time       time.Time
}

// Removals are what revisions up to the one called to took away of the text of the
// one called from, in the order of that text. Of a history with gaps, or of more than
// anybody would look at, there may be too few. The error is the reader's.
func (p *Pad) Removals(from, to int) ([]Removal, error) {
	s, err := p.At(from)
	if err != nil {
		if isOfExport(err) {
			return nil, nil
		}
		return nil, err
	}
	h := history{next: from + 1}
	h.begin(s.text, nil)
	start := from / keyInterval * keyInterval
	if key := from / keyInterval; key >= len(p.keys) || p.keys[key] == 0 {
		start = 0
	}
	for r, err := range p.records(start) {
		if err != nil {
			return nil, err
		}
		if r.number <= from {
			continue
		}
		if r.number > to || r.number != h.next || h.work > maxWork || len(h.pieces) > maxRemovals {
			break
		}
		change, err := p.change(&r)
		if err != nil && !isOfExport(err) {
			return nil, err
		}
		if err != nil || !h.apply(change, &r) {
			break
		}
		h.next++
	}
	all := make([]Removal, 0, len(h.gone))
	for _, g := range h.gone {
		all = append(all, Removal{g.from, g.from + g.length, g.revision, g.by, g.at})
	}
	slices.SortFunc(all, func(a, b Removal) int { return a.Begin - b.Begin })
	return all, nil
}

// Held is about how many bytes of memory the pad holds.
func (p *Pad) Held() int {
	held := 8*(len(p.keys)+len(p.revs)+len(p.messages)) + 100*(len(p.pool)+len(p.Authors)+len(p.Saved))
	if s := p.current; s != nil {
		held += s.Held()
	}
	return held
}

// Held is about how many bytes of memory the state holds, besides what the pad does.
func (s *State) Held() int {
	held := 2 * cap(s.text)
	for _, r := range s.runs {
		held += 24 + len(r.attribs)
	}
	return held
}

// Held is about how many bytes of memory the life holds.
func (l *Life) Held() int {
	return 12*len(l.times) + 100*len(l.Hands) + (maxPassage+100)*len(l.Passages)
}
