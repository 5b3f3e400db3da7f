// Package library is what people do with a repository: find documents by what
// they call them, see them as they were at a point of their life, and compare.
// It has no word of a language, and prints nothing.
package library

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/padsync/padsync/manifest"
)

// Names gives documents short names that do not reveal their addresses: the
// first 6 hex digits, more where two would be alike, of the SHA-256 of the
// repository's id, the source's address without its scheme, and the document's
// id, with newlines between them.
type Names struct {
	repository string
	all        []uint64 // the first 16 digits of each, sorted
}

// NewNames counts all documents of a repository: each calls add for every one.
func NewNames(repository string, each func(add func(s manifest.Source, id string)) error) (*Names, error) {
	n := &Names{repository: repository}
	err := each(func(s manifest.Source, id string) { n.all = append(n.all, n.Sum(s, id)) })
	slices.Sort(n.all)
	n.all = slices.Compact(n.all)
	return n, err
}

// NoNames are those of a repository of which no document is known.
func NoNames(repository string) *Names { return &Names{repository: repository} }

// Sum is the hash as a number: the first 16 of its digits.
func (n *Names) Sum(s manifest.Source, id string) uint64 {
	sum := sha256.Sum256([]byte(n.repository + "\n" + s.Address() + "\n" + id))
	return binary.BigEndian.Uint64(sum[:])
}

// Short is the document's short name.
func (n *Names) Short(s manifest.Source, id string) string {
	sum := n.Sum(s, id)
	digits := 6
	at, found := slices.BinarySearch(n.all, sum)
	if at > 0 {
		digits = max(digits, alike(n.all[at-1], sum)+1)
	}
	if found {
		at++
	}
	if at < len(n.all) {
		digits = max(digits, alike(n.all[at], sum)+1)
	}
	return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, sum))[:min(digits, 16)]
}

// begins reports whether the document's hash begins with these digits.
func (n *Names) begins(s manifest.Source, id, digits string) bool {
	return strings.HasPrefix(fmt.Sprintf("%016x", n.Sum(s, id)), digits)
}

// alike is how many hex digits two have in common at the beginning.
func alike(a, b uint64) int { return bits.LeadingZeros64(a^b) / 4 }
