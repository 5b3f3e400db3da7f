package etherpad

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"golang.org/x/text/unicode/norm"
)

// A load is a pad on its way to a server.
type load struct {
	version *sources.Version
	export  *sources.File // .etherpad; nil in a rescue copy
	content content
	names   names
	letters [sha256.Size]byte
	reduced bool // to the text, with or without formatting
	losses  []sources.Loss
}

func fileOf(v *sources.Version, f format) *sources.File {
	i := slices.IndexFunc(v.Files, func(file sources.File) bool { return file.Format == f.name })
	if i < 0 {
		return nil
	}
	return &v.Files[i]
}

func section(f *sources.File) *io.SectionReader { return io.NewSectionReader(f.Content, 0, f.Size) }

// load checks what is to be imported.
func (s *Source) load(v *sources.Version) (*load, error) {
	l := &load{version: v, export: fileOf(v, padFormat), losses: s.losses(v)}
	if l.export == nil {
		l.reduced = true
		return l, l.readLetters(s.pool)
	}
	if _, err := s.inspect(section(l.export), l.export.Size, v.ID); err != nil {
		return nil, fmt.Errorf("the saved pad: %w", err)
	}
	var err error
	if l.content, l.names, err = readContent(l.export.Content, l.export.Size); err != nil {
		return nil, fmt.Errorf("the saved pad: %w", err)
	}
	if l.names.plugins {
		l.lose(LossPlugins)
	}
	return l, l.readLetters(s.pool)
}

func (l *load) lose(loss sources.Loss) {
	if !slices.Contains(l.losses, loss) {
		l.losses = append(l.losses, loss)
	}
}

// reduce leaves the history behind.
func (l *load) reduce() {
	if l.reduced {
		return
	}
	l.reduced = true
	l.losses = slices.DeleteFunc(l.losses, func(loss sources.Loss) bool { return loss == LossNames })
	l.lose(LossHistory)
	l.lose(LossAuthors)
	if l.content.chatHead >= 0 {
		l.lose(LossChat)
	}
	if l.content.saved != (sum{}) {
		l.lose(LossSaved)
	}
}

// as is the pad in this form: made from its export, else as it was saved. An
// error matches fs.ErrNotExist if there is none.
func (l *load) as(pool *spool.Pool, f format) (*spool.Spool, error) {
	if saved := fileOf(l.version, f); l.export == nil && saved != nil {
		return pool.Receive(section(saved), saved.Size)
	}
	if l.export == nil {
		return nil, fs.ErrNotExist
	}
	p, err := pad.Open(l.export.Content, l.export.Size)
	if err != nil {
		return nil, fmt.Errorf("the saved pad: %w", err)
	}
	write := p.Current().WriteText
	if f.name == htmlFormat.name {
		write = p.Current().WriteHTML
	}
	w := pool.Create()
	if err := write(w); err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	return w.Finish()
}

func (l *load) readLetters(pool *spool.Pool) error {
	text, err := l.as(pool, textFormat)
	if err != nil {
		return fmt.Errorf("the saved pad as text: %w", err)
	}
	l.letters, err = lettersOf(io.NewSectionReader(text, 0, text.Size()))
	return errors.Join(err, text.Close())
}

// lettersOf hashes what an import as HTML or text leaves as it is: servers
// change the space between words, how lists are marked and numbered, and of
// what parts a letter is composed (1.8.14, with HTML).
func lettersOf(r io.Reader) (sum [sha256.Size]byte, err error) {
	in, h := bufio.NewReader(norm.NFC.Reader(r)), sha256.New()
	var buf []byte
	begin := true // of a line: a number there may be that of a list
	for {
		c, _, err := in.ReadRune()
		if err == io.EOF {
			return [sha256.Size]byte(h.Sum(nil)), nil
		}
		if err != nil {
			return sum, err
		}
		letter := unicode.IsLetter(c) || unicode.Is(unicode.So, c)
		begin = !letter && (begin || c == '\n')
		if letter || unicode.IsNumber(c) && !begin {
			buf = append(buf[:0], string(c)...)
			h.Write(buf)
		}
	}
}

// addressTo copies an export for the pad id. What plugins added is left out:
// Etherpad 1.8.14 without them would write it under a key that is none.
func (s *Source) addressTo(id string, f *sources.File) (*spool.Spool, error) {
	w := s.pool.Create()
	if err := writeFor(w, id, section(f)); err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	return w.Finish()
}

func writeFor(w io.Writer, id string, r io.Reader) error {
	out := bufio.NewWriter(w)
	separator := byte('{')
	for m, err := range pad.Members(r) {
		if err != nil {
			return err
		}
		key, value := string(m.Key), []byte(m.Value)
		switch m.Kind {
		case pad.OtherMember:
			continue
		case pad.AuthorMember:
			a := author{}
			if err := json.Unmarshal(value, &a); err != nil {
				return err
			}
			a["padIDs"] = encode(id) // without it, 1.8.14 does not take them for an author
			value = encode(a)
		default:
			rest := strings.TrimPrefix(key, "pad:"+m.ID)
			key = "pad:" + id + strings.TrimSuffix(rest, ":") // etherpad-go 0.6.6 writes "pad:ID:"
		}
		out.WriteByte(separator)
		out.Write(encode(key))
		out.WriteByte(':')
		out.Write(value)
		separator = ','
	}
	out.WriteByte('}')
	return out.Flush()
}
