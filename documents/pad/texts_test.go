package pad

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/padsync/padsync/documents"
)

// A script writes the export of a pad, one revision after the other.
type script struct {
	members bytes.Buffer
	state   *State
	now     time.Time
	head    int
	texts   []string
	times   []time.Time
	saved   []int
}

func newScript() *script {
	return &script{state: &State{text: units{'\n'}, pool: pool{}}, head: -1, now: time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)}
}

// edit removes so many characters at a place and writes there, so long after the
// edit before.
func (s *script) edit(t *testing.T, after time.Duration, at, remove int, insert string) {
	t.Helper()
	b := changesetBuilder{text: s.state.text, n: len(s.state.text)}
	b.keep(at, "")
	b.insert(utf16.Encode([]rune(insert)), "")
	b.remove(remove)
	change := b.changeset()
	state, err := s.state.apply(change)
	if err != nil {
		t.Fatalf("%s: %v", change.String(), err)
	}
	s.state, s.now = state, s.now.Add(after)
	s.head++
	fmt.Fprintf(&s.members, `,"pad:x:revs:%d":{"changeset":%s,"meta":{"author":"","timestamp":%d`, s.head, escaped(change), s.now.UnixMilli())
	if s.head%keyInterval == 0 {
		fmt.Fprintf(&s.members, `,"pool":{},"atext":%s`, atextOf(s.state))
	}
	s.members.WriteString("}}")
	s.texts, s.times = append(s.texts, s.state.Text()), append(s.times, s.now)
}

func (s *script) export() []byte {
	var saved []string
	for _, n := range s.saved {
		saved = append(saved, fmt.Sprintf(`{"revNum":%d,"label":"","timestamp":%d}`, n, s.times[n].UnixMilli()))
	}
	return fmt.Appendf(nil, `{"pad:x":{"atext":%s,"pool":{"numToAttrib":{}},"head":%d,"chatHead":-1,"savedRevisions":[%s]}%s}`,
		atextOf(s.state), s.head, strings.Join(saved, ","), s.members.String())
}

