package pad

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The files history.NUMBER.txt are what Etherpad 1.8.14 said of these
// revisions.
func TestRevisionsAreTheServers(t *testing.T) {
	p := open(t, read(t, "testdata/history.etherpad"))
	names, err := filepath.Glob("testdata/history.*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no revisions to compare with: %v", err)
	}
	for _, name := range names {
		var number int
		if _, err := fmt.Sscanf(filepath.Base(name), "history.%d.txt", &number); err != nil {
			t.Fatal(err)
		}
		s, err := p.At(number)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := s.WriteText(&got); err != nil {
			t.Fatal(err)
		}
		if want := read(t, name); got.String() != string(want) {
			t.Errorf("revision %d: got %q, want %q", number, got.String(), want)
		}
	}
}

func TestHistoryEndsWithTheCurrentState(t *testing.T) {
	for name, export := range exports(t) {
		assertHeadIsCurrent(t, name, export)
	}
}

func TestRecordedHistoryEndsWithTheCurrentState(t *testing.T) {
	for _, name := range recorded(t, "*/*.etherpad") {
		assertHeadIsCurrent(t, name, read(t, name))
	}
}

func assertHeadIsCurrent(t *testing.T, name string, export []byte) {
	t.Helper()
	p := open(t, export)
	s, err := p.replay(p.Head)
	if err != nil || len(p.Flaws) > 0 {
		t.Fatalf("%s: %v, flaws %q", name, err, p.Flaws)
	}
	if !slices.Equal(s.text, p.current.text) {
		t.Errorf("%s: text at head %q, current %q", name, s.text, p.current.text)
	}
	if written, whole := newState("", p.current.text, p.current.Attribution(), p.pool); !whole || !slices.Equal(looks(written), looks(p.current)) {
		t.Errorf("%s: %q is another attribution", name, p.current.Attribution())
	}
	if got, want := looks(s), looks(p.current); !slices.Equal(got, want) {
		t.Errorf("%s: attributes at head\n%v\ncurrent\n%v", name, got, want)
	}
}

// looks lists the attributes of each unit of text, in one order.
func looks(s *State) (list []string) {
	for _, r := range s.runs {
		var names []string
		for a := range s.pool.attributes(r.attribs) {
			names = append(names, a.name+"="+a.value)
		}
		slices.Sort(names)
		list = append(list, slices.Repeat([]string{strings.Join(names, " ")}, r.chars)...)
	}
	return list
}

func TestRevisionsTellWhoAndWhen(t *testing.T) {
	p := open(t, read(t, "testdata/history.etherpad"))
	next := 0
	for r, err := range p.Revisions() {
		if err != nil || r.Number != next || r.Time.Year() < 2020 {
			t.Fatalf("revision %d: %+v, %v", next, r, err)
		}
		next++
	}
	if next != p.Head+1 {
		t.Errorf("%d revisions, head is %d", next, p.Head)
	}
}

func TestRevisionThatIsNotThere(t *testing.T) {
	p := open(t, read(t, "testdata/plain.etherpad"))
	for _, number := range []int{-1, 1, 1 << 40} {
		if _, err := p.At(number); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("revision %d: %v", number, err)
		}
	}
}

