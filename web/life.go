package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
)

// A past is what a page tells of a pad's life, and of the moment in it that is
// looked at.
type past struct {
	Slider         *slider
	Stars          []star
	Activity       *activity
	Apart          []stop // revisions before which what is shown may never have been there
	Passages       []passage
	Gone           int    // passages in all
	AllGone        string // the address that shows more of them, "" if all are there
	People         []person
	MorePeople     int
	Nobodys        int    // percent of the text that nobody is known for
	Colours        string // the address with authors' colours or without
	Coloured       bool
	Messages       []said
	Earlier, Later int // messages that are not there
	Pad            bool
}

// sitting is how long a pause ends a sitting.
const sitting = 30 * time.Minute

// A slider is over the revisions of a pad.
type slider struct {
	Head, Revision int
	Who            string
	Begin, End     time.Time
	Version        string // that the revisions are of, if that is not the one that is given
	Moments        string // the address of when each was made, and by whom
	Link           string // of a revision, but for its number
	Steps          []step
	Marks          []mark
	Strip          []band
	Look           bool // one of the marks is to be checked
	Separator      string
}

// A step leads to another revision; without a link, there is none.
type step struct {
	Name     string // backup-before, sitting-before, …
	Word     string // the id of its words
	Link     string
	Revision int
}

// A mark is a revision to be seen on the slider, at so many percent.
type mark struct {
	At   string
	Kind string // saved, star or look
}

// A band is a part of the slider that one hand wrote most of.
type band struct {
	X, Width string
	Colour   int
}

// A stop is a revision that somebody may want to see.
type stop struct {
	Revision int
	Link     string
}

// A star is a revision that somebody saved in the pad.
type star struct {
	stop
	Label, Who string
	Time       time.Time
}

// A passage is what was written and is there no more.
type passage struct {
	stop
	Text, Who string
	Until     time.Time
}

// A person is somebody who wrote in the pad.
type person struct {
	Name, Initials string
	Colour         int
	Percent        int // of the text that is looked at
	Width          string
	Written        int // characters ever
}

type said struct {
	Who, Initials string
	Colour        int // 0: of nobody who wrote
	Time          time.Time
	Text          string
}

// Bounds of what a page tells.
const (
	mostMessages = 60 // of a chat: the newest
	mostMark     = 4000
	fewPassages  = 5
	morePassages = 200
	mostPeople   = 12
	mostStars    = 100
	mostApart    = 10
	stripBands   = 160
	markPlaces   = 400 // along the slider: two that are nearer are one
)

// ofPad tells of a pad what was read, at an edition of it.
func (p *page) ofPad(l *life, q url.Values, doc *library.Document, of *reading, e *library.Edition, d *pad.Document) error {
	l.Pad, l.Coloured = true, q.Get("colours") != "0"
	_, query := pointOf(q)
	asked := pointQuery(query)
	if l.Coloured {
		asked.Set("colours", "0")
		l.Saved += seam(l.Saved) + "colours=1"
	}
	l.Colours = "/documents/" + l.Hash
	if len(asked) > 0 {
		l.Colours += "?" + asked.Encode()
	}
	here := "/documents/" + l.Hash + "?"
	version := ""
	if chosen, _ := library.ChooseVersion(doc.Record, false); chosen == nil || chosen.Name != e.Version.Name {
		version = e.Version.Name
		here += url.Values{"version": {version}}.Encode() + "&"
	}
	if !l.Coloured {
		here += "colours=0&"
	}
	t := teller{page: p, l: l, link: here + "rev=", version: version, doc: doc, life: of.life, revision: d.Revision()}
	if of.life != nil {
		t.names = pad.HandNames(of.life.Hands, p.Words.Text("web-nameless"))
		t.slide(d.Pad)
		t.passages(q.Get("gone") == "all")
		l.Activity = p.activity(of.life)
	}
	s, err := of.stateAt(d.Revision())
	if err != nil && !l.Closed {
		l.Unread = p.Words.Error(err)
		return nil
	}
	t.people(s)
	return t.chat(d.Pad)
}

func seam(address string) string {
	if strings.Contains(address, "?") {
		return "&"
	}
	return "?"
}

// A teller tells of one pad.
type teller struct {
	page     *page
	l        *life
	link     string // of a revision, but for its number
	version  string
	doc      *library.Document
	life     *pad.Life
	names    []string
	revision int
}