// texts are those of one place, and which marks are held.
func textsOf(t *testing.T, export []byte, in documents.Place, marks ...documents.Mark) (all []documents.Text, held []bool) {
	t.Helper()
	held, err := document(t, export).(documents.Searchable).Texts(marks, func(text documents.Text) error {
		if text.In == in {
			all = append(all, text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, held
}

func TestDeletedWordsAreToldIfTheyStoodForAMinute(t *testing.T) {
	s := newScript()
	s.edit(t, 0, 0, 0, "Le budget de l’école est voté. Le bal aura lieu.\n") // 0
	s.edit(t, time.Hour, 49, 0, "brouillon")                                 // 1
	s.edit(t, 30*time.Second, 49, 9, "")                                     // 2: stood for half a minute
	s.edit(t, time.Hour, 31, 17, "")                                         // 3
	for at := 8; at >= 3; at-- {                                             // one letter after the other
		s.edit(t, time.Second, at, 1, "")
	}
	s.edit(t, time.Hour, 0, 0, "étoile\n") // 10
	s.edit(t, time.Second, 0, 7, "")       // 11
	s.edit(t, time.Hour, 6, 0, "fin ")
	if want := "Le  defin  l’école"; !strings.HasPrefix(s.state.Text(), want) {
		t.Fatalf("the script left %q", s.state.Text())
	}
	for name, c := range map[string]struct {
		star int
		want []string
	}{
		"without a star":    {-1, []string{"budget", "Le bal aura lieu."}},
		"a star in a hurry": {10, []string{"budget", "Le bal aura lieu.", "étoile"}},
	} {
		if s.saved = nil; c.star >= 0 {
			s.saved = []int{c.star}
		}
		all, _ := textsOf(t, s.export(), documents.InPast)
		var got []string
		for _, text := range all {
			got = append(got, text.Text)
			if !strings.Contains(s.texts[text.Revision], text.Text) {
				t.Errorf("%s: %q is not in revision %d: %q", name, text.Text, text.Revision, s.texts[text.Revision])
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	all, _ := textsOf(t, s.export(), documents.InPast)
	if bal := all[1]; bal.Revision != 2 || !bal.Since.Equal(s.times[0]) || !bal.Until.Equal(s.times[3]) {
		t.Errorf("it was there at revision %d, from %v until %v", bal.Revision, bal.Since, bal.Until)
	}
}

// TestEachWordThatStoodIsTold of random histories, and each text that is told
// stands in the revision that it names.
func TestEachWordThatStoodIsTold(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		s := newScript()
		born, told := map[string]time.Time{}, map[string]bool{}
		var must []string
		marks := []documents.Mark{}
		for n := range 250 {
			length := len(s.state.text) - 1
			at := rnd.IntN(length + 1)
			for at > 0 && s.state.text[at-1] != ' ' { // what is written splits no word
				at--
			}
			remove := 0
			if rnd.IntN(3) == 0 {
				remove = rnd.IntN(min(length-at, 40) + 1)
			}
			before := strings.Fields(s.state.Text())
			s.edit(t, time.Duration(rnd.ExpFloat64()*float64(15*time.Second)), at, remove, fmt.Sprintf(" w%dw ", n))
			after := map[string]bool{}
			for _, w := range strings.Fields(s.state.Text()) {
				after[w] = true
				if _, known := born[w]; !known {
					born[w] = s.now
				}
			}
			for _, w := range before {
				if !after[w] && s.now.Sub(born[w]) >= stood {
					must = append(must, w)
				}
				if !after[w] {
					delete(born, w)
				}
			}
			if n%50 == 7 {
				marks = append(marks, documents.Mark{Revision: n, Hash: textHash([]byte(s.state.Text()))}, documents.Mark{Revision: n, Hash: "another"})
			}
		}
		all, held := textsOf(t, s.export(), documents.InPast, marks...)
		for i := range held {
			if held[i] != (i%2 == 0) {
				t.Errorf("seed %d: mark %d is held: %v", seed, i, held[i])
			}
		}
		for _, text := range all {
			for _, w := range strings.Fields(text.Text) {
				told[w] = true
			}
			if !strings.Contains(s.texts[text.Revision], text.Text) {
				t.Errorf("seed %d: %q is not in revision %d", seed, text.Text, text.Revision)
			}
			if text.Until.Before(text.Since) || text.Until.Before(s.times[text.Revision]) {
				t.Errorf("seed %d: %q from %v until %v", seed, text.Text, text.Since, text.Until)
			}
		}
		for _, w := range strings.Fields(s.state.Text()) {
			told[w] = true
		}
		for _, w := range must {
			if !told[w] {
				t.Errorf("seed %d: %q stood for a minute and was not told", seed, w)
			}
		}
	}
}

func TestWhatStoodBeforeAGapIsTold(t *testing.T) {
	s := newScript()
	s.edit(t, 0, 0, 0, "avant la coupure\n")
	for n := 1; n <= 100; n++ {
		s.edit(t, time.Hour, 0, 0, ".")
	}
	s.edit(t, time.Hour, 0, 101, "tout autre")
	export := bytes.Replace(s.export(), []byte(`"pad:x:revs:50"`), []byte(`"lost"`), 1)
	all, _ := textsOf(t, export, documents.InPast)
	if len(all) == 0 || !strings.Contains(all[0].Text, "avant la coupure") {
		t.Errorf("told %+v", all)
	}
}

func TestTextsOfAllRecordedPadsAreTold(t *testing.T) {
	for name, export := range exports(t) {
		now, _ := textsOf(t, export, documents.InText)
		if want := written(t, document(t, export), "txt"); len(now) != 1 || now[0].Text != want {
			t.Errorf("%s: %+v, want %q", name, now, want)
		}
		stop := errors.New("stop")
		_, err := document(t, export).(documents.Searchable).Texts(nil, func(documents.Text) error { return stop })
		if err != stop {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWhatGoesIsToldInOneWay through the text, however many parts of it were
// written at other times, and go.
func TestWhatGoesIsToldInOneWay(t *testing.T) {
	const parts = 20_000
	begin := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
	var since []time.Time
	h := history{tell: func(text documents.Text) error {
		since = append(since, text.Since)
		return nil
	}}
	var births []birth
	var kept []piece
	for n := range parts {
		births = append(births, birth{4, begin.Add(time.Duration(n) * time.Minute)}, birth{4, begin})
		kept = append(kept, piece{from: 8*n + 6, length: 2})
	}
	h.begin(utf16.Encode([]rune(strings.Repeat("ab cd. \n", parts))), births)
	h.pieces, h.work = kept, 0
	if err := h.goneSince(); err != nil {
		t.Fatal(err)
	}
	if len(since) != parts || !since[0].Equal(begin) || !since[parts-1].Equal(begin.Add((parts-1)*time.Minute)) {
		t.Errorf("%d parts, the last since %v", len(since), since[len(since)-1])
	}
	if h.work > 8*parts {
		t.Errorf("%d births were looked at for %d parts", h.work, parts)
	}
}
