// Package webpage reads pages that servers sent: in bounded time and memory, and
// what they show as Markdown.
package webpage

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
)

const (
	maxTags  = 1_000_000 // of a page: 1,000 columns of 150 votes have fewer
	maxToken = 1 << 20   // bytes of a tag, or of text between two
	tamed    = "x-"
)

// errTags is for more tags than any page has that is worth reading.
var errTags = errors.New("too many tags")

// Parse reads a page in time and memory that grow with its length alone. An
// error is r's, or is for a page that is too large or nested too deeply.
//
// By itself, the HTML parser opens formatting elements that were left open again
// in each element that follows, so that 100 KB may become a gigabyte, in HTML as
// well as inside SVG. So these elements go by other names while it works.
func Parse(r io.Reader) (*html.Node, error) {
	z := html.NewTokenizer(r)
	z.SetMaxBuf(maxToken)
	root, err := html.Parse(&tamer{tokens: z})
	if err != nil {
		return nil, err
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			n.Data = strings.TrimPrefix(n.Data, tamed)
		}
	}
	return root, nil
}

// A tamer reads a page with its formatting elements renamed.
type tamer struct {
	tokens *html.Tokenizer
	tags   int
	ready  bytes.Buffer
}

func (t *tamer) Read(b []byte) (int, error) {
	for t.ready.Len() == 0 {
		if err := t.next(); err != nil {
			return 0, err
		}
	}
	return t.ready.Read(b)
}

func (t *tamer) next() error {
	switch t.tokens.Next() {
	case html.ErrorToken:
		return t.tokens.Err()
	case html.StartTagToken, html.SelfClosingTagToken:
		return t.tag(len("<"))
	case html.EndTagToken:
		return t.tag(len("</"))
	}
	t.ready.Write(t.tokens.Raw())
	return nil
}

// tag makes ready a tag whose name begins at start.
func (t *tamer) tag(start int) error {
	if t.tags++; t.tags > maxTags {
		return errTags
	}
	name, _ := t.tokens.TagName()
	raw := t.tokens.Raw()
	if wild(string(name)) {
		t.ready.Write(raw[:start])
		t.ready.WriteString(tamed)
		raw = raw[start:]
	}
	t.ready.Write(raw)
	return nil
}

// wild are the elements that the HTML standard calls formatting, and those
// that change the rules inside.
func wild(name string) bool {
	switch name {
	case "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u", "svg", "math":
		return true
	}
	return false
}
