package web

import (
	"html/template"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/padsync/padsync/internal/words"
)

// functions are those of templates.
func (p *page) functions() template.FuncMap {
	return template.FuncMap{
		"t":         p.Words.Text,
		"language":  func() string { return p.Words.Text("language") },
		"languages": p.languages,
		"day":       p.day,
		"moment":    p.moment,
		"lately":    p.lately,
		"stamp":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"number":    p.number,
		"size":      p.Words.Size,
		"shown":     words.Printable,
		"sentence":  sentence,
		"inc":       func(n int) int { return n + 1 },
		"dated":     p.dated,
		"thread":    func(r request) *thread { return p.threadOf(&r.row) },
		"with_view": func(v view, of any) within { return within{v, of} },
	}
}

// thousands is what stands between them.
var thousands = map[string]string{"en": ",", "fr": "\u202f"}

// number has its thousands apart.
func (p *page) number(n int) string {
	digits := strconv.Itoa(n)
	if len(digits) <= 4 {
		return digits
	}
	var parts []string
	for len(digits) > 3 {
		parts = append([]string{digits[len(digits)-3:]}, parts...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, parts...), thousands[p.Words.Text("language")])
}

// day is the date of a moment for people, where they are: without the year in
// this one, and a word for the last two days.
func (p *page) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	now := p.Now().Local()
	t = t.Local()
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.Local)
	switch {
	case !t.Before(today) && t.Before(today.AddDate(0, 0, 1)):
		return p.Words.Text("web-today")
	case !t.Before(today.AddDate(0, 0, -1)) && t.Before(today):
		return p.Words.Text("web-yesterday")
	}
	return p.date(t, t.Year() != now.Year())
}

func (p *page) date(t time.Time, year bool) string {
	months := strings.Fields(p.Words.Text("web-months"))
	number := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		number = p.Words.Text("web-first")
	}
	text := p.Words.Text("web-date", "Day", number, "Month", months[int(t.Month())-1])
	if year {
		text += "\u00a0" + strconv.Itoa(t.Year())
	}
	return text
}

// dated is the same of a day such as 2026-12-24, which is shown as it is if it is none.
func (p *page) dated(day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, time.Local)
	if err != nil {
		return day
	}
	return p.date(t, t.Year() != p.Now().Local().Year())
}

// within is what a part of a page gets that has forms.
type within struct {
	View view
	Of   any
}

// moment is a date with its year, and the time of day.
func (p *page) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.Local()
	return p.hour(p.date(t, true), t)
}

// lately is a moment where no sentence is around it: today has its word.
func (p *page) lately(t time.Time) string {
	t = t.Local()
	if now := p.Now().Local(); t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return p.hour(p.Words.Text("web-today"), t)
	}
	return p.moment(t)
}

// hour is a day with an hour of it.
func (p *page) hour(date string, t time.Time) string {
	text := p.Words.Text("web-moment", "Date", date, "Hour", strconv.Itoa(t.Hour()), "Minute", t.Format("04"))
	return strings.ReplaceAll(text, " h ", "\u00a0h\u00a0")
}

// sentence begins a text with a capital letter.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// A tongue is a language that the page speaks, with its own name.
type tongue struct{ Code, Name string }

func (p *page) languages() []tongue {
	var all []tongue
	for _, said := range p.shared.Options.Words {
		all = append(all, tongue{said.Text("language"), said.Text("web-language")})
	}
	return all
}
