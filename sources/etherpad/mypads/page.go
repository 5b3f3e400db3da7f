package mypads

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// archivedStart is what MyPads 1.7.17 puts before the pad's HTML.
const archivedStart = "<!DOCTYPE HTML><html><body>"

// maxTag bounds what is held of a page.
const maxTag = 1 << 20

// foreign are elements that no pad has: a page with one of them is not a pad's,
// but a form to log in, for example.
var foreign = []string{"script", "form", "input", "button", "iframe", "meta", "title"}

// lines are elements that end a line of the text.
var lines = []string{"br", "p", "div", "li", "tr", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}

// WritePageText writes the text of the page of an archived pad. The error is
// for a page that is not a pad's, or is w's.
func WritePageText(w io.Writer, r io.Reader) error {
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
			return errors.New("it is not a pad's page")
		}
		if ends := kind == html.EndTagToken || name == "br"; ends && slices.Contains(lines, name) {
			out.WriteByte('\n')
		}
	}
}

// IsArchived recognises the beginning of such a page.
func IsArchived(start string) bool { return strings.HasPrefix(start, archivedStart) }
