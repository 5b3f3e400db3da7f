package backup

import (
	"encoding/hex"
	"slices"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

// Why a version may be a loss, by comparison with the one that it would
// continue. docs/format.md lists them with those that a source sees by itself.
const (
	Compacted      = manifest.Compacted // the history begins with a text that was saved
	Emptied        = "emptied"          // nothing is left of what people wrote
	DefaultText    = "default-text"     // back to what it was created with
	OtherHistory   = "other-history"    // made anew under the same id
	ShorterHistory = "shorter-history"  // fewer revisions than before
	Shrunk         = "shrunk"           // less than a tenth of the text is left

	ChoicesLost  = "choices-lost"  // a poll's choice is gone, with all answers to it
	VotesLost    = "votes-lost"    // more than a few of a poll's votes at once
	CommentsLost = "comments-lost" // or of its comments
)

// shortText is how many characters a text must have before it can be called
// shrunk: of a few words, nine in ten go easily.
const shortText = 100

// emptyText is how many characters are in an empty pad: the end of its line.
const emptyText = 1

// suspicion says why the version may be a loss, "" if it looks sound.
func (p *prior) suspicion(v *sources.Version) string {
	if p.Base == nil || v.Suspect != "" && !p.completes(v) && !p.unreadableBefore(v) {
		return string(v.Suspect)
	}
	old, now := p.Base, &v.Facts
	if word := lost(old, now); word != "" {
		return word
	}
	fewer := old.Revision != nil && now.Revision != nil && *now.Revision < *old.Revision
	other := old.First != "" && now.First != "" && now.First != old.First
	blank := now.Blank && !old.Blank && len(old.Fields) == 0
	if old.Start != "" && now.Start != "" && now.Start != old.Start {
		blank = blank && !other // what it was created with is another text
	}
	switch {
	case fewer && old.Length > emptyText && now.Text != "" && now.Text == old.Text:
		return Compacted
	case old.Length > emptyText && now.Length <= emptyText && old.Revision != nil, blank && now.Revision == nil:
		return Emptied
	case blank:
		return DefaultText
	case other && slices.Contains(p.Texts, now.Start):
		return Compacted
	case other:
		return OtherHistory
	case fewer:
		return ShorterHistory
	case old.Length >= shortText && now.Length*10 < old.Length && sees(now, old):
		return Shrunk
	}
	return ""
}

// unreadableBefore says that no text can be made of the version, and that the
// same was true of the one before.
func (p *prior) unreadableBefore(v *sources.Version) bool {
	return v.Suspect == sources.Unreadable && p.Base.Flaw == v.Facts.Flaw
}

// newFlaw is what cannot be shown of the version, unless that was already so of
// the newest.
func (p *prior) newFlaw(v *sources.Version) string {
	if p.Newest != nil && p.Newest.Facts.Flaw == v.Facts.Flaw {
		return ""
	}
	return v.Facts.Flaw
}

// same reports whether the version holds what the newest one holds, so that it
// need not be saved again: the same bytes, or the same content in the same
// forms where the source says what content is; and a recipient can read it.
// Neither fewer forms that were asked for nor what the look could not see is a
// change.
func (p *prior) same(v *sources.Version) bool {
	if p.Newest != nil && !p.Sealed && len(p.Seen) > 0 && len(v.Facts.Fields) > 0 {
		return !p.news(v)
	}
	if p.Newest == nil || p.Sealed || v.Suspect != "" && len(p.Newest.Files) != len(v.Files) {
		return false
	}
	if p.Newest.Suspect == string(sources.RescueCopy) && v.Suspect != sources.RescueCopy {
		return false // the server gives it whole again
	}
	content := v.Facts.Content != "" && v.Facts.Content == p.Newest.Facts.Content
	return !slices.ContainsFunc(v.Files, func(f sources.File) bool {
		return !slices.ContainsFunc(p.Newest.Files, func(known file) bool {
			return known.Name == f.Name && known.Format == f.Format && (content || known.SHA256 == hex.EncodeToString(f.SHA256[:]))
		})
	})
}
