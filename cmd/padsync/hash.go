package main

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

// hashes gives documents short names that do not tell their addresses: the
// first 6 hex digits, more where two would be alike, of the SHA-256 of the
// repository's id, the source's address without its scheme, and the document's
// id, with newlines between them.
type hashes struct {
	repository string
	all        []uint64 // the first 16 digits of each, sorted
}

// newHashes counts all documents that add is called for by each.
func newHashes(repository string, each func(add func(s manifest.Source, id string)) error) (*hashes, error) {
	h := &hashes{repository: repository}
	err := each(func(s manifest.Source, id string) { h.all = append(h.all, h.sum(s, id)) })
	slices.Sort(h.all)
	h.all = slices.Compact(h.all)
	return h, err
}

func (h *hashes) sum(s manifest.Source, id string) uint64 {
	sum := sha256.Sum256([]byte(h.repository + "\n" + s.Address() + "\n" + id))
	return binary.BigEndian.Uint64(sum[:])
}

// short is the document's short name.
func (h *hashes) short(s manifest.Source, id string) string {
	sum := h.sum(s, id)
	digits := 6
	at, found := slices.BinarySearch(h.all, sum)
	if at > 0 {
		digits = max(digits, alike(h.all[at-1], sum)+1)
	}
	if found {
		at++
	}
	if at < len(h.all) {
		digits = max(digits, alike(h.all[at], sum)+1)
	}
	return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, sum))[:min(digits, 16)]
}

// begins reports whether the document's hash begins with these digits.
func (h *hashes) begins(s manifest.Source, id, digits string) bool {
	return strings.HasPrefix(fmt.Sprintf("%016x", h.sum(s, id)), digits)
}

// alike is how many hex digits two have in common at the beginning.
func alike(a, b uint64) int { return bits.LeadingZeros64(a^b) / 4 }
