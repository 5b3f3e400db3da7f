package etherpad

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/padsync/padsync/sources"
)

// Archived: MyPads gives only the page of a pad that is archived there, not
// its history, whoever asks.
const Archived sources.Suspicion = "archived"

// errArchived is matched by the error for such a page.
var errArchived = fmt.Errorf("%w: it is archived in MyPads", sources.ErrRefused)

// archivedStart is what MyPads 1.7.17 puts before the pad's HTML.
const archivedStart = "<!DOCTYPE HTML><html><body>"

// archived makes v a copy of the page of a pad that is archived. Like any rescue
// copy it has no validator.
func (s *Source) archived(ctx context.Context, v *sources.Version) error {
	if err := s.fetchFormat(ctx, v, archivedFormat); err != nil {
		return err
	}
	page := v.Files[0]
	length, err := pageLength(io.NewSectionReader(page.Content, 0, page.Size))
	v.Suspect = Archived
	v.Facts = sources.Facts{Content: shortHash(page.SHA256), Length: length}
	return err
}

// maxTag bounds what is held of a page.
const maxTag = 1 << 20

// foreign are elements that no pad has: a page with one of them is another
// one, such as a form to log in.
var foreign = []string{"script", "form", "input", "button", "iframe", "meta", "title"}

// pageLength counts the characters of a page's text. The error is for a page
// that is no pad's.
func pageLength(r io.Reader) (n int64, err error) {
	z := html.NewTokenizer(r)
	z.SetMaxBuf(maxTag)
	for {
		switch z.Next() {
		case html.ErrorToken:
			if errors.Is(z.Err(), io.EOF) {
				return n, nil
			}
			return 0, z.Err()
		case html.TextToken:
			n += int64(utf8.RuneCount(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			if slices.Contains(foreign, string(name)) {
				return 0, errors.New("it is no pad's page")
			}
			if string(name) == "br" {
				n++
			}
		}
	}
}

func isArchived(start string) bool { return strings.HasPrefix(start, archivedStart) }
