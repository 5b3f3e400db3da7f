package framadate

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"

	"github.com/padsync/padsync/documents/poll"
)

// A column is a choice, as the admin page's link to delete it has it.
type column struct {
	raw string // epoch@moment, or Markdown
	ok  bool
}

// rawColumns reads those links. They delete when fetched, so they are only read.
func rawColumns(doc *goquery.Document) (columns []column) {
	doc.Find(results + ` > thead a[href*="delete_column"]`).Each(func(_ int, a *goquery.Selection) {
		_, encoded, _ := strings.Cut(a.AttrOr("href", ""), "delete_column")
		raw, err := base64.RawURLEncoding.DecodeString(strings.Trim(encoded, "/="))
		columns = append(columns, column{strings.ToValidUTF8(string(raw), "\ufffd"), err == nil})
	})
	return columns
}

// readChoices reads the head of the table.
func (p *page) readChoices(doc *goquery.Document) {
	head := doc.Find(results + " > thead > tr")
	raw := rawColumns(doc)
	rawOf := func(i int) column {
		if i < len(raw) {
			return raw[i]
		}
		return column{}
	}
	days := head.ChildrenFiltered("th.day")
	if days.Length() == 0 {
		p.Kind = poll.Classic
		head.ChildrenFiltered(`th.bg-info[id^="C"]`).Each(func(i int, s *goquery.Selection) {
			p.Choices = append(p.Choices, classicChoice(s, rawOf(i)))
			p.shown.choices = append(p.shown.choices, trim(choiceMarkdown(s.Nodes[0])))
		})
		p.readVoteForm(doc)
		p.showMarkdown()
		return
	}
	p.Kind = poll.Date
	moments := head.ChildrenFiltered(`th.bg-info[id^="H"]`)
	shown := shownDays(head, moments.Length())
	moments.Each(func(i int, s *goquery.Selection) {
		p.Choices = append(p.Choices, dateChoice(s, rawOf(i), shown[i]))
	})
}

func classicChoice(s *goquery.Selection, raw column) poll.Choice {
	c := poll.Choice{Label: trim(s.AttrOr("title", ""))} // the text without its markup
	if c.Label == "" {
		c.Label = trim(s.Text())
	}
	if trim(s.Text()) == "" { // 1.2 has "2nd option" in the title then
		c.Label = trim(attr(s, "img", "alt"))
	}
	if raw.ok {
		c.Markdown = raw.raw
	}
	return c
}

// readVoteForm takes the Markdown of choices from the titles of the radio
// buttons for "yes", which have it in French behind these words.
func (p *page) readVoteForm(doc *goquery.Document) {
	doc.Find(`#vote-form label[for^="y-choice-"]`).Each(func(_ int, s *goquery.Selection) {
		i, err := strconv.Atoi(strings.TrimPrefix(s.AttrOr("for", ""), "y-choice-"))
		raw, ok := strings.CutPrefix(s.AttrOr("title", ""), "Voter « oui » pour ")
		if ok && err == nil && i >= 0 && i < len(p.Choices) && p.Choices[i].Markdown == "" && p.mayBeRaw(i, raw) {
			p.Choices[i].Markdown = raw
		}
	})
}

// mayBeRaw reports whether the server may have made the choice from this: 1.2
// has only the text there. Markup that is shown must be in it.
func (p *page) mayBeRaw(i int, raw string) bool {
	shown := p.shown.choices[i]
	if shown == p.Choices[i].Label {
		return true
	}
	for _, target := range linkTarget.FindAllStringSubmatch(shown, -1) {
		if !strings.Contains(raw, target[1]) {
			return false
		}
	}
	return trim(raw) != p.Choices[i].Label || strings.Contains(raw, "://") // which becomes a link by itself
}

var linkTarget = regexp.MustCompile(`\]\(<?([^()\s<>]+)`)

// choiceMarkdown turns what the server made of a choice's Markdown, which is
// one line, into Markdown again.
func choiceMarkdown(n *html.Node) string {
	if n.Type == html.TextNode {
		return newlines(n.Data)
	}
	var inner strings.Builder
	for child := range n.ChildNodes() {
		inner.WriteString(choiceMarkdown(child))
	}
	switch n.Data {
	case "a":
		return link(inner.String(), attrOf(n, "href"))
	case "img":
		return "!" + link(attrOf(n, "alt"), attrOf(n, "src"))
	case "strong", "b":
		return "**" + inner.String() + "**"
	case "em", "i":
		return "*" + inner.String() + "*"
	case "code":
		return "`" + inner.String() + "`"
	case "del":
		return "~~" + inner.String() + "~~"
	}
	return inner.String()
}

func link(text, target string) string {
	if strings.ContainsAny(target, " ()") {
		target = "<" + target + ">"
	}
	return "[" + text + "](" + target + ")"
}

func attrOf(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// showMarkdown stands in for the Markdown of choices that the page does not
// have: it turns the links, images and emphasis that the page shows into
// Markdown again.
func (p *page) showMarkdown() {
	p.shown.rawChoices = !slices.ContainsFunc(p.Choices, func(c poll.Choice) bool { return c.Markdown == "" })
	for i := range p.Choices {
		c := &p.Choices[i]
		if c.Markdown == "" && p.shown.choices[i] != c.Label {
			c.Markdown = p.shown.choices[i]
		}
	}
}

// dateChoice has the day from the table if that can be had (see Source), else
// from the raw column; what was shown stands in where there is neither.
func dateChoice(s *goquery.Selection, raw column, shown string) poll.Choice {
	c := poll.Choice{Moment: strings.TrimSpace(s.Text()), Label: shown}
	if !raw.ok {
		return c
	}
	epoch, moment, found := strings.Cut(raw.raw, "@")
	if seconds, err := strconv.ParseInt(epoch, 10, 64); err == nil && found {
		c.Date = dayOf(seconds)
		c.Moment = strings.TrimSpace(moment)
	}
	return c
}

// dayOf gives the day whose midnight this is in the zone of a server that is
// less than 10 hours from Greenwich. Farther away it could be either of two
// days.
func dayOf(epoch int64) string {
	const day, limit = 24 * 60 * 60, 10 * 60 * 60
	offset := ((epoch+day/2)%day+day)%day - day/2 // seconds behind Greenwich
	t := time.Unix(epoch-offset, 0).UTC()
	if offset <= -limit || offset >= limit || t.Year() < 1970 || t.Year() > 9999 {
		return ""
	}
	return t.Format(time.DateOnly)
}

// shownDays gives the words over each column: its day and month.
func shownDays(head *goquery.Selection, columns int) []string {
	days, months := spread(head.ChildrenFiltered("th.day"), columns), spread(head.ChildrenFiltered("th.month"), columns)
	for i := range days {
		days[i] = trim(days[i] + " " + months[i])
	}
	return days
}

// spread repeats the text of cells over the columns that they span.
func spread(cells *goquery.Selection, columns int) []string {
	texts := make([]string, 0, columns)
	cells.Each(func(_ int, s *goquery.Selection) {
		span, err := strconv.Atoi(s.AttrOr("colspan", "1"))
		for i := 0; err == nil && i < span && len(texts) < columns; i++ {
			texts = append(texts, trim(s.Text()))
		}
	})
	return append(texts, make([]string, columns-len(texts))...)
}
