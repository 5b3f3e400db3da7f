package framadatetest

import (
	_ "embed"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/padsync/padsync/documents/poll"
)

//go:embed create.tmpl
var createText string

var creations = template.Must(template.New("create").Funcs(template.FuncMap{"e": entities}).Parse(createText))

type creationView struct {
	Lang, Kind, Refusal string
	Step                int
	Mail, Latest        bool
	Custom              bool
}

const (
	maxDays    = 366
	maxPurged  = 20
	purgeDelay = 60 // days from the end of a poll to its being deleted
)

// creation is the first step: it fills in the form of the session.
func (a *answer) creation(kind poll.Kind) {
	if !a.has("gotostep2") {
		a.step(kind, 1, "")
		return
	}
	p := Poll{Password: a.value("password")}
	p.Kind, p.Title, p.Author = kind, a.value("title"), a.value("name")
	p.Description = strings.ReplaceAll(a.value("description"), "\r\n", "\n")
	hidden := a.value("hidden") == "on"
	public := a.value("results_publicly_visible") == "on"
	p.Settings = poll.Settings{Hidden: &hidden, Edit: map[string]poll.Edit{"0": poll.EditNone, "1": poll.EditAll, "2": poll.EditOwn}[a.value("editable")]}
	if a.options.Mail {
		p.Settings.Mail = a.value("mail")
	}
	if a.value("use_customized_url") == "on" && !a.options.NoCustom {
		p.ID = a.value("customized_url")
	}
	if !a.has("use_password") {
		p.Password = ""
	} else {
		p.Settings.PublicResults = &public
	}
	switch {
	case blank(p.Title), blank(p.Author), p.Author != trimmed(p.Author), p.Settings.Edit == "":
		a.step(kind, 1, "format")
	case a.options.Mail && !strings.Contains(p.Settings.Mail, "@"):
		a.step(kind, 1, "mail")
	case a.has("use_password") && (p.Password == "" || p.Password != a.value("password_repeat")):
		a.step(kind, 1, "password")
	case p.ID != "" && (!customID.MatchString(p.ID) || a.polls[p.ID] != nil || slices.Contains([]string{"admin", "vote", "action"}, p.ID)):
		a.step(kind, 1, "url")
	case a.has("receiveNewVotes"), a.has("receiveNewComments"):
		a.step(kind, 1, "this server sends no such mails")
	default:
		a.forms[a.session] = &p
		a.redirect("create_" + string(kind) + "_poll.php")
	}
}

// choices is the second step, and, with a confirmation, the third.
func (a *answer) choices(kind poll.Kind) {
	p := a.forms[a.session]
	switch {
	case p == nil && kind == poll.Date:
		a.status = http.StatusInternalServerError
	case p == nil:
		a.refusal("Vous n'avez pas renseigné la première page du sondage", "You haven't filled the first section of the poll creation")
	case a.has("confirmation"):
		a.confirm(p)
	case kind == poll.Classic && a.has("fin_sondage_autre"):
		p.Choices = nil
		for _, raw := range a.list("choices") {
			if raw = stripTags(raw); !phpEmpty(raw) {
				p.Choices = append(p.Choices, poll.Choice{Label: plain(raw), Markdown: raw})
			}
		}
		a.step(kind, 3, "")
	case kind == poll.Date && a.has("choixheures"):
		a.days(p)
	default:
		a.step(kind, 2, "")
	}
}

// days takes the days, each with a list of moments.
func (a *answer) days(p *Poll) {
	days := slices.DeleteFunc(a.list("days"), phpEmpty)
	if len(days) > maxDays {
		a.step(p.Kind, 2, "days")
		return
	}
	p.Choices = nil
	for i, day := range days {
		layout := map[bool]string{true: "02/01/2006", false: time.DateOnly}[a.french]
		t, err := time.Parse(layout, day)
		moments := a.list(fmt.Sprintf("horaires%d", i))
		if err != nil || len(moments) == 0 {
			// Without a list of moments Framadate looks for one until PHP's
			// time is over.
			a.status = http.StatusInternalServerError
			return
		}
		var kept []string
		for _, m := range moments {
			if !phpEmpty(m) {
				kept = append(kept, stripTags(m))
			}
		}
		for moment := range strings.SplitSeq(strings.Join(kept, ","), ",") {
			p.Choices = append(p.Choices, poll.Choice{Date: t.Format(time.DateOnly), Moment: moment})
		}
	}
	slices.SortStableFunc(p.Choices, func(c, d poll.Choice) int { return strings.Compare(c.Date, d.Date) })
	a.step(p.Kind, 3, "")
}

