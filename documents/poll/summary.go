package poll

import (
	"fmt"

	"github.com/padsync/padsync/documents"
)

// A Summary is what a poll comes to, in the words of a language.
type Summary struct {
	Columns []Column // one for each choice, and for each answer beyond the last of them
	Expires string   // the day on which voting ends, "" if that is not known
	Rules   []string // what readers want to know of its settings, a sentence each
	Notes   []string // likewise of what the server showed
}

// A Column is a choice, and how often it got which answer.
type Column struct {
	Day  string // of a date poll: its day, or what the server showed in place of that
	Head string // what else it is: the moment of its day, or its label
	Name string // all of it in one line, "" beyond the last choice

	Yes, IfNeedBe, No, Unknown int

	// Best: no other has more of Yes, and somebody said that. At a tie, all are.
	// Framadate and Pollaris mark the same, whatever IfNeedBe says.
	Best bool
}

// Summary counts the votes.
func (p *Poll) Summary(l documents.Language) *Summary { return p.summary(wordsIn(l)) }

func (p *Poll) summary(w words) *Summary {
	s := &Summary{Columns: make([]Column, p.columns()), Expires: w.day(p.Expires), Rules: w.rules(p.Settings)}
	for _, t := range p.Taken() {
		s.Notes = append(s.Notes, fmt.Sprintf(w.Earlier, w.date(t.Saved.Local()), names(t.Parts, w.Language)))
	}
	if p.DaysDiffer {
		s.Notes = append(s.Notes, w.DaysDiffer)
	}
	most := 1 // a choice that nobody made is not the best
	for i := range s.Columns {
		c := &s.Columns[i]
		p.name(c, w, i)
		for _, vote := range p.Votes {
			c.count(vote.Answer(i))
		}
		most = max(most, c.Yes)
	}
	for i := range s.Columns {
		s.Columns[i].Best = s.Columns[i].Yes == most
	}
	return s
}

// name says what column i is.
func (p *Poll) name(c *Column, w words, i int) {
	c.Head = p.header(i)
	if i >= len(p.Choices) {
		return
	}
	choice := p.Choices[i]
	choice.Date = w.day(choice.Date)
	c.Name = choice.String()
	if p.Kind == Date {
		c.Head, choice.Moment = choice.Moment, ""
		c.Day = choice.String()
	}
}

func (c *Column) count(a Answer) {
	switch a {
	case Yes:
		c.Yes++
	case IfNeedBe:
		c.IfNeedBe++
	case No:
		c.No++
	default:
		c.Unknown++
	}
}