func (t *teller) at(number int) string { return t.link + strconv.Itoa(number) }

func (t *teller) who(hand int) string {
	if hand < 0 || hand >= len(t.names) {
		return ""
	}
	return t.names[hand]
}

func (t *teller) slide(of *pad.Pad) {
	l := t.life
	s := &slider{
		Head: l.Head(), Revision: t.revision, Version: t.version, Link: t.link, Separator: thousands[t.page.Words.Text("language")],
		Moments: "/documents/" + t.l.Hash + "/moments",
	}
	if t.version != "" {
		s.Moments += "?" + url.Values{"version": {t.version}}.Encode()
	}
	s.Begin, _ = l.Made(0)
	s.End, _ = l.Made(s.Head)
	made, hand := l.Made(t.revision)
	s.Who = t.who(hand)
	if !made.IsZero() {
		t.l.At.Time = made
	}
	t.stars(of)
	if s.Head == 0 {
		return
	}
	t.l.Slider = s
	backups := backupsOf(t.doc.Record, s.Head)
	s.Steps = []step{
		t.step("web-backup-before", before(backups, t.revision)), t.step("web-sitting-before", before(endsOf(l), t.revision)), t.step("web-revision-before", t.revision-1),
		t.step("web-revision-after", upTo(t.revision+1, s.Head)), t.step("web-sitting-after", after(endsOf(l), t.revision)), t.step("web-backup-after", after(backups, t.revision)),
	}
	placed := make(map[mark]bool)
	add := func(number int, kind string) {
		m := mark{percentOf(float64(number*markPlaces/s.Head) / markPlaces), kind}
		if !placed[m] {
			placed[m] = true
			s.Marks = append(s.Marks, m)
		}
	}
	for i := range t.doc.Record.Versions {
		v := &t.doc.Record.Versions[i]
		if number, err := strconv.Atoi(v.Revision); err == nil && number >= 0 && number <= s.Head {
			kind := "saved"
			if v.Suspect != "" {
				kind, s.Look = "look", true
			}
			add(number, kind)
		}
	}
	for _, star := range of.Saved {
		if star.Revision >= 0 && star.Revision <= s.Head {
			add(star.Revision, "star")
		}
	}
	s.Strip = strip(l)
	for _, number := range l.Apart[:min(len(l.Apart), mostApart)] {
		t.l.Apart = append(t.l.Apart, stop{number, t.at(number)})
	}
}

func (t *teller) step(word string, number int) step {
	s := step{Name: strings.TrimPrefix(word, "web-"), Word: word}
	if number >= 0 {
		s.Link, s.Revision = t.at(number), number
	}
	return s
}

func upTo(number, head int) int {
	if number > head {
		return -1
	}
	return number
}

