package files

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"io"
	"path"
	"strings"

	"github.com/padsync/padsync/discovery"
	parser "golang.org/x/net/html"
)

const (
	mostOffice    = 256 << 20 // bytes of a document
	mostUnpacked  = 256 << 20 // bytes of the texts in it, as it says
	mostDirectory = 4 << 20   // bytes that say what is in it: some thousand pictures
	mostAttached  = 16 << 20  // bytes of one that can be had only as a whole
)

// office reads a document of LibreOffice or Word. Other archives are not opened.
func (f *file) office(in io.Reader) error {
	whole := f.whole
	if whole == nil || f.depth > 0 {
		b, err := all(in, mostAttached)
		if err != nil {
			return err
		}
		whole = io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b)))
	}
	if whole.Size() > mostOffice {
		return discovery.ErrArchive
	}
	at := &metered{at: whole, left: mostDirectory}
	opened, err := zip.NewReader(at, whole.Size())
	if err != nil {
		return discovery.ErrArchive
	}
	at.left = mostOffice * 2 // several parts may lie at one place
	parts := textsOf(opened)
	if len(parts) == 0 {
		return discovery.ErrArchive
	}
	left := uint64(mostUnpacked)
	for _, part := range parts {
		if part.UncompressedSize64 > left {
			return discovery.ErrLarge
		}
		left -= part.UncompressedSize64
	}
	for _, part := range parts {
		err = cmp.Or(err, f.officePart(part))
	}
	return err
}

// metered keeps a directory that lies from filling the memory.
type metered struct {
	at   io.ReaderAt
	left int64
}

func (m *metered) ReadAt(b []byte, off int64) (int, error) {
	if m.left -= int64(len(b)); m.left < 0 {
		return 0, discovery.ErrLarge
	}
	return m.at.ReadAt(b, off)
}

// textsOf are the parts of a document that have text or addresses: none if it is
// something else. Word and its like may call the main one as they want.
func textsOf(document *zip.Reader) []*zip.File {
	var texts []*zip.File
	isODF, isOOXML := false, false
	for _, part := range document.File {
		switch folder, name := path.Split(part.Name); {
		case part.Name == "META-INF/manifest.xml":
			isODF = true
		case part.Name == "[Content_Types].xml":
			isOOXML = true
		case name == "content.xml" && folder == "", name == "styles.xml" && folder == "",
			folder == "word/" && path.Ext(name) == ".xml", folder == "word/_rels/" && path.Ext(name) == ".rels":
			texts = append(texts, part)
		}
	}
	if !isODF && !isOOXML {
		return nil
	}
	return texts
}

// officePart reads a part of a document: as much as it says to have.
func (f *file) officePart(part *zip.File) error {
	r, err := part.Open()
	if err != nil {
		return discovery.ErrDamaged
	}
	defer r.Close()
	in := bufio.NewReader(io.LimitReader(r, int64(part.UncompressedSize64)))
	start, _ := in.Peek(in.Size())
	if start = bytes.TrimSpace(bytes.TrimPrefix(start, []byte("\ufeff"))); len(start) > 0 && start[0] != '<' {
		return discovery.ErrUnknown // encrypted
	}
	err = parser.ErrBufferExceeded
	for err == parser.ErrBufferExceeded {
		err = f.officeText(in)
	}
	if err != nil && f.ctx.Err() == nil {
		err = discovery.ErrDamaged
	}
	return err
}

// officeText reads the XML of a part: its links, and the text of each paragraph,
// whose pieces are one text however they are written. It is read as pages are,
// which takes what is broken, in bounded memory.
func (f *file) officeText(r io.Reader) error {
	xml := parser.NewTokenizer(r)
	xml.SetMaxBuf(mostToken)
	var text, code strings.Builder // code are the fields of Word
	var into *strings.Builder      // nil: what comes is no text
	deleted := false
	end := func() {
		f.text(text.String())
		f.text(code.String())
		text.Reset()
		code.Reset()
	}
	for {
		kind := xml.Next()
		switch kind {
		case parser.ErrorToken:
			end()
			if err := xml.Err(); err != io.EOF {
				return err
			}
			return nil
		case parser.TextToken:
			if into == nil {
				continue
			}
			into.Write(xml.Text())
			if into.Len() >= longestLine {
				end()
			}
		case parser.StartTagToken, parser.SelfClosingTagToken, parser.EndTagToken:
			name, more := xml.TagName()
			isEnd := kind == parser.EndTagToken
			switch string(name) {
			case "text:tracked-changes":
				deleted, into = !isEnd, nil
			case "text:p", "text:h":
				end()
				if !deleted {
					into = &text
				}
			case "w:p":
				end()
			case "w:t":
				into = &text
			case "w:instrtext":
				into = &code
			case "text:s", "text:tab", "text:line-break", "text:note", "office:annotation", "w:tab", "w:br", "w:cr", "w:footnotereference":
				text.WriteByte(' ')
			}
			if isEnd && (string(name) == "w:t" || string(name) == "w:instrtext") {
				into = nil
			}
			for more {
				var key, value []byte
				key, value, more = xml.TagAttr()
				switch string(key) {
				case "xlink:href", "target":
					f.see(discovery.Sighting{Address: strings.TrimSpace(string(value))})
				case "w:instr":
					f.text(string(value))
				}
			}
			if f.ctx.Err() != nil {
				return f.ctx.Err()
			}
		}
	}
}
