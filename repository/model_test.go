package repository_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sinks/sinktest"
)

// TestModel lets machines with clocks of their own back up into one
// repository, their runs interleaved, cut off and resumed, with failing stores
// and checkpoints between, and compares all along with what was reported.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{t: t, rt: rt, sink: memory.New(time.Now), names: map[string]string{}}
		for _, skew := range []int{0, -3, 20} { // in years
			m.machines = append(m.machines, &machine{clock: time.Date(2026+skew, 11, 22, 3, 0, 0, 0, time.UTC), pool: spool.New("", 0)})
		}
		rt.Repeat(map[string]func(*rapid.T){
			"begin":      m.begin,
			"save":       m.save,
			"save again": m.save,
			"tell":       m.tell,
			"say":        m.say,
			"commit":     m.commit,
			"end":        m.end,
			"crash":      m.crash,
			"checkpoint": m.checkpoint,
			"forget":     m.forget,
			"lose":       m.lose,
			"":           func(rt *rapid.T) { m.compare(rt) },
		})
	})
}

// A machine runs at most one run at a time.
type machine struct {
	clock    time.Time
	last     int64
	seen     []string // ids that it remembers
	pool     *spool.Pool
	sink     *sinktest.Faulty
	contents *repository.Contents
	run      *repository.Run
	pending  []saved // not yet in a manifest that was reported as written
}

type saved struct {
	id, text string
	sequence int64
}

// GoString keeps what rapid prints short.
func (s saved) GoString() string { return fmt.Sprint(s.id, s.sequence) }

// A model remembers what was reported.
type model struct {
	t        *testing.T
	rt       *rapid.T
	sink     sinks.Sink
	machines []*machine
	texts    int
	all      []saved // reported as saved, in the order of the reports
	moments  []moment
	names    map[string]string // as was said last, by id
}

// A moment is what a manifest's id must always show.
type moment struct {
	id    string
	shows string
}

// pick is one of the machines that have a run, or of those that have none; nil
// if there is no such machine.
func (m *model) pick(rt *rapid.T, busy bool) *machine {
	machines := slices.DeleteFunc(slices.Clone(m.machines), func(mine *machine) bool { return (mine.run != nil) != busy })
	if len(machines) == 0 {
		return nil
	}
	mine := rapid.SampledFrom(machines).Draw(rt, "machine")
	mine.clock = mine.clock.Add(time.Duration(rapid.IntRange(1, 5000).Draw(rt, "seconds")) * time.Second)
	return mine
}

func (m *model) open(sink sinks.Sink, mine *machine) (*repository.Repository, error) {
	return repository.OpenOrCreate(context.Background(), sink, repository.Options{Pool: mine.pool, Seen: func(string) []string { return mine.seen }, Now: func() time.Time { return mine.clock }})
}

func (m *model) begin(rt *rapid.T) {
	mine := m.pick(rt, false)
	if mine == nil {
		return
	}
	mine.sink = &sinktest.Faulty{Sink: m.sink}
	if rapid.Bool().Draw(rt, "faulty") {
		mine.sink.At = rapid.IntRange(1, 6).Draw(rt, "at")
		mine.sink.Applied, mine.sink.Crash = rapid.Bool().Draw(rt, "applied"), rapid.Bool().Draw(rt, "crash")
	}
	r, err := m.open(mine.sink, mine)
	if err != nil {
		return // the store failed
	}
	if mine.contents, err = r.Read(context.Background(), repository.At{}); err != nil {
		rt.Fatal(err)
	}
	if missing := mine.contents.Missing; len(missing) > 0 {
		rt.Fatalf("%v are missing, and nothing was lost", missing)
	}
	mine.seen = mine.contents.Seen()
	mine.run, err = r.Begin(context.Background(), mine.contents, repository.RunOptions{Sources: []manifest.Source{pads}, Last: mine.last})
	if err != nil {
		rt.Fatal(err)
	}
	for _, s := range m.all {
		if s.sequence >= mine.run.Sequence() {
			rt.Errorf("a run of sequence %d begins after one of %d was reported", mine.run.Sequence(), s.sequence)
		}
	}
	mine.last = mine.run.Sequence()
}

// longID is of the document that has a history, to which is added each time.
const longID = "d"

var modelIDs = []string{"a", "b", "c", longID}

// grow gives a text that nobody has saved: what one machine knows of the
// history and some more, or something else altogether.
func (m *model) grow(rt *rapid.T) string {
	size := 66_000 + m.texts*rapid.SampledFrom([]int{1, 10, 200}).Draw(rt, "more")
	text := grown(size)
	if rapid.IntRange(0, 4).Draw(rt, "anew") == 0 {
		text = strings.Replace(text, "[", "[anew", 1)
	}
	return fmt.Sprint("text ", m.texts, " ", text)
}

