// Package page makes saved web pages harmless. A poll's page by its admin link
// is a remote control of the poll that is still there: following one of its
// links is enough to delete a column.
package page

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html"
)

// maxToken bounds a tag, or a text without tags, in bytes.
const maxToken = 32 << 20

// ErrTooLong says that a page has a tag, or a text without tags, of more than
// 32 MiB.
var ErrTooLong = errors.New("a tag or a text of the page is too long")

// Tame writes the page as one that does nothing by itself and leads nowhere but
// to other servers: its text, its headings, lists and tables stay. It leaves
// out scripts, forms, frames, images and whatever else loads something; styles,
// except one that shows answers in colours; all links to the page's own server;
// and the ids of polls' admin pages, wherever they stand. Whatever is not known
// to be harmless is left out too. An image is replaced by its description.
func Tame(w io.Writer, from io.ReaderAt, size int64) error {
	known, err := inspect(io.NewSectionReader(from, 0, size))
	if err != nil {
		return err
	}
	t := &tamer{out: bufio.NewWriter(w), known: known}
	t.begin()
	if err := t.body(tokens(io.NewSectionReader(from, 0, size))); err != nil {
		return err
	}
	t.write("\n</body>\n</html>\n")
	if err := t.out.Flush(); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

func tokens(r io.Reader) *html.Tokenizer {
	z := html.NewTokenizer(r)
	z.SetMaxBuf(maxToken)
	return z
}

// end is nil for the end of a page.
func end(z *html.Tokenizer) error {
	switch err := z.Err(); {
	case errors.Is(err, io.EOF):
		return nil
	case errors.Is(err, html.ErrBufferExceeded):
		return ErrTooLong
	default:
		return fmt.Errorf("read page: %w", err)
	}
}

type tamer struct {
	out   *bufio.Writer // keeps its error for Flush
	known *known
}

func (t *tamer) write(s string) { t.out.WriteString(s) }

// text writes what is not markup.
func (t *tamer) text(s string) { t.write(html.EscapeString(t.known.redact(s))) }

const style = `body { font: 1rem/1.5 system-ui, sans-serif; max-width: 75rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; }
th, td { border: 1px solid #8888; padding: .3rem .6rem; }
td.bg-success { background: #2a92; }
td.bg-warning { background: #fa03; }
td.bg-danger { background: #d332; }
pre { white-space: pre-wrap; }
.control, .hidden, .modal { display: none; }
`

func (t *tamer) begin() {
	t.write("<!DOCTYPE html>\n<html")
	if t.known.lang != "" {
		t.attribute("lang", t.known.lang)
	}
	t.write(">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"robots\" content=\"noindex\">\n<meta name=\"referrer\" content=\"no-referrer\">\n")
	t.write("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'\">\n")
	t.write("<!-- made harmless by padsync; --raw gives the page as it was sent -->\n<title>")
	t.text(t.known.title)
	t.write("</title>\n<style>\n" + style + "</style>\n</head>\n<body>\n")
}

func (t *tamer) attribute(name, value string) {
	t.write(" " + name + `="` + html.EscapeString(t.known.redact(value)) + `"`)
}

func (t *tamer) body(z *html.Tokenizer) error {
	within := "" // the element whose content is not markup, and comes next
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return end(z)
		case html.TextToken:
			if within == "" || shown[within] {
				t.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			element := string(name)
			t.open(element, attributes(z, more))
			if within = ""; raw[element] && kind == html.StartTagToken {
				within = element
			}
			continue
		case html.EndTagToken:
			name, _ := z.TagName()
			if as := become[string(name)]; as != "" && !void[as] {
				t.write("</" + as + ">")
			}
		}
		within = ""
	}
}

// open writes the beginning of an element, if it is one of the harmless ones.
func (t *tamer) open(element string, given map[string]string) {
	if element == "img" {
		t.text(given["alt"])
		return
	}
	as := become[element]
	if as == "" {
		return
	}
	t.write("<" + as)
	if as != element {
		t.attribute("class", "control")
		given = nil
	}
	for _, name := range kept {
		if value, ok := given[name]; ok && len(value) <= maxAttribute {
			t.attribute(name, value)
		}
	}
	if href := given["href"]; as == "a" && t.known.leads(href) {
		t.attribute("href", href)
		t.attribute("rel", "noreferrer noopener nofollow")
	}
	t.write(">")
}

const maxAttribute = 64 << 10

func attributes(z *html.Tokenizer, more bool) map[string]string {
	all := make(map[string]string)
	for more {
		var name, value []byte
		name, value, more = z.TagAttr()
		if _, again := all[string(name)]; !again {
			all[string(name)] = string(value)
		}
	}
	return all
}

// kept are attributes that do nothing.
var kept = []string{"class", "lang", "dir", "title", "colspan", "rowspan", "scope", "start", "datetime"}

// become are the elements that are harmless, and what some others are written
// as.
var become = elements(
	"main header footer section article div p br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table caption thead tbody tfoot tr th td colgroup col "+
		"a b strong i em u s del ins mark small sub sup span bdi bdo code kbd pre blockquote q abbr time",
	map[string]string{"textarea": "pre", "button": "span", "select": "span", "label": "span", "tt": "code", "strike": "s", "xmp": "pre", "plaintext": "pre", "center": "div", "font": "span"},
)

func elements(same string, others map[string]string) map[string]string {
	for name := range strings.FieldsSeq(same) {
		others[name] = name
	}
	return others
}

var void = map[string]bool{"br": true, "hr": true, "col": true}

// raw are the elements whose content is not markup; shown are those of them
// whose content is text for people.
var (
	raw = map[string]bool{
		"iframe": true, "noembed": true, "noframes": true, "noscript": true, "plaintext": true, "script": true, "style": true, "title": true, "textarea": true, "xmp": true,
	}
	shown = map[string]bool{"textarea": true, "xmp": true, "plaintext": true}
)