// backupsOf are the revisions up to head that were saved, in their order.
func backupsOf(record *manifest.Record, head int) (all []int) {
	for i := range record.Versions {
		if number, err := strconv.Atoi(record.Versions[i].Revision); err == nil && number >= 0 && number <= head {
			all = append(all, number)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// endsOf are the last revisions of sittings.
func endsOf(l *pad.Life) (all []int) {
	for _, s := range l.Sittings(sitting) {
		all = append(all, s.Last)
	}
	return all
}

// before is the last of numbers, which are sorted, that is less; -1 if there is none.
func before(numbers []int, number int) int {
	at, _ := slices.BinarySearch(numbers, number)
	if at == 0 {
		return -1
	}
	return numbers[at-1]
}

// after is the first that is more.
func after(numbers []int, number int) int {
	at, _ := slices.BinarySearch(numbers, number+1)
	if at == len(numbers) {
		return -1
	}
	return numbers[at]
}

func percentOf(of float64) string { return strconv.FormatFloat(100*of, 'f', 2, 64) + "%" }

// strip is who wrote most of each part of the history.
func strip(l *pad.Life) (all []band) {
	revisions := l.Head() + 1
	bands := min(stripBands, revisions)
	last := -2
	for n := range bands {
		count, hand := make(map[int]int), -1
		for i := n * revisions / bands; i < (n+1)*revisions/bands; i++ {
			_, h := l.Made(i)
			if count[h]++; count[h] > count[hand] || hand == -1 {
				hand = h
			}
		}
		if hand != last || len(all) == 0 {
			all = append(all, band{X: percentOf(float64(n) / float64(bands))})
			if all[len(all)-1].Colour = 0; hand >= 0 {
				all[len(all)-1].Colour, _ = pad.HandClass(hand)
			}
			last = hand
		}
		from, _ := strconv.ParseFloat(strings.TrimSuffix(all[len(all)-1].X, "%"), 64)
		all[len(all)-1].Width = strconv.FormatFloat(max(100*float64(n+1)/float64(bands)-from-0.15, 0.1), 'f', 2, 64) + "%"
	}
	return slices.DeleteFunc(all, func(b band) bool { return b.Colour == 0 })
}

func (t *teller) stars(of *pad.Pad) {
	names := of.AuthorNames()
	for _, saved := range slices.Backward(of.Saved) {
		if saved.Revision < 0 || saved.Revision > t.life.Head() || len(t.l.Stars) == mostStars {
			continue
		}
		one := star{stop: stop{saved.Revision, t.at(saved.Revision)}, Label: beginning(saved.Label, 200), Who: beginning(names[saved.Author], 80), Time: saved.Time}
		if one.Time.IsZero() {
			one.Time, _ = t.life.Made(saved.Revision)
		}
		t.l.Stars = append(t.l.Stars, one)
	}
}

// beginning is the beginning of a text, of so many characters at most.
func beginning(text string, most int) string {
	if len(text) <= most {
		return text
	}
	if all := []rune(text); len(all) > most {
		return string(all[:most]) + "…"
	}
	return text
}

func (t *teller) passages(all bool) {
	most := fewPassages
	if all {
		most = morePassages
	}
	t.l.Gone = t.life.Gone
	for _, was := range t.life.Passages[:min(most, len(t.life.Passages))] {
		t.l.Passages = append(t.l.Passages, passage{
			stop: stop{was.Revision, t.at(min(was.Revision, t.life.Head()))}, Text: beginning(was.Text, 240), Who: t.who(was.By), Until: was.Until,
		})
	}
	if len(t.life.Passages) > len(t.l.Passages) && !all {
		t.l.AllGone = t.at(t.revision) + "&gone=all#gone"
	}
}

// people are those who wrote, who wrote most of the text first.
func (t *teller) people(s *pad.State) {
	if t.life == nil {
		return
	}
	written, whole := s.Written(), 0
	for _, n := range written {
		whole += n
	}
	known := 0
	type share struct{ hand, now int }
	var shares []share
	for i, h := range t.life.Hands {
		known += written[h.ID]
		shares = append(shares, share{i, written[h.ID]})
	}
	slices.SortStableFunc(shares, func(a, b share) int {
		return cmp.Or(cmp.Compare(b.now, a.now), cmp.Compare(t.life.Hands[b.hand].Written, t.life.Hands[a.hand].Written))
	})
	for _, of := range shares[:min(len(shares), mostPeople)] {
		one := person{Name: beginning(t.names[of.hand], 80), Written: t.life.Hands[of.hand].Written, Width: percentOf(0)}
		one.Initials = initials(one.Name)
		one.Colour, _ = pad.HandClass(of.hand)
		if whole > 0 {
			one.Percent, one.Width = (100*of.now+whole/2)/whole, percentOf(float64(of.now)/float64(whole))
		}
		t.l.People = append(t.l.People, one)
	}
	t.l.MorePeople = len(shares) - len(t.l.People)
	if whole > 0 {
		t.l.Nobodys = 100 * (whole - known) / whole
	}
}

// initials are the first two characters of a name.
func initials(name string) string {
	all := []rune(words.Printable(strings.TrimSpace(name)))
	return string(all[:min(2, len(all))])
}

// chat is what was said until the moment that is looked at.
func (t *teller) chat(of *pad.Pad) error {
	names, hands := of.AuthorNames(), make(map[string]int)
	newest := t.life == nil || t.revision == t.life.Head()
	if t.life != nil {
		for i, h := range t.life.Hands {
			hands[h.ID] = i
		}
	}
	for m, err := range of.Messages() {
		if err != nil {
			return err
		}
		if !newest && m.Time.After(t.l.At.Time) {
			t.l.Later++
			continue
		}
		one := said{Who: beginning(names[m.Author], 80), Time: m.Time, Text: m.Text}
		if len(one.Text) > mostMark {
			one.Text = strings.ToValidUTF8(one.Text[:mostMark], "") + "…"
		}
		if hand, wrote := hands[m.Author]; wrote {
			one.Who = beginning(t.names[hand], 80)
			one.Colour, _ = pad.HandClass(hand)
		}
		one.Initials = initials(one.Who)
		if t.l.Messages = append(t.l.Messages, one); len(t.l.Messages) > 2*mostMessages {
			t.l.Messages = append(t.l.Messages[:0], t.l.Messages[mostMessages:]...)
			t.l.Earlier += mostMessages
		}
	}
	if more := len(t.l.Messages) - mostMessages; more > 0 {
		t.l.Messages = t.l.Messages[more:]
		t.l.Earlier += more
	}
	return nil
}

// An activity is how much was written when.
type activity struct {
	Title, Said string // what the picture shows, and the most of it, in words
	Unit        string
	Bars        []stretch
	Ticks       []tick
}

// A stretch is one stretch of time.
type stretch struct {
	Begin     time.Time
	Revisions int
	X, Width  string
	Y, Height string
}

type tick struct {
	X     string
	Begin time.Time
}

// mostStretches is how many stretches a picture has.
const mostStretches = 90

const chartHeight = 64

// activity counts revisions by days, or by longer stretches where there are too many.
func (p *page) activity(l *pad.Life) *activity {
	var first, last time.Time
	for n := range l.Head() + 1 {
		at, _ := l.Made(n)
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	if first.IsZero() || l.Head() == 0 {
		return nil
	}
	first, last = dayOf(first), dayOf(last)
	units := []struct {
		title, most, unit string
		begin, next       func(time.Time) time.Time
	}{
		{"web-activity-day", "web-activity-most-day", "web-unit-day", func(t time.Time) time.Time { return t }, func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
		{"web-activity-week", "web-activity-most-week", "web-unit-week", func(t time.Time) time.Time { return t.AddDate(0, 0, -(int(t.Weekday())+6)%7) }, func(t time.Time) time.Time { return t.AddDate(0, 0, 7) }},
		{"web-activity-month", "web-activity-most-month", "web-unit-month", func(t time.Time) time.Time { return t.AddDate(0, 0, 1-t.Day()) }, func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }},
		{"web-activity-year", "web-activity-most-year", "web-unit-year", func(t time.Time) time.Time { return t.AddDate(0, 1-int(t.Month()), 1-t.Day()) }, func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }},
	}
	for _, u := range units {
		var begins []time.Time
		for t := u.begin(first); !t.After(last) && len(begins) <= mostStretches; t = u.next(t) {
			begins = append(begins, t)
		}
		if len(begins) > mostStretches {
			continue
		}
		a := &activity{Title: p.Words.Text(u.title), Unit: p.Words.Text(u.unit)}
		counts := make(map[time.Time]int)
		for n := range l.Head() + 1 {
			if at, _ := l.Made(n); !at.IsZero() {
				counts[u.begin(dayOf(at))]++
			}
		}
		most := 0
		for _, n := range counts {
			most = max(most, n)
		}
		for i, begin := range begins {
			n := counts[begin]
			if i%max(1, (len(begins)+3)/4) == 0 {
				a.Ticks = append(a.Ticks, tick{percentOf(float64(i) / float64(len(begins))), begin})
			}
			if n == 0 {
				continue
			}
			height := max(float64(n)/float64(most)*(chartHeight-6), 2)
			one := stretch{
				Begin: begin, Revisions: n, X: percentOf(float64(i) / float64(len(begins))), Width: percentOf(0.8 / float64(len(begins))),
				Y: strconv.FormatFloat(chartHeight-height, 'f', 1, 64), Height: strconv.FormatFloat(height, 'f', 1, 64),
			}
			a.Bars = append(a.Bars, one)
			if n == most && a.Said == "" {
				a.Said = p.Words.Text(u.most, "Time", p.day(begin), "Number", p.number(n))
			}
		}
		return a
	}
	return nil // clocks that say centuries
}

// dayOf is the noon of a day here: each day has one, but not each has a midnight.
func dayOf(t time.Time) time.Time {
	year, month, day := t.Local().Date()
	return time.Date(year, month, day, 12, 0, 0, 0, time.Local)
}
