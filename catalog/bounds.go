package catalog

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/padsync/padsync/manifest"
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
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029'
}

// checked gives a text that somebody types on one line, or says what is wrong
// with it.
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
	tag, err := checked(tag, manifest.MaxTag)
	if err == nil && (tag == "" || strings.ContainsFunc(tag, unicode.IsSpace)) {
		err = ErrCharacter
	}
	return tag, err
}

// mended are tags within the bounds, sorted.
func mended(tags []string) []string {
	tags = manifest.MendTags(tags)
	slices.Sort(tags)
	return tags
}
