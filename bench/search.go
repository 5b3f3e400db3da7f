package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/search"
)

// searches measures part h: what an index of a repository costs, and questions to
// it. No request is made for either but to the repository, which is a folder.
func searches(t testing.TB, p *program) []row {
	c := newSaid(10_000)
	source := httptest.NewServer(c)
	defer source.Close()
	dir := t.TempDir()
	list := filepath.Join(dir, "documents")
	if err := c.list(list); err != nil {
		t.Fatal(err)
	}
	one := p.setUp(t, source.URL, list, filepath.Join(dir, "repository"))
	one.backup(t, c.pads)
	first, again := one.index(t), one.index(t)
	data := filepath.Join(filepath.Dir(one.config), "padsync")
	size := indexSize(t, data)
	rows := []row{
		{"h", fmt.Sprintf("a first index of %d pads, %.0f MB of text: wall, CPU", c.pads, float64(c.bytes())/1e6),
			fmt.Sprintf("%.1f s, %.1f s", first.Wall.Seconds(), first.CPU.Seconds()), "under 60 s", first.Wall < time.Minute},
		{"h", "its peak memory", mib(float64(first.Peak)), "under 200 MiB", first.Peak < 200<<20},
		{"h", "its size, over that of the texts", fmt.Sprintf("%.2f", float64(size)/float64(c.bytes())), "at most 1.2", float64(size) <= 1.2*float64(c.bytes())},
		{"h", "an update where nothing changed: wall, CPU", fmt.Sprintf("%.2f s, %.2f s", again.Wall.Seconds(), again.CPU.Seconds()), "-", true},
	}
	var days []float64
	for range 3 {
		c.day.Add(1)
		one.backup(t, c.pads)
		days = append(days, one.index(t).Wall.Seconds())
	}
	rows = append(rows, row{"h", "an update after a day with 100 changes: wall, median and longest of 3",
		fmt.Sprintf("%.2f s, %.2f s", median(slices.Clone(days)), slices.Max(days)), "under 2 s", slices.Max(days) < 2})
	return append(append(rows, c.questions(t, p, data)...), c.looks(t, one)...)
}

