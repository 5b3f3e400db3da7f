package manifest_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/padsync/padsync/manifest"
)

func said() *manifest.Said {
	return &manifest.Said{
		Name: new("Bureau"), Tags: []string{"été", "budget"}, Description: new(""), Removed: new(false),
		Choices: []manifest.MachineChoice{{Machine: "a", Choice: manifest.Automatic}, {Machine: "b"}},
	}
}

// TestSaidIsReadInItsOneEncodingOnly, within bounds that no text of a person
// comes near.
func TestSaidIsReadInItsOneEncodingOnly(t *testing.T) {
	docs := []manifest.Document{{ID: "a", Said: said()}}
	good := string(encode(t, header(), docs))
	if _, got, err := decode([]byte(good)); err != nil || cmp.Diff(docs, got) != "" {
		t.Fatalf("%v, %s", err, cmp.Diff(docs, got))
	}
	whole := good[strings.Index(good, `{"name":"Bureau"`):strings.LastIndex(good, `}]}`)]
	long := strings.Repeat("x", 4097)
	for name, change := range map[string][2]string{
		"nothing is said":         {whole, `{}`},
		"order of keys":           {`"name":"Bureau","tags":["été","budget"]`, `"tags":["été","budget"],"name":"Bureau"`},
		"unknown key":             {`"name":"Bureau"`, `"name":"Bureau","more":1`},
		"null":                    {`"name":"Bureau"`, `"name":null`},
		"tags are null":           {`["été","budget"]`, `null`},
		"no choices":              {`[{"machine":"a","choice":"automatic"},{"machine":"b","choice":""}]`, `[]`},
		"not sorted":              {`"machine":"a"`, `"machine":"c"`},
		"one machine twice":       {`"machine":"a"`, `"machine":"b"`},
		"no machine":              {`"machine":"a"`, `"machine":""`},
		"long machine":            {`"machine":"b"`, `"machine":"` + long[:201] + `"`},
		"long choice":             {`"choice":""`, `"choice":"` + long[:201] + `"`},
		"long name":               {`"Bureau"`, `"` + long + `"`},
		"long tag":                {`"budget"`, `"` + long + `"`},
		"long description":        {`"description":""`, `"description":"` + strings.Repeat(long, 256) + `"`},
		"many tags":               {`"budget"`, `"budget"` + strings.Repeat(`,""`, 255)},
		"told in no checkpoint":   {`"removed":false`, `"removed":false,"told":[0,0,0,0]`},
		"told by no manifest":     {`"choice":"automatic"`, `"choice":"automatic","told":0`},
		"removed is not a bool":   {`"removed":false`, `"removed":0`},
		"description is a number": {`"description":""`, `"description":1`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Errorf("%s: nothing is changed of %s", name, good)
		}
		if _, _, err := decode([]byte(bad)); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	many := said()
	for i := range 255 {
		many.Choices = append(many.Choices, manifest.MachineChoice{Machine: fmt.Sprintf("c%03d", i)})
	}
	e, err := manifest.NewEncoder(io.Discard, header())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Encode(&manifest.Document{ID: "a", Said: many}); err == nil {
		t.Error("choices of 257 machines are accepted")
	}
}

// TestVersionIsPublicWhereItIsToldSo, and a checkpoint says who told it.
func TestVersionIsPublicWhereItIsToldSo(t *testing.T) {
	docs := documents()[2:]
	docs[0].Versions[0].Public, docs[0].Versions[1].Public = new(true), new(false)
	b := encode(t, header(), docs)
	if _, got, err := decode(b); err != nil || cmp.Diff(docs, got) != "" {
		t.Fatalf("%v, %s", err, cmp.Diff(docs, got))
	}
	h := header()
	h.Told = []string{manifest.ID(1, h.Finished.Time, [32]byte{})}
	for _, c := range []struct {
		public *bool
		told   []int
		valid  bool
	}{{nil, []int{0, 0, 0, 0}, true}, {nil, []int{0, 0, 0, 0, 0}, false}, {new(true), []int{0, 0, 0, 0}, false}, {new(true), []int{0, 0, 0, 0, 0}, true}, {new(true), []int{0, 0, 0, 0, 1}, false}} {
		e, err := manifest.NewPartEncoder(io.Discard, &h)
		if err != nil {
			t.Fatal(err)
		}
		v := manifest.DocumentVersion{Name: "20261122T144106Z-0123456789abcdef", Public: c.public, Told: c.told}
		if err := e.Encode(&manifest.Document{ID: "a", Versions: []manifest.DocumentVersion{v}}); (err == nil) != c.valid {
			t.Errorf("public %v, told by %v: %v", c.public, c.told, err)
		}
	}
}

// TestWhatBreaksABoundIsReadAndShownMended: another machine's mistake costs
// nothing else in its manifest.
func TestWhatBreaksABoundIsReadAndShownMended(t *testing.T) {
	odd := &manifest.Said{
		Name: new("a\x1b[31mb\n\u202ec" + strings.Repeat("é", 300)),
		Tags: append([]string{"deux mots", "ok", "\u200f", "ok", "x\ty" + strings.Repeat("z", 50)}, strings.Split(strings.Repeat("a ", 40), " ")...),
		Choices: []manifest.MachineChoice{
			{Machine: "a", Choice: "sometimes"}, {Machine: "b", Choice: manifest.Manual}, {Machine: "c", Choice: ""}, {Machine: "d\x1b", Choice: manifest.Manual},
		},
	}
	for i := range 40 {
		odd.Tags = append(odd.Tags, fmt.Sprint("tag", i))
	}
	if odd.Valid() == nil {
		t.Error("it may be written")
	}
	_, docs, err := decode(encode(t, header(), []manifest.Document{{ID: "a", Said: odd}, {ID: "b", State: manifest.Current}}))
	if err != nil || len(docs) != 2 {
		t.Fatalf("%d documents are read, %v", len(docs), err)
	}
	for r, err := range manifest.Merge([]manifest.Input{told(1, docs[0], header())}, manifest.View{All: true}) {
		if err != nil {
			t.Fatal(err)
		}
		s := r.Said
		if want := "a [31mb c" + strings.Repeat("é", 191); s.Name != want {
			t.Errorf("the name is %q, want %q", s.Name, want)
		}
		if len(s.Tags) != 30 || !slices.Equal(s.Tags[:5], []string{"deuxmots", "ok", "xy" + strings.Repeat("z", 38), "a", "tag0"}) {
			t.Errorf("the tags are %q", s.Tags)
		}
		if len(s.Choices) != 1 || s.Choice("a") != "" || s.Choice("b") != manifest.Manual || s.Choice("c") != "" {
			t.Errorf("the choices are %+v", s.Choices)
		}
	}
}

func TestMendedTextIsWithinBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("a \t\u00a0\u202e\u2028\x00\U0001f600")))).Draw(t, "text")
		tags := rapid.SliceOf(rapid.StringOf(rapid.SampledFrom([]rune("ab \t\u00a0\u202e\u2028é")))).Draw(t, "tags")
		s := manifest.Said{Name: new(manifest.MendName(text)), Description: new(manifest.MendDescription(text)), Tags: manifest.MendTags(tags)}
		if err := s.Valid(); err != nil {
			t.Errorf("%q %q: %v", *s.Name, s.Tags, err)
		}
		bad := func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
		}
		if len([]rune(*s.Name)) > 200 || strings.ContainsFunc(*s.Name+*s.Description+strings.Join(s.Tags, ""), bad) || strings.ContainsFunc(strings.Join(s.Tags, ""), unicode.IsSpace) {
			t.Errorf("%q %q", *s.Name, s.Tags)
		}
	})
}