func (m *model) save(rt *rapid.T) {
	mine := m.pick(rt, true)
	if mine == nil {
		return
	}
	m.texts++
	id, text := rapid.SampledFrom(modelIDs).Draw(rt, "id"), fmt.Sprint("text ", m.texts)
	if id == longID {
		text = m.grow(rt)
	}
	before, err := newest(mine.contents, id)
	if err != nil {
		rt.Fatal(err)
	}
	if err := mine.run.Save(manifest.Document{ID: id, State: manifest.Current}, version(id, text), "", before); err != nil {
		m.stop(mine)
		return
	}
	mine.pending = append(mine.pending, saved{id, text, mine.run.Sequence()})
}

func (m *model) tell(rt *rapid.T) {
	mine := m.pick(rt, true)
	if mine == nil {
		return
	}
	mine.run.Tell(manifest.Document{ID: rapid.SampledFrom(modelIDs).Draw(rt, "id"), State: manifest.Missing})
}

// say gives a document a name, or takes it back, and makes a choice, whether the
// document was saved or not.
func (m *model) say(rt *rapid.T) {
	mine := m.pick(rt, false)
	if mine == nil {
		return
	}
	m.texts++
	id, name := rapid.SampledFrom(append(modelIDs, "said")).Draw(rt, "id"), fmt.Sprint("name ", m.texts)
	if rapid.IntRange(0, 3).Draw(rt, "back") == 0 {
		name = ""
	}
	r, err := m.open(m.sink, mine)
	if err != nil {
		rt.Fatal(err)
	}
	said := manifest.Said{Name: &name, Choices: []manifest.MachineChoice{{Machine: fmt.Sprint(mine.clock.Year()), Choice: manifest.Manual}}}
	sequence, err := r.Say(context.Background(), repository.RunOptions{Last: mine.last}, []repository.Saying{{Source: pads, ID: id, Said: said}})
	if err != nil {
		rt.Fatal(err)
	}
	mine.last = max(mine.last, sequence)
	m.names[id] = name
}

// commit writes an incomplete manifest: most of two minutes have passed.
func (m *model) commit(rt *rapid.T) {
	mine := m.pick(rt, true)
	if mine == nil {
		return
	}
	mine.clock = mine.clock.Add(3 * time.Minute)
	m.reported(mine, mine.run.CommitIfDue(context.Background()))
}

func (m *model) end(rt *rapid.T) {
	mine := m.pick(rt, true)
	if mine == nil {
		return
	}
	m.reported(mine, mine.run.Commit(context.Background(), ending(rapid.Bool().Draw(rt, "complete"))))
	m.stop(mine)
}

func (m *model) reported(mine *machine, err error) {
	if err != nil {
		m.stop(mine)
		return
	}
	m.all = append(m.all, mine.pending...)
	mine.pending = nil
	mine.seen = mine.run.Seen()
	if id := mine.run.Stats().Manifest; id != "" && m.alone(mine) {
		m.moments = append(m.moments, moment{id, m.shown(m.rt, repository.At{Manifest: id})})
	}
}

// alone reports whether no other run can still tell something older.
func (m *model) alone(mine *machine) bool {
	return !slices.ContainsFunc(m.machines, func(other *machine) bool { return other != mine && other.run != nil })
}

func (m *model) crash(rt *rapid.T) {
	if mine := m.pick(rt, true); mine != nil {
		m.stop(mine)
	}
}

// stop ends a run, whose unreported saves may be there or not.
func (m *model) stop(mine *machine) {
	if mine.run == nil {
		return
	}
	mine.run.Discard()
	mine.contents.Close()
	mine.run, mine.pending = nil, nil
}

func (m *model) checkpoint(rt *rapid.T) {
	mine := m.pick(rt, true)
	if mine == nil {
		return
	}
	if err := mine.run.CheckpointNow(context.Background()); err != nil && mine.sink.At == 0 {
		rt.Fatal(err)
	}
}

// forget deletes what a checkpoint includes, as a later version may.
func (m *model) forget(rt *rapid.T) {
	if slices.ContainsFunc(m.machines, func(mine *machine) bool { return mine.run != nil }) {
		return // a run is under way
	}
	included := m.included(rt)
	for key := range included {
		if rapid.Bool().Draw(rt, "delete") {
			continue
		}
		if err := m.sink.Delete(context.Background(), key); err != nil {
			rt.Fatal(err)
		}
	}
	if len(included) > 0 {
		m.moments = nil // the past may be coarser now
	}
}

