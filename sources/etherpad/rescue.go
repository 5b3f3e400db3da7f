package etherpad

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
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
			// What this one says of the pad, even that it is missing, is not
			// what the server said first.
			return fmt.Errorf("%w; rescue copy: %v", cause, err)
		}
	}
	v.Suspect = sources.RescueCopy
	return rescueFacts(v)
}

func rescueFacts(v *sources.Version) error {
	content := sha256.New()
	for _, f := range v.Files {
		content.Write(f.SHA256[:])
	}
	v.Facts.Content = shortHash([32]byte(content.Sum(nil)))
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