// TestRemovedCountsUntilALookOrAVersion and takes no version away.
func TestRemovedCountsUntilALookOrAVersion(t *testing.T) {
	removed := manifest.Document{ID: "a", Said: &manifest.Said{Removed: new(true), Name: new("Bureau")}}
	back := manifest.Document{ID: "a", Said: &manifest.Said{Removed: new(false)}}
	failed, erased := manifest.Document{ID: "a", State: manifest.Failed}, manifest.Document{ID: "a", State: manifest.Erased}
	version := documents()[2].Versions[:1]
	saved := manifest.Document{ID: "a", State: manifest.Missing, Versions: version}
	for name, c := range map[string]struct {
		docs  []manifest.Document
		state manifest.State
	}{
		"never looked at":    {[]manifest.Document{removed}, manifest.Removed},
		"after a look":       {[]manifest.Document{failed, removed}, manifest.Removed},
		"before a look":      {[]manifest.Document{removed, failed}, manifest.Failed},
		"taken back":         {[]manifest.Document{failed, removed, back}, manifest.Failed},
		"it has a version":   {[]manifest.Document{saved, removed}, manifest.Missing},
		"it was erased":      {[]manifest.Document{erased, removed}, manifest.Erased},
		"nobody looked ever": {[]manifest.Document{removed, back}, ""},
	} {
		var inputs []manifest.Input
		for i, d := range c.docs {
			inputs = append(inputs, told(int64(i+1), d, header()))
		}
		document := 0
		for r, err := range manifest.Merge(inputs, manifest.View{}) {
			if err != nil {
				t.Fatal(err)
			}
			if document++; r.State != c.state {
				t.Errorf("%s: it is %s, want %s", name, r.State, c.state)
			}
		}
		if is := c.state != manifest.Removed && c.state != ""; is != (document == 1) {
			t.Errorf("%s: it is listed %d times", name, document)
		}
		for i, d := range c.docs {
			inputs[i] = told(int64(i+1), d, header())
		}
		for r, err := range manifest.Merge(inputs, manifest.View{All: true}) {
			if err != nil || r.State != c.state || (r.Said.Name == "Bureau") != slices.ContainsFunc(c.docs, func(d manifest.Document) bool { return d.Said != nil && d.Said.Name != nil }) {
				t.Errorf("%s: it is %s, called %q, %v", name, r.State, r.Said.Name, err)
			}
		}
	}
}

