package pad

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A span is a part of a line that looks the same throughout.
type span struct {
	look
	text string
	href string // "" if it is not a link
}

// A look is how characters look by their attributes.
type look struct {
	style  style
	author string // the id, "" if nobody is known or asked for
}

type style uint8

const (
	bold style = 1 << iota
	italic
	underline
	strike
)

var styles = map[string]style{"bold": bold, "italic": italic, "underline": underline, "strikethrough": strike}

// spans cuts a line where its look changes and where links begin and end.
func (s *State) spans(l *line, lookOf func(attribs string) look) []span {
	return link(s.published(s.styled(l, lookOf)))
}

// styled cuts a line where its look changes.
func (s *State) styled(l *line, lookOf func(attribs string) look) []span {
	text, runs := l.text, l.runs
	if l.marked {
		shown := *l
		shown.skipMarker()
		text, runs = shown.text, shown.runs
	}
	var styled []span
	add := func(u units, lk look) {
		if n := len(styled); n > 0 && styled[n-1].look == lk {
			styled[n-1].text += u.String()
		} else if len(u) > 0 {
			styled = append(styled, span{text: u.String(), look: lk})
		}
	}
	start, end := 0, 0
	for i, r := range runs {
		end = min(end+r.chars, len(text))
		stop := end
		// A pair's second half goes with the first; and what looks the same
		// is decoded at once.
		if text.splitsPair(stop) {
			stop++
		}
		if i+1 < len(runs) && lookOf(runs[i+1].attribs) == lookOf(r.attribs) && stop < len(text) {
			continue
		}
		if stop > start {
			add(text[start:stop], lookOf(r.attribs))
			start = stop
		}
	}
	add(text[start:], look{})
	return styled
}

// style is the look without the author.
func (s *State) style(attribs string) (lk look) {
	for a := range s.pool.attributes(attribs) {
		if a.value == "true" {
			lk.style |= styles[a.name]
		}
	}
	return lk
}

func (s *State) styleAndAuthor(attribs string) look {
	lk := s.style(attribs)
	lk.author = s.author(attribs)
	return lk
}

func (s *State) author(attribs string) string {
	for a := range s.pool.attributes(attribs) {
		if a.name == "author" {
			return a.value
		}
	}
	return ""
}

// A link is what Etherpad 1.8.14 shows as one, if it goes to the web or to a
// mailbox; what follows it as punctuation is not part of it.
var linkText = regexp.MustCompile(`(?i)(?:https?://|mailto:|www\.)[\pL\pM\pN:@_.,~%+/?=&#!;()$'*-]*[\pL\pM\pN@_~%+/=&#($-]`)

// maxLink bounds a link, in bytes, as Markdown has all of it for each span.
const maxLink = 2000

// link cuts spans at the borders of links.
func link(spans []span) []span {
	text := plain(spans)
	found := slices.DeleteFunc(linkText.FindAllStringIndex(text, -1), func(at []int) bool { return at[1]-at[0] > maxLink })
	if len(found) == 0 {
		return spans
	}
	var cut []span
	at := 0 // where the span begins in text
	for _, sp := range spans {
		for len(sp.text) > 0 {
			for len(found) > 0 && (found[0][1] <= at || !beginsWord(text, found[0][0])) {
				found = found[1:]
			}
			part, n := sp, len(sp.text)
			if len(found) > 0 {
				if from, to := found[0][0], found[0][1]; at >= from {
					n = min(n, to-at)
					part.href = cmp.Or(part.href, address(text[from:to]))
				} else {
					n = min(n, from-at)
				}
			}
			part.text, sp.text = sp.text[:n], sp.text[n:]
			cut = append(cut, part)
			at += n
		}
	}
	return cut
}

func beginsWord(text string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(text[:i])
	return !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

func address(text string) string {
	if len(text) > 4 && strings.EqualFold(text[:4], "www.") {
		return "http://" + text
	}
	return text
}

func plain(spans []span) string {
	var b strings.Builder
	for _, sp := range spans {
		b.WriteString(sp.text)
	}
	return b.String()
}