// index runs padsync index.
func (s setup) index(t testing.TB) usage {
	u, _, err := measured(t.Context(), s.env, s.path, "index", "--config", s.config, "-i", s.identity)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func indexSize(t testing.TB, data string) (size int64) {
	names, err := filepath.Glob(filepath.Join(data, "index-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	return size
}

// questions asks each kind of question often, in an index that is open.
func (c *said) questions(t testing.TB, p *program, data string) (rows []row) {
	key, err := os.Open(p.identity)
	if err != nil {
		t.Fatal(err)
	}
	defer key.Close()
	ids, err := crypto.ParseIdentities(key, crypto.Prompt{})
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(data, "index-*.db"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	id := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(names[0]), "index-"), ".db")
	x, err := search.Open(t.Context(), search.Location{Folder: data, Repository: id, Sealed: true, Identities: ids})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	rnd := rand.New(rand.NewPCG(3, 4))
	word := func(from, to int) string { return c.words[from+rnd.IntN(to-from)] }
	small := func() string { return smallWords[rnd.IntN(len(smallWords))] }
	for _, kind := range []struct {
		what string
		ask  func() string
		most time.Duration
	}{
		{"one word", func() string { return word(20, 5000) + " " }, 50 * time.Millisecond},
		{"two words", func() string { return word(0, 500) + " " + word(0, 500) }, 50 * time.Millisecond},
		{"a phrase", func() string { return `"` + small() + " " + word(0, 300) + `"` }, 50 * time.Millisecond},
		{"a phrase of very common words", func() string { return `"` + small() + " " + small() + `"` }, 150 * time.Millisecond},
		{"a beginning of four letters", func() string { return string([]rune(word(0, 20_000))[:4]) + "*" }, 50 * time.Millisecond},
		{"a beginning of three letters", func() string { return string([]rune(word(0, 20_000))[:3]) + "*" }, 150 * time.Millisecond},
		{"a very common word", small, 50 * time.Millisecond},
		{"a rare word", func() string { return word(20_000, len(c.words)) + " " }, 50 * time.Millisecond},
	} {
		var took []time.Duration
		for range 200 {
			q := search.Ask(kind.ask(), time.UTC)
			began := time.Now()
			if _, err := search.Find(t.Context(), []*search.Index{x}, nil, q, 10); err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		p50, p99 := took[len(took)/2], took[len(took)*99/100]
		rows = append(rows, row{"h", "ten results with snippets, " + kind.what + ": p50, p99",
			fmt.Sprintf("%.0f ms, %.0f ms", ms(p50), ms(p99)), fmt.Sprintf("p99 under %.0f ms", ms(kind.most)), p99 < kind.most})
	}
	return rows
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

var smallWords = strings.Fields("de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec ou son nous")

// A said is a fake Etherpad whose pads have a past: 1.5 to 48 KB of text each,
// in a vocabulary of 60,000 words that are as unequally common as those of a
// language, of which a third was deleted in some twenty places, an hour apart.
// Each day a hundred of them have a line more.
type said struct {
	pads  int
	words []string
	day   atomic.Int64
	total atomic.Int64 // bytes of text, once all were asked for
	asked []atomic.Bool
}

func newSaid(pads int) *said {
	c := &said{pads: pads, asked: make([]atomic.Bool, pads)}
	rnd := rand.New(rand.NewPCG(5, 6))
	syllables := strings.Fields("ba bé ca ce chan co dé di en fa fi gé in la lé li ma mé mo na né no pa pé po qua ra ré ri sa sé si so ta té ti tion tou va vé vi")
	known := make(map[string]bool)
	for len(c.words) < 60_000 {
		var word string
		for range 2 + rnd.IntN(3) {
			word += syllables[rnd.IntN(len(syllables))]
		}
		if !known[word] && len([]rune(word)) >= 4 {
			known[word] = true
			c.words = append(c.words, word)
		}
	}
	return c
}

func (c *said) bytes() int64 { return c.total.Load() }

func padID(n int) string { return fmt.Sprintf("pad-%05d", n) }

func (c *said) list(name string) error {
	var b strings.Builder
	for n := range c.pads {
		b.WriteString(padID(n) + "\n")
	}
	return os.WriteFile(name, []byte(b.String()), 0o600)
}

func (c *said) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, found := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/p/"), "/export/etherpad")
	n, err := strconv.Atoi(strings.TrimPrefix(id, "pad-"))
	if !found || err != nil || n >= c.pads {
		http.NotFound(w, r)
		return
	}
	days := 0
	for day := 1; day <= int(c.day.Load()); day++ {
		if n%100 == day%100 {
			days++
		}
	}
	w.Header().Set("Date", "Sun, 22 Nov 2026 20:00:00 GMT")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="`+id+`.etherpad"`)
	etag := fmt.Sprintf(`W/"%d-%d"`, n, days)
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	export, text := c.export(n, days)
	if !c.asked[n].Swap(true) {
		c.total.Add(int64(text))
	}
	w.Write(export)
}

// export is that of a pad, and how many bytes of text it has and had.
func (c *said) export(n, days int) (export []byte, text int) {
	rnd := rand.New(rand.NewPCG(uint64(n), 7))
	zipf := rand.NewZipf(rnd, 1.1, 8, uint64(len(c.words)-1))
	line := func() string {
		var b strings.Builder
		for range 6 + rnd.IntN(12) {
			if rnd.IntN(100) < 48 {
				b.WriteString(smallWords[rnd.IntN(len(smallWords))])
			} else {
				b.WriteString(c.words[zipf.Uint64()])
			}
			b.WriteByte(' ')
		}
		return strings.TrimSpace(b.String()) + ".\n"
	}
	size := 1500 + int(rnd.ExpFloat64()*12_000)
	size = min(size, 48_000)
	type piece struct {
		text string
		gone bool
	}
	var pieces []piece
	for text < size {
		p := piece{gone: rnd.IntN(3) == 0}
		for range 1 + rnd.IntN(3) {
			p.text += line()
		}
		text += len(p.text)
		pieces = append(pieces, p)
	}
	var all, now strings.Builder
	for _, p := range pieces {
		all.WriteString(p.text)
		if !p.gone {
			now.WriteString(p.text)
		}
	}
	made := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute)
	var revs bytes.Buffer
	head := -1
	add := func(change string) {
		head++
		made = made.Add(time.Hour)
		fmt.Fprintf(&revs, `,"pad:%s:revs:%d":{"changeset":%q,"meta":{"author":"a.x","timestamp":%d}}`, padID(n), head, change, made.UnixMilli())
	}
	length := units(all.String())
	add(fmt.Sprintf("Z:1>%s|%s+%s$%s", base36(length), base36(strings.Count(all.String(), "\n")), base36(length), all.String()))
	before, lines, total := 0, 0, length+1
	for _, p := range pieces {
		chars, ends := units(p.text), strings.Count(p.text, "\n")
		if !p.gone {
			before, lines = before+chars, lines+ends
			continue
		}
		keep := ""
		if before > 0 {
			keep = fmt.Sprintf("|%s=%s", base36(lines), base36(before))
		}
		add(fmt.Sprintf("Z:%s<%s%s|%s-%s$", base36(total), base36(chars), keep, base36(ends), base36(chars)))
		total -= chars
	}
	for day := range days {
		more := fmt.Sprintf("Une ligne de plus, le jour %d.\n", day)
		add(fmt.Sprintf("Z:%s>%s|1+%s$%s", base36(total), base36(units(more)), base36(units(more)), more))
		total += units(more)
		rest := now.String()
		now.Reset()
		now.WriteString(more + rest)
	}
	content := now.String() + "\n"
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"pad:%s":{"atext":{"text":%q,"attribs":"|%s+%s"},"pool":{"numToAttrib":{},"nextNum":0},"head":%d,"chatHead":2,"publicStatus":false,"savedRevisions":[]}`,
		padID(n), content, base36(strings.Count(content, "\n")), base36(units(content)), head)
	b.WriteString(`,"globalAuthor:a.x":{"colorId":1,"name":"Zoé","padIDs":"` + padID(n) + `"}`)
	b.Write(revs.Bytes())
	for i := range 3 {
		chat := line()
		text += len(chat)
		fmt.Fprintf(&b, `,"pad:%s:chat:%d":{"text":%q,"userId":"a.x","time":%d}`, padID(n), i, strings.TrimSpace(chat), made.UnixMilli())
	}
	b.WriteString("}")
	return b.Bytes(), text
}

func base36(n int) string { return strconv.FormatInt(int64(n), 36) }

func units(s string) int { return len(utf16.Encode([]rune(s))) }
