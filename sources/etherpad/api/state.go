package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// State is what the API says of a pad in a few numbers and a hash of its
// authors' names, as a word without spaces. If it is as before, so is the pad.
// It is "" where a number is lacking: then only an export can show it. These
// calls do not count against the limit for exports.
//
// It asks for one after the other. The last change is among them because a pad
// that is made anew under the same id can have as many revisions, and the names
// because an author can be erased from all pads (3.x), which changes none of
// the numbers.
func (c *Client) State(ctx context.Context, id string) (string, error) {
	var data struct{ Revisions, LastEdited, ChatHead, SavedRevisions *int64 }
	for _, function := range []string{"getRevisionsCount", "getLastEdited", "getChatHead", "getSavedRevisionsCount"} {
		if err := c.Call(ctx, function, &data, "padID", id); err != nil {
			return "", err
		}
	}
	var numbers []string
	for _, n := range []*int64{data.Revisions, data.LastEdited, data.ChatHead, data.SavedRevisions} {
		if n == nil {
			return "", nil
		}
		numbers = append(numbers, fmt.Sprint(*n))
	}
	authors, err := c.authors(ctx, id)
	if err != nil {
		return "", err
	}
	return strings.Join(append(numbers, authors), "."), nil
}

// authors is a hash of a pad's authors and of how they are called, "0" if it
// has none.
func (c *Client) authors(ctx context.Context, id string) (string, error) {
	var data struct{ AuthorIDs []string }
	if err := c.Call(ctx, "listAuthorsOfPad", &data, "padID", id); err != nil {
		return "", err
	}
	if len(data.AuthorIDs) == 0 {
		return "0", nil
	}
	hash := sha256.New()
	for _, author := range slices.Sorted(slices.Values(data.AuthorIDs)) {
		name, err := c.names.of(ctx, c, author)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%q %x\n", author, name)
	}
	return fmt.Sprintf("%x", hash.Sum(nil)[:8]), nil
}

// maxNames bounds the names that are remembered: some 10 MB.
const maxNames = 100_000

// authorNames remembers hashes of authors' names, so that each author is asked
// for once, however many pads they write in. A Client lasts one run, so the
// names do not grow old.
type authorNames struct {
	mu    sync.Mutex
	known map[string][8]byte
}

// of gives a hash of the API's name of an author, be it null, a number or
// anything else.
func (n *authorNames) of(ctx context.Context, c *Client, author string) ([8]byte, error) {
	n.mu.Lock()
	hash, known := n.known[author]
	n.mu.Unlock()
	if known {
		return hash, nil
	}
	var name json.RawMessage
	if err := c.Call(ctx, "getAuthorName", &name, "authorID", author); err != nil {
		return hash, err
	}
	sum := sha256.Sum256(name)
	hash = [8]byte(sum[:])
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == nil || len(n.known) >= maxNames {
		n.known = make(map[string][8]byte)
	}
	n.known[strings.Clone(author)] = hash
	return hash, nil
}
