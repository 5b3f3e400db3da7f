package pad

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A changeset turns one text into the next. Etherpad writes
// "Z:OLD>MORE OPS$INSERTED" or "Z:OLD<LESS OPS$INSERTED", with no blanks.
type changeset struct {
	before, after int // lengths of the texts
	ops           string
	inserted      units
}

func parseChangeset(u units) (c changeset, err error) {
	end := slices.Index(u, '$')
	if end < 0 {
		return c, errChangeset
	}
	head, ok := strings.CutPrefix(u[:end].String(), "Z:")
	if !ok {
		return c, errChangeset
	}
	c.inserted = u[end+1:]
	if c.before, head, ok = cutNumber(head); !ok || head == "" {
		return c, errChangeset
	}
	sign := head[0]
	change, rest, ok := cutNumber(head[1:])
	if !ok || sign != '>' && sign != '<' {
		return c, errChangeset
	}
	if sign == '<' {
		change = -change
	}
	c.after, c.ops = c.before+change, rest
	return c, nil
}

var errChangeset = fmt.Errorf("%w: a changeset is wrong or not for its text", ErrMalformed)

// apply returns the state after a change; s stays as it is.
func (s *State) apply(change units) (*State, error) {
	c, err := parseChangeset(change)
	if err != nil {
		return nil, err
	}
	if c.before != len(s.text) {
		return nil, errChangeset
	}
	// The text never gets longer than one member of the export may make it.
	if c.after < 0 || c.after > maxHeld {
		return nil, fmt.Errorf("read pad export: text: %w", ErrTooLarge)
	}
	e := editor{
		old: s, inserted: c.inserted, composed: map[[2]string]string{},
		text: make(units, 0, c.after), runs: make([]run, 0, len(s.runs)+8),
	}
	for o, err := range ops(c.ops) {
		if err != nil {
			return nil, err
		}
		fits := e.step(o)
		if e.held > maxComposed {
			return nil, fmt.Errorf("read pad export: attributes: %w", ErrTooLarge)
		}
		if !fits {
			return nil, errChangeset
		}
	}
	// What follows the last op stays.
	e.step(op{code: '=', chars: len(s.text) - e.at})
	if len(e.text) != c.after {
		return nil, errChangeset
	}
	return &State{id: s.id, pool: s.pool, text: e.text, runs: e.runs}, nil
}

// maxComposed bounds the attributes that one changeset makes anew, in bytes: a
// pad of a thousand comments that becomes bold has some 20 kB of them.
const maxComposed = 4 << 20

// An editor writes a new text from an old one.
type editor struct {
	old      *State
	at       int // in the old text
	run      int // index of the old run at that place
	used     int // of that run
	inserted units

	text     units
	runs     []run
	composed map[[2]string]string // attributes by old and change
	held     int                  // bytes of them
}

// step says whether the op fits the texts.
func (e *editor) step(o op) bool {
	if o.code == '+' {
		if o.chars > len(e.inserted) || len(e.text)+o.chars > cap(e.text) {
			return false
		}
		e.text = append(e.text, e.inserted[:o.chars]...)
		e.inserted = e.inserted[o.chars:]
		e.add(o.attribs, o.chars)
		return true
	}
	if o.chars > len(e.old.text)-e.at {
		return false
	}
	if o.code == '=' {
		if len(e.text)+o.chars > cap(e.text) {
			return false
		}
		e.text = append(e.text, e.old.text[e.at:e.at+o.chars]...)
	}
	e.at += o.chars
	for left := o.chars; left > 0 && e.held <= maxComposed; {
		r := run{chars: left} // plain, where no old run is
		if e.run < len(e.old.runs) {
			r = e.old.runs[e.run]
			r.chars = min(r.chars-e.used, left)
			if e.used += r.chars; e.used == e.old.runs[e.run].chars {
				e.run, e.used = e.run+1, 0
			}
		}
		left -= r.chars
		if o.code == '=' {
			e.add(e.compose(r.attribs, o.attribs), r.chars)
		}
	}
	return true
}

func (e *editor) add(attribs string, chars int) {
	if n := len(e.runs); n > 0 && e.runs[n-1].attribs == attribs {
		e.runs[n-1].chars += chars
	} else if chars > 0 {
		e.runs = append(e.runs, run{attribs, chars})
	}
}

// compose returns old as change alters it: a new value for a name, or no such
// name where the value is empty.
func (e *editor) compose(old, change string) string {
	if change == "" {
		return old
	}
	key := [2]string{old, change}
	if s, ok := e.composed[key]; ok {
		return s
	}
	s := e.old.pool.compose(old, change)
	e.composed[key] = s
	e.held += len(s)
	return s
}

func (p pool) compose(old, change string) string {
	type numbered struct {
		number int
		name   string
	}
	var list []numbered
	for n := range numbers(old) {
		list = append(list, numbered{n, p[n].name})
	}
	for n := range numbers(change) {
		a := p[n]
		i := slices.IndexFunc(list, func(m numbered) bool { return m.name == a.name })
		switch {
		case i >= 0 && a.value == "":
			list = slices.Delete(list, i, i+1)
		case i >= 0:
			list[i].number = n
		case a.value != "":
			list = append(list, numbered{n, a.name})
		}
	}
	var b strings.Builder
	for _, m := range list {
		b.WriteString("*" + strconv.FormatInt(int64(m.number), 36))
	}
	return b.String()
}
