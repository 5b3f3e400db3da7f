package pad

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/internal/testserver"
)

func cutAt(t *testing.T, p *Pad, number int, until time.Time) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.WriteAt(&b, number, until); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestCutPadIsAsItWas at every revision: its text, its formatting and its
// history up to there.
func TestCutPadIsAsItWas(t *testing.T) {
	for name, export := range exports(t) {
		whole := open(t, export)
		for number := 0; number <= whole.Head; number += 1 + whole.Head/8 {
			p := open(t, cutAt(t, whole, number, time.Time{}))
			want, err := whole.At(number)
			if err != nil {
				t.Fatal(err)
			}
			if p.ID != whole.ID || p.Head != number || len(p.Flaws) > 0 {
				t.Errorf("%s, revision %d: %q, head %d, flaws %q", name, number, p.ID, p.Head, p.Flaws)
			}
			if got := asHTML(t, p.Current()); got != asHTML(t, want) {
				t.Errorf("%s, revision %d: %s, want %s", name, number, got, asHTML(t, want))
			}
			assertHeadIsCurrent(t, name, cutAt(t, whole, number, time.Time{}))
			revisions := 0
			for r, err := range p.Revisions() {
				if err != nil || r.Number != revisions {
					t.Fatalf("%s: revision %d, %v", name, r.Number, err)
				}
				revisions++
			}
			if revisions != number+1 {
				t.Errorf("%s, revision %d: %d revisions", name, number, revisions)
			}
		}
		if again := open(t, cutAt(t, whole, whole.Head, time.Now())); asHTML(t, again.Current()) != asHTML(t, whole.Current()) || again.ChatHead != whole.ChatHead || len(again.Saved) != len(whole.Saved) {
			t.Errorf("%s: at its end it is another pad", name)
		}
	}
}

func asHTML(t *testing.T, s *State) string {
	t.Helper()
	var b strings.Builder
	if err := s.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestCutTakesWhatWasThereThen of stars and messages, and nothing of plugins.
func TestCutTakesWhatWasThereThen(t *testing.T) {
	at := func(hour int) int64 { return time.Date(2026, 11, 20, hour, 0, 0, 0, time.UTC).UnixMilli() }
	export := fmt.Sprintf(`{"pad:ag":{"atext":{"text":"abc\n","attribs":"|1+4"},"pool":{"numToAttrib":{},"nextNum":0},"head":2,"chatHead":2,"publicStatus":true,
		"savedRevisions":[{"revNum":1,"label":"one"},{"revNum":2,"label":"two"}],"future":{"x":[1]}},
		"globalAuthor:a.x":{"name":"Zoé"},
		"pad:ag:revs:0":{"changeset":"Z:1>1+1$a","meta":{"timestamp":%[1]d}},
		"pad:ag:revs:1":{"changeset":"Z:2>1=1+1$b","meta":{"timestamp":%[2]d}},
		"pad:ag:revs:2":{"changeset":"Z:3>1=2+1$c","meta":{"timestamp":%[3]d}},
		"pad:ag:chat:0":{"text":"early","time":%[2]d},"pad:ag:chat:1":{"text":"later","time":%[4]d},"pad:ag:chat:2":{"text":"last","time":%[3]d},
		"comments:ag":{"c":"of later"}}`, at(8), at(9), at(12), at(10))
	whole := open(t, []byte(export))
	for _, c := range []struct {
		number         int
		until          time.Time
		chat, stars    int
		text, mustHave string
	}{
		{0, time.Time{}, 0, 0, "a\n", `"publicStatus":true,"savedRevisions":[],"future":{"x":[1]}`},
		{1, time.Time{}, 1, 1, "ab\n", `"label":"one"`},
		{1, time.UnixMilli(at(11)), 2, 1, "ab\n", `"later"`},
		{2, time.Time{}, 3, 2, "abc\n", `"globalAuthor:a.x":{"name":"Zoé"}`},
	} {
		b := cutAt(t, whole, c.number, c.until)
		p := open(t, b)
		if p.ChatHead != c.chat-1 || len(p.Saved) != c.stars || p.Current().Text() != c.text || !strings.Contains(string(b), c.mustHave) || strings.Contains(string(b), "comments") {
			t.Errorf("revision %d: %s", c.number, b)
		}
	}
	for _, number := range []int{-1, 3} {
		if err := whole.WriteAt(new(bytes.Buffer), number, time.Time{}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("revision %d: %v", number, err)
		}
	}
}

// TestCutHasNothingOfLaterNorOfOthers, nor what it says twice.
func TestCutHasNothingOfLaterNorOfOthers(t *testing.T) {
	long := strings.Repeat("QUJD", maxMember/4)
	export := strings.NewReplacer(
		`"pad:x":{`, `"pad:x":null,"pad:y":null,"pad:x":{"data":["`+long+`"],`,
		`"ab\n"`, `"\"\\\ud83d\n"`, `"*0+2|1+1"`, `"*0+3|1+1"`, `"head":2`, `"head":3`,
		`[{"revNum":1,"label":"L"}]`, `[{"revNum":1,"label":"L"},{"label":"none"},{"revNum":-1},null,{"revNum":2,"label":"later"}]`,
		goodRev1, `"pad:x:revs:1":{"changeset":"Z:1>3*0+3$\"\\\ud83d","meta":{"author":"a.x","timestamp":2000}}`,
		goodRev2, `"pad:x:revs:2":{"changeset":"Z:4>0$","meta":{"author":"a.x","timestamp":3000}},"pad:x:revs:3":{"changeset":"Z:4>0$","meta":{"author":"a.x","timestamp":4000}},"pad:y:revs:0":null`,
		goodSay1, `"pad:x:chat:1":{"text":"sans heure","userId":"a.x"},"pad:x:chat:2":{"text":"trois","userId":"a.x","time":3000},"pad:y:chat:0":null`, `"chatHead":1`, `"chatHead":2`,
	).Replace(goodExport())
	b := cutAt(t, open(t, []byte(export)), 1, time.Time{})
	var keys []string
	for m, err := range Members(bytes.NewReader(b)) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, string(m.Key))
		for f, err := range m.Fields(bytes.NewReader(b)) {
			if err == nil && m.Kind == PadMember && f.Value != nil {
				keys = append(keys, string(f.Key)+"="+string(f.Value))
			} else if err != nil || m.Kind == PadMember {
				keys = append(keys, string(f.Key))
			}
		}
	}
	want := []string{
		"pad:x", "data", `pool={"numToAttrib":{"0":["bold","true"]},"nextNum":1}`, `savedRevisions=[{"revNum":1,"label":"L"}]`,
		`atext={"text":"\"\\\ud83d\u000a","attribs":"*0+3|1+1"}`, "head=1", "chatHead=0", "globalAuthor:a.x", "pad:x:revs:0", "pad:x:revs:1", "pad:x:chat:0",
	}
	if !slices.Equal(keys, want) || !strings.Contains(string(b), long) {
		t.Errorf("got  %q\nwant %q", keys, want)
	}
}

