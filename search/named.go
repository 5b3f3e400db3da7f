package search

import (
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// A Named document is one of which nothing but what it is called is known.
type Named struct {
	Source      manifest.Source
	ID          string
	Name, Title string
	Description string
	Tags        []string
	Also        []string  // by which it is found, too, and not called
	Changed     time.Time // zero if that is not known
}

// NameOf is what a repository says that a document is called, as far as its
// identities open that.
func NameOf(repo *repository.Repository, record *manifest.Record) Named {
	n := Named{Source: record.Source, ID: record.ID, Name: record.Said.Name, Tags: record.Said.Tags, Changed: lastChange(record)}
	n.Description, _ = repo.Description(&record.Said)
	if v, _ := library.ChooseVersion(record, false); v != nil {
		n.Title = v.Title
	}
	return n
}

// called is what a document is called, as an index has it: a line for each name,
// the first of which it is shown as; and its tags, folded, each between line ends.
type called struct{ text, tags string }

func (n *Named) called() called {
	lines := slices.Concat([]string{n.Name, n.Title, n.ID}, n.Tags, []string{n.Description}, n.Also)
	c := called{tags: "\n"}
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(strings.ToValidUTF8(line, "\ufffd")), " ")
	}
	c.text = strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
	for _, tag := range n.Tags {
		c.tags += foldTag(tag) + "\n"
	}
	return c
}

// lacks says whether there is a line that is not among the others.
func (c *called) lacks(others called) bool {
	now := strings.Split(others.text, "\n")
	for line := range strings.SplitSeq(c.text, "\n") {
		if !slices.Contains(now, line) {
			return true
		}
	}
	return false
}

// words are those of what it is called.
func (c *called) words() string {
	var all []byte
	for line := range strings.SplitSeq(c.text, "\n") {
		all = appendBorder(all, appendWords(nil, line))
	}
	return string(all)
}

// fits says whether a document fits a question by what it is called alone.
func (n *Named) fits(q *Question, c called) bool {
	if len(q.authors) > 0 || !slices.Contains(q.columns(), InName) {
		return false
	}
	if service := serviceOf(n.Source); slices.ContainsFunc(q.Services, func(s string) bool { return !strings.Contains(service, s) }) {
		return false
	}
	if slices.ContainsFunc(q.Tags, func(tag string) bool { return !strings.Contains(c.tags, "\n"+tag+"\n") }) {
		return false
	}
	if !q.After.IsZero() && n.Changed.Before(q.After) || !q.Before.IsZero() && (n.Changed.IsZero() || !n.Changed.Before(q.Before)) {
		return false
	}
	found := make(map[int]bool)
	for line := range strings.SplitSeq(c.text, "\n") {
		for _, s := range spansOf(line, q.terms) {
			found[s.term] = true
		}
	}
	return len(found) == len(q.terms) && !q.IsEmpty()
}

// hit shows it.
func (n *Named) hit(q *Question, c called) Hit {
	h := Hit{Source: n.Source, ID: n.ID, Changed: n.Changed}
	h.Called, _, _ = strings.Cut(c.text, "\n")
	q.show(&h, c.text, nil)
	return h
}
