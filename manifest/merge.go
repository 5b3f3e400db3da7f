package manifest

import (
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
)

// A Record is what all manifests together tell of one document.
type Record struct {
	Source   Source
	ID       string
	State    State
	Error    string
	Checked  time.Time
	Withheld *Withheld       // what the last look did not ask for
	Told     string          // id of the manifest that told the last look
	Said     SaidRecord      // what people say of it
	Versions []VersionRecord // in the order in which they were first told

	// Lost says that there was a newer version than all of these, which has
	// no location that counts.
	Lost bool
}

// A VersionRecord is what all manifests together tell of one version.
type VersionRecord struct {
	Name      string
	Saved     time.Time
	Recovered bool // told from packs alone
	Revision  string
	Modified  time.Time
	Title     string
	Facts     Facts
	Validator string
	Suspect   string
	Public    bool // its public address was all that it took
	Files     []FileRecord
	Told      [5]string // manifest ids, by ToldVersion and so on

	stored bool      // the location counts
	ranks  [5]string // of who told each fact: the highest counts; for the version itself, the lowest
}

// A FileRecord is a File with the pack it lies in, and those of its pieces
// that lie elsewhere.
type FileRecord struct {
	File
	In     Pack
	Shares []Pack
}

// An Input is one manifest, or one checkpoint with its parts, to be merged.
type Input struct {
	ID     string
	Header *Header
	Next   func() (*Document, error) // io.EOF after the last
}

// A View says what of the inputs counts. A nil function means all.
type View struct {
	Told   func(id string) bool // what this manifest first told
	Stored func(p Pack) bool    // what lies in this pack
	Lost   bool                 // also versions without a location that counts
	All    bool                 // also what is no document, and of which something was said

	// Parts is for what is merged again: also versions that no input tells
	// whole, and what was said as it was said.
	Parts bool
}

func (v View) normal() View {
	if v.Told == nil {
		v.Told = func(string) bool { return true }
	}
	if v.Stored == nil {
		v.Stored = func(Pack) bool { return true }
	}
	return v
}

// Merge yields the record of each document that the inputs tell of, sorted by
// source, then id, in one pass. It leaves out a version without a location that
// counts, unless the view says Lost, and one that is not told whole, unless it
// says Parts. Of what is removed, or was never looked at and has no version, it
// yields the record only if the view says All or Parts. After an error it stops.
//
// The order and the number of the inputs do not matter, nor that one tells what
// another tells too: each fact is taken from the highest manifest id that first
// told it.
func Merge(inputs []Input, view View) iter.Seq2[*Record, error] {
	view = view.normal()
	return func(yield func(*Record, error) bool) {
		var queue inputQueue
		for i := range inputs {
			c := &cursor{Input: inputs[i]}
			if err := queue.advance(c); err != nil {
				yield(nil, err)
				return
			}
		}
		for len(queue) > 0 {
			record, err := queue.record(view)
			if err != nil {
				yield(nil, err)
				return
			}
			if record.counts(view) && !yield(record, nil) {
				return
			}
		}
	}
}

// A cursor is an Input and its next document.
type cursor struct {
	Input
	doc *Document
}

func (c *cursor) source() Source { return c.Header.Sources[c.doc.Source] }

func (c *cursor) compare(d *cursor) int {
	return cmp.Or(c.source().Compare(d.source()), strings.Compare(c.doc.ID, d.doc.ID))
}

// teller is the manifest that told a fact: the input itself, or who it names.
func (c *cursor) teller(place *int) string {
	if place == nil {
		return c.ID
	}
	return c.Header.Told[*place]
}

// inputQueue is a heap of cursors by their next document.
type inputQueue []*cursor

func (q inputQueue) Len() int           { return len(q) }
func (q inputQueue) Less(i, j int) bool { return q[i].compare(q[j]) < 0 }
func (q inputQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *inputQueue) Push(c any)        { *q = append(*q, c.(*cursor)) }
func (q *inputQueue) Pop() any {
	last := len(*q) - 1
	c := (*q)[last]
	*q = (*q)[:last]
	return c
}

// advance puts the cursor back with its next document, if it has one.
func (q *inputQueue) advance(c *cursor) error {
	doc, err := c.Next()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", c.ID, err)
	}
	c.doc = doc
	heap.Push(q, c)
	return nil
}

// record merges all that is told of the first document in the queue.
func (q *inputQueue) record(view View) (*Record, error) {
	first := (*q)[0]
	r := &Record{Source: first.source(), ID: first.doc.ID}
	places, newest := make(map[string]int), ""
	for len(*q) > 0 && (*q)[0].source().Compare(r.Source) == 0 && (*q)[0].doc.ID == r.ID {
		c := heap.Pop(q).(*cursor)
		if r.Told == "" && c.ID > newest {
			r.Source, newest = c.source(), c.ID // until a look tells its scheme
		}
		r.look(c, view)
		r.Said.merge(c, view)
		for i := range c.doc.Versions {
			r.version(places, c, &c.doc.Versions[i], view)
		}
		if err := q.advance(c); err != nil {
			return nil, err
		}
	}
	r.settle(view)
	return r, nil
}

