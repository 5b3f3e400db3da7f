package repository

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	longestName = 120 // bytes; with an ending and a hash a name stays under 255
	cutName     = 80
)

var reserved = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)( *\.|$)`)

// Escape gives a name for a file or a folder that is safe and unique on
// Linux, macOS and Windows, whatever the name: docs/format.md says how.
func Escape(name string) string {
	short, end, whole := legibly(name)
	if !whole || ambiguous(name) {
		short += fmt.Sprintf("~%x", sha256.Sum256([]byte(name)))[:17]
	}
	return short + end
}

// EscapeLegibly gives a name as safe as Escape's, but not unique: two names
// with the same Fold may be one name to a file system.
func EscapeLegibly(name string) string {
	short, end, _ := legibly(name)
	return short + end
}

// Fold gives what of a name counts where case is ignored and names are
// normalised.
func Fold(name string) string {
	return strings.Map(func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }, norm.NFC.String(name))
}

// legibly escapes a name, and gives its ending apart, and whether nothing was
// cut off.
func legibly(name string) (short, end string, whole bool) {
	stem, end := splitEnding(name)
	if plain(stem) {
		return stem, end, true
	}
	escaped := escapeAll(norm.NFC.String(strings.ToValidUTF8(stem, "\uFFFD")))
	short = cut(escaped)
	return short, end, short == escaped
}

// plain is true of most names that need no escape: those in ASCII.
func plain(name string) bool {
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	last := len(name) - 1
	return last >= 0 && last < longestName && name[0] != '-' && name[0] != '.' && name[last] != '.' && !isReserved(name)
}

// isReserved is true of what Windows takes for a device.
func isReserved(name string) bool {
	return strings.ContainsAny(name[:min(1, len(name))], "cCpPaAnNlL") && reserved.MatchString(name)
}

// splitEnding sets an ending aside: a dot and at most 10 of a-z0-9, after
// something else.
func splitEnding(name string) (stem, end string) {
	i := strings.LastIndexByte(name, '.')
	if i <= 0 || i == len(name)-1 || len(name)-i > 11 {
		return name, ""
	}
	for _, c := range []byte(name[i+1:]) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return name, ""
		}
	}
	return name[:i], name[i:]
}

func escapeAll(name string) string {
	first, last := 0, len(name)-1
	hidden := isReserved(name)
	var b strings.Builder
	for i, r := range name {
		switch edge := i == first || i == last; {
		case !kept(r), edge && (r == '.' || r == ' '), i == first && (r == '-' || hidden):
			for _, c := range []byte(string(r)) {
				b.Write([]byte{'%', digits[c>>4], digits[c&15]})
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

const digits = "0123456789ABCDEF"

func kept(r rune) bool {
	return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune(".-_ ,=@()", r) ||
		r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r))
}

// cut shortens a name that is too long, never inside an escape or a rune.
func cut(name string) string {
	if len(name) <= longestName {
		return name
	}
	name = name[:cutName]
	if i := strings.LastIndexByte(name, '%'); i > cutName-3 {
		name = name[:i]
	}
	for !utf8.ValidString(name) {
		name = name[:len(name)-1]
	}
	return strings.TrimRight(name, ". ")
}

// ambiguous reports whether another name could be the same to a file system
// that ignores case or normalises.
func ambiguous(name string) bool {
	return !utf8.ValidString(name) || !norm.NFC.IsNormalString(name) ||
		strings.ContainsFunc(name, func(r rune) bool { return unicode.ToLower(unicode.ToUpper(r)) != r })
}
