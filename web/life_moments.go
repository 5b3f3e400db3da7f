package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/padsync/padsync/documents/pad"
)

// A timeline is what the label of a slider says while it moves: when each revision was
// made, and by whom. There are Step revisions from one to the next.
type timeline struct {
	Head int `json:"head"`
	Step int `json:"step"`

	// Times are seconds since 1970 as clocks here showed them: the first, then what
	// each is later than the one before. Where none is known, it is the one before.
	Times []int64 `json:"times"`

	// Hands are indices of Names, each with how many revisions have it, one after
	// the other; -1: nobody.
	Hands []int    `json:"hands"`
	Names []string `json:"names"`

	Sittings []int `json:"sittings"` // their last revisions
	Backups  []int `json:"backups"`
}

const (
	momentBytes  = 180 << 10
	mostHands    = 300
	mostSittings = 4000
)

func (p *page) moments(w http.ResponseWriter, r *http.Request) error {
	v, err := p.volumeOf(r, r.PathValue("hash"), false)
	if err != nil {
		return err
	}
	defer p.shelf.leave(v)
	told, err := p.momentsOf(r, v)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if r.Method != http.MethodHead {
		_, _ = w.Write(told)
	}
	return nil
}

func (p *page) momentsOf(r *http.Request, v *volume) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	point, _ := pointOf(url.Values{"version": r.URL.Query()["version"]})
	of, _, err := v.at(r.Context(), point)
	if err != nil {
		return nil, err
	}
	if of.life == nil {
		return nil, errNotFound
	}
	m := timeline{Names: []string{}, Backups: spread(backupsOf(v.doc.Record, of.life.Head())), Sittings: sittingsOf(of.life)}
	hands := of.life.Hands[:min(len(of.life.Hands), mostHands)]
	for _, name := range pad.HandNames(hands, p.Words.Text("web-nameless")) {
		m.Names = append(m.Names, beginning(name, 60))
	}
	for step := max(1, of.life.Head()/100_000); ; step *= 2 {
		m.sample(of.life, step)
		told, err := json.Marshal(m)
		if err != nil || len(told) <= momentBytes || step > of.life.Head() {
			return told, err
		}
	}
}

// sample takes one of so many revisions.
func (m *timeline) sample(l *pad.Life, step int) {
	m.Head, m.Step, m.Times, m.Hands = l.Head(), step, nil, nil
	last := int64(0)
	for n := 0; n <= l.Head(); n += step {
		at, hand := l.Made(n)
		now := last
		if !at.IsZero() {
			now = clockOf(at)
		}
		m.Times = append(m.Times, now-last)
		last = now
		if hand >= len(m.Names) {
			hand = -1
		}
		if i := len(m.Hands) - 2; i >= 0 && m.Hands[i] == hand {
			m.Hands[i+1]++
		} else {
			m.Hands = append(m.Hands, hand, 1)
		}
	}
}

// clockOf is what a clock here shows then, in seconds.
func clockOf(t time.Time) int64 {
	t = t.Local()
	_, offset := t.Zone()
	return t.Unix() + int64(offset)
}

// sittingsOf are the ends of sittings, of longer ones where there are too many.
func sittingsOf(l *pad.Life) []int {
	for pause := sitting; ; pause *= 4 {
		all := l.Sittings(pause)
		if len(all) > mostSittings && pause < 24*365*time.Hour {
			continue
		}
		ends := make([]int, 0, len(all))
		for _, s := range all {
			ends = append(ends, s.Last)
		}
		return spread(ends)
	}
}

// spread leaves out numbers where there are too many.
func spread(numbers []int) []int {
	every := len(numbers)/mostSittings + 1
	some := make([]int, 0, len(numbers)/every+1)
	for i := 0; i < len(numbers); i += every {
		some = append(some, numbers[i])
	}
	return slices.Clip(some)
}
