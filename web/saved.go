package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/padsync/padsync/documents"
	"golang.org/x/net/html"
)

// savedPolicy is that of what other people wrote: it may do nothing, also where
// it is opened alone.
const savedPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

// saved gives what a document said at a moment: as a page to be looked at, or in
// a form to be kept.
func (p *page) saved(w http.ResponseWriter, r *http.Request) error {
	one, l, doc, err := p.open(r, r.PathValue("hash"))
	if one == nil || err != nil {
		return err
	}
	defer doc.Close()
	point, _ := pointOf(r.URL.Query())
	e, err := doc.At(r.Context(), point)
	if err != nil {
		return err
	}
	defer e.Close()
	language := documents.Language(p.Words.Text("language"))
	name := r.URL.Query().Get("form")
	if name != "" && !slices.Contains(e.Forms(), name) {
		return errNotFound
	}
	h := w.Header()
	h.Set("Content-Security-Policy", savedPolicy)
	if name != "" {
		var out bytes.Buffer
		if err := e.Write(&out, name, language); err != nil {
			return err
		}
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(l.Name, name)}))
		_, _ = out.WriteTo(w)
		return nil
	}
	var out bytes.Buffer
	shown := "html"
	if !slices.Contains(e.Forms(), shown) {
		shown = e.RawForm("txt")
	}
	if err := e.Write(&out, shown, language); err != nil {
		return err
	}
	if shown != "html" {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = out.WriteTo(w)
		return nil
	}
	var page bytes.Buffer
	if err := inert(&page, &out); err != nil {
		return err
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, _ = page.WriteTo(w)
	return nil
}

// fileName is what a browser keeps a form as.
func fileName(name, form string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, name)
	return strings.Trim(name, " .") + "." + form
}

// harmless are the elements of a saved page that stay, with those of their
// attributes that do nothing. All that fetches, sends, leads or runs is left
// out, with what is within it where a person would not see that.
var (
	harmless = set("html head title body main header footer section article nav aside h1 h2 h3 h4 h5 h6 p div span a " +
		"ul ol li dl dt dd table caption colgroup col thead tbody tfoot tr th td blockquote pre code br hr b i u s em strong " +
		"small sub sup mark ins del abbr time figure figcaption details summary address style")
	attributes = set("class lang dir title scope colspan rowspan start type value datetime style open")
	unseen     = set("script noscript template iframe object embed svg math audio video canvas form select textarea noframes noembed xmp plaintext")
)

func set(s string) map[string]bool {
	all := make(map[string]bool)
	for word := range strings.FieldsSeq(s) {
		all[word] = true
	}
	return all
}

// longestToken bounds a tag or a text of a page, in bytes.
const longestToken = 64 << 20

// inert writes a page of which nothing does anything. The policy that it is
// served with says the same: each holds without the other.
func inert(w io.Writer, from io.Reader) error {
	z := html.NewTokenizer(from)
	z.SetMaxBuf(longestToken)
	if _, err := io.WriteString(w, "<!doctype html>\n<meta charset=\"utf-8\">\n"); err != nil {
		return err
	}
	hidden := 0 // elements that are left out and were not closed
	style := false
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			if err := z.Err(); !errors.Is(err, io.EOF) {
				return err
			}
			return nil
		}
		t := z.Token()
		switch {
		case kind == html.CommentToken, kind == html.DoctypeToken:
		case unseen[t.Data] && kind == html.StartTagToken:
			hidden++
		case unseen[t.Data] && kind == html.EndTagToken:
			hidden = max(hidden-1, 0)
		case hidden > 0:
		case kind == html.TextToken && style: // nothing in it is markup
			if _, err := io.WriteString(w, t.Data); err != nil {
				return err
			}
		case kind == html.TextToken, harmless[t.Data]:
			style = t.Data == "style" && kind == html.StartTagToken
			t.Attr = slices.DeleteFunc(t.Attr, func(a html.Attribute) bool { return a.Namespace != "" || !attributes[a.Key] })
			if _, err := io.WriteString(w, t.String()); err != nil {
				return err
			}
		}
	}
}
