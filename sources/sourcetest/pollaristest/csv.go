package pollaristest

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/padsync/padsync/documents/poll"
)

// table answers with the votes as CSV. That results are hidden, a draft and no
// poll at all are one answer.
func (v *visit) table(slug string) {
	p := v.bySlug(slug)
	switch {
	case p == nil, p.Draft:
		v.notFound()
	case !v.mayRead(p):
		v.redirect(v.authenticatePath(p))
	case !v.seesResults(p), p.Fault == NoTable:
		v.notFound()
	case p.Fault == Broken:
		v.broken()
	default:
		v.header.Set("Content-Type", "text/csv; charset=UTF-8")
		v.header.Set("Content-Disposition", `attachment; filename="`+fileName(p.Title)+`"`)
		v.header.Set("Cache-Control", "no-cache, private")
		v.body.WriteString(v.csv(p))
	}
}

var (
	unfit = regexp.MustCompile(`[^a-zA-Z0-9._-]`)
	runs  = regexp.MustCompile(`__+`)
)

// fileName can be just ".csv".
func fileName(title string) string {
	return strings.Trim(runs.ReplaceAllString(unfit.ReplaceAllString(title, "_"), "_"), "_") + ".csv"
}

func (v *visit) csv(p *Poll) string {
	dates, labels := []string{""}, []string{""}
	for _, i := range p.columns() {
		dates = append(dates, v.csvDay(p.Proposals[i].Date))
		labels = append(labels, p.Proposals[i].Label)
	}
	rows := [][]string{labels}
	if p.Kind == poll.Date {
		rows = [][]string{dates, labels}
	}
	if p.Fault == Differs {
		rows = append(rows, append([]string{"nobody"}, make([]string, len(p.Proposals))...))
	}
	for _, vote := range p.inOrder() {
		row := []string{vote.Name}
		for _, i := range p.columns() {
			row = append(row, v.words.answer(vote.answer(i)))
		}
		rows = append(rows, row)
	}
	var b strings.Builder
	for _, row := range rows {
		for i, text := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(cell(text))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (v *visit) csvDay(day string) string {
	if t, err := time.Parse(time.DateOnly, day); err == nil && v.options.Early {
		return t.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return day
}

// cell takes the harm from formulas, and quotes what needs it, as PHP does:
// spaces too.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=-+@\t\r", rune(s[0])) {
		s = "'" + s
	}
	if strings.ContainsAny(s, ",\"\n\r\t ") {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

// authenticate asks for the password of a poll, and takes it.
func (v *visit) authenticate(slug string) {
	const form = "poll_authentication"
	p := v.bySlug(slug)
	if p == nil || p.Draft {
		v.notFound()
		return
	}
	if v.mayRead(p) {
		v.redirect(v.pollPath(p))
		return
	}
	f := inputs{Name: form, Class: "form--standard"}
	f.add(input{Type: "password", Name: "password", Required: true})
	if v.submitted(form) {
		switch {
		case !v.valid(&f):
		case v.fields.value(form+"[password]") != p.Password:
			f.refuse("password", v.words.Refused)
		default:
			v.session.unlocked[p.ID], v.session.flash = p.Password, "password"
			v.redirect(v.pollPath(p))
			return
		}
	}
	v.form("password", f, "")
}

func (v *visit) broken() {
	v.status = http.StatusInternalServerError
	v.show("error", errorView{page: v.page("-"), Text: "-"})
}