func TestBrokenHistoryCostsRevisionsAndIsSaid(t *testing.T) {
	const start = `{"pad:x":{"atext":{"text":"a\n","attribs":"|1+2"},"pool":{"numToAttrib":{}},"head":2}`
	for name, revisions := range map[string]string{
		"no revisions":       ``,
		"a gap":              `,"pad:x:revs:0":{"changeset":"Z:1>1+1$a"},"pad:x:revs:2":{"changeset":"Z:2>0$"}`,
		"the end is missing": `,"pad:x:revs:0":{"changeset":"Z:1>1+1$a"},"pad:x:revs:1":{"changeset":"Z:2>0$"}`,
		"no changeset":       `,"pad:x:revs:0":{}`,
		"another length":     `,"pad:x:revs:0":{"changeset":"Z:2>1+1$a"}`,
		"too little text":    `,"pad:x:revs:0":{"changeset":"Z:1>2+2$a"}`,
		"a wrong sum":        `,"pad:x:revs:0":{"changeset":"Z:1>2+1$a"}`,
		"past the end":       `,"pad:x:revs:0":{"changeset":"Z:1>0=5$"}`,
		"below nothing":      `,"pad:x:revs:0":{"changeset":"Z:1<5-1$"}`,
		"no number":          `,"pad:x:revs:0":{"changeset":"Z:>$"}`,
		"nothing after Z":    `,"pad:x:revs:0":{"changeset":"Z:1$"}`,
	} {
		p := open(t, []byte(start+revisions+"}"))
		if _, err := p.replay(2); !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
		if s, err := p.At(2); err != nil || s.Text() != "a\n" || !slices.Equal(p.Flaws, []Flaw{FlawHistory}) {
			t.Errorf("%s: the newest revision: %v, flaws %q", name, err, p.Flaws)
		}
	}
}

// An edit of one emoji into another leaves half of a surrogate pair in a
// changeset.
func TestHalfASurrogatePairIsKept(t *testing.T) {
	p := open(t, []byte(`{"pad:x":{"atext":{"text":"😁\n","attribs":"|1+3"},"pool":{"numToAttrib":{}},"head":1},`+
		`"pad:x:revs:0":{"changeset":"Z:1>2+2$😀"},"pad:x:revs:1":{"changeset":"Z:3>0=1-1+1$\ude01"}}`))
	for number, want := range []string{"😀\n", "😁\n"} {
		s, err := p.At(number)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		if err := s.WriteText(&got); err != nil || got.String() != want {
			t.Errorf("revision %d: %q, %v", number, got.String(), err)
		}
	}
}

func TestChangesOfAttributes(t *testing.T) {
	p := open(t, []byte(`{"pad:x":{"atext":{"text":"ab\n","attribs":"*2+1*0*2+1|1+1"},"head":2,`+
		`"pool":{"numToAttrib":{"0":["bold","true"],"1":["bold",""],"2":["author","a.x"],"3":["author","a.y"]}}},`+
		`"pad:x:revs:0":{"changeset":"Z:1>2*0*3+2$ab"},"pad:x:revs:1":{"changeset":"Z:3>0*1=1$"},"pad:x:revs:2":{"changeset":"Z:3>0*2=2$"}}`))
	if s, err := p.replay(2); err != nil || strings.Join(looks(s), "|") != strings.Join(looks(p.current), "|") {
		t.Errorf("replayed: %v", err)
	}
	for number, want := range []string{"author=a.y bold=true|author=a.y bold=true|", "author=a.y|author=a.y bold=true|", "author=a.x|author=a.x bold=true|"} {
		s, err := p.At(number)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(looks(s), "|"); got != want {
			t.Errorf("revision %d: %s", number, got)
		}
	}
}

func TestRevisionAtAMoment(t *testing.T) {
	p := open(t, []byte(`{"pad:x":{"atext":{"text":"\n","attribs":"|1+1"},"pool":{"numToAttrib":{}},"head":5},`+
		`"pad:x:revs:0":{"changeset":"Z:1>0$","meta":{"timestamp":1000}},"pad:x:revs:1":{"changeset":"Z:1>0$"},`+
		`"pad:x:revs:2":{"changeset":"Z:1>0$","meta":{"timestamp":2000}},"pad:x:revs:3":{"changeset":"Z:1>0$","meta":{"timestamp":3000}},`+
		`"pad:x:revs:4":{"changeset":"Z:1>0$","meta":{"timestamp":1e300}},"pad:x:revs:5":{"changeset":"Z:1>0$","meta":{"timestamp":-1}}}`)) // no times
	for moment, want := range map[int64]int{999: -1, 1000: 0, 1999: 0, 2000: 2, 2999: 2, 5000: 3} {
		number, found, err := p.RevisionAt(time.UnixMilli(moment))
		if err != nil || found != (want >= 0) || found && number != want {
			t.Errorf("at %d: revision %d, %t, %v", moment, number, found, err)
		}
	}
}
