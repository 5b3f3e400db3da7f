package pad

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// inline writes the spans of one line as Markdown. Emphasis is written as stars
// where CommonMark surely takes them as such, else as tags.
func inline(spans []span) string {
	var b strings.Builder
	starred := false // what was written ends with the stars of a span
	for i, sp := range spans {
		text := strings.TrimFunc(sp.text, unicode.IsSpace)
		if text == "" {
			b.WriteString(sp.text)
			starred = false
			continue
		}
		before, after, _ := strings.Cut(sp.text, text)
		b.WriteString(before)
		inner := linked(sp.href, text)
		stars := sp.style&(underline|strike) != 0 ||
			!(starred && before == "") && (before != "" || opens(b.String(), inner)) && (after != "" || closes(inner, spans[i+1:]))
		b.WriteString(emphasize(inner, sp.style, stars))
		b.WriteString(after)
		starred = after == "" && stars && sp.style == sp.style&(bold|italic) && sp.style != 0
	}
	line := strings.TrimRightFunc(strings.ReplaceAll(b.String(), "\r", " "), unicode.IsSpace)
	if text, ok := strings.CutSuffix(line, `\\`); ok {
		return text + "&#92;" // a backslash may follow, to break the line; goldmark 1.8.2 misreads three
	}
	return line
}

// entity is what CommonMark decodes in addresses too.
var entity = regexp.MustCompile(`&(#?\w+;)`)

func linked(href, text string) string {
	switch {
	case href == "":
		return escapeMarkdown(text)
	case href == text && !entity.MatchString(href):
		return "<" + text + ">"
	default:
		return "[" + escapeMarkdown(text) + "](<" + entity.ReplaceAllString(href, "&amp;$1") + ">)"
	}
}

func emphasize(inner string, st style, stars bool) string {
	open, shut := "", ""
	for _, t := range tags {
		if st&t.style == 0 {
			continue
		}
		o, s := "<"+t.name+">", "</"+t.name+">"
		switch {
		case stars && t.style == bold:
			o, s = "**", "**"
		case stars && t.style == italic:
			o, s = "*", "*"
		}
		open, shut = open+o, s+shut
	}
	return open + inner + shut
}

// opens says whether stars between before and inner open emphasis. What is
// neither a word nor surely punctuation to every version of CommonMark, such
// as an emoji, counts as neither.
func opens(before, inner string) bool {
	first, _ := utf8.DecodeRuneInString(inner)
	last, n := utf8.DecodeLastRuneInString(before)
	return isWord(first) || n == 0 || parts(last)
}

func closes(inner string, after []span) bool {
	last, _ := utf8.DecodeLastRuneInString(inner)
	if isWord(last) || len(after) == 0 || after[0].style != 0 || after[0].href != "" {
		return true
	}
	first, _ := utf8.DecodeRuneInString(after[0].text)
	return parts(first)
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func parts(r rune) bool {
	return r == '\t' || unicode.Is(unicode.Zs, r) || unicode.IsPunct(r) || r < 0x80 && unicode.IsSymbol(r)
}

var markup = regexp.MustCompile("[\\\\`*_\\[\\]<>&~|]")

func escapeMarkdown(text string) string { return markup.ReplaceAllString(text, `\$0`) }

// What begins a line may be a heading, a list, a rule or a table; white space
// is a code block, or is dropped.
var (
	startMarkup = regexp.MustCompile(`^(?:[#+=:-]|\d{1,9}[.)])`)
	startSpace  = regexp.MustCompile(`^[\s\p{Z}]+`)
)

func escapeStart(line string) string {
	space := startSpace.FindString(line)
	line = line[len(space):]
	if m := startMarkup.FindString(line); m != "" {
		line = m[:len(m)-1] + `\` + line[len(m)-1:]
	}
	return strings.Repeat("&nbsp;", utf8.RuneCountInString(space)) + line
}
