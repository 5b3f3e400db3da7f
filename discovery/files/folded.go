package files

import (
	"bufio"
	"bytes"
	"io"
	"mime/quotedprintable"
	"strings"

	"golang.org/x/text/transform"
)

// isFolded knows calendars and contacts.
func isFolded(start []byte) bool {
	start = bytes.ToUpper(bytes.TrimSpace(bytes.TrimPrefix(start[:min(len(start), 1<<10)], []byte("\ufeff"))))
	return bytes.HasPrefix(start, []byte("BEGIN:VCALENDAR")) || bytes.HasPrefix(start, []byte("BEGIN:VCARD"))
}

var unescapeValue = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\:`, ":")

// folded reads a calendar or contacts (RFC 5545 3.1 and 3.3.11, RFC 6350 3.2 and
// 3.4, vCard 2.1). Their lines are folded wherever they were too long: in a name of
// a host, or within a character.
func (f *file) folded(in io.Reader) error {
	text := bufio.NewReaderSize(transform.NewReader(in, unfolder{}), sample)
	start, _ := text.Peek(sample) // an error comes again
	decodedText, ok := decoded(text, start)
	if !ok {
		decodedText = text
	}
	printed := "" // quoted-printable that goes on in the next line
	property := func(line string) {
		name, value, _ := strings.Cut(line, ":")
		if name = strings.ToUpper(name); strings.Contains(name, "QUOTED-PRINTABLE") {
			_, charset, _ := strings.Cut(name, "CHARSET=")
			charset, _, _ = strings.Cut(charset, ";")
			// What is broken is read so far.
			b, _ := io.ReadAll(unified(quotedprintable.NewReader(strings.NewReader(value)), charset))
			line = string(b)
		}
		f.text(unescapeValue.Replace(line))
	}
	err := f.each(decodedText, func(line string) {
		line = printed + line
		printed = ""
		if name, _, _ := strings.Cut(line, ":"); strings.HasSuffix(line, "=") && len(line) < longestLine && strings.Contains(strings.ToUpper(name), "QUOTED-PRINTABLE") {
			printed = line[:len(line)-1]
			return
		}
		property(line)
	})
	property(printed)
	return err
}

// unfolder joins lines with those that begin with a blank.
type unfolder struct{ transform.NopResetter }

func (unfolder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		n := bytes.IndexAny(src[nSrc:], "\r\n")
		switch {
		case n < 0:
			n = len(src) - nSrc
		case n == 0:
			end := 1
			if src[nSrc] == '\r' && nSrc+1 < len(src) && src[nSrc+1] == '\n' {
				end = 2
			}
			if nSrc+end == len(src) && !atEOF {
				return nDst, nSrc, transform.ErrShortSrc
			}
			if nSrc+end < len(src) && (src[nSrc+end] == ' ' || src[nSrc+end] == '\t') {
				nSrc += end + 1
				continue
			}
			n = end
		}
		if len(dst)-nDst < n {
			if n <= 2 || len(dst) == nDst {
				return nDst, nSrc, transform.ErrShortDst
			}
			n = len(dst) - nDst
		}
		copy(dst[nDst:], src[nSrc:nSrc+n])
		nDst += n
		nSrc += n
	}
	return nDst, nSrc, nil
}
