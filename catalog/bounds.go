package catalog

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of what people say, in characters.
const (
	MostName        = 200
	MostDescription = 4000
	MostTag         = 40
	MostTags        = 30 // of one document
)

var (
	// ErrTooLong is for a text, or a list of tags, beyond its bound.
	ErrTooLong = errors.New("too long")

	// ErrCharacter is for a text with a control or direction character, and for
	// a tag with a space.
	ErrCharacter = errors.New("a character that cannot be in it")
)

// steers says of a character that it is not part of a text but does something
// to it, or to a terminal.
func steers(r rune) bool {
	switch {
	case unicode.IsControl(r), r == utf8.RuneError, r == '\ufeff':
		return true
	case r == '\u061c', r == '\u200e', r == '\u200f', '\u2028' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069':
		return true
	}
	return false
}

// MendName is a name as it may be kept and shown, whoever wrote it.
func MendName(text string) string { return mend(text, MostName) }

// MendDescription is the same of a description.
func MendDescription(text string) string { return mend(text, MostDescription) }

// MendTags is the same of tags: each once, sorted.
func MendTags(tags []string) []string {
	var all []string
	for _, tag := range tags {
		if tag = mend(strings.Join(strings.Fields(tag), "-"), MostTag); tag != "" {
			all = append(all, tag)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), MostTags)]
}

// mend makes line ends and other white space one space, leaves out what steers,
// and cuts.
func mend(text string, most int) string {
	// Bytes beyond four for each character are never shown.
	text = strings.Join(strings.Fields(text[:min(len(text), 16*most)]), " ")
	text = strings.Map(func(r rune) rune {
		if steers(r) {
			return -1
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most])
	}
	return strings.TrimSpace(text)
}

// checked gives a text that somebody types, or says what is wrong with it.
func checked(text string, most int) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	switch {
	case strings.ContainsFunc(text, steers):
		return "", ErrCharacter
	case utf8.RuneCountInString(text) > most:
		return "", ErrTooLong
	}
	return text, nil
}

func checkedTag(tag string) (string, error) {
	tag, err := checked(tag, MostTag)
	if err == nil && (tag == "" || strings.ContainsFunc(tag, unicode.IsSpace)) {
		err = ErrCharacter
	}
	return tag, err
}
