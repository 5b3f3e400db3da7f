package framadate

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/padsync/padsync/documents/poll"
)

// repair undoes in all of the poll's texts what some servers did to them: an
// instance whose database was once spoken to in latin1 has "RÃ©union", UTF-8
// encoded twice. It does so only if it is certain: every text that is not
// ASCII is of that kind, and there are at least two such characters. Of a date
// poll, labels are the server's words, and left alone.
func repair(p *poll.Poll) {
	texts := textsOf(p)
	repaired, twice := make([]string, len(texts)), 0
	for i, text := range texts {
		var n int
		if repaired[i], n = undo(*text); n < 0 {
			return
		}
		twice += n
	}
	if twice < 2 {
		return
	}
	for i, text := range texts {
		*text = repaired[i]
	}
	p.Repaired = true
}

// undo gives the text as it was before it was encoded the second time, and how
// many of its characters that concerns; less than 0 if it was not so encoded.
func undo(text string) (string, int) {
	once := make([]byte, 0, len(text))
	for _, r := range text {
		b, ok := latin1(r)
		if !ok {
			return "", -1
		}
		once = append(once, b)
	}
	if !utf8.Valid(once) {
		return "", -1
	}
	characters := 0
	for _, r := range string(once) {
		if r >= utf8.RuneSelf {
			characters++
		}
	}
	return string(once), characters
}

// latin1 is what MySQL calls so: Windows-1252, and where that has nothing, the
// control character of the same number.
func latin1(r rune) (byte, bool) {
	switch r {
	case 0x81, 0x8d, 0x8f, 0x90, 0x9d:
		return byte(r), true
	case utf8.RuneError:
		return 0, false
	}
	return charmap.Windows1252.EncodeRune(r)
}

// textsOf are the texts that people wrote. The poll's lists are copied first,
// as they may be shared.
func textsOf(p *poll.Poll) []*string {
	texts := []*string{&p.Title, &p.Author, &p.Description}
	p.Choices = append([]poll.Choice(nil), p.Choices...)
	for i := range p.Choices {
		c := &p.Choices[i]
		if texts = append(texts, &c.Moment, &c.Markdown); p.Kind == poll.Classic {
			texts = append(texts, &c.Label)
		}
	}
	for i := range p.Votes {
		texts = append(texts, &p.Votes[i].Name)
	}
	for i := range p.Comments {
		texts = append(texts, &p.Comments[i].Author, &p.Comments[i].Text)
	}
	return texts
}
