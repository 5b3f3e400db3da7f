package shards

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/search"
)

// A folder has the files of an index, by their names.
type folder struct {
	*testing.T
	files map[string]string
	Files
}

// A text is one that is added.
type text struct {
	Document
	text string
}

func write(t *testing.T, most int, all ...text) *folder {
	t.Helper()
	x := New(spool.New(t.TempDir(), 0))
	defer x.Close()
	x.held = most
	var documents []Document
	for i, one := range all {
		one.Key = fmt.Sprint(i)
		documents = append(documents, one.Document)
		if err := x.Add(one.Key, func(w io.Writer) error { _, err := io.WriteString(w, one.text); return err }); err != nil {
			t.Fatal(err)
		}
	}
	f := &folder{T: t, files: make(map[string]string)}
	var err error
	f.Files, err = x.Write(documents, f.put)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *folder) put(content []byte) (string, error) {
	name := fmt.Sprintf("%x", sha256.Sum256(content))[:32]
	f.files[name] = string(content)
	return name, nil
}

// read gives what a file hands over.
func read[T any](f *folder, name string) (holds T) {
	f.Helper()
	text, begins := strings.CutPrefix(f.files[name], "padsync(")
	text, ends := strings.CutSuffix(text, ");\n")
	if !begins || !ends {
		f.Fatalf("%q is no call: %.80q", name, f.files[name])
	}
	if err := json.Unmarshal([]byte(text), &holds); err != nil {
		f.Fatal(err)
	}
	return holds
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *place[T]) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &[]any{&p.First, &p.Name}) }

// A row is a passage as a file has it: title, link, date and text.
type row [4]string

// passages are all, by their numbers.
func (f *folder) passages() (all []row) {
	f.Helper()
	for _, p := range read[root](f, f.Index).Texts {
		if p.First != len(all) {
			f.Errorf("a file begins with passage %d, and has %d", p.First, len(all))
		}
		all = append(all, read[[]row](f, p.Name)...)
	}
	return all
}

// index gives for each word the passages that have it, those in whose title it is with a
// minus before and less one.
func (f *folder) index() map[string][]int {
	f.Helper()
	all, last := make(map[string][]int), ""
	for _, p := range read[root](f, f.Index).Words {
		lines := read[string](f, p.Name)
		if !strings.HasPrefix(lines, p.First+" ") {
			f.Errorf("a file begins with %.20q, and not with %s", lines, p.First)
		}
		for line := range strings.Lines(lines) {
			word, places, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			if word <= last {
				f.Errorf("%q stands behind %q", word, last)
			}
			last = word
			value, shift, passage := 0, 0, 0
			for _, c := range places {
				digit := strings.IndexRune(digits, c)
				value |= digit & 31 << shift
				if shift += 5; digit&32 != 0 {
					continue
				}
				passage += value / 2
				if value%2 == 1 {
					all[word] = append(all[word], -passage-1)
				} else {
					all[word] = append(all[word], passage)
				}
				value, shift = 0, 0
			}
		}
	}
	return all
}

func TestWordsLeadToTheirDocuments(t *testing.T) {
	f := write(t, held,
		text{Document{Title: "Budget", Link: "./a.html", Date: "1 March 2026"}, "Le cœur de\nl’année"},
		text{Document{Title: "Été", Link: "./b.html"}, "budget de l'été"}, text{Document{Title: "", Link: "./c.html"}, ""})
	want := map[string][]int{"budget": {-1, 1}, "le": {0}, "coeur": {0}, "de": {0, 1}, "l": {0, 1}, "annee": {0}, "ete": {-2}}
	if got := f.index(); !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%v", got)
	}
	if got := f.passages(); !slices.Equal(got, []row{{"Budget", "./a.html", "1 March 2026", "Le cœur de l’année"}, {"Été", "./b.html", "", "budget de l'été"}, {"", "./c.html", "", ""}}) {
		t.Errorf("%q", got)
	}
	if f.files[f.Script] != script {
		t.Error("the script is not there")
	}
}

// TestDocumentWithoutTextIsFoundByItsTitle.
func TestDocumentWithoutTextIsFoundByItsTitle(t *testing.T) {
	f := &folder{T: t, files: make(map[string]string)}
	x := New(new(spool.Pool))
	defer x.Close()
	var err error
	if f.Files, err = x.Write([]Document{{Key: "x", Title: "Budget"}}, f.put); err != nil {
		t.Fatal(err)
	}
	if got := f.index(); len(got) != 1 || !slices.Equal(got["budget"], []int{-1}) {
		t.Errorf("%v", got)
	}
}

