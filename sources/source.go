// Package sources says what a source is: one server that holds documents.
//
// It has no client of its own; each kind of server is a package below this
// one, and passes the suite in sourcetest.
package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/padsync/padsync/manifest"
)

// A Source is one server that holds documents. Its methods may be called
// concurrently.
type Source interface {
	// Fetch looks at the document id. The validator is what an earlier Fetch of
	// it returned, "" the first time: if it shows the source that nothing
	// changed, the Version has no files and says Unchanged.
	//
	// All files of the Version were received whole and validated. Its ID may
	// differ from id: it is the document's own. The caller closes it.
	//
	// Errors match fs.ErrNotExist (the server answers, and has no such
	// document) or fs.ErrPermission (it may not be read); every other error
	// means that the document could not be looked at. An error's text names
	// neither the document nor its address, both of which are keys to it.
	Fetch(ctx context.Context, id, validator string) (*Version, error)
}

// A Lister is a Source that can name all its documents.
type Lister interface {
	Source

	// List yields the ids of all documents, in no order, perhaps one of them
	// twice. Fetch can look at each, also while the list goes on: List leaves
	// out what cannot be a document's id. After an error, which comes without
	// an id, it stops; without an error the list is whole.
	//
	// Errors match fs.ErrPermission where the server does not show the list;
	// none matches fs.ErrNotExist. Their texts name no documents.
	List(ctx context.Context) iter.Seq2[string, error]
}

// A Comparer is a Source that can say without a Fetch whether a document
// changed.
type Comparer interface {
	Source

	// Unchanged says that the document id is as it was when Fetch gave the
	// validator. It is false where only Fetch can know, such as for a validator
	// that Fetch did not give for this document, and for a document that is
	// gone. Errors are like Fetch's, also fs.ErrNotExist; with an error it is
	// false.
	Unchanged(ctx context.Context, id, validator string) (bool, error)
}

// An Expirer is a Source whose documents may vanish by themselves a time after
// their last change.
type Expirer interface {
	Source

	// Expires is the day, such as "2027-07-10", from which the server may
	// delete the document id if it was last modified then; "" if that is not
	// known. It sends nothing.
	Expires(id string, modified time.Time) string
}

// A Fronted is a Source whose server has a front page by which it is known.
type Fronted interface {
	Source

	// Front asks for the server's front page, once, as a browser would, and
	// says whether it is one of this kind of server. An error means doubt and
	// nothing else: it never matches fs.ErrNotExist.
	Front(ctx context.Context) error
}

// An Importer is a Source that can take a document back, as a new one.
type Importer interface {
	Source

	// Losses says what of v would not come back. An error says that Import
	// would make nothing, as far as that is known beforehand. If the server is
	// asked, it is asked once for all versions, and nothing there changes.
	Losses(ctx context.Context, v *Version) ([]Loss, error)

	// Import makes a new document from v and reads it back. It never changes a
	// document that holds anything: where v's id is taken, or the server
	// chooses ids, it takes another. If the error matches ErrDiffers, the
	// document was made but reads back differently; then Import also returns
	// it. If it matches ErrUnsure, the document may have been made, and only a
	// person can find out. Errors name neither document nor address.
	Import(ctx context.Context, v *Version) (*Imported, error)
}

// Imported is the document that an Import made.
type Imported struct {
	ID      string
	Address string            // for people
	Private map[string]string // as in Version
	Losses  []Loss            // what did not come back
	Found   bool              // it was there already, from an earlier Import
}

// A Loss is a word for what an Import cannot bring back.
type Loss string

// ErrDiffers is matched by Import's errors for a document that was made, but
// reads back differently from what was sent.
var ErrDiffers = errors.New("it reads back differently")

// ErrAs is matched by Import's errors for an id that a new document cannot get there:
// another has it, or the server makes none of this id.
var ErrAs = errors.New("no new document can get this id")

// ErrUnsure is matched by Import's errors for a document that may have been
// made.
var ErrUnsure = errors.New("the document may have been made")

// A Version is what one Fetch of a document gave.
type Version struct {
	// ID is the document's own id, as decoded text.
	ID string

	// As is the id that an Import gives the new document, where people choose ids:
	// that one or none. "": the one that it had, or another if that is taken.
	As string

	// Validator goes into the next Fetch. It may be "".
	Validator string

	// Unchanged says that the document is as it was when the validator was
	// given; then only ID, Validator, Lacking and Public are set.
	Unchanged bool

	// Public says that this Fetch needed nothing but the document's public
	// address, and that the Version shows nothing that takes more: no password,
	// cookie, account or key was sent, and no admin link was used.
	Public bool

	// Lacking are forms that were asked for and that the server does not give,
	// such as "odt", or did not give this time.
	Lacking []string

	// Title is for people. A pad has none but its id: then it is "".
	Title string

	// Revision is what the server calls this state ("42"), "" if nothing.
	Revision string

	// Modified is when the document last changed, zero if the server does not
	// say.
	Modified time.Time

	// Suspect says why this may not be all of the document, as one of the
	// words below; "" if nothing is wrong with it.
	Suspect Suspicion

	// Facts are what later runs compare.
	Facts Facts

	// Private is what only packs may hold, by name ("admin" for a poll's admin
	// link); nil if there is nothing.
	Private map[string]string

	// Files are the saved forms. A file's name is unique in its Version.
	Files []File

	// Release frees what the files are read from. It may be nil.
	Release func() error
}

// Close frees what the files are read from; they cannot be read afterwards.
func (v *Version) Close() error {
	if v == nil || v.Release == nil {
		return nil
	}
	return v.Release()
}

// A File is one saved form of a document.
type File struct {
	Name   string // "ag.etherpad": valid UTF-8 with no slash, else the document's choice
	Format string // "etherpad", "txt", "html", "json", "csv", …
	Size   int64  // in bytes
	SHA256 [32]byte

	// History is the part of the content that later versions only add to, at
	// its end: where it begins, and where it ends. Zero: there is none. It is a
	// hint: whoever uses it checks it.
	History [2]int64

	// Content holds Size bytes. It is safe for concurrent use until the
	// Version is closed.
	Content io.ReaderAt
}

// Facts are what is compared between two versions of one document. Manifests
// keep them as they are.
type Facts = manifest.Facts

// A Suspicion is a word for why a version may be a loss. It is stored in
// manifests; package backup adds those that a comparison shows.
type Suspicion string

const (
	// RescueCopy: the server gave no complete export, so text and HTML stand in.
	RescueCopy Suspicion = "rescue-copy"

	// Unreadable: what the server gave is kept, but the document's text cannot
	// be made from it. Other forms that the server gave are beside it.
	Unreadable Suspicion = "unreadable"

	// VotesHidden: the server shows a poll's votes only to its admin link.
	VotesHidden Suspicion = "votes-hidden"

	// VotesUnseen: the admin link of a poll does not show the answers, and the
	// page that does, as for those with its password, could not be read.
	VotesUnseen Suspicion = "votes-unseen"
)

// ErrRefused is matched by errors for answers that a server gave in place of
// the document: an error page, something cut short, another document. They
// are in no Version.
var ErrRefused = errors.New("not the document")

// ErrUnaskable is matched by Fetch's error for a document that its server lists,
// and that no request can ask for, today or later.
var ErrUnaskable = fmt.Errorf("%w: no address leads to a document of this name", ErrRefused)
