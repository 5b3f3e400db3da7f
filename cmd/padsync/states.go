package main

import (
	"errors"
	"strings"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/manifest"
)

// state is the word for a state in the user's language.
func (a *app) state(s string) string {
	switch manifest.State(s) {
	case manifest.Current:
		return a.text("state-current")
	case manifest.Missing:
		return a.text("state-missing")
	case manifest.Failed:
		return a.text("state-failed")
	case manifest.Erased:
		return a.text("state-erased")
	}
	return s
}

// suspicions are the words for why a version may be a loss; those that a
// newer program wrote are shown as they are.
var suspicions = map[string]string{
	"compacted":             "suspect-compacted",
	"emptied":               "suspect-emptied",
	"shorter-history":       "suspect-shorter-history",
	"other-history":         "suspect-other-history",
	"default-text":          "suspect-default-text",
	"shrunk":                "suspect-shrunk",
	"rescue-copy":           "suspect-rescue-copy",
	"unreadable":            "suspect-unreadable",
	"archived":              "suspect-archived",
	"votes-hidden":          "suspect-votes-hidden",
	"page-and-table-differ": "suspect-page-and-table-differ",
	"choices-lost":          "suspect-choices-lost",
	"votes-lost":            "suspect-votes-lost",
	"comments-lost":         "suspect-comments-lost",
}

func (a *app) suspicion(word string) string {
	if id, ok := suspicions[word]; ok {
		return a.text(id)
	}
	return word
}

// flawWords are the words for what of a version cannot be shown.
var flawWords = map[string]string{
	"attributes":      "flaw-attributes",
	"authors":         "flaw-authors",
	"chat":            "flaw-chat",
	"head":            "flaw-head",
	"history":         "flaw-history",
	"pool":            "flaw-pool",
	"saved-revisions": "flaw-saved-revisions",
	"size":            "flaw-size",
	"text":            "flaw-text",
}

// flaw says what of a version cannot be shown: a newer program's words are
// shown as they are.
func (a *app) flaw(words string) string {
	all := strings.Split(words, "+")
	for i, word := range all {
		if id, ok := flawWords[word]; ok {
			all[i] = a.text(id)
		}
	}
	return strings.Join(all, ", ")
}

// nothing is the problem that no document is what was asked for. Where lists
// of documents are lacking, they may tell of it.
func (a *app) nothing(s *selection, lacking int) error {
	switch cause := s.schemeless(errNothing); {
	case lacking > 0 && s.all():
		return a.lackingLists(lacking)
	case lacking > 0:
		return message.Of(message.Failed, errors.Join(errLacking, cause), "nothing-fits-lacking")
	default:
		return message.Of(message.Failed, cause, "nothing-fits")
	}
}
