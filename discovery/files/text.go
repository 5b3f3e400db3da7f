package files

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/internal/config"
	parser "golang.org/x/net/html"
)

// longestLine is what is looked at in one piece. No address is longer, and what
// has no blank for so long is no text.
const longestLine = 64 << 10

// Text reads running text, whatever it looks like, as From does files.
func Text(ctx context.Context, text, name string, to discovery.Reading) error {
	f := &file{ctx: ctx, name: name, to: to, seen: make(map[discovery.Sighting]bool)}
	return f.lines(strings.NewReader(text))
}

// lines reads running text.
func (f *file) lines(r io.Reader) error {
	return f.each(r, func(line string) {
		// In its shortcuts, KDE doubles what would begin a variable.
		if strings.HasPrefix(line, "URL[$e]=") {
			line = strings.ReplaceAll(line, "$$", "$")
		}
		f.text(line)
	})
}

// each calls do for each line, in order.
func (f *file) each(r io.Reader, do func(line string)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine+1)
	lines.Split(pieces)
	for lines.Scan() {
		if f.ctx.Err() != nil {
			return f.ctx.Err()
		}
		do(lines.Text())
	}
	return lines.Err()
}

// text finds the addresses in a piece of text.
func (f *file) text(s string) { f.guess(s, false) }

// guess finds addresses that are doubtful: they may not stand there so.
func (f *file) guess(s string, doubtful bool) {
	if !strings.Contains(s, "://") {
		return // which is much faster
	}
	for _, address := range config.Addresses(strings.ReplaceAll(s, "&amp;", "&")) {
		f.see(discovery.Sighting{Address: address, Doubtful: doubtful})
	}
}

// pieces splits text into lines, and lines that are too long at a blank, if they
// have one.
func pieces(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexAny(data, "\r\n"); i >= 0 && i < longestLine {
		switch isLast := i == len(data)-1; {
		case data[i] == '\r' && isLast && !atEOF:
			return 0, nil, nil
		case data[i] == '\r' && !isLast && data[i+1] == '\n':
			return i + 2, data[:i], nil
		}
		return i + 1, data[:i], nil
	}
	switch {
	case len(data) >= longestLine:
		if i := bytes.LastIndexAny(data[:longestLine], " \t\"<>"); i > 0 {
			return i + 1, data[:i], nil
		}
		return longestLine, nil, nil
	case atEOF && len(data) > 0:
		return len(data), data, nil
	}
	return 0, nil, nil
}

// mostToken is what is taken of one tag or text of a page.
const mostToken = 1 << 20

// html reads a page: the text and the links in it, with their titles. Exported
// bookmarks are such a page. What has a picture within the text of a tag, or a
// script that is larger than all, is read on behind its first part.
func (f *file) html(r io.Reader) error {
	for {
		if err := f.page(r); err != parser.ErrBufferExceeded {
			return err
		}
	}
}

func (f *file) page(r io.Reader) error {
	page := parser.NewTokenizer(r)
	page.SetMaxBuf(mostToken)
	var link *discovery.Sighting // the one that was begun
	var title strings.Builder
	end := func() {
		if link != nil {
			link.Title = strings.TrimSpace(title.String())
			f.see(*link)
		}
		link = nil
		title.Reset()
	}
	for {
		switch page.Next() {
		case parser.ErrorToken:
			end()
			if err := page.Err(); err != io.EOF {
				return err
			}
			return nil
		case parser.TextToken:
			text := string(page.Text())
			if link != nil && title.Len() < longestLine {
				title.WriteString(text)
			}
			for line := range strings.Lines(text) {
				f.text(line)
			}
		case parser.StartTagToken, parser.SelfClosingTagToken:
			name, hasAttributes := page.TagName()
			if string(name) == "a" {
				end()
			}
			s := attributes(page, hasAttributes)
			if string(name) == "a" {
				link = &s
			} else if s.Address != "" {
				f.see(s)
			}
		case parser.EndTagToken:
			if name, _ := page.TagName(); string(name) == "a" {
				end()
			}
		}
		if f.ctx.Err() != nil {
			return f.ctx.Err()
		}
	}
}

// attributes are the address and the date of a tag.
func attributes(page *parser.Tokenizer, more bool) (s discovery.Sighting) {
	for more {
		var key, value []byte
		key, value, more = page.TagAttr()
		switch string(key) {
		case "href", "src":
			s.Address = strings.TrimSpace(string(value))
		case "add_date":
			if n, err := strconv.ParseInt(string(value), 10, 64); err == nil && n > 0 && n < 1<<36 {
				s.First = time.Unix(n, 0).UTC()
			}
		}
	}
	return s
}
