package mirror

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
)

const (
	longestTitle  = 80  // characters of a title that nobody gave
	longestStem   = 80  // characters of the name of a file or folder,
	longestBytes  = 150 // and bytes: with all that is added it stays under 255
	longestOnDisk = 240 // bytes of one that was written
)

var (
	// devices are what Windows takes for such, whatever follows the first full
	// stop.
	devices = regexp.MustCompile(`(?i)^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)`)

	// unfinished are names that Nextcloud refuses.
	unfinished = regexp.MustCompile(`(?i)\.(part|filepart)$`)
)

// clean gives a name that people read as they wrote it, and that Windows, macOS,
// Nextcloud and stores take for a file or a folder; "" if nothing is left of it.
// A clean name stays as it is.
func clean(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return -1
		case unicode.IsSpace(r), unicode.Is(unicode.Z, r):
			return ' '
		case unicode.Is(unicode.C, r): // controls, and what turns the direction or is not seen
			return -1
		case strings.ContainsRune(`/\|:`, r):
			return '-'
		case r == '"':
			return '\''
		case strings.ContainsRune("<>?*", r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = strings.Join(strings.Fields(norm.NFC.String(name)), " ")
	name = strings.ReplaceAll(name, sinks.TemporarySuffix, strings.ReplaceAll(sinks.TemporarySuffix, ".", "-"))
	name = unfinished.ReplaceAllString(strings.TrimRight(strings.TrimLeft(name, " .~-"), " .~"), "-$1")
	if devices.MatchString(name) {
		name = "_" + name
	}
	return name
}

// stem is a clean name that is short enough.
func stem(name string) string { return clean(shortened(clean(name), longestStem, longestBytes)) }

// shortened cuts a text, never inside a character or before its accents.
func shortened(s string, runes, bytes int) string {
	n := 0
	for i, r := range s {
		if n++; n > runes || i+utf8.RuneLen(r) > bytes {
			for unicode.IsMark(r) && i > 0 {
				r, n = utf8.DecodeLastRuneInString(s[:i])
				i -= n
			}
			return s[:i]
		}
	}
	return s
}

// endings are those of forms that pages have.
var endings = map[string]string{"html": ".html", "markdown": ".md", "txt": ".txt", "csv": ".csv", "ics": ".ics"}

// Forms are those that pages can have.
func Forms() []string { return []string{"html", "markdown", "txt", "csv", "ics"} }

// isPage reports whether a file of that name is one that padsync could have written
// in that form: in a folder of the mirror, or in one of a document's earlier
// versions.
func isPage(name, form string) bool {
	parts := strings.Split(name, "/")
	last := len(parts) - 1
	rest, is := strings.CutSuffix(parts[last], endings[form])
	if endings[form] == "" || !is || last < 1 || last > 2 || sinks.CheckKey(name) != nil {
		return false
	}
	parts[last] = rest
	return !slices.ContainsFunc(parts, func(part string) bool {
		return part == "" || len(part) > longestOnDisk || clean(part) != part
	})
}

// fold gives what of a name counts where case is ignored.
func fold(name string) string { return repository.Fold(name) }

// titleOf is a text as the title of a page: in one line, without what is not seen.
func titleOf(text string, most int) string {
	text = documents.OneLine(text)
	if short := shortened(text, most, 4*most); short != text {
		return strings.TrimSpace(short) + "…"
	}
	return text
}

// beside is a name for what cannot have that name, the n-th from 1.
func beside(name string, n int) string {
	ending := path.Ext(name)
	added := " (padsync)"
	if n > 1 {
		added = " (padsync " + itoa(n) + ")"
	}
	return strings.TrimSuffix(name, ending) + added + ending
}
