package framadatetest

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/padsync/padsync/documents/poll"
)

const maxName = 64

// control changes with the choices; a vote for others is refused.
func control(p *Poll) string { return fmt.Sprintf("%x", md5.Sum(fmt.Append(nil, p.ID, p.Choices))) }

// change is what the forms of an admin page do.
func (a *answer) change(p *Poll) {
	switch {
	case a.has("save"):
		a.vote(p)
	case a.value("update_poll_info") == "expiration_date" && !a.options.NoMend:
		p.Expires = clamped(a.value("expiration_date"), time.Now(), a.options.Days)
		a.mailUpdate(p)
	case a.value("update_poll_info") == "rules" && a.value("rules") == "0":
		// A strict MariaDB refuses what 1.2-alpha1 writes.
		if a.options.Dialect == DEV12 {
			a.status = http.StatusInternalServerError
			return
		}
		locked := true
		p.Settings.Locked, p.Settings.Edit = &locked, poll.EditNone
		a.mailUpdate(p)
	}
}

// mailUpdate mails the organiser that the poll was changed, once in a session.
func (a *answer) mailUpdate(p *Poll) {
	key := a.session + " " + p.ID
	if !a.options.Mail || a.mailed[key] {
		return
	}
	a.mailed[key] = true
	a.mails++
}

var answers = map[string]poll.Answer{"2": poll.Yes, "1": poll.IfNeedBe, "0": poll.No, " ": poll.Unknown}

// vote takes a vote, if the page's message would say so.
func (a *answer) vote(p *Poll) {
	v := poll.Vote{Name: trimmed(a.value("name"))}
	given := a.list("choices")
	for i, c := range given {
		answer, ok := answers[c]
		if !ok || i < len(p.Choices) && answer == poll.Yes && full(p, i) {
			return
		}
		v.Answers = append(v.Answers, answer)
	}
	taken := slices.ContainsFunc(p.Votes, func(other poll.Vote) bool { return a.collated(other.Name) == a.collated(v.Name) })
	switch {
	case given == nil, a.options.Dialect == DEV12 && len(given) > 255:
		a.status = http.StatusInternalServerError
	case blank(v.Name), taken, a.value("control") != control(p):
	case len([]rune(v.Name)) > maxName, !a.stores(v.Name):
		a.status = http.StatusInternalServerError
	default:
		p.Votes = append(p.Votes, v)
	}
}

// collated is how the database compares: without case and accents. That of 1.2
// also takes composed letters for decomposed ones, and any emoji for any other.
func (a *answer) collated(s string) string {
	latest := a.options.Dialect == DEV12
	var b strings.Builder
	for _, r := range s {
		letters := []rune(norm.NFD.String(string(r)))
		switch r := letters[0]; {
		case latest && unicode.Is(unicode.Mn, r):
		case latest && r > 0xffff:
			b.WriteRune(unicode.ReplacementChar)
		case unicode.Is(unicode.Hangul, r):
			b.WriteString(string(letters))
		default:
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// comment takes a comment, but each of an author only once.
func (a *answer) comment() {
	p, byAdmin := a.find(byID, a.value("poll")), a.find(byAdmin, a.value("poll_admin"))
	c := poll.Comment{
		Author: trimmed(a.value("name")), Date: time.Now().In(a.options.Zone).Format("2006-01-02T15:04"),
		Text: strings.ReplaceAll(a.value("comment"), "\r\n", "\n"),
	}
	a.header.Set("Content-Type", "text/html; charset=UTF-8")
	result := false
	switch {
	case p == nil, !a.mayRead(p) && byAdmin == nil, blank(c.Author):
	case blank(c.Text), len([]rune(c.Author)) > maxName, !a.stores(c.Author, c.Text):
		a.status = http.StatusInternalServerError
		return
	default:
		result = true
		if !slices.ContainsFunc(p.Comments, func(d poll.Comment) bool {
			return a.collated(c.Author+"\n"+c.Text) == a.collated(d.Author+"\n"+d.Text)
		}) {
			p.Comments = append(p.Comments, c)
		}
	}
	message := map[string]string{"type": "success", "message": "-"}
	if err := json.NewEncoder(&a.body).Encode(map[string]any{"result": result, "message": message, "comments": ""}); err != nil {
		a.status = http.StatusInternalServerError // never
	}
}
