package web

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/documents/pad"
	"golang.org/x/net/html"
)

// savedPolicy is that of what other people wrote: it may do nothing, also where
// it is opened alone.
const savedPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

// saved gives what a document said at a moment: as a page to be looked at, or in
// a form to be kept.
func (p *page) saved(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Security-Policy", savedPolicy)
	point, _ := pointOf(r.URL.Query())
	if name := r.URL.Query().Get("form"); name != "" {
		return p.download(w, r, point, name)
	}
	v, err := p.volumeOf(r, r.PathValue("hash"), false)
	if err != nil {
		return err
	}
	defer p.shelf.leave(v)
	kind, write, err := p.text(r, v, point)
	if err != nil {
		return err
	}
	out := &lateAnswer{to: w, begin: func(h http.Header) { h.Set("Content-Type", kind) }}
	if r.Method == http.MethodHead {
		out.to = headOnly{w}
	}
	return out.end(write(out))
}

// text gives what writes the text at a point, harmless, and its type. The volume is
// not needed for it any more.
func (p *page) text(r *http.Request, v *volume, point string) (kind string, write func(io.Writer) error, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	of, e, err := v.at(r.Context(), point)
	if err != nil {
		return "", nil, err
	}
	const page = "text/html; charset=utf-8"
	if d, ok := e.Document.(*pad.Document); ok {
		s, err := of.stateAt(d.Revision())
		if err == nil {
			draw := s.WriteHTML
			if r.URL.Query().Get("colours") == "1" && of.life != nil {
				hands, nameless := of.life.Hands, p.Words.Text("web-nameless")
				draw = func(w io.Writer) error { return s.WriteHandsHTML(w, hands, nameless) }
			}
			return page, func(w io.Writer) error { return inertly(w, theme(r), draw) }, nil
		}
		if !errors.Is(err, documents.ErrUnreadable) {
			return "", nil, err
		}
	}
	// What is not a pad is small.
	language, shown := documents.Language(p.Words.Text("language")), "html"
	if !slices.Contains(e.Forms(), shown) {
		shown = e.RawForm("txt")
	}
	var out bytes.Buffer
	if err := e.Write(&out, shown, language); err != nil {
		return "", nil, err
	}
	copied := func(w io.Writer) error {
		_, err := out.WriteTo(w)
		return err
	}
	if shown == "html" {
		return page, func(w io.Writer) error { return inertly(w, theme(r), copied) }, nil
	}
	return "text/plain; charset=utf-8", copied, nil
}

// download gives a form to be kept, as it is made.
func (p *page) download(w http.ResponseWriter, r *http.Request, point, name string) error {
	_, l, doc, err := p.open(r, r.PathValue("hash"))
	if err != nil {
		return err
	}
	defer doc.Close()
	e, err := doc.At(r.Context(), point)
	if err != nil {
		return err
	}
	defer e.Close()
	if !slices.Contains(e.Forms(), name) {
		return errNotFound
	}
	out := &lateAnswer{to: w, begin: func(h http.Header) {
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(l.Name, name)}))
	}}
	if r.Method == http.MethodHead {
		out.to = headOnly{w}
	}
	return out.end(e.Write(out, name, documents.Language(p.Words.Text("language"))))
}

// A lateAnswer is one that is not begun before there is something in it, so that what
// fails before can still be said.
type lateAnswer struct {
	to    http.ResponseWriter
	begin func(http.Header)
	begun bool
}

func (l *lateAnswer) Write(b []byte) (int, error) {
	if !l.begun {
		l.begun = true
		l.begin(l.to.Header())
	}
	return l.to.Write(b)
}

// end gives the error that can still be said. After the beginning, the connection
// breaks, so that nobody takes a part for the whole.
func (l *lateAnswer) end(err error) error {
	switch {
	case err == nil && !l.begun:
		l.begin(l.to.Header())
	case err != nil && l.begun:
		panic(http.ErrAbortHandler)
	}
	return err
}

// headOnly answers HEAD.
type headOnly struct{ http.ResponseWriter }

func (headOnly) Write(b []byte) (int, error) { return len(b), nil }

// inertly writes a page that draw writes, as inert does, in the theme that is chosen.
func inertly(w io.Writer, theme string, draw func(io.Writer) error) error {
	from, to := io.Pipe()
	drawn := make(chan struct{})
	go func() {
		defer close(drawn)
		to.CloseWithError(draw(to))
	}()
	out := bufio.NewWriterSize(w, 32<<10)
	err := inert(out, from)
	from.CloseWithError(io.ErrClosedPipe)
	<-drawn
	if err == nil && theme != "" {
		_, err = out.WriteString("<style>:root { color-scheme: " + theme + " !important }</style>\n")
	}
	if err != nil {
		return err
	}
	return out.Flush()
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