// facts draws what manifests tell of one document.
func facts(t *rapid.T) (docs []manifest.Document) {
	at, name := header().Finished, "20261122T144106Z-0123456789abcdef"
	optional := func(name string) *bool { return rapid.SampledFrom([]*bool{nil, new(true), new(false)}).Draw(t, name) }
	text := func(name string) *string {
		return rapid.SampledFrom([]*string{nil, new(""), new("a"), new("b\n"), new("c")}).Draw(t, name)
	}
	for range rapid.IntRange(1, 6).Draw(t, "manifests") {
		d := manifest.Document{ID: "a", State: rapid.SampledFrom([]manifest.State{"", manifest.Current, manifest.Failed, manifest.Erased}).Draw(t, "state")}
		if v := (manifest.DocumentVersion{Name: name, Validator: text("validator"), Suspect: text("suspect"), Public: optional("public")}); rapid.Bool().Draw(t, "version") {
			if rapid.Bool().Draw(t, "whole") {
				v.Saved, v.Recovered = &at, rapid.Bool().Draw(t, "recovered")
				v.Files = []manifest.File{{Name: "f", Format: "txt", SHA256: strings.Repeat("0", 64)}}
			}
			d.Versions = []manifest.DocumentVersion{v}
		}
		s := &manifest.Said{Name: text("name"), Description: text("description"), Removed: optional("removed")}
		s.Tags = rapid.SampledFrom([][]string{nil, {}, {"x"}, {"y", "y"}}).Draw(t, "tags")
		for _, machine := range []string{"m", "n"} {
			choices := rapid.SampledFrom([]manifest.Choice{"no", "", "other", manifest.Manual, manifest.Ignored})
			if choice := choices.Draw(t, "choice"); choice != "no" {
				s.Choices = append(s.Choices, manifest.MachineChoice{Machine: machine, Choice: choice})
			}
		}
		if rapid.Bool().Draw(t, "said") && (s.Name != nil || s.Tags != nil) {
			d.Said = s
		}
		docs = append(docs, d)
	}
	return docs
}

// TestFactsAreMergedTheSameInEveryOrder, each from the highest manifest that
// tells it, at every moment.
func TestFactsAreMergedTheSameInEveryOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		docs := facts(t)
		until := rapid.IntRange(1, len(docs)).Draw(t, "until")
		merged := func(order []int, view manifest.View) (records []*manifest.Record) {
			var inputs []manifest.Input
			for _, i := range order {
				h := header()
				h.Sources[0].URL = []string{"https://a.example", "http://a.example"}[i%2] // one source
				inputs = append(inputs, told(int64(i+1), docs[i], h))
			}
			for r, err := range manifest.Merge(inputs, view) {
				if err != nil {
					t.Fatal(err)
				}
				records = append(records, r)
			}
			return records
		}
		order := make([]int, len(docs))
		for i := range order {
			order[i] = i
		}
		at := manifest.View{All: true, Told: func(id string) bool { return id < fmt.Sprintf("%010d", until+1) }}
		for _, view := range []manifest.View{{}, {All: true}, {Parts: true}, at} {
			want := merged(order, view)
			shuffled := slices.Clone(order)
			seed := rapid.Uint64().Draw(t, "seed")
			rand.New(rand.NewPCG(seed, 0)).Shuffle(len(order), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			shuffled = append(shuffled, shuffled[0]) // one is read twice
			if diff := cmp.Diff(want, merged(shuffled, view), cmpopts.IgnoreUnexported(manifest.VersionRecord{})); diff != "" {
				t.Errorf("in the order %v: -want +got\n%s", shuffled, diff)
			}
		}
		for _, r := range merged(order, at) {
			var want manifest.Said
			for _, d := range docs[:until] {
				if d.Said != nil {
					latest(&want, d.Said)
				}
			}
			if got := r.Said; got.Name != manifest.MendName(value(want.Name)) || !slices.Equal(got.Tags, manifest.MendTags(want.Tags)) || got.Description != value(want.Description) || got.Removed != (want.Removed != nil && *want.Removed) || !slices.EqualFunc(got.Choices, want.Choices, sameChoice) {
				t.Errorf("%+v was said, and known is %+v", want, got)
			}
		}
	})
}

