package pad

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The .txt files beside the exports are what Etherpad 1.8.14 said.
func TestTextIsTheServersTextInEveryExport(t *testing.T) {
	for name, export := range exports(t) {
		var got bytes.Buffer
		if err := open(t, export).Current().WriteText(&got); err != nil {
			t.Fatal(err)
		}
		if want := read(t, "testdata/"+name+".txt"); got.String() != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got.String(), want)
		}
	}
}

func TestPadTellsAuthorsChatAndSavedRevisions(t *testing.T) {
	p := open(t, read(t, "testdata/rich.etherpad"))
	want := []Author{{"a.aaaaaaaaaaaaaaaa", "Zoé", "3"}, {"a.bbbbbbbbbbbbbbbb", "Noël", "#ffc7c7"}}
	if p.ID != "riche" || p.Head != 0 || p.ChatHead != 1 || fmt.Sprint(p.Authors) != fmt.Sprint(want) {
		t.Errorf("%+v", p)
	}
	if s := p.Saved; len(s) != 1 || s[0].Label != "Revision 1" || !s[0].Time.Equal(time.UnixMilli(1795345536107)) {
		t.Errorf("saved revisions %+v", s)
	}
	var chat []string
	for m, err := range p.Messages() {
		if err != nil {
			t.Fatal(err)
		}
		chat = append(chat, fmt.Sprintf("%d %s: %s", m.Number, m.Author, m.Text))
	}
	if got := strings.Join(chat, "; "); got != "0 a.aaaaaaaaaaaaaaaa: Salut 😀; 1 a.bbbbbbbbbbbbbbbb: <b>Très</b> bien" {
		t.Error(got)
	}
}

func TestExportOfNoPadOrTwoIsMalformed(t *testing.T) {
	const one = `"pad:x":{"atext":{"text":"\n","attribs":"|1+1"},"head":0}`
	for name, export := range map[string]string{
		"no pad":             `{}`,
		"only revisions":     `{"pad:x:revs:0":{}}`,
		"a pad that is null": `{"pad:x":null}`,
		"two pads":           `{` + one + `,"pad:y":{"atext":{"text":"\n","attribs":"|1+1"},"head":0}}`,
		"cut short":          `{` + one,
		"a mark in between":  `{` + one + "\xef\xbb\xbf" + `,"x":1}`,
		"a mark at the end":  `{` + one + "}\xef\xbb\xbf",
	} {
		if _, err := Open(strings.NewReader(export), int64(len(export))); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A hostile list level would have Etherpad write tabs for ever.
func TestListLevelIsBounded(t *testing.T) {
	export := `{"pad:x":{"atext":{"text":"*a\n","attribs":"*0|1+3"},"pool":{"numToAttrib":{"0":["list","number99999999999"]}},"head":0}}`
	var got bytes.Buffer
	if err := open(t, []byte(export)).Current().WriteText(&got); err != nil || got.Len() > 10*maxLevel {
		t.Errorf("%d bytes, %v", got.Len(), err)
	}
}

func TestLongHistoryIsNotHeld(t *testing.T) {
	export := longExport(20_000)
	before := heap()
	p := open(t, export)
	held := int64(heap()) - int64(before)
	if len(p.keys) != 200 || held > 1<<20 {
		t.Errorf("%d key revisions, %d of %d bytes held", len(p.keys), held, len(export))
	}
	runtime.KeepAlive(p)
	runtime.KeepAlive(export)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func FuzzOpen(f *testing.F) {
	for _, b := range exports(f) {
		f.Add(b)
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 10 {
		f.Add(randomExport(rnd, "x"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) {
				t.Fatal(err)
			}
			return
		}
		if !slices.IsSorted(p.Flaws) || len(slices.Compact(slices.Clone(p.Flaws))) != len(p.Flaws) {
			t.Fatalf("flaws %q", p.Flaws)
		}
		s, err := p.At(p.Head)
		if (err != nil) != (p.Current() == nil) || err != nil && !slices.Contains(p.Flaws, FlawText) && !slices.Contains(p.Flaws, FlawSize) {
			t.Fatalf("%v, flaws %q", err, p.Flaws)
		}
		if s == nil {
			return
		}
		var page bytes.Buffer
		if err := errors.Join(s.WriteText(io.Discard), s.WriteMarkdown(io.Discard), s.WriteHTML(&page)); err != nil {
			t.Fatal(err)
		}
		assertInert(t, page.String())
		page.Reset()
		if err := s.WriteAuthorsHTML(&page, p.Authors); err != nil {
			t.Fatal(err)
		}
		assertInert(t, page.String())
		for _, err := range p.Messages() {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, err := range p.Revisions() {
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := p.replay(p.Head); err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) {
			t.Fatal(err)
		}
	})
}

// FuzzOps: what is taken and written again is read as the same.
func FuzzOps(f *testing.F) {
	for _, s := range []string{"", "*0+5|1+3", "*0*1*a|2=1k-3", "|1+0", "+", "*+1", "zz"} {
		f.Add(s)
	}
	read := func(s string) (list []op, err error) {
		for o, err := range ops(s) {
			if err != nil {
				return nil, err
			}
			list = append(list, o)
		}
		return list, nil
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := read(s)
		if err != nil {
			return
		}
		var b strings.Builder
		for _, o := range list {
			fmt.Fprintf(&b, "%s|%s%c%s", o.attribs, strconv.FormatInt(int64(o.lines), 36), o.code, strconv.FormatInt(int64(o.chars), 36))
		}
		if again, err := read(b.String()); err != nil || !slices.Equal(list, again) {
			t.Fatalf("%q is read as %v, %q as %v: %v", s, list, b.String(), again, err)
		}
	})
}
