package pad

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
)

// editedExport is an export of a pad that was edited at random so many times,
// and its texts at some revisions.
func editedExport(t testing.TB, revisions int) (export []byte, texts map[int]units) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(10, 11))
	var b bytes.Buffer
	const start = `{"pad:x":{"atext":{"text":"\n","attribs":""},"head":0,"pool":`
	shared := open(t, []byte(start+randomChangeset(rnd, "a.x", units{'a', '\n'}, 0).pool+"}}")).pool
	s := &State{text: units{'\n'}, pool: shared}
	texts = map[int]units{}
	for n := range revisions {
		c := randomChangeset(rnd, "a.x", s.text, n)
		var err error
		if s, err = s.apply(c.changeset); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, `,"pad:long:revs:%d":{"changeset":%s,"meta":{"author":"a.x","timestamp":%d`, n, escaped(c.changeset), 1795345535288+n)
		if n%keyInterval == 0 {
			fmt.Fprintf(&b, `,"pool":{},"atext":%s`, atextOf(s))
		}
		b.WriteString("}}")
		if n%97 == 0 || n%keyInterval == 0 || n == revisions-1 {
			texts[n] = s.text
		}
	}
	head := fmt.Sprintf(`{"pad:long":{"atext":%s,"head":%d,"pool":%s}`, atextOf(s), revisions-1, randomChangeset(rnd, "a.x", s.text, 0).pool)
	return slices.Concat([]byte(head), b.Bytes(), []byte("}")), texts
}

func atextOf(s *State) string {
	b := changesetBuilder{}
	var attribs string
	at := 0
	for _, r := range s.runs {
		attribs += b.op("+", s.text[at:at+r.chars], r.attribs)
		at += r.chars
	}
	attribs += b.op("+", s.text[at:], "")
	return fmt.Sprintf(`{"text":%s,"attribs":%q}`, escaped(s.text), attribs)
}

func TestAnyRevisionOfALongHistory(t *testing.T) {
	export, texts := editedExport(t, 1000)
	p := open(t, export)
	for n, want := range texts {
		s, err := p.replay(n)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.text, want) {
			t.Errorf("revision %d: %q, want %q", n, s.text, want)
		}
	}
}

// BenchmarkRevision takes the dearest of 10,000 revisions: the last before a
// key revision, of the longest text.
func BenchmarkRevision(b *testing.B) {
	export, _ := editedExport(b, 10_000)
	p := open(b, export)
	for b.Loop() {
		s, err := p.replay(p.Head)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.WriteText(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(p.Current().text)), "characters")
	b.ReportMetric(float64(len(export))/1e6, "MB-export")
}

func BenchmarkOpen(b *testing.B) {
	export, _ := editedExport(b, 10_000)
	b.SetBytes(int64(len(export)))
	for b.Loop() {
		open(b, export)
	}
}
