package catalog

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/manifest"
)

// A Key is what a document is known by. Two addresses of one server that differ
// in their scheme are the same.
type Key struct {
	Kind string // of the server
	Base string // the server's address, as sources.Normalize gives it
	ID   string // the document's own
}

// Server is the server's address without its scheme.
func (k Key) Server() string { return manifest.Address(k.Base) }

// A Choice is which backups save a document on this machine.
type Choice string

// The choices.
const (
	None      Choice = ""
	Automatic Choice = "automatic" // each backup
	Manual    Choice = "manual"    // one that names it
	Ignored   Choice = "ignored"   // one that names it; no list brings it back
)

// Valid says whether it is one of the choices.
func (c Choice) Valid() bool {
	return slices.Contains([]Choice{None, Automatic, Manual, Ignored}, c)
}

// A Document is one that somebody named or found, or that a repository has.
type Document struct {
	Key
	Address string // that is asked, if that opens more than the key: a secret
	Added   time.Time

	Name, Description string
	Tags              []string
	Choice            Choice
	Removed           bool // somebody said that it is no document

	Origins []Origin
	States  []State
}

// An Origin is where a document was found.
type Origin struct {
	Browser, Profile string // "" for a file
	Kind             string // such as bookmark, history, tab or file
	File             string // "" for a browser
	First, Last      time.Time
	Visits           int
	Titles           []string
}

// A State is what a repository says of a document.
type State struct {
	Repository      string // its id
	State           string
	Versions        int
	Newest, Checked time.Time // zero if it never was saved, or looked at
	Title           string
	Suspect         string // why the newest version may be a loss
	Expires         string // the day from which its server may delete it
	Saved           Moments
	Version, Sound  string // the names of the newest version, and of the newest that is not suspect
}

// Said are the names of facts that people say.
const (
	factName        = "name"
	factDescription = "description"
	factTags        = "tags"
	factChoice      = "choice"
	factRemoved     = "removed"
)

const (
	yes     = "1" // of factRemoved
	between = " " // of tags
	lines   = "\n"
)

// find gives the document of a key, by whatever key it is known; 0 if there is
// none.
func (t *tx) find(k Key) (id int64, err error) {
	err = t.row(`select id from document where kind = ?1 and server = ?2 and name = ?3
		union all select document from alias where kind = ?1 and server = ?2 and name = ?3 limit 1`, k.Kind, k.Server(), k.ID).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// add gives the document of a key, and adds it if it is new.
func (t *tx) add(k Key, now time.Time) (id int64, err error) {
	if id, err = t.find(k); id != 0 || err != nil {
		return id, err
	}
	r, err := t.ExecContext(t.ctx, `insert into document (kind, server, name, base, address, added) values (?, ?, ?, ?, '', ?)`,
		k.Kind, k.Server(), k.ID, k.Base, now.Unix())
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// documents reads all of them, or the one with this number, by their numbers.
func (t *tx) documents(only int64) (map[int64]*Document, error) {
	all := make(map[int64]*Document)
	args := []any{only}
	err := t.each(`select id, kind, base, name, address, added from document where ?1 in (0, id)`, args, func(scan func(...any) error) error {
		d, id, added := new(Document), int64(0), int64(0)
		err := scan(&id, &d.Kind, &d.Base, &d.ID, &d.Address, &added)
		d.Added, all[id] = moment(added), d
		return err
	})
	if err != nil {
		return nil, err
	}
	err = t.each(`select document, name, value from fact where ?1 in (0, document)`, args, func(scan func(...any) error) error {
		var id int64
		var name, value string
		err := scan(&id, &name, &value)
		if d := all[id]; d != nil {
			d.take(name, value)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = t.each(`select document, browser, profile, kind, file, first, last, visits, titles from origin where ?1 in (0, document)`, args, func(scan func(...any) error) error {
		var id, first, last int64
		var o Origin
		var titles string
		err := scan(&id, &o.Browser, &o.Profile, &o.Kind, &o.File, &first, &last, &o.Visits, &titles)
		o.First, o.Last, o.Titles = moment(first), moment(last), split(titles, lines)
		if d := all[id]; d != nil {
			d.Origins = append(d.Origins, o)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, t.each(`select document, repository, state, versions, newest, checked, title, suspect, expires, saved, version, sound from state where ?1 in (0, document)`, args, func(scan func(...any) error) error {
		var id, newest, checked int64
		var s State
		err := scan(&id, &s.Repository, &s.State, &s.Versions, &newest, &checked, &s.Title, &s.Suspect, &s.Expires, &s.Saved, &s.Version, &s.Sound)
		s.Newest, s.Checked = moment(newest), moment(checked)
		if d := all[id]; d != nil {
			d.States = append(d.States, s)
		}
		return err
	})
}

// take takes a fact.
func (d *Document) take(name, value string) {
	switch name {
	case factName:
		d.Name = value
	case factDescription:
		d.Description = value
	case factTags:
		d.Tags = split(value, between)
	case factChoice:
		d.Choice = Choice(value)
	case factRemoved:
		d.Removed = value == yes
	}
}

func split(text, by string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, by)
}

func moment(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