func sameChoice(a manifest.ChoiceRecord, b manifest.MachineChoice) bool {
	return a.Machine == b.Machine && a.Choice == b.Choice
}

// latest is what stands after said, too.
func latest(s, said *manifest.Said) {
	if said.Name != nil {
		s.Name = said.Name
	}
	if said.Tags != nil {
		s.Tags = said.Tags
	}
	if said.Description != nil {
		s.Description = said.Description
	}
	if said.Removed != nil {
		s.Removed = said.Removed
	}
	for _, c := range said.Choices {
		s.Choices = slices.DeleteFunc(s.Choices, func(old manifest.MachineChoice) bool { return old.Machine == c.Machine })
		if c.Choice == manifest.Manual || c.Choice == manifest.Ignored {
			s.Choices = append(s.Choices, c)
		}
	}
	slices.SortFunc(s.Choices, func(a, b manifest.MachineChoice) int { return strings.Compare(a.Machine, b.Machine) })
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// TestChoicesOfManyMachinesStayBounded: the last told are left, the same in
// whatever order, or at once.
func TestChoicesOfManyMachinesStayBounded(t *testing.T) {
	h := header()
	var docs []manifest.Document
	for i := range 6 {
		d := manifest.Document{ID: "a", Said: &manifest.Said{}}
		for j := range 100 {
			d.Said.Choices = append(d.Said.Choices, manifest.MachineChoice{Machine: fmt.Sprintf("%03d", (5-i)*71+j), Choice: manifest.Manual})
		}
		slices.SortFunc(d.Said.Choices, func(a, b manifest.MachineChoice) int { return strings.Compare(a.Machine, b.Machine) })
		docs = append(docs, d)
	}
	merge := func(order ...int) manifest.SaidRecord {
		var inputs []manifest.Input
		for _, i := range order {
			inputs = append(inputs, told(int64(i+1), docs[i], h))
		}
		for r, err := range manifest.Merge(inputs, manifest.View{Parts: true}) {
			if err != nil {
				t.Fatal(err)
			}
			return r.Said
		}
		return manifest.SaidRecord{}
	}
	want := merge(0, 1, 2, 3, 4, 5)
	if len(want.Choices) != 256 || want.Choice("000") != manifest.Manual || want.Choice("454") != "" {
		t.Errorf("%d choices are left", len(want.Choices))
	}
	if diff := cmp.Diff(want, merge(5, 3, 1, 0, 2, 4)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatBreaksABoundIsNotToBeWritten(t *testing.T) {
	ok := said()
	if err := ok.Valid(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*manifest.Said){
		"long name":          func(s *manifest.Said) { s.Name = new(strings.Repeat("é", 201)) },
		"control":            func(s *manifest.Said) { s.Name = new("a\x1bb") },
		"direction":          func(s *manifest.Said) { s.Name = new("a\u202eb") },
		"line end":           func(s *manifest.Said) { s.Description = new("a\nb") },
		"long description":   func(s *manifest.Said) { s.Description = new(strings.Repeat("é", 4001)) },
		"long tag":           func(s *manifest.Said) { s.Tags = []string{strings.Repeat("é", 41)} },
		"space in a tag":     func(s *manifest.Said) { s.Tags = []string{"a b"} },
		"tag twice":          func(s *manifest.Said) { s.Tags = []string{"a", "a"} },
		"many tags":          func(s *manifest.Said) { s.Tags = strings.Split(strings.Repeat("a", 31), "") },
		"unknown choice":     func(s *manifest.Said) { s.Choices[0].Choice = "sometimes" },
		"choice of nobody":   func(s *manifest.Said) { s.Choices[0].Machine = "" },
		"bytes, not letters": func(s *manifest.Said) { s.Name = new("a\xff") },
	} {
		s := said()
		change(s)
		if err := s.Valid(); !errors.Is(err, manifest.ErrSaid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if (&manifest.Said{Name: new(strings.Repeat("é", 200)), Description: new(strings.Repeat("é", 4000))}).Valid() != nil {
		t.Error("what is just within is refused")
	}
}

func TestPublicRecordHasNoOtherVersion(t *testing.T) {
	r := &manifest.Record{ID: "a", State: manifest.Current, Versions: []manifest.VersionRecord{{Name: "1"}, {Name: "2", Public: true}, {Name: "3"}}}
	public := r.Public()
	if public.ID != "a" || len(public.Versions) != 1 || public.Newest().Name != "2" || len(r.Versions) != 3 || r.Newest().Name != "3" {
		t.Errorf("%+v of %+v", public, r)
	}
}
