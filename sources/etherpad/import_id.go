package etherpad

import (
	"crypto/rand"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/sources"
)

// newIDs are the ids that a pad may get on another server, the best first. The
// name of a pad in a group keeps the group's id, and a pad known under a
// read-only id gets an id that nobody can guess: who could not open or edit the
// old pad must not find the new one by its name.
func newIDs(id string) []string {
	switch group := groupOf(id); {
	case strings.HasPrefix(id, "r."):
		return []string{strings.ToLower(rand.Text())}
	case group != "":
		_, name, _ := strings.Cut(id, "$")
		id = shorten(name, maxName-len(group)) + "-" + strings.TrimPrefix(group, "g.")
	}
	id = strings.ReplaceAll(id, "$", "_")
	if clean, err := cleanID(id); err == nil {
		id = clean
	}
	ids := []string{shorten(id, maxName)}
	for n := 2; n <= 9; n++ {
		suffix := fmt.Sprint("-", n)
		ids = append(ids, shorten(id, maxName-len(suffix))+suffix)
	}
	return ids
}

// asked is the id that somebody asked for, as servers would spell it. One of a group,
// or a read-only one, cannot be made by its name; of the others, what people can type
// and what every proxy passes on.
func asked(id string) ([]string, error) {
	clean, err := cleanID(id)
	if err != nil || isProtected(clean) || strings.ContainsAny(clean, "$/") || strings.ContainsFunc(clean, unicode.IsControl) || shorten(clean, maxName) != clean {
		return nil, sources.ErrAs
	}
	return []string{clean}, nil
}

func isProtected(id string) bool { return pad.IsReadOnly(id) || groupOf(id) != "" }

// maxName is what servers take, in UTF-16 units.
const maxName = 50

func shorten(name string, most int) string {
	units := 0
	for i, r := range name {
		if units += max(utf16.RuneLen(r), 1); units > most {
			return name[:i]
		}
	}
	return name
}