// TestCutPadLives in a real Etherpad: it says there what it said, and can be
// written in.
func TestCutPadLives(t *testing.T) {
	const id = "histoire"
	server := testserver.Etherpad(t, testserver.EtherpadOptions{})
	server.Create(t, id, "Début 😀\n")
	for i := range 60 {
		server.API(t, nil, "setHTML", "padID", id, "html", fmt.Sprintf("<ol><li>un<li><b>%d</b> é<ul><li>😀</ul></ol>%[1]d", i))
		server.Append(t, id, fmt.Sprintf("ligne %d\n", i))
	}
	whole := open(t, server.Export(t, id, "etherpad"))
	for _, number := range []int{0, 1, 7, 99, 100, 101, whole.Head} {
		cut := fmt.Sprintf("cut-%d", number)
		export := bytes.ReplaceAll(cutAt(t, whole, number, time.Time{}), []byte(`"pad:`+id), []byte(`"pad:`+cut))
		server.Import(t, cut, export)
		for _, format := range []string{"txt", "html"} {
			want := get(t, fmt.Sprintf("%s/%d/export/%s", server.PadURL(id), number, format))
			got := get(t, fmt.Sprintf("%s/export/%s", server.PadURL(cut), format))
			if !bytes.Equal(bytes.ReplaceAll(got, []byte(cut), []byte(id)), want) {
				t.Errorf("revision %d as %s: %s, want %s", number, format, got, want)
			}
		}
		server.Append(t, cut, "suite\n")
		after := open(t, server.Export(t, cut, "etherpad"))
		if !strings.Contains(after.Current().Text(), "suite") || after.Head != number+1 || len(after.Flaws) > 0 {
			t.Errorf("revision %d, written on: head %d, flaws %q", number, after.Head, after.Flaws)
		}
	}
}
