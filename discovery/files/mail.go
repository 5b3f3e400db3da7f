package files

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	field = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]*):`)

	// fields are some of which each mail has several.
	fields = regexp.MustCompile(`(?i)^(from|to|cc|date|subject|sender|reply-to|message-id|in-reply-to|received|return-path|delivered-to|mime-version|content-type|x-mozilla-status)$`)
)

var boundary = regexp.MustCompile(`(?i)\bboundary="?([^";]+)`)

// isMail knows a mail, and a folder of mails in one file, mbox, by its header.
func isMail(start []byte) bool {
	known := 0
	if isSeparator(start) {
		known++
		_, start, _ = bytes.Cut(start, []byte("\n"))
	}
	for line := range bytes.Lines(start) {
		line = bytes.TrimRight(line, "\r\n")
		switch name := field.FindSubmatch(line); {
		case name != nil && fields.Match(name[1]):
			if known++; known == 2 {
				return true
			}
		case name == nil && (len(line) == 0 || line[0] != ' ' && line[0] != '\t' && line[0] != '>'):
			return false
		}
	}
	return false
}

// isSeparator knows the line that begins a mail of an mbox, by the line that
// follows it: not all programs quote a text's line that begins so.
func isSeparator(start []byte) bool {
	if !bytes.HasPrefix(start, []byte("From ")) {
		return false
	}
	_, header, _ := bytes.Cut(start, []byte("\n"))
	return field.Match(header) || bytes.HasPrefix(header, []byte(">From "))
}

// mails reads one mail, or all of an mbox. What is broken in one is left out, as
// programs for mail do.
func (f *file) mails(in *bufio.Reader) error {
	if start, _ := in.Peek(longestSeparator); !isSeparator(start) {
		f.mail(in)
		return f.ctx.Err()
	}
	for box := (&mailbox{in: in, blank: true}); box.next() && f.ctx.Err() == nil; {
		f.mail(bufio.NewReader(box))
	}
	return f.ctx.Err()
}

// longestSeparator is more than the line that begins a mail has, and the name
// behind it.
const longestSeparator = 1 << 10

// A mailbox cuts an mbox into mails. Its Read reads one.
type mailbox struct {
	in    *bufio.Reader
	rest  []byte // of the line that is being read, still in the buffer
	blank bool   // the line before was empty, or there is none
}

// next goes to the next mail, and reports whether there is one.
func (m *mailbox) next() bool {
	_, _ = io.Copy(io.Discard, m) // to the line that begins it
	_, err := m.in.ReadSlice('\n')
	m.blank = false
	return err == nil
}

func (m *mailbox) Read(b []byte) (int, error) {
	if len(m.rest) == 0 {
		if m.blank {
			if start, _ := m.in.Peek(longestSeparator); isSeparator(start) {
				return 0, io.EOF
			}
		}
		line, err := m.in.ReadSlice('\n')
		if len(line) == 0 {
			return 0, err
		}
		m.blank = len(bytes.TrimRight(line, "\r\n")) == 0
		m.rest = line
	}
	n := copy(b, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

// mail reads a mail, or one in another.
func (f *file) mail(in *bufio.Reader) {
	f.part(f.header(in), in)
}

// header reads the header of a mail, with the addresses in it. Of its fields, those
// that say how to read the rest are kept.
func (f *file) header(in *bufio.Reader) textproto.MIMEHeader {
	header := make(textproto.MIMEHeader)
	var whole []byte // a field, unfolded
	keep := func() {
		line := string(whole)
		whole = whole[:0]
		name, value, _ := strings.Cut(line, ":")
		if len(name) > len("content-") && strings.EqualFold(name[:len("content-")], "content-") {
			header.Set(name, strings.TrimSpace(value))
		}
		f.text(decodedWords(line))
	}
	for inner := false; ; {
		line, err := in.ReadSlice('\n')
		goesOn := inner || len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
		inner = err == bufio.ErrBufferFull
		line = bytes.TrimRight(line, "\r\n")
		if !goesOn {
			keep()
		}
		if err != nil && !inner || len(line) == 0 && !goesOn {
			whole = append(whole, line...)
			keep()
			return header
		}
		if len(whole)+len(line) <= longestLine {
			whole = append(whole, line...)
		}
	}
}

// decodedWords is a field of a header with its words that are not ASCII. RFC 2047
func decodedWords(field string) string {
	decoder := mime.WordDecoder{CharsetReader: func(charset string, in io.Reader) (io.Reader, error) { return unified(in, charset), nil }}
	if text, err := decoder.DecodeHeader(field); err == nil {
		return text
	}
	return field
}

// part reads what a mail has behind its header, or a part of one.
func (f *file) part(header textproto.MIMEHeader, body io.Reader) {
	if f.depth == deepest || f.ctx.Err() != nil {
		return
	}
	f.depth++
	defer func() { f.depth-- }()
	kind, params, _ := mime.ParseMediaType(header.Get("Content-Type"))
	group, _, _ := strings.Cut(kind, "/")
	if group == "multipart" {
		between := params["boundary"]
		if found := boundary.FindStringSubmatch(header.Get("Content-Type")); between == "" && found != nil {
			between = found[1] // unquoted, with marks that ask for quotes
		}
		parts := multipart.NewReader(body, between)
		for {
			part, err := parts.NextRawPart()
			if err != nil {
				return
			}
			f.part(part.Header, part)
		}
	}
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	disposition, _, _ := mime.ParseMediaType(header.Get("Content-Disposition"))
	// A part that ends too early has been read so far, and one of a form that is
	// not known is no text.
	switch {
	case group == "image" || group == "audio" || group == "video":
	case kind == "message/rfc822":
		f.mail(bufio.NewReader(body))
	case disposition != "attachment" && (kind == "text/plain" || kind == ""):
		_ = f.wrapped(unified(body, params["charset"]), strings.EqualFold(params["format"], "flowed"), strings.EqualFold(params["delsp"], "yes"))
	case kind == "text/html":
		_ = f.html(unified(body, params["charset"]))
	default:
		_ = f.read(bufio.NewReaderSize(body, 16<<10))
	}
}

// wrapped reads the text of a mail. Its lines end where they were too long, and
// some programs break addresses, too. One in < > goes on until it is closed. Of
// another nobody knows: it is seen as it stands, and joined with the beginning of
// the next line, which is doubtful.
func (f *file) wrapped(r io.Reader, flowed, joined bool) error {
	w := wrapping{file: f}
	soft := "" // what goes on in the next line
	err := f.each(r, func(line string) {
		line = unquoted(line)
		// RFC 3676 4: a line that ends with a space goes on, and the space may be
		// there for that alone.
		if flowed && joined && strings.HasSuffix(line, " ") && line != signature && len(soft) < longestLine {
			soft += line[:len(line)-1]
			return
		}
		w.line(soft + line)
		soft = ""
	})
	w.line(soft)
	w.line("")
	return err
}

const signature = "-- " // the line before one

// unquoted is a line without the marks of an answer.
func unquoted(line string) string {
	for strings.HasPrefix(line, ">") {
		line = strings.TrimPrefix(line[1:], " ")
	}
	return line
}

const (
	shortestWrapped = 60   // characters of a line that a program may have ended
	longestWrapped  = 2048 // no document's address is longer
)

var (
	atEnd     = regexp.MustCompile("(?i)https?://[^\\s\\p{Z}<>\"|`]*$")
	beginning = regexp.MustCompile("^[\\pL\\pN$%&+/=?#_~-][^\\s\\p{Z}<>\"|`]*")
)

