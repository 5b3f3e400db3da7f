package backup

import (
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

// few is how many votes, or comments, may go at once: people take theirs back.
const few = 2

// remember takes what all versions tell of the document's parts. The items are
// those of versions that are not suspect.
func (p *prior) remember(r *manifest.Record) (items map[string]string) {
	for _, v := range r.Versions {
		p.Seen = with(p.Seen, v.Facts.Fields)
		if v.Suspect == "" {
			p.SeenSound = with(p.SeenSound, v.Facts.Fields)
			items = with(items, v.Facts.Items)
		}
	}
	return items
}

// with gives all with what is newer.
func with(all, newer map[string]string) map[string]string {
	for name, value := range newer {
		if all == nil {
			all = make(map[string]string)
		}
		all[name] = value
	}
	return all
}

// news reports whether the version has a part that differs from what is known,
// or that no version has told; or says for the first time when the document
// will be deleted. A sound look is also news where only a suspect one, of which
// the source itself was not sure, told the same.
func (p *prior) news(v *sources.Version) bool {
	known := p.Seen
	if v.Suspect == "" && p.Newest.Suspect != "" && !byComparison(p.Newest.Suspect) {
		known = p.SeenSound
	}
	for part, hash := range v.Facts.Fields {
		if known[part] != hash {
			return true
		}
	}
	return v.Facts.Expires != "" && p.Expires == ""
}

func byComparison(suspicion string) bool {
	switch suspicion {
	case Compacted, Emptied, DefaultText, OtherHistory, ShorterHistory, Shrunk, ChoicesLost, VotesLost, CommentsLost:
		return true
	}
	return false
}

// completes reports whether readers can take from sound versions what the
// version is suspect of not having: votes, and the choices that they are for.
func (p *prior) completes(v *sources.Version) bool {
	choices := v.Facts.Fields["choices"]
	without := v.Suspect == sources.VotesHidden || v.Suspect == sources.VotesUnseen
	return without && p.SeenSound["votes"] != "" && choices != "" && choices == p.SeenSound["choices"]
}

// lost says what both looks saw of a poll and the later one no longer has.
func lost(old, now *manifest.Facts) string {
	gone := func(part string) int {
		if now.Fields[part] == "" {
			return 0 // it was not seen
		}
		return sources.ItemsGone(old.Items[part], now.Items[part])
	}
	votes, comments := gone("votes"), gone("comments")
	switch {
	case now.Blank && votes+comments > 0:
		return Emptied
	case gone("choices") > 0:
		return ChoicesLost
	case votes > few:
		return VotesLost
	case comments > few:
		return CommentsLost
	}
	return ""
}

// sees reports whether the look saw every part that the old one did. Else its
// length says nothing.
func sees(now, old *manifest.Facts) bool {
	for part := range old.Fields {
		if now.Fields[part] == "" {
			return false
		}
	}
	return true
}
