package etherpad

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

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

// archived makes v a rescue copy of a pad that is archived: its page, and the
// text made of that.
func (s *Source) archived(ctx context.Context, v *sources.Version) error {
	if err := s.fetchFormat(ctx, v, archivedFormat); err != nil {
		return err
	}
	w := s.pool.Create()
	if err := writePageText(w, section(&v.Files[0])); err != nil {
		return errors.Join(err, w.Discard())
	}
	text, err := w.Finish()
	if err != nil {
		return err
	}
	add(v, textFormat, text)
	slices.Reverse(v.Files)
	v.Suspect = Archived
	return rescueFacts(v)
}

// maxTag bounds what is held of a page.
const maxTag = 1 << 20

// foreign are elements that no pad has: a page with one of them is another
// one, such as a form to log in.
var foreign = []string{"script", "form", "input", "button", "iframe", "meta", "title"}

// lines are elements that end a line of the text.
var lines = []string{"br", "p", "div", "li", "tr", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}

// writePageText writes the text of a page. The error is for a page that is no
// pad's, or one of w.
func writePageText(w io.Writer, r io.Reader) error {
	out := bufio.NewWriter(w)
	z := html.NewTokenizer(r)
	z.SetMaxBuf(maxTag)
	for {
		kind := z.Next()
		if kind == html.TextToken {
			out.Write(z.Text())
			continue
		}
		if kind == html.ErrorToken && errors.Is(z.Err(), io.EOF) {
			return out.Flush()
		}
		if kind == html.ErrorToken {
			return z.Err()
		}
		tag, _ := z.TagName()
		name := string(tag)
		if slices.Contains(foreign, name) {
			return errors.New("it is no pad's page")
		}
		if ends := kind == html.EndTagToken || name == "br"; ends && slices.Contains(lines, name) {
			out.WriteByte('\n')
		}
	}
}

func isArchived(start string) bool { return strings.HasPrefix(start, archivedStart) }