// texts are many, in which some words are in all, some in a few, and each has one of
// its own.
func texts(n int) (all []text) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		var b strings.Builder
		for range 300 {
			fmt.Fprintf(&b, "mot%d ", int(random.ExpFloat64()*300))
		}
		all = append(all, text{Document{Title: fmt.Sprintf("Titre %d mot%d", i, i%7)}, b.String()})
	}
	return all
}

// TestIndexIsTheSameInLittleMemory.
func TestIndexIsTheSameInLittleMemory(t *testing.T) {
	all := texts(200)
	roomy := write(t, held, all...)
	for _, most := range []int{0, 1 << 10, 100 << 10} {
		if tight := write(t, most, all...); !maps.Equal(tight.files, roomy.files) || tight.Index != roomy.Index {
			t.Errorf("with %d bytes of words in memory it is another", most)
		}
	}
}

// TestFilesAreBounded however long a text is, and whatever is in it; and nothing of
// it is left out.
func TestFilesAreBounded(t *testing.T) {
	long := strings.Repeat("élan vital 書道 ", 20_000) + "fin"
	solid := "a" + strings.Repeat("é", 20_000) + strings.Repeat("書", 20_000) + "b" + strings.Repeat("𝒳", 10_000)
	f := write(t, held, append(texts(500), text{Document{Title: "long"}, long}, text{Document{Title: "solid"}, solid}, text{Document{Title: "hostile"}, strings.Repeat("<", 70_000)})...)
	for name, content := range f.files {
		if len(content) > MaxFile && name != f.Index && name != f.Script && !strings.Contains(content, `\u003c\u003c`) {
			t.Errorf("a file of %d bytes: %.80q", len(content), content)
		}
		if len(content) > 6*longestPassage+1000 {
			t.Errorf("%d bytes: %.80q", len(content), content)
		}
		if !utf8.ValidString(content) {
			t.Error("a letter was cut")
		}
	}
	passages := f.passages()
	long = strings.TrimSpace(long)
	joined := make(map[string][]string)
	for _, p := range passages {
		joined[p[0]] = append(joined[p[0]], p[3])
	}
	if got := strings.Join(joined["long"], " "); got != long {
		t.Errorf("of %d bytes, %d are left", len(long), len(got))
	}
	if got := strings.Join(joined["solid"], ""); got != solid {
		t.Errorf("of %d bytes, %d are left", len(solid), len(got))
	}
	of := read[root](f, f.Index).Long
	if len(of) != 3 || of[0][0] != 500 || of[0][1] != of[1][0]-1 || of[2][1] != len(passages)-1 {
		t.Errorf("the passages of long documents are %v", of)
	}
	index := f.index()
	if n := len(index["elan"]); n != len(joined["long"]) || n < 5 {
		t.Errorf("a word of all passages is in %d", n)
	}
	if got := index["fin"]; !slices.Equal(got, []int{of[0][1]}) {
		t.Errorf("the last word is in %v", got)
	}
}

// TestHostileTextsAreData: nothing in them ends the call, or the line, or a script
// element around it.
func TestHostileTextsAreData(t *testing.T) {
	hostile := "</script><script>alert(1)</script> \u2028\u2029 \"); alert(1); // ' ` ${x} \\ <!-- \x00 \xff \u202e"
	f := write(t, held, text{Document{Title: hostile, Link: hostile, Date: hostile}, hostile})
	for name, content := range f.files {
		if name == f.Script {
			continue
		}
		if strings.ContainsAny(strings.TrimSuffix(content, "\n"), "<>&\u2028\u2029\n\r\x00") || !utf8.ValidString(content) {
			t.Errorf("%q", content)
		}
	}
	if got := f.passages()[0][3]; strings.ContainsFunc(got, func(r rune) bool { return unicode.Is(unicode.C, r) }) || !strings.Contains(got, "alert(1)") {
		t.Errorf("%q", got)
	}
	for word := range f.index() {
		if strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) }) {
			t.Errorf("a word is %q", word)
		}
	}
}

// TestErrorsEndTheIndex: the text's, and the store's.
func TestErrorsEndTheIndex(t *testing.T) {
	failed := errors.New("failed")
	x := New(new(spool.Pool))
	defer x.Close()
	if err := x.Add("a", func(io.Writer) error { return failed }); !errors.Is(err, failed) {
		t.Error(err)
	}
	for room := range 4 {
		x := New(new(spool.Pool))
		_, err := x.Write([]Document{{Title: "a"}}, func([]byte) (string, error) {
			if room--; room < 0 {
				return "", failed
			}
			return strings.Repeat("0", 32), nil
		})
		if !errors.Is(err, failed) {
			t.Error(err)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestNoWordHasWhatPartsThem: lines of words have a space and an end.
func TestNoWordHasWhatPartsThem(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		for word := range search.Words("a" + string(r)) {
			if strings.ContainsAny(string(word), " \n") {
				t.Errorf("%U: %q", r, word)
			}
		}
	}
}
