package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/library"
)

// A comparison is what changed between two points of a document's life.
type comparison struct {
	row
	From, To side
	Choices  []offer
	Problem  string // why they cannot be compared
	Closed   bool
	Same     bool

	Came, Went int // words
	Changes    int
	Rows       []change
	Places     []string // of the changes, along the text
	Earlier    string   // addresses of the other parts
	Later      string
	Accept     string // the version that may be said to be right
	Command    string
}

// A side is one of the two points.
type side struct {
	Word    string // as the address has it
	Time    time.Time
	Suspect string
	PutBack string

	point, version string
	revision       int // of a pad, else -1
	reading        *reading
	placed         *pad.Placed
	text           string
}

// An offer is a point that can be compared.
type offer struct {
	Word, Label string
}

// A change is some lines of a comparison in a row.
type change struct {
	Number   int // of those that differ, from 1; 0: the lines are in both
	Previous int // the numbers of its neighbours, 0 if there are none on this page
	Next     int
	Lines    []diffLine // before what is folded
	Tail     []diffLine // and behind
	Folded   int        // lines that are shown only to who asks, and which they are
	Fold     string     // the id of the words for these
	More     []diffLine // their beginning
	Who      []string   // in sentences
}

type diffLine []diffPiece

// A diffPiece is in both texts, or came or went.
type diffPiece struct{ In, Text string }

// Bounds of a comparison's page.
const (
	mostCompared  = 8 << 20   // bytes of a text
	comparedBytes = 110 << 10 // of text on a page
	foldedLines   = 30        // of lines that are folded
	longRun       = 10        // lines of one kind in a row, from when on they are folded
	longSame      = 240       // bytes that are in both, within a line that changed
	longPiece     = 4000      // bytes of one piece
	mostChoices   = 60
)

// pointOfWord is what a comparison's address means: rev:12, version:NAME or
// version:NAME@12, or "" for the newest.
func pointOfWord(word string) (string, error) {
	kind, name, ok := strings.Cut(word, ":")
	switch {
	case word == "":
		return "", nil
	case ok && kind == "rev":
		return "@" + name, nil
	case ok && kind == "version" && name != "":
		return name, nil
	}
	return "", library.ErrPoint
}

func (p *page) compare(w http.ResponseWriter, r *http.Request) error {
	hash := r.PathValue("hash")
	_, row, err := p.documentOf(r.Context(), hash)
	if err != nil {
		return err
	}
	c := comparison{row: row, Command: "padsync diff " + hash}
	closed, problem, err := p.lookAt(r, hash, true, func(v *volume) error { return p.comparing(r, &c, v) })
	if err != nil {
		return err
	}
	c.Closed, c.Problem = c.Closed || closed, c.Problem+problem
	return p.show(w, r, http.StatusOK, "compare", view{Title: p.Words.Text("web-changed-title", "Name", c.Name), Section: "documents", Of: c})
}

