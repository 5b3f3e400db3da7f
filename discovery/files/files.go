// Package files finds addresses in files that a person names: exports of
// bookmarks, shortcuts, mail, documents, calendars, chats, text. What a file is,
// its content tells. It is read from its beginning to its end, in memory that
// does not grow with it.
package files

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/discovery/mozilla"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	mostBytes = 4 << 30 // of a file: years of mail have some gigabytes
	mostFiles = 100_000 // of a folder
)

// Read reads a file, or all files of a folder but hidden ones. What cannot be
// read is skipped. The error is that of ctx.
func Read(ctx context.Context, name string, to discovery.Reading) error {
	n := 0
	err := filepath.WalkDir(name, func(file string, e fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			skip(to, file, err)
			if e != nil && e.IsDir() && file != name {
				return fs.SkipDir
			}
			return nil
		case file != name && strings.HasPrefix(e.Name(), "."):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			return nil
		case file != name && !e.Type().IsRegular():
			return nil // what a link leads to is elsewhere
		}
		if n++; n > mostFiles {
			skip(to, name, discovery.ErrLarge)
			return fs.SkipAll
		}
		if err := readFile(ctx, file, to); err != nil && ctx.Err() == nil {
			skip(to, file, err)
		}
		return ctx.Err()
	})
	return err
}

func skip(to discovery.Reading, file string, err error) {
	if system, ok := errors.AsType[*fs.PathError](err); ok {
		err = system.Err // which names the file, too
	}
	to.Skip(discovery.Skip{File: file, Err: err})
}

func readFile(ctx context.Context, name string, to discovery.Reading) error {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // which does not wait for a pipe's writer
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case info.IsDir() || !info.Mode().IsRegular():
		return discovery.ErrIrregular
	case info.Size() > mostBytes:
		return discovery.ErrLarge
	}
	return From(ctx, f, name, to)
}

const (
	sample  = 64 << 10 // bytes that tell what a file is
	deepest = 8        // files in files: parts of mails, and what is attached to them

	mostSeen = 100_000 // addresses that are not passed on twice
)

// From reads what a file, or a text from elsewhere, has; name is how messages and
// origins call it.
func From(ctx context.Context, r io.Reader, name string, to discovery.Reading) error {
	f := &file{ctx: ctx, name: name, to: to, seen: make(map[discovery.Sighting]bool)}
	if opened, ok := r.(*os.File); ok {
		if info, err := opened.Stat(); err == nil && info.Mode().IsRegular() {
			f.whole = io.NewSectionReader(opened, 0, info.Size())
		}
	}
	in := &source{ctx: ctx, from: r}
	if err := f.read(bufio.NewReaderSize(in, sample)); err != nil && in.err == nil {
		return err
	}
	return in.err
}

// A source remembers why it could not be read, whatever is made of it. It keeps the
// context of From, whose end is such a reason.
type source struct {
	ctx  context.Context
	from io.Reader
	err  error
}

func (s *source) Read(b []byte) (int, error) {
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	n, err := s.from.Read(b)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// A file is what is read now.
type file struct {
	ctx   context.Context
	name  string
	to    discovery.Reading
	whole *io.SectionReader // nil: it comes only from its beginning to its end
	seen  map[discovery.Sighting]bool
	depth int // 0: the file itself, else something in it
}

// see passes an address on. Years of mail and chats have the same ones again and
// again.
func (f *file) see(s discovery.Sighting) {
	s.Origin = discovery.Origin{Place: discovery.File, File: f.name}
	if f.seen[s] || !f.to.Possible(s.Address) {
		return
	}
	if len(f.seen) == mostSeen {
		clear(f.seen)
	}
	f.seen[s] = true
	f.to.See(s)
}

// read reads what its beginning shows to be of a form that is known.
func (f *file) read(in *bufio.Reader) error {
	start, err := in.Peek(in.Size())
	if err != nil && err != io.EOF {
		return err
	}
	switch {
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return f.office(in)
	case isArchive(start):
		return discovery.ErrArchive
	case bytes.HasPrefix(start, []byte(mozilla.Magic)):
		return f.packed(in)
	case bytes.HasPrefix(start, []byte("bplist")):
		return f.shortcut(in)
	case isMail(start):
		return f.mails(in)
	case isFolded(start):
		return f.folded(in)
	}
	text, ok := decoded(in, start)
	if !ok {
		return discovery.ErrUnknown
	}
	return f.written(bufio.NewReader(text))
}

// written reads text of any form.
func (f *file) written(text *bufio.Reader) error {
	start, _ := text.Peek(text.Size()) // an error comes again
	switch {
	case isHTML(start):
		return f.html(text)
	case isJSON(start):
		return f.json(text, start)
	}
	f.frontMatter(start)
	return f.lines(text)
}

// all is what is read where only the whole can be: at most so many bytes.
func all(r io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(b)) > most {
		err = discovery.ErrLarge
	}
	return b, err
}

// isArchive knows archives and compressed files, which are not opened.
func isArchive(start []byte) bool {
	for _, magic := range []string{"\x1f\x8b", "7z\xbc\xaf\x27\x1c", "Rar!", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd", "BZh"} {
		if bytes.HasPrefix(start, []byte(magic)) {
			return true
		}
	}
	return len(start) > 262 && string(start[257:262]) == "ustar"
}

// isHTML knows pages, and bookmarks as browsers export them.
func isHTML(start []byte) bool {
	start = bytes.ToLower(bytes.TrimSpace(start))
	for _, lead := range []string{"<!doctype", "<html", "<?xml", "<dl>", "<head", "<body", "<meta", "<!--", "<p", "<a ", "<div"} {
		if bytes.HasPrefix(start, []byte(lead)) {
			return true
		}
	}
	return false
}

// decoded is text in UTF-8: from UTF-16 with a mark or without, or from
// Windows-1252, where its beginning is not UTF-8. What is no text has no
// addresses.
func decoded(in io.Reader, start []byte) (io.Reader, bool) {
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()), true
	case bytes.IndexByte(start, 0) >= 0:
		little := len(start) > 3 && start[1] == 0 && start[3] == 0 && start[0] != 0
		return transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder()), little
	case !utf8.Valid(whole(start)):
		return transform.NewReader(in, charmap.Windows1252.NewDecoder()), true
	}
	return transform.NewReader(in, unicode.UTF8BOM.NewDecoder()), true
}

// unified is a text in UTF-8, from the charset that it is said to have. Programs say
// ASCII or UTF-8 of what is neither.
func unified(body io.Reader, charset string) io.Reader {
	e, err := htmlindex.Get(charset)
	name, _ := htmlindex.Name(e)
	if err == nil && name != "utf-8" && !strings.EqualFold(charset, "us-ascii") {
		return transform.NewReader(body, e.NewDecoder())
	}
	in := bufio.NewReader(body)
	start, _ := in.Peek(in.Size())
	if text, ok := decoded(in, start); ok {
		return text
	}
	return in
}

// whole leaves out a character that the sample's end cuts.
func whole(b []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}
