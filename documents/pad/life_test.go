package pad

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

var (
	ann = etherpadtest.Author{ID: "a.ann", Name: "Ann"}
	bob = etherpadtest.Author{ID: "a.bob"} // gave no name
)

// lived is a pad that people wrote, each change a so long time after the one before.
func lived(t *testing.T, write func(p *etherpadtest.Pad, wait func(time.Duration))) (*Pad, time.Time) {
	t.Helper()
	begin := time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	now := begin
	server := etherpadtest.New(etherpadtest.Options{Now: func() time.Time { return now }})
	write(server.Create("ag", "Bienvenue\n"), func(d time.Duration) { now = now.Add(d) })
	return open(t, []byte(exportOf(t, server, "ag"))), begin
}

func lifeOf(t *testing.T, p *Pad) *Life {
	t.Helper()
	l, err := p.Life()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLifeTellsWhenEachRevisionWasMadeAndByWhom(t *testing.T) {
	p, begin := lived(t, func(p *etherpadtest.Pad, wait func(time.Duration)) {
		wait(time.Minute)
		p.Append(bob, "un mot\n")
		wait(31 * time.Minute)
		p.Append(ann, "et un autre\n")
		wait(30 * time.Minute)
		p.Append(bob, "fin\n")
	})
	l := lifeOf(t, p)
	if l.Head() != p.Head || l.Head() != 3 {
		t.Fatalf("head %d", l.Head())
	}
	var got []string
	for n := range l.Head() + 1 {
		at, hand := l.Made(n)
		who := "-"
		if hand >= 0 {
			who = l.Hands[hand].ID
		}
		got = append(got, at.Sub(begin).String()+who)
	}
	if want := []string{"0s-", "1m0sa.bob", "32m0sa.ann", "1h2m0sa.bob"}; !slices.Equal(got, want) {
		t.Errorf("made %v, want %v", got, want)
	}
	want := []Hand{{ID: "a.bob", Revisions: 2, Written: len("un mot\n") + len("fin\n")}, {ID: "a.ann", Name: "Ann", Revisions: 1, Written: len("et un autre\n")}}
	if !slices.Equal(l.Hands, want) {
		t.Errorf("hands %+v", l.Hands)
	}
	if got := l.Sittings(30 * time.Minute); !slices.Equal(got, []Sitting{{0, 1}, {2, 3}}) {
		t.Errorf("sittings %v", got)
	}
	for n := range l.Head() + 1 {
		at, _ := l.Made(n)
		for _, moment := range []time.Time{at, at.Add(-time.Millisecond)} {
			number, found := l.RevisionAt(moment)
			wantNumber, wantFound, err := p.RevisionAt(moment)
			if err != nil || number != wantNumber || found != wantFound {
				t.Errorf("at %v: %d %t, want %d %t, %v", moment, number, found, wantNumber, wantFound, err)
			}
		}
	}
	names := HandNames(slices.Concat(l.Hands, []Hand{{ID: "x"}}), "somebody")
	if !slices.Equal(names, []string{"somebody", "Ann", "somebody 2"}) {
		t.Errorf("names %q", names)
	}
}

func TestPassagesAreWhatIsThereNoMoreAndWhoTookItAway(t *testing.T) {
	p, begin := lived(t, func(p *etherpadtest.Pad, wait func(time.Duration)) {
		wait(time.Hour)
		p.Append(ann, "Les chiens sont admis\n")
		wait(time.Hour)
		p.Append(ann, "Les girafes aussi\n")
		wait(time.Hour)
		p.Remove(bob, len("Bienvenue\n"), len("Les chiens sont admis\n"))
		wait(time.Hour)
		p.Remove(ann, len("Bienvenue\n"), len("Les girafes aussi\n"))
		wait(time.Hour)
		p.Append(ann, "Les girafes aussi\n") // they come back
	})
	l := lifeOf(t, p)
	if len(l.Passages) != 1 || l.Gone != 1 {
		t.Fatalf("passages %+v, %d gone", l.Passages, l.Gone)
	}
	got := l.Passages[0]
	if got.Text != "Les chiens sont admis" || got.Revision != 2 || got.By < 0 || l.Hands[got.By].ID != "a.bob" || !got.Until.Equal(begin.Add(3*time.Hour)) {
		t.Errorf("%+v", got)
	}
	removals, err := p.Removals(2, p.Head)
	if err != nil {
		t.Fatal(err)
	}
	text := []rune("Bienvenue\nLes chiens sont admis\nLes girafes aussi\n")
	var took []string
	for _, r := range removals {
		took = append(took, fmt.Sprint(string(text[r.Begin:r.End]), r.By, r.Revision))
	}
	if want := []string{"Les chiens sont admis\na.bob3", "Les girafes aussi\na.ann4"}; !slices.Equal(took, want) {
		t.Errorf("removals %q, want %q", took, want)
	}
	if none, err := p.Removals(p.Head, p.Head); err != nil || len(none) != 0 {
		t.Errorf("between nothing: %v, %v", none, err)
	}
}

// TestRemovalsOfALongHistory are those of a text that no whole state stands before.
func TestRemovalsOfALongHistory(t *testing.T) {
	p, _ := lived(t, func(p *etherpadtest.Pad, wait func(time.Duration)) {
		for n := range 250 {
			wait(time.Second)
			p.Append(ann, fmt.Sprint(n, "\n"))
		}
		p.Remove(bob, 0, len("Bienvenue\n"))
	})
	removals, err := p.Removals(150, p.Head)
	if err != nil || len(removals) != 1 || removals[0].Begin != 0 || removals[0].End != len("Bienvenue\n") || removals[0].By != "a.bob" || removals[0].Revision != 251 {
		t.Errorf("%+v, %v", removals, err)
	}
}

func TestRevisionsThatOnlyTheChangesMakeAreToldApart(t *testing.T) {
	server := etherpadtest.New(etherpadtest.Options{})
	pad := server.Create("ag", "Bienvenue\n")
	for n := range 220 {
		pad.Append(ann, fmt.Sprint("ligne ", n, "\n"))
	}
	good := []byte(exportOf(t, server, "ag"))
	if l := lifeOf(t, open(t, good)); len(l.Apart) != 0 {
		t.Errorf("a good history differs at %v", l.Apart)
	}
	// What the server kept in revision 100, but not its change.
	at := strings.Index(string(good), `:revs:100"`)
	other := string(good[:at]) + strings.Replace(string(good[at:]), "Bienvenue", "Autrefois", 1)
	if l := lifeOf(t, open(t, []byte(other))); !slices.Equal(l.Apart, []int{100}) {
		t.Errorf("it differs at %v, want revision 100", l.Apart)
	}
}

func TestHandsAreNamedBesideWhatTheyWrote(t *testing.T) {
	evil := etherpadtest.Author{ID: "a.evil", Name: `<img src=x onerror="x()">`}
	p, _ := lived(t, func(p *etherpadtest.Pad, wait func(time.Duration)) {
		p.Append(ann, "Une phrase\n")
		p.Append(ann, "Une autre\n")
		p.Append(bob, "De Bob\n")
		p.Append(evil, "Rien\n")
	})
	l := lifeOf(t, p)
	s := p.Current()
	var b strings.Builder
	if err := s.WriteHandsHTML(&b, l.Hands, "quelqu’un"); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{
		`<p><span class="m"><span class="h a1 u1">Ann</span><b>: </b></span><span class="h a1 u1">Une phrase</span></p>`,
		`<p><span class="h a1 u1">Une autre</span></p>`,
		`<span class="h a2 u2">quelqu’un</span><b>: </b></span><span class="h a2 u2">De Bob</span>`,
		`&lt;img src=x onerror=&#34;x()&#34;&gt;`, "<p>Bienvenue</p>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s:\n%s", want, page[strings.Index(page, "<body>"):])
		}
	}
	if strings.Contains(page, "<img") {
		t.Error("a name is markup")
	}
	if got := s.Written(); got["a.ann"] != len("Une phrase\nUne autre\n") || got["a.bob"] != len("De Bob\n") || got[""] < len("Bienvenue\n") {
		t.Errorf("written %v", got)
	}
	seen := make(map[[2]int]bool)
	for n := range 40 {
		colour, line := HandClass(n)
		if seen[[2]int{colour, line}] || colour < 1 || colour > 8 || line < 1 || line > 5 {
			t.Errorf("hand %d: colour %d, line %d", n, colour, line)
		}
		seen[[2]int{colour, line}] = true
	}
}

func TestPlacesOfATextAreThoseOfTheState(t *testing.T) {
	more, err := filepath.Glob("testdata/*.etherpad")
	if err != nil || len(more) == 0 {
		t.Fatal(err)
	}
	for _, name := range append(recorded(t, "*.etherpad"), more...) {
		export, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p := open(t, export)
		s := p.Current()
		placed, err := s.Placed()
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := s.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		if placed.Text != text.String() {
			t.Errorf("%s: another text", name)
		}
		for _, l := range placed.lines {
			rest, _, _ := strings.Cut(placed.Text[l.at:], "\n")
			for i := range rest {
				unit := placed.Unit(l.at + i)
				if got, want := s.text[unit:].String(), rest[i:]; !strings.HasPrefix(got, want) {
					t.Fatalf("%s: at %q is %.20q", name, want, got)
				}
			}
		}
		if author, all := placed.Author(0, len(s.text)), s.Written(); all[author] < slices.Max(slices.Collect(maps.Values(all)))-1 {
			t.Errorf("%s: %q wrote most of %v", name, author, all)
		}
	}
}