func (p *page) comparing(r *http.Request, c *comparison, v *volume) error {
	q := r.URL.Query()
	from, to := q.Get("from"), q.Get("to")
	if from == "" {
		if from, to = p.usualPair(v.doc, to); from == "" {
			c.Problem = p.Words.Text("web-changed-one")
			return nil
		}
	}
	var err error
	for at, word := range map[*side]string{&c.From: from, &c.To: to} {
		if *at, err = p.side(r.Context(), c.Hash, v, word); err != nil {
			break
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case closed(err):
		c.Closed = true
		return nil
	case err != nil:
		c.Problem = p.Words.Error(err)
		return nil
	}
	c.Choices = p.choices(v, c.From, c.To)
	if newest := v.doc.Record.Newest(); newest != nil && newest.Suspect != "" && newest.Name == c.To.version {
		c.Accept = newest.Name
	}
	c.Command += " " + c.From.point + " " + c.To.point
	if c.From.text == c.To.text {
		c.Same = true
		return nil
	}
	part, _ := strconv.Atoi(q.Get("part"))
	return p.differ(c, max(part, 1))
}

// usualPair are the points to compare where the first is not named: before and after a
// loss, else the version before and the one that is given.
func (p *page) usualPair(doc *library.Document, to string) (from, until string) {
	points, err := doc.Loss()
	if err == nil && points != nil && to == "" {
		return "version:" + points[0], "version:" + points[1]
	}
	if before, err := doc.Before(); err == nil && before != "" {
		return "version:" + before, to
	}
	return "", to
}

func (p *page) side(ctx context.Context, hash string, v *volume, word string) (side, error) {
	point, err := pointOfWord(word)
	if err != nil {
		return side{}, err
	}
	of, e, err := v.at(ctx, point)
	if err != nil {
		return side{}, err
	}
	s := side{Word: pointWord(e), Time: e.Version.Saved, Suspect: p.suspicion(e.Version.Suspect), version: e.Version.Name, point: e.Version.Name, revision: -1, reading: of}
	back := url.Values{"version": {e.Version.Name}}
	if d, ok := e.Document.(*pad.Document); ok {
		s.revision = d.Revision()
		if s.revision != d.Head() {
			s.point, s.Suspect = s.point+"@"+strconv.Itoa(s.revision), ""
			back.Set("rev", strconv.Itoa(s.revision))
			if chosen, _ := library.ChooseVersion(v.doc.Record, false); chosen != nil && chosen.Name == s.version {
				s.point, s.Word, back = "@"+strconv.Itoa(s.revision), "rev:"+strconv.Itoa(s.revision), url.Values{"rev": {strconv.Itoa(s.revision)}}
			}
			if of.life != nil {
				if made, _ := of.life.Made(s.revision); !made.IsZero() {
					s.Time = made
				}
			}
		}
		state, err := of.stateAt(s.revision)
		if err != nil {
			return side{}, err
		}
		if s.placed, err = state.Placed(); err != nil {
			return side{}, err
		}
		s.text = s.placed.Text
	} else if _, s.text, err = v.doc.Comparable(ctx, point, documents.Language(p.Words.Text("language"))); err != nil {
		return side{}, err
	}
	s.PutBack = "/documents/" + hash + "/put-back?" + back.Encode()
	if len(s.text) > mostCompared {
		return side{}, library.ErrTooLong
	}
	return s, nil
}

// choices are the points that a form offers.
func (p *page) choices(v *volume, chosen ...side) (all []offer) {
	add := func(word, label string) {
		if !slices.ContainsFunc(all, func(c offer) bool { return c.Word == word }) {
			all = append(all, offer{word, label})
		}
	}
	versions := v.doc.Record.Versions
	for i := len(versions) - 1; i >= max(0, len(versions)-mostChoices); i-- {
		state := p.Words.Text("web-is-safe")
		if versions[i].Suspect != "" {
			state = p.Words.Text("web-suspect")
		}
		add("version:"+versions[i].Name, p.Words.Text("web-point-version", "Time", p.moment(versions[i].Saved), "State", state))
	}
	if given, _ := library.ChooseVersion(v.doc.Record, false); given != nil {
		for _, of := range v.readings {
			if of.pad == nil || of.edition.Version.Name != given.Name {
				continue
			}
			for _, s := range slices.Backward(of.pad.Saved) {
				if s.Revision < 0 || s.Revision > of.pad.Head || len(all) >= 2*mostChoices {
					continue
				}
				at := s.Time
				if at.IsZero() && of.life != nil {
					at, _ = of.life.Made(s.Revision)
				}
				add("rev:"+strconv.Itoa(s.Revision), p.Words.Text("web-point-star", "Time", p.moment(at), "Label", beginning(s.Label, 60)))
			}
		}
	}
	for _, s := range chosen {
		if s.revision >= 0 {
			add(s.Word, p.Words.Text("web-point-revision", "Time", p.moment(s.Time), "Revision", p.number(s.revision)))
		} else {
			add(s.Word, p.moment(s.Time))
		}
	}
	return all
}

// differ finds what changed, and tells a part of it.
func (p *page) differ(c *comparison, part int) error {
	pieces := library.Compare(c.From.text, c.To.text)
	d := differ{page: p, c: c, part: part}
	if err := d.authors(); err != nil {
		return err
	}
	var lines []placedLine
	line := placedLine{}
	from, to := 0, 0
	for _, piece := range pieces {
		n := len(strings.Fields(piece.Text))
		switch piece.In {
		case library.InBefore:
			c.Went += n
		case library.InAfter:
			c.Came += n
		}
		for text := range strings.Lines(piece.Text) {
			line.pieces = append(line.pieces, placedPiece{piece.In, text, from, to})
			line.changed = line.changed || piece.In != library.InBoth
			if piece.In != library.InAfter {
				from += len(text)
			}
			if piece.In != library.InBefore {
				to += len(text)
			}
			if strings.HasSuffix(text, "\n") {
				lines = append(lines, line)
				line = placedLine{}
			}
		}
	}
	if line.pieces != nil {
		lines = append(lines, line)
	}
	d.rows(lines)
	return nil
}

// A placedLine is a line of a comparison, whose pieces know where they stand.
type placedLine struct {
	pieces  []placedPiece
	changed bool
}

type placedPiece struct {
	in       library.Side
	text     string
	from, to int // bytes
}

// only is the one side that all of a line is of, InBoth if it is of several.
func (l *placedLine) only() library.Side {
	for _, p := range l.pieces {
		if p.in != l.pieces[0].in {
			return library.InBoth
		}
	}
	return l.pieces[0].in
}

type differ struct {
	page     *page
	c        *comparison
	part     int
	removals []pad.Removal
	names    map[string]string // of authors, by their ids
}

// authors finds who took away what the first text has and the second has not, if the
// second's history goes on from the first.
func (d *differ) authors() error {
	from, to := &d.c.From, &d.c.To
	if from.placed == nil || to.placed == nil {
		return nil
	}
	d.names = make(map[string]string)
	if life := to.reading.life; life != nil {
		for i, name := range pad.HandNames(life.Hands, d.page.Words.Text("web-nameless")) {
			d.names[life.Hands[i].ID] = beginning(name, 80)
		}
	}
	if from.revision >= to.revision {
		return nil
	}
	of := to.reading.pad
	if from.reading != to.reading {
		then, err := of.At(from.revision)
		if errors.Is(err, documents.ErrUnreadable) {
			return nil
		}
		if err != nil {
			return err
		}
		placed, err := then.Placed()
		if err != nil || placed.Text != from.text {
			return nil // another history
		}
	}
	var err error
	d.removals, err = of.Removals(from.revision, to.revision)
	return err
}

// rows makes rows of the lines of this part.
func (d *differ) rows(lines []placedLine) {
	var groups [][]placedLine // in turn the same and different
	for i := 0; i < len(lines); {
		end := i
		for end < len(lines) && lines[end].changed == lines[i].changed {
			end++
		}
		groups = append(groups, lines[i:end])
		i = end
	}
	part, bytes, at := 1, 0, 0
	first, last := 0, 0 // changes on this page
	for i, group := range groups {
		differs := group[0].changed
		if differs {
			d.c.Changes++
			if len(d.c.Places) < markPlaces {
				d.c.Places = append(d.c.Places, percentOf(float64(at)/float64(len(lines))))
			}
		}
		at += len(group)
		if bytes > comparedBytes && differs {
			part, bytes = part+1, 0
		}
		var row change
		if differs {
			row = d.changed(group)
			row.Number = d.c.Changes
		} else {
			row = same(group, i == 0, i == len(groups)-1)
		}
		bytes += row.bytes()
		if part != d.part {
			continue
		}
		if differs {
			if last = row.Number; first == 0 {
				first = last
			}
			row.Who = d.who(group)
		}
		d.c.Rows = append(d.c.Rows, row)
	}
	for i := range d.c.Rows {
		row := &d.c.Rows[i]
		if row.Number > first {
			row.Previous = row.Number - 1
		}
		if row.Number > 0 && row.Number < last {
			row.Next = row.Number + 1
		}
	}
	link := func(n int) string {
		return "/documents/" + d.c.Hash + "/compare?" + url.Values{"from": {d.c.From.Word}, "to": {d.c.To.Word}, "part": {strconv.Itoa(n)}}.Encode()
	}
	if d.part > 1 {
		d.c.Earlier = link(min(d.part, part+1) - 1)
	}
	if d.part < part {
		d.c.Later = link(d.part + 1)
	}
}

func (c *change) bytes() (n int) {
	for _, lines := range [][]diffLine{c.Lines, c.More, c.Tail} {
		for _, line := range lines {
			n += 40
			for _, piece := range line {
				n += len(piece.Text) + 10
			}
		}
	}
	return n
}

// same are lines that are in both: those next to a change are shown.
func same(lines []placedLine, first, last bool) (row change) {
	row.Fold = "web-folded-same"
	const around = 2
	begin, end := around, max(len(lines)-around, around)
	if first {
		begin = 0
	}
	if last {
		end = len(lines)
	}
	if end-begin <= around || len(lines) <= begin {
		begin, end = len(lines), len(lines)
	}
	for i := range lines {
		text := drawn(&lines[i])
		if i < begin {
			row.Lines = append(row.Lines, text)
			continue
		}
		if i >= end {
			row.Tail = append(row.Tail, text)
			continue
		}
		if row.Folded++; row.Folded <= foldedLines {
			row.More = append(row.More, text)
		}
	}
	return row
}

// changed are lines that differ. Many of one kind are folded.
func (d *differ) changed(lines []placedLine) (row change) {
	kind := lines[0].only()
	for i := range lines {
		if lines[i].only() != kind {
			kind = library.InBoth
		}
	}
	switch kind {
	case library.InBefore:
		row.Fold = "web-folded-went"
	case library.InAfter:
		row.Fold = "web-folded-came"
	}
	for i := range lines {
		if len(lines) > longRun && i >= longRun/2 && kind != library.InBoth {
			if row.Folded++; row.Folded > foldedLines {
				continue
			}
			row.More = append(row.More, drawn(&lines[i]))
			continue
		}
		row.Lines = append(row.Lines, drawn(&lines[i]))
	}
	return row
}

// drawn is a line as a page shows it.
func drawn(l *placedLine) diffLine {
	line := diffLine{}
	for i, p := range l.pieces {
		text := strings.TrimSuffix(p.text, "\n")
		if text == "" && p.in != library.InBoth {
			text = "¶"
		}
		most := longPiece
		if p.in == library.InBoth {
			if l.changed {
				most = longSame
			} else {
				most = longPiece / 4
			}
		}
		if len(text) > most {
			head, tail := text[:most/2], text[len(text)-most/2:]
			if i == 0 && p.in == library.InBoth && l.changed {
				head = ""
			}
			text = strings.ToValidUTF8(head, "") + " … " + strings.ToValidUTF8(tail, "")
		}
		if text != "" {
			line = append(line, diffPiece{map[library.Side]string{library.InBefore: "del", library.InAfter: "ins"}[p.in], text})
		}
	}
	return line
}

// mostWho is how many people a change names.
const mostWho = 3

// who says whose a change is.
func (d *differ) who(lines []placedLine) (all []string) {
	say := func(id string, at time.Time) { // at: when it was taken away
		name := d.names[id]
		if name == "" || len(all) >= mostWho {
			return
		}
		text := d.page.Words.Text("web-changed-wrote", "Who", name)
		if !at.IsZero() {
			text = d.page.Words.Text("web-changed-took", "Who", name, "Time", d.page.moment(at))
		}
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	looked := 0
	for i := range lines {
		for _, p := range lines[i].pieces {
			if p.in == library.InBoth || d.c.To.placed == nil || looked == 20 {
				continue
			}
			looked++
			if p.in == library.InAfter {
				say(d.c.To.placed.Author(d.c.To.placed.Unit(p.to), d.c.To.placed.Unit(p.to+len(p.text))), time.Time{})
				continue
			}
			begin, end := d.c.From.placed.Unit(p.from), d.c.From.placed.Unit(p.from+len(p.text))
			at, _ := slices.BinarySearchFunc(d.removals, begin, func(r pad.Removal, begin int) int { return r.End - begin - 1 })
			for ; at < len(d.removals) && d.removals[at].Begin < end; at++ {
				say(d.removals[at].By, d.removals[at].Time)
			}
		}
	}
	return all
}
