package sources

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

const (
	itemSize = 4    // hex digits of an item's hash
	maxItems = 4096 // that are kept of a part
)

// ItemsOf gives what Facts.Items has of a part: hashes so short that some items
// may share one, sorted, one after the other. Of very many it has the lowest.
func ItemsOf(items []string) string {
	hashes := make([]string, len(items))
	for i, item := range items {
		sum := sha256.Sum256([]byte(item))
		hashes[i] = hex.EncodeToString(sum[:itemSize/2])
	}
	slices.Sort(hashes)
	return strings.Join(hashes[:min(len(hashes), maxItems)], "")
}

// ItemsGone counts the items of before that are not in after, as far as their
// hashes show.
func ItemsGone(before, after string) (gone int) {
	full := len(after) >= maxItems*itemSize
	for len(before) >= itemSize {
		item := before[:itemSize]
		switch {
		case len(after) >= itemSize && after[:itemSize] < item:
			after = after[itemSize:]
			continue
		case len(after) >= itemSize && after[:itemSize] == item:
			after = after[itemSize:]
		case len(after) < itemSize && full:
			return gone // what is higher was left out
		default:
			gone++
		}
		before = before[itemSize:]
	}
	return gone
}
