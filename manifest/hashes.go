package manifest

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Hashes are the hashes of some recipients: sorted, each once. As a string it
// can be compared. Its zero value has none.
type Hashes string

// HashesOf gives the hashes of recipients, in whatever order they come.
func HashesOf(hashes []string) Hashes {
	sorted := slices.Compact(slices.Sorted(slices.Values(hashes)))
	return Hashes(strings.Join(sorted, "\n"))
}

// All yields each hash.
func (h Hashes) All() iter.Seq[string] {
	if h == "" {
		return func(func(string) bool) {}
	}
	return strings.SplitSeq(string(h), "\n")
}

// Has reports whether the hash is one of them.
func (h Hashes) Has(hash string) bool {
	for one := range h.All() {
		if one == hash {
			return true
		}
	}
	return false
}

// MarshalJSON writes a list of hashes.
func (h Hashes) MarshalJSON() ([]byte, error) { return json.Marshal(slices.Collect(h.All())) }

// UnmarshalJSON reads a list of hashes.
func (h *Hashes) UnmarshalJSON(b []byte) error {
	var hashes []string
	if err := json.Unmarshal(b, &hashes); err != nil {
		return fmt.Errorf("hashes of recipients: %w", err)
	}
	*h = HashesOf(hashes)
	return nil
}

// valid reports whether all are as crypto.Recipient.Hash gives them.
func (h Hashes) valid() bool {
	for one := range h.All() {
		if !isHash(one, 16) {
			return false
		}
	}
	return true
}
