package files

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/padsync/padsync/discovery/mozilla"
	"golang.org/x/text/transform"
)

// isJSON knows an object, or one in each line, or an array of what can hold text.
func isJSON(start []byte) bool {
	start = bytes.TrimSpace(start)
	if len(start) < 2 || start[0] != '{' && start[0] != '[' {
		return false
	}
	next := bytes.TrimSpace(start[1:])
	return len(next) > 0 && (next[0] == '"' || start[0] == '[' && (next[0] == '{' || next[0] == '['))
}

// json reads exports of chats and the like: the text in it, with its escapes
// decoded. A parser would hold each string as a whole in memory, however long, and
// would stop where a file was cut; a string's end ends an address as well.
func (f *file) json(text io.Reader, start []byte) error {
	if isBackup(start) || bytes.Contains(start[:min(len(start), 200)], []byte(`"sessionrestore"`)) {
		b, err := all(text, mozilla.MostPacked)
		if err != nil {
			return err
		}
		return f.firefox(b)
	}
	return f.lines(transform.NewReader(text, unescaper{}))
}

// packed reads a file that Firefox compressed.
func (f *file) packed(in io.Reader) error {
	b, err := all(in, mozilla.MostPacked)
	if err != nil {
		return err
	}
	if b, err = mozilla.Unpack(b); err != nil {
		return err
	}
	return f.firefox(b)
}

// isBackup knows a backup of bookmarks.
func isBackup(start []byte) bool {
	return bytes.Contains(start[:min(len(start), 1<<10)], []byte(`"text/x-moz-place`))
}

// firefox reads a backup of bookmarks, or of a session the pages that stand open.
func (f *file) firefox(b []byte) error {
	read := mozilla.Tabs
	if isBackup(b) {
		read = mozilla.Bookmarks
	}
	all, err := read(b)
	for _, s := range all {
		f.see(s)
	}
	return err
}

// unescaper decodes the escapes of JSON's strings.
type unescaper struct{ transform.NopResetter }

func (unescaper) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		n := bytes.IndexByte(src[nSrc:], '\\')
		if n < 0 {
			n = len(src) - nSrc
		}
		if n > 0 {
			n = copy(dst[nDst:], src[nSrc:nSrc+n])
			nDst += n
			nSrc += n
			if nSrc < len(src) && src[nSrc] != '\\' {
				return nDst, nSrc, transform.ErrShortDst
			}
			continue
		}
		text, n := unescape(src[nSrc:])
		switch {
		case n == 0 && !atEOF:
			return nDst, nSrc, transform.ErrShortSrc
		case len(dst)-nDst < utf8.UTFMax:
			return nDst, nSrc, transform.ErrShortDst
		case n == 0: // cut
			text, n = '\\', 1
		}
		nDst += utf8.EncodeRune(dst[nDst:], text)
		nSrc += n
	}
	return nDst, nSrc, nil
}

// unescape is the character of the escape at the beginning of b, and the length
// of that; 0 if b ends in it.
func unescape(b []byte) (rune, int) {
	if len(b) < 2 {
		return 0, 0
	}
	if i := strings.IndexByte(`"\/bfnrt`, b[1]); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), 2
	}
	if b[1] != 'u' {
		return '\\', 1
	}
	if len(b) < 6 {
		return 0, 0
	}
	first, ok := unit(b)
	if !ok {
		return '\\', 1
	}
	if !utf16.IsSurrogate(first) {
		return first, 6
	}
	if len(b) < 12 {
		return 0, 0
	}
	if second, ok := unit(b[6:]); ok && utf16.DecodeRune(first, second) != utf8.RuneError {
		return utf16.DecodeRune(first, second), 12
	}
	return utf8.RuneError, 6
}

// unit is that of UTF-16 in an escape: \u and four digits.
func unit(b []byte) (rune, bool) {
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil && b[0] == '\\' && b[1] == 'u'
}
