package manifest_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/padsync/padsync/manifest"
)

const hashA, hashB = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"

func TestRecipientsOfAPackAreSortedEachOnce(t *testing.T) {
	hashes := manifest.HashesOf([]string{hashB, hashA, hashB})
	if hashes != manifest.HashesOf([]string{hashA, hashB}) || !hashes.Has(hashB) || hashes.Has(hashA[1:]) {
		t.Errorf("they are %q", hashes)
	}
	if none := manifest.HashesOf(nil); none != "" || none.Has("") {
		t.Errorf("none are %q", none)
	}
}

func TestListWithoutPacksIsEmptyAndNotNull(t *testing.T) {
	h := header()
	h.Packs = nil
	b := encode(t, h, nil)
	if !strings.Contains(string(b), `"packs":[]`) {
		t.Errorf("%s", b)
	}
	if _, err := manifest.NewDecoder(bytes.NewReader(bytes.Replace(b, []byte(`"packs":[]`), []byte(`"packs":null`), 1))); err == nil {
		t.Error("null is read, too")
	}
}

// TestHeadersThatNoRunWrites are refused by writer and reader alike.
func TestHeadersThatNoRunWrites(t *testing.T) {
	for name, change := range map[string]func(*manifest.Header){
		"no repository":           func(h *manifest.Header) { h.Repository = "" },
		"ended as nothing does":   func(h *manifest.Header) { h.Complete, h.Ended = false, "fire" },
		"complete and ended":      func(h *manifest.Header) { h.Ended = manifest.BySignal },
		"before it is not an id":  func(h *manifest.Header) { h.Before = []string{"1"} },
		"recipients are no hash":  func(h *manifest.Header) { h.Packs[0].Recipients = "age1" },
		"recipients are too long": func(h *manifest.Header) { h.Packs[0].Recipients = hashA + "0" },
	} {
		h := header()
		change(&h)
		if _, err := manifest.NewEncoder(new(bytes.Buffer), h); err == nil {
			t.Errorf("%s: it is written", name)
		}
	}
}
