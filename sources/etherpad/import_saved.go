package etherpad

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
)

// A saved is a pad that is to be imported, and what it will have lost.
type saved struct {
	version     *sources.Version
	export      *sources.File // .etherpad; nil in a rescue copy
	fingerprint pad.Fingerprint
	names       pad.Names
	letters     [sha256.Size]byte
	reduced     bool // to the text, with or without formatting
	losses      []sources.Loss
}

// openSaved checks what is to be imported: that it is a whole export of this pad.
func (s *Source) openSaved(v *sources.Version) (*saved, error) {
	was := &saved{version: v, export: fileOf(v, padFormat), losses: s.losses(v)}
	if was.export == nil {
		was.reduced = true
		return was, was.readLetters(s.pool)
	}
	if _, err := s.inspect(was.export.Content, was.export.Size, v.ID); err != nil {
		return nil, fmt.Errorf("the saved pad: %w", err)
	}
	var err error
	if was.fingerprint, was.names, err = pad.ReadFingerprint(was.export.Content, was.export.Size); err != nil {
		return nil, fmt.Errorf("the saved pad: %w", err)
	}
	if was.names.Plugins {
		was.lose(LossPlugins)
	}
	if err := was.readLetters(s.pool); err != nil && !isOfPad(err) {
		return nil, err
	}
	return was, nil
}

// isOfPad reports whether an error is the pad's fault: there is no text in it,
// or more than a form can have.
func isOfPad(err error) bool {
	return errors.Is(err, pad.ErrMalformed) || errors.Is(err, pad.ErrTooLarge) || errors.Is(err, fs.ErrNotExist)
}

func (was *saved) lose(loss sources.Loss) {
	if !slices.Contains(was.losses, loss) {
		was.losses = append(was.losses, loss)
	}
}

// reduce leaves the history behind.
func (was *saved) reduce() {
	if was.reduced {
		return
	}
	was.reduced = true
	was.losses = slices.DeleteFunc(was.losses, func(loss sources.Loss) bool { return loss == LossNames })
	was.lose(LossHistory)
	was.lose(LossAuthors)
	if was.fingerprint.HasChat() {
		was.lose(LossChat)
	}
	if was.fingerprint.HasSaved() {
		was.lose(LossSaved)
	}
}

// as gives the pad in this form: made from its export, else as it was saved. An
// error matches fs.ErrNotExist if there is none.
func (was *saved) as(pool *spool.Pool, f format) (*spool.Spool, error) {
	made, err := was.make(pool, f)
	if saved := fileOf(was.version, f); saved != nil && err != nil && isOfPad(err) {
		return pool.Receive(section(saved), saved.Size)
	}
	return made, err
}

func (was *saved) make(pool *spool.Pool, f format) (*spool.Spool, error) {
	if was.export == nil {
		return nil, fs.ErrNotExist
	}
	p, err := pad.Open(was.export.Content, was.export.Size)
	if err != nil {
		return nil, fmt.Errorf("the saved pad: %w", err)
	}
	state, err := p.At(p.Head)
	if err != nil {
		return nil, fmt.Errorf("the saved pad: %w", err)
	}
	write := state.WriteText
	if f.name == htmlFormat.name {
		write = state.WriteHTML
	}
	w := pool.Create()
	if err := write(w); err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	return w.Finish()
}

func (was *saved) readLetters(pool *spool.Pool) error {
	text, err := was.as(pool, textFormat)
	if err != nil {
		return fmt.Errorf("the saved pad as text: %w", err)
	}
	was.letters, err = lettersOf(io.NewSectionReader(text, 0, text.Size()))
	return errors.Join(err, text.Close())
}

// lettersOf hashes what an import as HTML or text leaves as it is: servers
// change the space between words, how lists are marked and numbered, and how
// letters are composed (1.8.14, with HTML).
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
// Etherpad 1.8.14 without them would write it under a key that is not one. An
// author that is not an object is left out too.
func (s *Source) addressTo(id string, f *sources.File) (*spool.Spool, error) {
	w := s.pool.Create()
	p, err := pad.Open(f.Content, f.Size)
	if err == nil {
		err = writeFor(w, id, f.Content, f.Size, mendingOf(p))
	}
	if err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	return w.Finish()
}

// writeFor writes an export for another id, and mends it.
func writeFor(w io.Writer, id string, r io.ReaderAt, size int64, with *mending) error {
	return pad.WriteMembers(w, r, size, func(out *pad.ObjectWriter, m *pad.Member) error {
		switch {
		case m.Kind == pad.OtherMember:
		case m.Kind == pad.AuthorMember && m.IsObject():
			// Without a list of pads, 1.8.14 does not take it for an author.
			out.Name(string(m.Key))
			return out.Author(m, r, func([]byte) []byte { return pad.JSON(id) }, true)
		case m.Kind == pad.AuthorMember:
		default:
			rest := strings.TrimPrefix(string(m.Key), "pad:"+m.ID)
			out.Name("pad:" + id + strings.TrimSuffix(rest, ":")) // etherpad-go 0.6.6 writes "pad:ID:"
			return send(out, m, r, with)
		}
		return nil
	})
}