var customID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

var dayForm = regexp.MustCompile(`^[0-9]{2}/[0-9]{2}/[0-9]{4}$`)

// confirm makes the poll, mails its organiser, and deletes old ones.
func (a *answer) confirm(p *Poll) {
	end := a.value("enddate")
	if !dayForm.MatchString(end) && a.options.Dialect == DEV12 {
		a.step(p.Kind, 3, "enddate")
		return
	}
	p.Expires = clamped(end, time.Now(), a.options.Days)
	if t, err := time.Parse(time.DateOnly, p.Expires); err == nil && a.options.Early {
		p.Expires = t.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	if !a.stores(p.Title, p.Author, p.Description, fmt.Sprint(p.Choices)) || len([]rune(p.Author)) > 64 {
		a.status = http.StatusInternalServerError
		return
	}
	delete(a.forms, a.session)
	a.made++
	if p.ID == "" {
		for p.ID = fmt.Sprintf("Poll%012d", a.made); a.polls[p.ID] != nil; p.ID = fmt.Sprintf("Poll%012d", a.made) {
			a.made++
		}
		p.Admin = p.ID + "Admin123"
	} else {
		p.Admin = fmt.Sprintf("CustomAdmin%013d", a.made) // whatever the id is
	}
	a.polls[p.ID] = p
	if a.options.Mail {
		a.mails += 2
	}
	a.purge(time.Now())
	a.redirect(strings.TrimPrefix(a.view(p, true).AdminLink, a.base()+"/"))
}

// clamped is the day on which a poll ends: asked for, but neither before
// tomorrow nor after so many days.
func clamped(asked string, now time.Time, days int) string {
	first, last := now.AddDate(0, 0, 1).Format(time.DateOnly), now.AddDate(0, 0, days).Format(time.DateOnly)
	t, err := time.Parse("02/01/2006", asked)
	if err != nil {
		return last
	}
	return max(first, min(t.Format(time.DateOnly), last))
}

// purge deletes some of the polls that ended long ago.
func (a *answer) purge(now time.Time) {
	before := now.AddDate(0, 0, -purgeDelay).Format(time.DateOnly)
	purged := 0
	for _, id := range slices.Sorted(maps.Keys(a.polls)) {
		if end := a.polls[id].Expires; end != "" && end < before && purged < maxPurged {
			delete(a.polls, id)
			purged++
		}
	}
	a.purged += purged
}

func (a *answer) step(kind poll.Kind, step int, refusal string) {
	a.header.Set("Content-Type", "text/html; charset=UTF-8")
	v := creationView{
		Lang: a.words("fr", "en"), Kind: string(kind), Refusal: refusal, Step: step, Mail: a.options.Mail, Custom: !a.options.NoCustom, Latest: a.options.Dialect == DEV12,
	}
	if err := creations.Execute(&a.body, v); err != nil {
		a.status = http.StatusInternalServerError // never, unless the template is wrong
	}
}

func (a *answer) redirect(to string) {
	a.header.Set("Location", a.base()+"/"+to)
	a.status = http.StatusFound
}

// base is where the server believes to be.
func (a *answer) base() string { return "http://127.0.0.1" + a.options.Prefix }

// stores says whether the database can: up to 1.1 it has no emoji.
func (a *answer) stores(texts ...string) bool {
	beyond := func(r rune) bool { return r > 0xffff }
	return a.options.Dialect == DEV12 || !strings.ContainsFunc(strings.Join(texts, ""), beyond)
}

// What PHP does to strings.

func trimmed(s string) string { return strings.Trim(s, " \t\r\n\x00\v") }

func phpEmpty(s string) bool { return s == "" || s == "0" }

func blank(s string) bool { return phpEmpty(s) || strings.ReplaceAll(s, " ", "") == "" }

var tag = regexp.MustCompile(`<\S[^>]*>?|<$`)

func stripTags(s string) string { return tag.ReplaceAllString(s, "") }

var markup = regexp.MustCompile(`\*\*|!?\[(.*?)\]\(.*?\)`)

// plain is a choice without its markup, as far as tests need it.
func plain(markdown string) string {
	for {
		s := markup.ReplaceAllString(markdown, "$1")
		if s == markdown {
			return s
		}
		markdown = s
	}
}
