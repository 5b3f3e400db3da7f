// Package documents says what a saved document is to those who read it, whatever
// its kind: the forms that it can be written in, its past, and what its last look
// did not see. Each kind has a package of its own below this one.
package documents

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"
)

// A Kind is a kind of documents. Documents of the zero value, such as those of
// a kind that only a newer program knows, can be given only as they were saved.
type Kind struct {
	// Format is that of the saved file which a document is read from: a version
	// has one such file, or none.
	Format string

	// Open reads that file, as a look at the document left it. It may go on
	// reading from r as long as the document is used. The error is r's, or
	// matches ErrUnreadable.
	Open func(r io.ReaderAt, size int64, l Look) (Document, error)

	// Forms are those that each document can be written in, besides Format.
	Forms []Form

	// Exports are forms that only servers make: a version has the ones that
	// were fetched with it.
	Exports []string

	// HasPast: the documents are Pasts.
	HasPast bool

	// Columns: as text, they have columns, which a longer cell makes wider.
	Columns bool
}

// Kinds are kinds of documents by the names of the kinds of servers that have
// them, as manifest.Source.Kind.
type Kinds map[string]Kind

// Forms are all that documents of these kinds can be asked for in: made are those
// that they can be written in, saved those that are there only where they were
// saved so.
func (k Kinds) Forms() (made, saved []string) {
	all := slices.Sorted(maps.Keys(k))
	add := func(to *[]string, form string) {
		if form != "" && !slices.Contains(made, form) && !slices.Contains(saved, form) {
			*to = append(*to, form)
		}
	}
	for _, name := range all {
		for _, form := range k[name].Forms {
			add(&made, form.Name)
		}
	}
	for _, name := range all {
		add(&saved, k[name].Format)
	}
	for _, name := range all {
		for _, form := range k[name].Exports {
			add(&saved, form)
		}
	}
	return made, saved
}

// A Form is one that documents can be written in.
type Form struct {
	Name   string // what people call it, such as "markdown"
	Ending string // of the names of its files, such as ".md"
}

// A Look is one at a document on its server.
type Look struct {
	Document string            // identifies the document among all others
	Saved    time.Time         // when what it found was saved
	Parts    map[string]string // hashes of the parts that it saw, by their names, as manifest.Facts.Fields
}

// A Document is one that was read.
type Document interface {
	// Write writes the document in a form of its kind, with words in that
	// language around it; in its kind's Format, as it was saved, but at its
	// point of the past and with what was filled in. The error matches
	// ErrNothing where there is nothing to write, ErrUnreadable where the form
	// cannot be made of the document, or is w's or the reader's.
	Write(w io.Writer, form string, l Language) error

	// Flaws are what of the document cannot be read, each in one word.
	Flaws() []string
}

// A Past is a document that holds its own past, as it was at one revision of it.
type Past interface {
	Document

	// Revision is the number of that revision, and Head that of the newest. The
	// first is 0.
	Revision() int
	Head() int

	// RevisionAt finds the newest revision that was made at that moment or
	// before, by the server's clock; found is false if there is none.
	RevisionAt(moment time.Time) (number int, found bool, err error)

	// At is the document as it was after a revision from 0 to Head. Of what no
	// revision holds, such as messages, it has what was there until that
	// moment; if that is zero, until the revision was made.
	At(number int, until time.Time) Past
}

// A Partial is a document of which a look may not see all.
type Partial interface {
	Document

	// Lacks are the parts that it does not have, by the names of Look.Parts.
	Lacks() []string

	// Fill takes these from the document as an earlier look saw it, as far as
	// they still fit.
	Fill(earlier Document)

	// Taken are what it took, the newest first.
	Taken() []Taken
}

// A Taken is what a document took from one earlier look.
type Taken struct {
	Saved time.Time
	Parts func(Language) string // their names for people
}

// A Searchable is a document that gives its texts to those who search.
type Searchable interface {
	Document

	// Texts calls tell with what people wrote in the document: as it is now, and,
	// if it holds its own past, what was written and is there no more, but had
	// stood for a minute, or at one of these marks or of its own. For each mark,
	// held says that the document's past has that text, so that nobody need read
	// what was saved then. It stops after an error: tell's, or the reader's.
	Texts(marks []Mark, tell func(Text) error) (held []bool, err error)
}

// A Mark is a revision that was saved.
type Mark struct {
	Revision int
	Hash     string // of its text, as manifest.Facts.Text; "": not known
}

// A Text is something that people wrote in a document.
type Text struct {
	In   Place
	Text string

	// Since and Until are between when the words were certainly there, zero if
	// that is not known or if they still are; of a message, Since is when it was
	// said. Revision is one that has them: at Until, of an InPast.
	Since, Until time.Time
	Revision     int

	By string // of an InPast: the id of who took most of it away, "" if that is not known
}

// A Place is where in a document a text is.
type Place string

// The places.
const (
	InText   Place = "text"   // what it says now
	InPast   Place = "past"   // what it said and does not say any more
	InChat   Place = "chat"   // beside it
	InPoll   Place = "poll"   // all that a poll shows
	InAuthor Place = "author" // the name of somebody who wrote in it
)

// A Language is what the words around a document are in. Any but French is
// English.
type Language string

// The languages.
const (
	English Language = "en"
	French  Language = "fr"
)

// Date is a day in words: "1 March 2027", "1er mars 2027".
func (l Language) Date(t time.Time) string {
	if l != French {
		return t.Format("2 January 2006")
	}
	months := [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = "1er"
	}
	return day + " " + months[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

var (
	// ErrUnreadable is for what cannot be read as a document, or not well
	// enough to make a form of it. The saved file itself is whole.
	ErrUnreadable = errors.New("not readable")

	// ErrNothing is for a document that has nothing to say in a form, such as a
	// poll without dates in a calendar.
	ErrNothing = errors.New("nothing to write in this form")
)

// Unreadable makes an error with that text, which matches ErrUnreadable.
func Unreadable(text string) error { return &unreadable{text} }

type unreadable struct{ text string }

func (e *unreadable) Error() string { return e.text }

func (e *unreadable) Unwrap() error { return ErrUnreadable }