// A wrapping finds addresses in lines of which each may go on in the next.
type wrapping struct {
	file   *file
	open   string // the address that ended the last line, behind what is before it
	joined string // the same with all lines since, of one in < >
}

func (w *wrapping) line(s string) {
	switch more := beginning.FindString(s); {
	case w.open == "":
	case w.open[0] != '<':
		w.file.guess(w.open, isCut(w.open))
		if more != "" {
			w.file.guess(w.open+more, true)
		}
		w.open = ""
	case strings.HasPrefix(s[len(more):], ">"):
		s = w.joined + s
		w.open = ""
	case more != "" && more == s && len(w.joined) < longestWrapped:
		w.joined += s
		return
	default:
		w.file.guess(w.open, isCut(w.open))
		w.open = ""
	}
	if at := atEnd.FindStringIndex(s); at != nil {
		_, before := utf8.DecodeLastRuneInString(s[:at[0]])
		last := s[at[0]-before:]
		if last[0] == '<' || isCut(last) || utf8.RuneCountInString(s) >= shortestWrapped {
			w.open, w.joined = last, last
			s = s[:at[0]]
		}
	}
	w.file.text(s)
}

// isCut reports whether an address ends as those that are whole hardly do.
func isCut(address string) bool { return strings.ContainsAny(address[len(address)-1:], "-_=?&%+") }