// lose looks what becomes of the repository without one manifest or checkpoint
// that some machine saw and no checkpoint includes: that machine notices, and,
// if another run named it, everybody.
func (m *model) lose(rt *rapid.T) {
	mine := rapid.SampledFrom(m.machines).Draw(rt, "machine")
	included, w := m.included(rt), &world{t: m.t, sink: m.sink}
	var losable []string
	for _, key := range append(w.keys("manifests/"), w.keys("checkpoints/")...) {
		if slices.Contains(mine.seen, idIn(key)) && !included[key] {
			losable = append(losable, key)
		}
	}
	if len(losable) == 0 {
		return
	}
	key := rapid.SampledFrom(losable).Draw(rt, "lost")
	r, err := m.open(w.without(key).sink, mine)
	if err != nil {
		rt.Fatal(err)
	}
	c, err := r.Read(context.Background(), repository.At{})
	if err != nil {
		rt.Fatal(err)
	}
	defer c.Close()
	// What only a lost checkpoint included, and was deleted since, is missing, too.
	if !slices.Contains(c.Missing, idIn(key)) || len(c.Missing) > 1 && !strings.HasPrefix(key, "checkpoints/") {
		rt.Fatalf("without %s, missing are %v", key, c.Missing)
	}
}

func (m *model) included(rt *rapid.T) map[string]bool {
	keys := map[string]bool{}
	w := &world{t: m.t, sink: m.sink}
	for _, key := range w.keys("checkpoints/") {
		rc, err := m.sink.Get(context.Background(), key, 0, -1)
		if err != nil {
			rt.Fatal(err)
		}
		b, err := io.ReadAll(rc)
		if err != nil {
			rt.Fatal(err)
		}
		d, err := manifest.NewDecoder(bytes.NewReader(decompress(m.t, b)))
		if err != nil {
			rt.Fatal(err)
		}
		for _, id := range slices.Concat(d.Header.Includes, d.Header.Gone) {
			for _, prefix := range []string{"manifests/", "checkpoints/"} {
				keys[prefix+id+".json.zst"] = true
			}
		}
	}
	return keys
}

// compare reads everything and holds it against what was reported.
func (m *model) compare(rt *rapid.T) {
	if len(m.all)+len(m.names) == 0 {
		return
	}
	got := m.shown(rt, repository.At{})
	for id, name := range m.names {
		if !strings.Contains(got, fmt.Sprintf("%s is called %q;", id, name)) {
			rt.Fatalf("%q was called %q, and there is %s", id, name, got)
		}
	}
	newest := map[string]saved{}
	for _, s := range m.all {
		if !strings.Contains(got, fmt.Sprintf("%s=%s;", s.id, short(s.text))) {
			rt.Fatalf("%q was reported as saved and is not there: %s", short(s.text), got)
		}
		if s.sequence > newest[s.id].sequence {
			newest[s.id] = s
		}
	}
	// The last version is of the highest sequence, whatever the clocks say.
	for _, id := range modelIDs {
		text := got[strings.LastIndex(got, id+"=")+1:]
		text, _, _ = strings.Cut(strings.TrimPrefix(text, "="), ";")
		at := slices.IndexFunc(m.all, func(s saved) bool { return short(s.text) == text && s.id == id })
		if at >= 0 && m.all[at].sequence < newest[id].sequence {
			rt.Fatalf("%q of sequence %d is the newest, and not %q of sequence %d", text, m.all[at].sequence, short(newest[id].text), newest[id].sequence)
		}
	}
	for _, moment := range m.moments {
		if again := m.shown(rt, repository.At{Manifest: moment.id}); again != moment.shows {
			rt.Fatalf("at %s there was %s, and now %s", moment.id, moment.shows, again)
		}
	}
}

// short stands for a long text in messages and comparisons.
func short(text string) string {
	if len(text) < 1000 {
		return text
	}
	return fmt.Sprintf("%.10s %x", text, sha256.Sum256([]byte(text)))
}

// shown is all that a reader sees, in order: each document's state and texts.
func (m *model) shown(rt *rapid.T, at repository.At) string {
	var b strings.Builder
	r, err := m.open(m.sink, &machine{pool: spool.New("", 0)})
	if err != nil {
		rt.Fatal(err)
	}
	c, err := r.Read(context.Background(), at)
	if err != nil {
		rt.Fatal(err)
	}
	defer c.Close()
	if len(c.Damaged) > 0 || len(c.Missing) > 0 {
		rt.Fatal(c.Damaged, c.Missing)
	}
	reader := r.NewReader(context.Background())
	defer reader.Close()
	for record, err := range c.All() {
		if err != nil {
			rt.Fatal(err)
		}
		fmt.Fprintf(&b, "%s is %s;%s is called %q;%v;", record.ID, record.State, record.ID, record.Said.Name, record.Said.Choices)
		for _, v := range record.Versions {
			s, err := reader.File(v.Files[0])
			if err != nil {
				rt.Fatal(err)
			}
			text, _ := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
			fmt.Fprintf(&b, "%s=%s;", record.ID, short(string(text)))
			s.Close()
		}
	}
	return b.String()
}
