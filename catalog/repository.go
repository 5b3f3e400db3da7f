package catalog

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/padsync/padsync/manifest"
)

// A Heard document is what a repository says of one.
type Heard struct {
	Key
	State             // its Repository is that of Learn
	Name, Description string
	Tags              []string
	Sealed            bool // its description cannot be read now
}

// Learn notes what a repository says of all its documents. What people said
// there since it was last read counts here, too, unless the repository was not
// yet told what was said here. Choices, addresses and removals are never
// learned.
func (c *Catalog) Learn(ctx context.Context, repository string, all iter.Seq2[Heard, error]) error {
	var heard []Heard // no other process waits while they are read
	for h, err := range all {
		if err != nil {
			return err
		}
		heard = append(heard, h.mended())
	}
	return c.change(ctx, func(t *tx) error {
		l := &learning{tx: t, repository: repository, now: time.Now()}
		if err := l.begin(); err != nil {
			return err
		}
		for i := range heard {
			if err := l.learn(&heard[i]); err != nil {
				return err
			}
		}
		return l.forget()
	})
}

// mended is what the repository says within the bounds: another machine may
// have written it.
func (h Heard) mended() Heard {
	h.Name, h.Description, h.Tags = manifest.MendName(h.Name), manifest.MendDescription(h.Description), mended(h.Tags)
	h.Title, h.Suspect = manifest.MendName(h.Title), manifest.MendName(h.Suspect)
	h.Version, h.Sound = manifest.MendName(h.Version), manifest.MendName(h.Sound)
	h.Key = Key{strings.Clone(h.Kind), strings.Clone(h.Base), strings.Clone(h.ID)}
	return h
}

// facts are those that repositories tell, and that are learned.
func (h *Heard) facts() map[string]string {
	facts := map[string]string{factName: h.Name, factTags: strings.Join(h.Tags, between)}
	if !h.Sealed {
		facts[factDescription] = h.Description
	}
	return facts
}

// A learning is one call of Learn. It reads what is known at once, as most of
// it is as before.
type learning struct {
	*tx
	repository string
	now        time.Time

	ids    map[Key]int64 // with the server as Base
	states map[int64]State
	heard  map[factOf]heardFact
	facts  map[factOf]heardFact
	met    map[int64]bool
}

type factOf struct {
	document int64
	name     string
}

type heardFact struct {
	value  string
	number int64 // of the change: that was made here, or that the repository was told
}

func (l *learning) begin() error {
	l.ids, l.met = make(map[Key]int64), make(map[int64]bool)
	err := l.each(`select id, kind, server, name from document union all select document, kind, server, name from alias`, nil, func(scan func(...any) error) error {
		var id int64
		var k Key
		err := scan(&id, &k.Kind, &k.Base, &k.ID)
		l.ids[k] = id
		return err
	})
	if err != nil {
		return err
	}
	l.states = make(map[int64]State)
	err = l.each(`select document, state, versions, newest, checked, title, suspect, expires, saved, version, sound from state where repository = ?`, []any{l.repository}, func(scan func(...any) error) error {
		var id, newest, checked int64
		s := State{Repository: l.repository}
		err := scan(&id, &s.State, &s.Versions, &newest, &checked, &s.Title, &s.Suspect, &s.Expires, &s.Saved, &s.Version, &s.Sound)
		s.Newest, s.Checked = moment(newest), moment(checked)
		l.states[id] = s
		return err
	})
	if err != nil {
		return err
	}
	if l.heard, err = l.read(`select document, name, value, told from heard where repository = ?`, l.repository); err != nil {
		return err
	}
	l.facts, err = l.read(`select document, name, value, change from fact`)
	return err
}

func (l *learning) read(query string, args ...any) (map[factOf]heardFact, error) {
	all := make(map[factOf]heardFact)
	return all, l.each(query, args, func(scan func(...any) error) error {
		var of factOf
		var f heardFact
		err := scan(&of.document, &of.name, &f.value, &f.number)
		all[of] = f
		return err
	})
}

