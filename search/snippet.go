package search

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Piece is a part of a snippet.
type Piece struct {
	Text string
	Hit  bool // it is what was searched for
}

// Bounds on a snippet, in bytes of the text, and on the hits of a text that are
// looked at.
const (
	snippetSize = 200
	maxSpans    = 2000
)

// A span is where a text has what a term asks for.
type span struct{ term, start, end int }

// spansOf are the places of the terms in a text, in order: up to the end of the
// first fragment that has all of them.
func spansOf(content string, terms []term) (spans []span) {
	// Of the last words, as many as the longest term has.
	longest := 0
	for i := range terms {
		longest = max(longest, len(terms[i].words))
	}
	type place struct {
		word  string
		start int
	}
	var last []place
	latest, seen, enough := make([]int, len(terms)), 0, len(content) // where each term was last, plus 1
	add := func(one span) {
		spans = append(spans, one)
		if latest[one.term] == 0 {
			seen++
		}
		latest[one.term] = one.start + 1
		if first := slices.Min(latest) - 1; seen == len(terms) && one.end-first <= snippetSize {
			enough = min(enough, first+snippetSize)
		}
	}
	for s := (scanner{text: content}); s.next() && len(spans) < maxSpans && s.start <= enough; {
		var word string
		if longest > 1 { // else each word is looked at only now
			word = string(s.folded)
			last = append(last, place{word, s.start})
			if len(last) > 2*longest {
				last = append(last[:0], last[len(last)-longest:]...)
			}
		}
		for i := range terms {
			t := &terms[i]
			end := t.words[len(t.words)-1]
			if string(s.folded) != end && !(t.prefix && len(s.folded) > len(end) && string(s.folded[:len(end)]) == end) {
				continue
			}
			n := len(t.words)
			if n == 1 {
				add(span{i, s.start, s.end})
				continue
			}
			if len(last) < n {
				continue
			}
			before, fits := last[len(last)-n:], true
			for j, w := range t.words[:n-1] {
				fits = fits && before[j].word == w
			}
			if fits {
				add(span{i, before[0].start, s.end})
			}
		}
	}
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	return spans
}

// A fragment is a part of a text that shows the most of what was searched for.
type fragment struct {
	terms int // different ones
	spans []span
}

// best finds the fragment of about snippetSize with the most different terms, the
// first of these.
func best(spans []span, terms int) (f fragment) {
	counts, different, from := make([]int, terms), 0, 0
	first := 0
	for to, s := range spans {
		if counts[s.term]++; counts[s.term] == 1 {
			different++
		}
		for s.end-spans[from].start > snippetSize && from < to {
			if counts[spans[from].term]--; counts[spans[from].term] == 0 {
				different--
			}
			from++
		}
		if different > f.terms {
			f.terms, first = different, from
		}
	}
	end := first
	for end < len(spans) && (end == first || spans[end].end-spans[first].start <= snippetSize) {
		end++
	}
	f.spans = spans[first:end]
	return f
}

// cut makes a snippet of a text around a fragment: whole words, line ends as
// spaces, and a sign where the text goes on.
func cut(content string, spans []span) (pieces []Piece) {
	first, last := spans[0].start, spans[0].end
	for _, s := range spans {
		last = max(last, s.end)
	}
	around := max(snippetSize-(last-first), 0) / 2
	from, to := first-around, last+around
	if from < 0 {
		to -= from
	}
	if more := to - len(content); more > 0 {
		from -= more
	}
	from, to = max(from, 0), min(to, len(content))
	from, to = min(wordBorder(content, from, +1), first), max(wordBorder(content, to, -1), last)
	add := func(part string, hit bool) {
		if part = clean(part); part == "" {
			return
		}
		pieces = append(pieces, Piece{part, hit})
	}
	if from > 0 {
		add("…", false)
	}
	at := from
	for _, s := range spans {
		if s.end <= at {
			continue
		}
		start := max(s.start, at)
		add(content[at:start], false)
		add(content[start:s.end], true)
		at = s.end
	}
	add(content[at:to], false)
	if strings.TrimSpace(content[to:]) != "" {
		add("…", false)
	}
	return join(pieces)
}

// wordBorder goes from a place to the next one, in that direction, where no word
// is split, if there is one near.
func wordBorder(content string, at, step int) int {
	const near = 40
	for i := at; i >= 0 && i <= len(content) && i-at < near && at-i < near; i += step {
		if i == 0 || i == len(content) || strings.IndexByte(" \n\t", content[i-1]) >= 0 || strings.IndexByte(" \n\t", content[i]) >= 0 {
			return i
		}
	}
	for i := at; i >= 0 && i <= len(content); i += step {
		if i == len(content) || utf8.RuneStart(content[i]) {
			return i
		}
	}
	return at
}

// clean makes white space one space each.
func clean(s string) string {
	words := strings.Fields(s)
	text := strings.Join(words, " ")
	if text == "" {
		if s == "" {
			return ""
		}
		return " "
	}
	if first, _ := utf8.DecodeRuneInString(s); strings.ContainsRune(" \n\t\r", first) {
		text = " " + text
	}
	if last, _ := utf8.DecodeLastRuneInString(s); strings.ContainsRune(" \n\t\r", last) {
		text += " "
	}
	return text
}

// join joins pieces of the same kind, and trims the whole.
func join(pieces []Piece) (all []Piece) {
	for _, p := range pieces {
		if n := len(all); n > 0 && all[n-1].Hit == p.Hit {
			all[n-1].Text += p.Text
			continue
		}
		all = append(all, p)
	}
	if n := len(all); n > 0 {
		all[0].Text = strings.TrimLeft(all[0].Text, " ")
		all[n-1].Text = strings.TrimRight(all[n-1].Text, " ")
	}
	return slices.DeleteFunc(all, func(p Piece) bool { return p.Text == "" })
}
