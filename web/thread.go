package web

import (
	"strconv"
	"time"
)

// A thread is a document's life as a line with a dot for each version, or for some of
// many. Places on it are in percent.
type thread struct {
	Label       string // the same in words
	From, To    string // the line
	Dots        []string
	Look        string // the newest version, if it is to be checked
	End         string // it is gone, or will be: where the line ends
	Until       string // a dashed line from To to there, "" for none
	Here        string // the moment that is meant
	Begins      string // words below the beginning and the end, "" for none
	Ends        string
	Disappeared bool
}

// year is how far back the threads of a list go, and today where they end.
const (
	year  = 365 * 24 * time.Hour
	today = 92 // percent
)

// threadOf is that of the last twelve months, the same for all rows of a list.
func (p *page) threadOf(r *row) *thread {
	saved := r.State.Saved.Times()
	if len(saved) == 0 {
		return nil
	}
	now := p.Now()
	at := func(t time.Time) float64 { return today * (1 - min(max(now.Sub(t).Seconds()/year.Seconds(), 0), 1)) }
	t := p.drawn(r, saved, at)
	t.To = onThread(today)
	if r.Verdict == expiring {
		t.Until = onThread(today + 4)
		t.End = t.Until
	}
	if r.Verdict == gone {
		t.End, t.Disappeared = t.To, true
	}
	return t
}

// threadTo is that from the first to the newest version, with a moment on it.
func (p *page) threadTo(r *row, here time.Time) *thread {
	saved := r.State.Saved.Times()
	if len(saved) == 0 {
		return nil
	}
	first, last := saved[0], saved[len(saved)-1]
	if !here.IsZero() && here.Before(first) {
		first = here // before it was saved first
	}
	if here.After(last) {
		last = here
	}
	span := max(last.Sub(first).Seconds(), 1)
	at := func(t time.Time) float64 { return 100 * t.Sub(first).Seconds() / span }
	t := p.drawn(r, saved, at)
	t.From, t.To = onThread(0), onThread(100)
	t.Begins, t.Ends = p.day(first), p.day(last)
	if t.Begins == t.Ends {
		t.Ends = ""
	}
	if r.Verdict == gone {
		t.End, t.Disappeared = t.To, true
	}
	if !here.IsZero() {
		t.Here = onThread(at(here))
	}
	return t
}

func (p *page) drawn(r *row, saved []time.Time, at func(time.Time) float64) *thread {
	t := &thread{From: onThread(at(saved[0]))}
	if r.State.Versions == 1 {
		t.Label = p.Words.Text("web-thread-one", "Day", p.date(saved[0].Local(), true))
	} else {
		t.Label = p.Words.Text("web-thread", "Count", r.State.Versions, "Day", p.date(saved[0].Local(), true))
	}
	if r.Verdict == suspect {
		newest := saved[len(saved)-1]
		saved, t.Look = saved[:len(saved)-1], onThread(at(newest))
	}
	for _, one := range saved {
		// Dots that would lie on each other are one.
		if dot := onThread(at(one)); len(t.Dots) == 0 || t.Dots[len(t.Dots)-1] != dot {
			t.Dots = append(t.Dots, dot)
		}
	}
	return t
}

// onThread is a place, in percent, to half a percent: a dot is wider.
func onThread(of float64) string {
	return strconv.FormatFloat(float64(int(2*of+.5))/2, 'f', -1, 64) + "%"
}