func (l *learning) learn(h *Heard) error {
	at := Key{h.Kind, h.Server(), h.ID}
	id, known := l.ids[at]
	if !known {
		var err error
		if id, err = l.add(h.Key, l.now); err != nil {
			return err
		}
		l.ids[at] = id
	}
	l.met[id] = true
	if err := l.state(id, h.State); err != nil {
		return err
	}
	for name, value := range h.facts() {
		if err := l.fact(factOf{id, name}, value); err != nil {
			return err
		}
	}
	if h.Versions > 0 && l.facts[factOf{id, factRemoved}].value == yes {
		return l.exec(`update fact set value = '', change = 0 where document = ? and name = ?`, id, factRemoved)
	}
	return nil
}

func (l *learning) state(id int64, s State) error {
	s.Repository = l.repository
	s.Newest, s.Checked = moment(seconds(s.Newest)), moment(seconds(s.Checked))
	if l.states[id] == s {
		return nil
	}
	return l.exec(`insert or replace into state (document, repository, state, versions, newest, checked, title, suspect, expires, saved, version, sound) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, l.repository, s.State, s.Versions, seconds(s.Newest), seconds(s.Checked), s.Title, s.Suspect, s.Expires, s.Saved, s.Version, s.Sound)
}

// fact learns one. What was said here and not told there is said there next.
func (l *learning) fact(of factOf, value string) error {
	before, here := l.heard[of], l.facts[of]
	if value == before.value {
		return nil
	}
	told := before.number
	if value == here.value {
		told = max(told, here.number)
	}
	err := l.exec(`insert or replace into heard (document, repository, name, value, told) values (?, ?, ?, ?, ?)`, of.document, l.repository, of.name, value, told)
	if err != nil || here.number > told || here.value == value {
		return err
	}
	return l.exec(`insert or replace into fact (document, name, value, change) values (?, ?, ?, 0)`, of.document, of.name, value)
}

// forget takes away what the repository no longer says.
func (l *learning) forget() error {
	for id := range l.states {
		if !l.met[id] {
			if err := l.exec(`delete from state where document = ? and repository = ?`, id, l.repository); err != nil {
				return err
			}
		}
	}
	return nil
}

// A Pending document is one of which a repository was not yet told what was
// said here: nothing of what is nil.
type Pending struct {
	Key
	Name, Description *string
	Tags              *[]string
	Choice            *Choice
	Removed           *bool

	changes []change
}

// A change is one fact that is pending.
type change struct {
	of    factOf
	value string
	at    int64 // its number
}

// Pending is what a repository was not yet told, in the order in which it was
// first said.
func (c *Catalog) Pending(ctx context.Context, repository string) (all []Pending, err error) {
	at := make(map[int64]int)
	err = c.view(ctx, func(t *tx) error {
		return t.each(`select fact.document, fact.name, fact.value, change, kind, base, document.name
			from fact join document on id = fact.document
			left join heard on heard.document = fact.document and heard.name = fact.name and repository = ?
			where change > coalesce(told, 0) order by change`, []any{repository}, func(scan func(...any) error) error {
			var k Key
			var ch change
			if err := scan(&ch.of.document, &ch.of.name, &ch.value, &ch.at, &k.Kind, &k.Base, &k.ID); err != nil {
				return err
			}
			i, known := at[ch.of.document]
			if !known {
				i = len(all)
				at[ch.of.document], all = i, append(all, Pending{Key: k})
			}
			all[i].take(ch)
			return nil
		})
	})
	return all, err
}

func (p *Pending) take(c change) {
	p.changes = append(p.changes, c)
	switch c.of.name {
	case factName:
		p.Name = &c.value
	case factDescription:
		p.Description = &c.value
	case factTags:
		p.Tags = new(split(c.value, between))
	case factChoice:
		p.Choice = new(Choice(c.value))
	case factRemoved:
		p.Removed = new(c.value == yes)
	}
}

// Told notes that a repository was told these.
func (c *Catalog) Told(ctx context.Context, repository string, all []Pending) error {
	if len(all) == 0 {
		return nil
	}
	return c.change(ctx, func(t *tx) error {
		for _, p := range all {
			for _, ch := range p.changes {
				err := t.exec(`insert into heard (document, repository, name, value, told) values (?, ?, ?, ?, ?)
					on conflict do update set value = excluded.value, told = max(told, excluded.told)`, ch.of.document, repository, ch.of.name, ch.value, ch.at)
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}
