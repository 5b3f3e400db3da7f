package framadatetest

import (
	"strings"
	"time"

	"github.com/padsync/padsync/documents/poll"
)

// csv is the table, as the dialect writes it: every line ends with a comma.
func (a *answer) csv(p *Poll) string {
	p = a.shown(p)
	var b strings.Builder
	if a.options.Dialect == DEV12 {
		b.WriteString("\ufeff")
	}
	b.WriteString(",")
	if p.Kind == poll.Date {
		a.dateHead(&b, p)
	} else {
		a.classicHead(&b, p)
	}
	b.WriteString("\r\n")
	votes := p.Votes
	if p.Fault == Differs {
		votes = append([]poll.Vote{{Name: "nobody"}}, votes...)
	}
	for _, v := range votes {
		b.WriteString(a.cell(v.Name) + ",")
		for _, answer := range v.Answers {
			b.WriteString(a.cell(a.answer(answer)) + ",")
		}
		b.WriteString("\r\n")
	}
	return b.String()
}

func (a *answer) dateHead(b *strings.Builder, p *Poll) {
	for _, c := range p.Choices {
		b.WriteString(a.cell(a.date(c.Date)) + ",")
	}
	b.WriteString("\r\n,")
	for _, c := range p.Choices {
		b.WriteString(a.cell(c.Moment) + ",")
	}
}

// classicHead: only from HEAD11 on are choices quoted.
func (a *answer) classicHead(b *strings.Builder, p *Poll) {
	for _, c := range p.Choices {
		switch label := shownLabel(c); a.options.Dialect {
		case R103:
			b.WriteString(entities(label) + ",")
		case R1119:
			b.WriteString(special(label) + ",")
		default:
			b.WriteString(a.cell(special(label)) + ",")
		}
	}
}

// special is PHP's htmlspecialchars.
func special(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}

// cell quotes; from 1.1 on it takes the harm from formulas.
func (a *answer) cell(s string) string {
	s = strings.NewReplacer("\r", "", "\n", "", `"`, `""`).Replace(s)
	if a.options.Dialect > R103 && s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		s = "'" + s
	}
	return `"` + s + `"`
}

func (a *answer) answer(given poll.Answer) string {
	switch given {
	case poll.Yes:
		return a.words("Oui", "Yes")
	case poll.No:
		return a.words("Non", "No")
	case poll.IfNeedBe:
		if a.options.Dialect == R103 {
			return a.words("Si nécessaire", "Ifneedbe")
		}
		return a.words("Si nécessaire", "Under reserve")
	}
	if a.options.Dialect == R103 {
		return "unkown"
	}
	return a.words("Inconnu", "Unknown")
}

// date is a day as this dialect writes it in the page's language.
func (a *answer) date(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	switch {
	case err != nil:
		return ""
	case a.french:
		return t.Format("02/01/2006")
	case a.options.Dialect == HEAD11:
		return t.Format("1/2/06")
	}
	return t.Format(time.DateOnly)
}
