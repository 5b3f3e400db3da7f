package sinks

import (
	"fmt"
	"io/fs"
	"strings"
)

// CheckKey returns an error that matches fs.ErrInvalid unless key obeys
// fs.ValidPath, is not ".", has no control character and no backslash, and
// has no element that ends in TemporarySuffix.
func CheckKey(key string) error {
	control := strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' })
	if !fs.ValidPath(key) || key == "." || control || strings.Contains(key+"/", TemporarySuffix+"/") {
		return fmt.Errorf("key of an object: %w", fs.ErrInvalid)
	}
	return nil
}

// TemporarySuffix ends the names under which sinks write what is not yet
// whole. No List yields such a name.
const TemporarySuffix = ".padsync-tmp"

// Range gives the part of size bytes that Get has to read: length bytes, of
// which some or all may not exist; all from offset if length < 0.
func Range(size, offset, length int64) (begin, n int64) {
	begin = min(max(offset, 0), size)
	if rest := size - begin; length < 0 || length > rest {
		return begin, rest
	}
	return begin, length
}
