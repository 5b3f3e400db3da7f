package etherpad

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/mypads"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// A format is a form in which servers export pads.
type format struct {
	name  string   // in addresses and as ending
	types []string // of the content
	magic string   // what a binary form begins with; "": it is text
	page  bool     // it comes as a page, not as an attachment
}

const anyBytes = "application/octet-stream"

var (
	padFormat  = format{name: "etherpad", types: []string{anyBytes, "application/json"}}
	textFormat = format{name: "txt", types: []string{"text/plain"}}
	htmlFormat = format{name: "html", types: []string{"text/html"}}

	// archivedFormat is what MyPads gives of an archived pad in place of every
	// other.
	archivedFormat = format{name: "html", types: []string{"text/html"}, page: true}

	// Markdown is not one of them: asking for it creates pads on servers with
	// an old ep_markdown, and padsync makes it from the .etherpad itself.
	others = []format{
		textFormat, htmlFormat,
		{name: "pdf", types: []string{"application/pdf", anyBytes}, magic: "%PDF-"},
		{name: "docx", types: []string{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", anyBytes}, magic: "PK\x03\x04"},
		{name: "odt", types: []string{"application/vnd.oasis.opendocument.text", anyBytes}, magic: "PK\x03\x04"},
		{name: "doc", types: []string{"application/msword", anyBytes}, magic: "\xd0\xcf\x11\xe0"},
	}
)

// A FormatError is New's for a form that no server exports. It matches
// ErrFormat.
type FormatError struct{ Name string }

func (e *FormatError) Error() string { return fmt.Sprintf("format %q: %v", e.Name, ErrFormat) }

// Unwrap makes it match.
func (e *FormatError) Unwrap() error { return ErrFormat }

// ErrFormat is matched by FormatErrors.
var ErrFormat = errors.New("not one of html, txt, pdf, docx, odt, doc")

func (f format) is(g format) bool { return f.name == g.name }

// extraFormats finds the formats by their names, with those that are known, each
// once and in one order.
func extraFormats(names []string, known ...format) ([]format, error) {
	for _, name := range names {
		if f := (format{name: name}); !f.is(padFormat) && !slices.ContainsFunc(others, f.is) {
			return nil, &FormatError{name}
		}
	}
	var formats []format
	for _, f := range others {
		if slices.Contains(names, f.name) || slices.ContainsFunc(known, f.is) {
			formats = append(formats, f)
		}
	}
	return formats, nil
}

func (f format) checkHeader(h http.Header) error {
	if !f.page && !isAttachment(h) {
		return errors.New("it is a page, not an attachment")
	}
	if f.page && h.Get("Content-Disposition") != "" {
		return errors.New("it is an attachment, not a page")
	}
	if !slices.Contains(f.types, server.ContentType(h)) {
		return errors.New("it has another content type")
	}
	return nil
}

// check checks a body of any format but .etherpad.
func (f format) check(a *answer) error {
	if a.body.Size() == 0 {
		return errors.New("it is empty")
	}
	if a.isCut() {
		return errors.New("it is cut short")
	}
	if f.magic != "" {
		start := make([]byte, len(f.magic))
		if _, err := io.ReadFull(a.reader(), start); err != nil || string(start) != f.magic {
			return errors.New("it begins with something else")
		}
		return nil
	}
	if _, err := io.Copy(io.Discard, transform.NewReader(a.reader(), encoding.UTF8Validator)); err != nil {
		return errors.New("it is not UTF-8")
	}
	if f.page {
		if err := mypads.WritePageText(io.Discard, a.reader()); err != nil {
			return err
		}
	}
	if f.name == htmlFormat.name {
		return checkHTMLEnd(a)
	}
	return nil
}

func checkHTMLEnd(a *answer) error {
	end := make([]byte, min(a.body.Size(), 1<<10))
	if _, err := a.body.ReadAt(end, a.body.Size()-int64(len(end))); err != nil && err != io.EOF {
		return err
	}
	if !bytes.Contains(bytes.ToLower(end), []byte("</html>")) {
		return errors.New("it is cut short")
	}
	return nil
}

// retitle puts the read-only id in place of the title, which on 1.8.14 is the
// real id.
func (s *Source) retitle(a *answer, id string) error {
	start := make([]byte, min(a.body.Size(), 4<<10))
	if _, err := a.body.ReadAt(start, 0); err != nil && err != io.EOF {
		return err
	}
	open, end := bytes.Index(start, []byte("<title>")), bytes.Index(start, []byte("</title>"))
	if open < 0 || end < open {
		return fmt.Errorf("%w: html: it has no title", sources.ErrRefused)
	}
	rest := io.NewSectionReader(a.body, int64(end), a.body.Size()-int64(end))
	title := string(start[:open]) + "<title>" + html.EscapeString(id)
	body, err := s.pool.Receive(io.MultiReader(strings.NewReader(title), rest), a.body.Size()+int64(len(title)))
	if err != nil {
		return err
	}
	return a.replace(body)
}

// fileOf is the version's file in this format, nil if it has none.
func fileOf(v *sources.Version, f format) *sources.File {
	i := slices.IndexFunc(v.Files, func(file sources.File) bool { return file.Format == f.name })
	if i < 0 {
		return nil
	}
	return &v.Files[i]
}

func section(f *sources.File) *io.SectionReader { return io.NewSectionReader(f.Content, 0, f.Size) }
