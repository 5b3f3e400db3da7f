package etherpad

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/api"
)

// rescue makes v a rescue copy: text and HTML of a pad whose complete export
// cannot be had, for the cause given. It has no validator, so that the export
// is asked for again the next time.
func (s *Source) rescue(ctx context.Context, v *sources.Version, cause error) error {
	for _, f := range []format{textFormat, htmlFormat} {
		err := s.fetchFormat(ctx, v, f)
		if ctx.Err() != nil || errors.Is(err, spool.ErrFolder) {
			return err
		}
		if err != nil {
			// The server's first answer counts, not what it says now, even that
			// the pad is missing.
			return fmt.Errorf("%w; rescue copy: %v", cause, err)
		}
	}
	v.Suspect = sources.RescueCopy
	return rescueFacts(v)
}

// ErrReadOnly is matched by the error for an id that looks like a read-only one,
// behind which the server shows no pad. It matches fs.ErrPermission.
var ErrReadOnly = fmt.Errorf("the server shows nothing under this read-only id: %w", fs.ErrPermission)

// fetchByAPI makes v a rescue copy of a pad whose own id looks like a read-only
// one, as far as the API allows: exports take the id for that of another pad.
// The API gives the pad's state, which is the whole validator.
func (s *Source) fetchByAPI(ctx context.Context, v *sources.Version, state, known string) (*sources.Version, error) {
	v.Validator = state
	if v.Unchanged = state == known; v.Unchanged {
		return v, nil
	}
	v.Suspect = sources.RescueCopy
	var text struct{ Text *string }
	var page struct{ HTML *string }
	err := s.api.Call(ctx, "getText", &text, "padID", v.ID)
	if err == nil {
		err = s.api.Call(ctx, "getHTML", &page, "padID", v.ID)
	}
	if err == nil {
		err = errors.Join(s.addText(v, textFormat, text.Text), s.addText(v, htmlFormat, page.HTML))
	}
	if err == nil {
		err = rescueFacts(v)
	}
	if err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return v, nil
}

func (s *Source) addText(v *sources.Version, f format, text *string) error {
	if text == nil {
		return api.ErrAnswer
	}
	body, err := s.pool.Receive(strings.NewReader(*text), int64(len(*text)))
	if err == nil {
		add(v, f, body)
	}
	return err
}

func rescueFacts(v *sources.Version) error {
	content := sha256.New()
	for _, f := range v.Files {
		content.Write(f.SHA256[:])
	}
	v.Facts.Content = hex.EncodeToString(content.Sum(nil)[:16])
	text := v.Files[0]
	n, err := countCharacters(io.NewSectionReader(text.Content, 0, text.Size))
	v.Facts.Length = n
	return err
}

// countCharacters counts what is valid UTF-8.
func countCharacters(r io.Reader) (n int64, err error) {
	buf := make([]byte, 32<<10)
	for {
		got, err := r.Read(buf)
		for _, b := range buf[:got] {
			if utf8.RuneStart(b) {
				n++
			}
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
}