func (r *Record) look(c *cursor, view View) {
	who := c.teller(c.doc.Told)
	if c.doc.State == "" || who <= r.Told || !view.Told(who) {
		return
	}
	r.Source, r.Told = c.source(), who
	r.State, r.Error, r.Checked = c.doc.State, c.doc.Error, c.Header.Finished.Time
	r.Withheld = c.doc.Withheld
	if c.doc.Checked != nil {
		r.Checked = c.doc.Checked.Time
	}
}

// version merges one version; places are those of the record's versions, by
// their names.
func (r *Record) version(places map[string]int, c *cursor, v *DocumentVersion, view View) {
	var who, ranks [5]string
	for fact := range who {
		who[fact] = c.ID
		if fact < len(v.Told) {
			who[fact] = c.teller(&v.Told[fact])
		}
		ranks[fact] = rank(fact, who[fact], v.Recovered && who[fact] == who[ToldVersion])
	}
	i, known := places[v.Name]
	if !known {
		i = len(r.Versions)
		places[v.Name] = i
		r.Versions = append(r.Versions, VersionRecord{Name: v.Name})
	}
	have := &r.Versions[i]
	tell := func(fact int) { have.Told[fact], have.ranks[fact] = who[fact], ranks[fact] }
	if first := have.ranks[ToldVersion]; v.Saved != nil && view.Told(who[ToldVersion]) && (first == "" || ranks[ToldVersion] < first) {
		tell(ToldVersion)
		have.body(v)
	}
	newer := func(fact int) bool {
		if ranks[fact] <= have.ranks[fact] || !view.Told(who[fact]) {
			return false
		}
		tell(fact)
		return true
	}
	if v.Validator != nil && newer(ToldValidator) {
		have.Validator = *v.Validator
	}
	if v.Suspect != nil && newer(ToldSuspect) {
		have.Suspect = *v.Suspect
	}
	if v.Public != nil && newer(ToldPublic) {
		have.Public = *v.Public
	}
	// A file that was moved is the same file: a location counts whoever told it.
	if len(v.Files) == 0 {
		return
	}
	files := located(c.Header, v.Files)
	counts := !slices.ContainsFunc(files, func(f FileRecord) bool {
		return slices.ContainsFunc(f.Packs(), func(p Pack) bool { return !view.Stored(p) })
	})
	if counts == have.stored && ranks[ToldLocation] > have.ranks[ToldLocation] || counts && !have.stored {
		tell(ToldLocation)
		have.Files, have.stored = files, counts
	}
}

// rank is the teller's id or, for what was told from packs alone, a rank that
// counts for less than any id. For a version itself the lowest counts, for
// other facts the highest.
func rank(fact int, id string, recovered bool) string {
	switch {
	case !recovered:
		return id
	case fact == ToldVersion:
		return "~" + id
	}
	return "-" + id
}

func (v *VersionRecord) body(told *DocumentVersion) {
	v.Saved, v.Recovered, v.Revision, v.Title = told.Saved.Time, told.Recovered, told.Revision, told.Title
	v.Modified, v.Facts = time.Time{}, Facts{}
	if told.Modified != nil {
		v.Modified = told.Modified.Time
	}
	if told.Facts != nil {
		v.Facts = *told.Facts
	}
}

func located(h *Header, files []File) []FileRecord {
	records := make([]FileRecord, len(files))
	for i, f := range files {
		records[i] = FileRecord{File: f, In: h.Packs[f.Pack]}
		if f.History == nil {
			continue
		}
		for _, p := range f.History.Pieces {
			if p.In != nil {
				records[i].Shares = append(records[i].Shares, h.Packs[p.In.Pack])
			}
		}
	}
	return records
}

// settle drops what was named but never told whole, orders the rest, and
// drops what is stored nowhere.
func (r *Record) settle(view View) {
	r.Versions = slices.DeleteFunc(r.Versions, func(v VersionRecord) bool {
		if view.Parts {
			return v.Told == [5]string{}
		}
		return v.Told[ToldVersion] == "" || len(v.Files) == 0
	})
	slices.SortFunc(r.Versions, VersionRecord.compare)
	had := len(r.Versions) > 0
	if newest := r.Newest(); newest != nil && !view.Lost {
		r.Lost = !newest.stored
		r.Versions = slices.DeleteFunc(r.Versions, func(v VersionRecord) bool { return !v.stored })
	}
	if r.State == "" && len(r.Versions) > 0 {
		r.State = Current
	}
	r.Said.settle()
	if view.Parts {
		return
	}
	r.Said.mend()
	if r.Said.Removed && r.Said.Told[SaidRemoved] > r.Told && !had && r.State != Erased {
		r.State = Removed
	}
}

// counts reports whether the view has the record.
func (r *Record) counts(view View) bool {
	document := r.State != "" && r.State != Removed || len(r.Versions) > 0
	return document || (view.All || view.Parts) && (r.State != "" || r.Said.any())
}

// compare orders versions as they were first told; those that were told from
// packs alone stand before all others, as they were saved.
func (v VersionRecord) compare(other VersionRecord) int {
	switch {
	case v.Recovered && other.Recovered:
		return cmp.Or(v.Saved.Compare(other.Saved), strings.Compare(v.Name, other.Name))
	case v.Recovered:
		return -1
	case other.Recovered:
		return 1
	}
	return cmp.Or(strings.Compare(v.Told[ToldVersion], other.Told[ToldVersion]), strings.Compare(v.Name, other.Name))
}
