package library

import (
	"cmp"
	"iter"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// A Selection is the documents that somebody named; without a name, all. It
// learns from the documents that it is asked about, so it is for one goroutine
// at a time.
//
// What a name means is the first of these that fits a document: an address, an
// id, what a document is called, an id but for its case, a hash that messages
// show, a pattern.
type Selection struct {
	named  []*named
	called map[Address]string
	names  *Names // once known
}

// A Name is what somebody types for a document, or several.
type Name struct {
	Text      string
	Addresses []Address // that it may be; none: it is not an address
}

// An Address is where a document is.
type Address struct{ Kind, Server, ID string }

type named struct {
	text      string
	addresses []Address // or else
	pattern   string    // over ids, or over what documents are called; "" if it is none
	overNames bool

	rule  rule      // once the repository is known
	fits  []Address // for byName and byHash, and of a pattern over names
	found bool      // something fits

	state manifest.State             // of the document that has this very id, "" if there is none
	other map[Address]manifest.State // of those whose ids differ from it only in case
	near  []near                     // what is not so far from it, the nearest first
}

// A rule is how a name fits.
type rule int

const (
	unknown rule = iota // nothing was learned yet
	byID                // or by its address
	byName
	byHash
	byPattern
)

type near struct {
	far  int
	name string
	isID bool
}

// NameMark begins a pattern over what documents are called.
const NameMark = "name:"

// Select is the selection of what is named so. Called are the names of
// documents that are known besides what a repository says of them, and that
// count before it.
func Select(names []Name, called map[Address]string) *Selection {
	s := &Selection{called: called}
	for _, name := range names {
		n := &named{text: name.Text, addresses: name.Addresses}
		over, found := strings.CutPrefix(name.Text, NameMark)
		switch {
		case n.addresses != nil:
		case found:
			n.pattern, n.overNames = whole(Fold(over)), true
		case strings.ContainsAny(name.Text, "*?["):
			n.pattern = whole(name.Text)
		}
		if _, err := path.Match(n.pattern, ""); err != nil {
			n.pattern = ""
		}
		s.named = append(s.named, n)
	}
	return s
}

// whole lets the globs of path match slashes like any other character.
func whole(s string) string { return strings.ReplaceAll(s, "/", "\x00") }

// All says that no document was named.
func (s *Selection) All() bool { return len(s.named) == 0 }

// Names reports whether the selection names this very document.
func (s *Selection) Names(from manifest.Source, id string) bool {
	return s.Shows(from, id) || slices.ContainsFunc(s.named, func(n *named) bool {
		return (n.rule == byHash || n.rule == byName) && slices.Contains(n.fits, addressOf(from, id))
	})
}

// Shows reports whether the command line has the document's address or id, so
// that messages may repeat it. A hash has neither.
func (s *Selection) Shows(from manifest.Source, id string) bool {
	return slices.ContainsFunc(s.named, func(n *named) bool { return n.names(addressOf(from, id)) })
}

// Has reports whether the document is one of those named.
func (s *Selection) Has(from manifest.Source, id string) bool {
	has := s.All()
	for _, n := range s.named {
		if n.has(addressOf(from, id)) {
			n.found, has = true, true
		}
	}
	return has
}

func addressOf(from manifest.Source, id string) Address {
	return Address{from.Kind, from.Address(), id}
}

func (n *named) has(at Address) bool {
	switch n.rule {
	case byName, byHash:
		return slices.Contains(n.fits, at)
	case byPattern:
		return n.matches(at.ID) || slices.Contains(n.fits, at)
	case byID:
		return n.names(at) || n.spells(at)
	}
	return n.names(at) || n.matches(at.ID) || n.spells(at)
}

// ByPattern reports whether documents were selected by a pattern: whoever typed
// it may not know which.
func (s *Selection) ByPattern() bool {
	return slices.ContainsFunc(s.named, func(n *named) bool { return n.rule == byPattern })
}

// hashForm is a short hash as messages show it.
var hashForm = regexp.MustCompile(`^[0-9a-f]{6,16}$`)

// A Known document is one that names may mean.
type Known struct {
	Source manifest.Source
	ID     string
	Called string // "" if nobody gave it a name
	State  manifest.State
}

// Learn gives short names to all documents of the repository with this id, and
// learns which documents are meant. The error is a *SeveralError where a name
// that is no pattern fits several.
func (s *Selection) Learn(repository string, c *repository.Contents) (*Names, error) {
	return s.LearnFrom(repository, func(yield func(Known, error) bool) {
		for record, err := range c.Documents() {
			if err != nil {
				yield(Known{}, err)
				return
			}
			if !yield(KnownOf(record), nil) {
				return
			}
		}
	})
}

// KnownOf is a document of a repository.
func KnownOf(record *manifest.Record) Known {
	k := Known{Source: record.Source, ID: record.ID, State: record.State}
	if v := record.Newest(); v != nil {
		k.Called = v.Title
	}
	k.Called = cmp.Or(record.Said.Name, k.Called)
	return k
}

// LearnFrom is Learn, of documents that somebody else knows. What a name meant
// before, such as now, it also means where nothing is called so, such as at a
// moment before.
func (s *Selection) LearnFrom(repository string, all iter.Seq2[Known, error]) (*Names, error) {
	var several *SeveralError
	learned := make([]learning, len(s.named))
	for i, n := range s.named {
		learned[i] = learning{named: n, folded: Fold(n.text)}
		n.state, n.other, n.near = "", nil, nil
	}
	h, err := NewNames(repository, func(add func(manifest.Source, string)) error {
		for k, err := range all {
			if err != nil {
				return err
			}
			add(k.Source, k.ID)
			if name := s.called[addressOf(k.Source, k.ID)]; name != "" {
				k.Called = name
			}
			for i := range learned {
				learned[i].learn(k, NoNames(repository))
			}
		}
		return nil
	})
	s.names = h
	for i := range learned {
		if e := learned[i].decide(h); e != nil && several == nil {
			several = e
		}
	}
	if err == nil && several != nil {
		err = several
	}
	return h, err
}

// A learning is what one name fits, by each rule.
type learning struct {
	*named
	folded             string
	ids, calls, hashes []Known
	matched            []Address // by a pattern over names
}

func (l *learning) learn(k Known, names *Names) {
	l.named.learn(k)
	if k.State == manifest.Erased {
		return
	}
	at := addressOf(k.Source, k.ID)
	if l.addresses != nil {
		return
	}
	folded := Fold(k.Called)
	switch {
	case l.names(at):
		l.ids = append(l.ids, Known{k.Source, strings.Clone(k.ID), strings.Clone(k.Called), k.State})
	case k.Called != "" && folded == l.folded:
		l.calls = append(l.calls, Known{k.Source, strings.Clone(k.ID), strings.Clone(k.Called), k.State})
	case hashForm.MatchString(l.text) && names.begins(k.Source, k.ID, l.text):
		l.hashes = append(l.hashes, Known{k.Source, strings.Clone(k.ID), strings.Clone(k.Called), k.State})
	case l.overNames && k.Called != "" && matches(l.pattern, folded):
		l.matched = append(l.matched, Address{at.Kind, at.Server, strings.Clone(at.ID)})
	}
	l.approach(folded, k.Called, false)
	l.approach(Fold(k.ID), k.ID, true)
}

// approach notes a name or id that is near.
func (l *learning) approach(folded, name string, isID bool) {
	most := max(1, len(l.folded)/4)
	if name == "" || l.pattern != "" {
		return
	}
	d := far(l.folded, folded, most)
	for _, word := range strings.Fields(folded) {
		if len(word) > 3 && d > most {
			d = far(l.folded, word, most)
		}
	}
	if d > most && len(l.folded) >= 3 && strings.Contains(folded, l.folded) {
		d = most
	}
	if d > most {
		return
	}
	l.near = append(l.near, near{d, strings.Clone(name), isID})
	slices.SortStableFunc(l.near, func(a, b near) int { return a.far - b.far })
	l.near = l.near[:min(len(l.near), mostNear)]
}

// mostNear is how many are shown.
const mostNear = 3

// decide takes the first rule that fits, and says where it fits several.
func (l *learning) decide(names *Names) *SeveralError {
	before, fitted := l.rule, l.fits
	l.fits = nil
	fits := func(rule rule, all []Known) *SeveralError {
		l.rule = rule
		for _, k := range all {
			l.fits = append(l.fits, addressOf(k.Source, k.ID))
		}
		if all = distinct(all); len(all) < 2 {
			return nil
		}
		e := &SeveralError{Text: l.text}
		for _, k := range all {
			e.Fits = append(e.Fits, Fit{k, names.Short(k.Source, k.ID)})
		}
		return e
	}
	switch {
	case l.addresses != nil:
		l.rule = byID
	case len(l.ids) > 0:
		return fits(byID, l.ids)
	case len(l.calls) > 0:
		return fits(byName, l.calls)
	case len(l.other) > 0:
		var others []Known
		for at, state := range l.other {
			others = append(others, Known{Source: manifest.Source{Kind: at.Kind, URL: "https://" + at.Server}, ID: at.ID, State: state})
		}
		slices.SortFunc(others, func(a, b Known) int { return cmp.Or(a.Source.Compare(b.Source), strings.Compare(a.ID, b.ID)) })
		return fits(byID, others)
	case len(l.hashes) > 0:
		return fits(byHash, l.hashes)
	case l.pattern != "":
		l.rule, l.fits = byPattern, l.matched
	case before == byName:
		l.fits = fitted // what was called so, when that was asked first
	default:
		l.rule = byID
	}
	return nil
}

// distinct are the documents without those that went on by another spelling of
// their id.
func distinct(all []Known) []Known {
	return slices.DeleteFunc(slices.Clone(all), func(k Known) bool {
		return k.State == manifest.Missing && slices.ContainsFunc(all, func(other Known) bool {
			return other.ID != k.ID && other.State != manifest.Missing && strings.EqualFold(other.ID, k.ID) && other.Source.Compare(k.Source) == 0
		})
	})
}

// A SeveralError is for a name that fits several documents. It matches
// ErrSeveral.
type SeveralError struct {
	Text string // as it was typed
	Fits []Fit
}

// A Fit is a document that a name fits, and its hash.
type Fit struct {
	Known
	Hash string
}

// Error implements error. It names no document.
func (e *SeveralError) Error() string { return ErrSeveral.Error() }

// Is implements the interface of errors.Is.
func (e *SeveralError) Is(err error) bool { return err == ErrSeveral }

// Near are names that are not so far from those for which nothing was found, the
// nearest first; with ids, also ids.
func (s *Selection) Near(ids bool) (names []string) {
	for _, n := range s.named {
		for _, near := range n.near {
			if !n.found && (ids || !near.isID) && !slices.Contains(names, near.name) {
				names = append(names, near.name)
			}
		}
	}
	return names[:min(len(names), mostNear)]
}

// Unfound are the names of which nothing was found, as they were given.
func (s *Selection) Unfound() (texts []string) {
	for _, n := range s.named {
		if !n.found {
			texts = append(texts, n.text)
		}
	}
	return texts
}

// learn takes note of a document whose id is one that is named, or differs from
// it only in case.
func (n *named) learn(k Known) {
	switch at := addressOf(k.Source, k.ID); {
	case n.names(at):
		n.state = k.State
	case n.folds(at):
		if n.other == nil {
			n.other = make(map[Address]manifest.State)
		}
		n.other[Address{at.Kind, at.Server, strings.Clone(at.ID)}] = k.State
	}
}

// spells reports whether the selection has the document by another spelling of
// its id.
func (s *Selection) spells(from manifest.Source, id string) bool {
	return slices.ContainsFunc(s.named, func(n *named) bool { return n.rule <= byID && n.spells(addressOf(from, id)) })
}

// spells is true where nothing has exactly the id that was named, or where one
// of the two is no longer on its server, which then takes both for one: a
// document goes on under the spelling that its server gives.
func (n *named) spells(at Address) bool {
	state, other := n.other[at]
	return other && (n.state == "" || n.state == manifest.Missing || state == manifest.Missing)
}

// folds reports whether the id is the one that is named, except for its case.
func (n *named) folds(at Address) bool {
	if n.addresses == nil {
		return strings.EqualFold(n.text, at.ID)
	}
	return slices.ContainsFunc(n.addresses, func(a Address) bool {
		return a.Kind == at.Kind && a.Server == at.Server && strings.EqualFold(a.ID, at.ID)
	})
}

func (n *named) names(at Address) bool {
	if n.addresses == nil {
		return n.text == at.ID
	}
	return slices.Contains(n.addresses, at)
}

func (n *named) matches(id string) bool { return !n.overNames && matches(n.pattern, id) }

func matches(pattern, text string) bool {
	ok, err := path.Match(pattern, whole(text))
	return pattern != "" && err == nil && ok
}
