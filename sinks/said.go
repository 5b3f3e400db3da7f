package sinks

import (
	"regexp"
	"strings"
	"unicode"
)

// longest is how many bytes of a text that a store may have written are shown.
const longest = 300

var (
	link = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)(?:[^/\s"'<>]*@)?([^/\s"'<>?#@]*)[^\s"'<>]*`)

	// signed is what a store may repeat of a request that it did not take.
	signed = regexp.MustCompile(`(?i)((?:credential|signature|security-token|authorization|cookie|password|secret|token|bearer|basic)["']?\s*[:=]?\s*["']?)[^\s"',;&<>]{8,}`)
)

// Said is what a store said, for people: on one line, bounded, with nothing
// that would steer a terminal, of addresses only the host, and without what
// secrets replaces and what looks like a part of a signature.
func Said(text string, secrets *strings.Replacer) string {
	if secrets != nil {
		text = secrets.Replace(text)
	}
	text = link.ReplaceAllString(text, "$1$2/…")
	text = signed.ReplaceAllString(text, "$1…")
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}

// Hiding replaces secrets of more than three bytes.
func Hiding(secrets ...string) *strings.Replacer {
	var pairs []string
	for _, secret := range secrets {
		if len(secret) > 3 {
			pairs = append(pairs, secret, "…")
		}
	}
	return strings.NewReplacer(pairs...)
}
