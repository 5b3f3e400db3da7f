package poll

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/padsync/padsync/documents"
)

// ErrNoDates is the error of WriteICS for a poll without dates. It matches
// documents.ErrNothing.
var ErrNoDates = fmt.Errorf("%w: the poll has no dates", documents.ErrNothing)

// WriteICS writes the choices of a date poll as a calendar (RFC 5545), one
// event for each that has a date. Where the words of a moment are a time for
// certain, the event has it, in the reader's own time zone, as the server gives
// none; else it lasts all day and has the words in its summary.
//
// The id identifies the poll among all others, and the stamp is when it was
// saved: the same poll, id and stamp give the same bytes. The id itself is not
// in them. For a poll without dates the error is ErrNoDates.
func (p *Poll) WriteICS(w io.Writer, l documents.Language, id string, stamp time.Time) error {
	dated := func(c Choice) bool { return c.Date != "" }
	if p.Kind != Date || !slices.ContainsFunc(p.Choices, dated) {
		return ErrNoDates
	}
	out := &contentLines{w: bufio.NewWriter(w)}
	out.line("BEGIN", "VCALENDAR")
	out.line("VERSION", "2.0")
	out.line("PRODID", "-//padsync//poll//EN")
	seen := make(map[string]int) // a day may have the same moment twice
	for i, c := range p.Choices {
		day, err := time.Parse(time.DateOnly, c.Date)
		if err != nil {
			continue
		}
		name := c.String()
		seen[name]++
		out.line("BEGIN", "VEVENT")
		out.line("UID", uid(id, name, seen[name]))
		out.line("DTSTAMP", stamp.UTC().Format("20060102T150405Z"))
		p.event(out, wordsIn(l), i, day)
		out.line("END", "VEVENT")
	}
	out.line("END", "VCALENDAR")
	if err := out.w.Flush(); err != nil {
		return fmt.Errorf("write poll as ics: %w", err)
	}
	return nil
}

func uid(id, choice string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d", id, choice, n))
	return fmt.Sprintf("%x@padsync", sum[:16])
}

// event writes what choice i says. It is an option, so it keeps no time busy.
func (p *Poll) event(out *contentLines, w words, i int, day time.Time) {
	c, summary := p.Choices[i], short(p.Title)
	at, ok := parseMoment(strings.TrimSpace(c.Moment))
	switch {
	case !ok:
		out.line("DTSTART;VALUE=DATE", day.Format("20060102"))
		if c.Moment != "" {
			summary += " – " + c.Moment
		}
	case at.end == 0:
		out.line("DTSTART", day.Add(at.start).Format("20060102T150405"))
	default:
		out.line("DTSTART", day.Add(at.start).Format("20060102T150405"))
		out.line("DTEND", day.Add(at.end).Format("20060102T150405"))
	}
	out.line("SUMMARY", escapeText(summary))
	if d := p.whoCan(w, i); d != "" {
		out.line("DESCRIPTION", escapeText(d))
	}
	out.line("STATUS", "TENTATIVE")
	out.line("TRANSP", "TRANSPARENT")
}

// whoCan lists the names that answered yes, or "if need be", to choice i.
func (p *Poll) whoCan(w words, i int) string {
	var lines []string
	for _, a := range []Answer{Yes, IfNeedBe} {
		var names []string
		for _, v := range p.Votes {
			if v.Answer(i) == a {
				names = append(names, short(v.Name))
			}
		}
		if len(names) > 0 {
			lines = append(lines, fmt.Sprintf("%s (%d): %s", w.answer(a), len(names), strings.Join(names, ", ")))
		}
	}
	return strings.Join(lines, "\n")
}

// short bounds what every event repeats; servers take less.
func short(s string) string {
	const most = 2000 // characters
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}

// escapeText is RFC 5545 3.3.11; the controls that it forbids are left out.
func escapeText(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\\' || r == ';' || r == ',':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r < ' ' && r != '\t' || r == 0x7f:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// contentLines writes the lines of RFC 5545 3.1: at most 75 bytes, no
// character cut, CRLF.
type contentLines struct{ w *bufio.Writer }

func (c *contentLines) line(name, value string) {
	rest, room := name+":"+value, 75
	for len(rest) > room {
		n := room
		for !utf8.RuneStart(rest[n]) {
			n--
		}
		c.w.WriteString(rest[:n] + "\r\n ") // bufio keeps its error for Flush
		rest, room = rest[n:], 74
	}
	c.w.WriteString(rest + "\r\n")
}
