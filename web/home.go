package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/setup"
)

const (
	mostAsking   = 5  // rows of a verdict that the first page has
	mostTogether = 3  // documents that a row of several names
	mostRecent   = 5  // documents that were saved last
	chartRuns    = 30 // runs in the chart

	// fewDocuments is how many a person sees at once: with fewer, the first page has
	// them all, and the list nothing to choose among them with.
	fewDocuments = 10
)

// behind is after how long a repository that lacks something lags: one that is not
// always there may come back by itself.
const behind = 3 * 24 * time.Hour

// A home is the first page: one sentence, then what asks for somebody.
type home struct {
	Sentence string
	Followed int
	Last     time.Time // the end of the last backup
	Lost     []asking  // not safe
	Look     []asking  // safe, but
	Lags     []place   // repositories
	Unchosen int
	Nothing  bool   // is known
	Begun    bool   // something is known, and nothing was saved yet
	All      *table // of few documents
	Recent   []row
	Chart    *chart
	Places   []place
}

// An asking is what asks for somebody, of documents with one verdict.
type asking struct {
	Verdict verdict
	Rows    []request
	More    int // documents that no row has
}

// A request is a row that asks for somebody: a document, or several for one reason.
type request struct {
	row
	Others []row  // that the row names, too
	More   int    // that it does not name
	Why    string // the address of what says why it fails
}

// Several says that it is of several documents.
func (r *request) Several() bool { return len(r.Others)+r.More > 0 }

// A place is where copies are.
type place struct {
	setup.Standing
	Days      int  // for which it lags, 0 if it does not
	Unreached bool // by the last run
}

func (p *page) home(w http.ResponseWriter, r *http.Request) error {
	k, err := p.known(r.Context())
	if err != nil {
		return err
	}
	h := home{Nothing: len(k.rows) == 0, Last: lastBackup(k.runs), Places: p.places(k)}
	by, saved, automatic := make(map[verdict][]row), 0, 0
	for _, at := range k.in("") {
		one := &k.rows[at]
		if one.Verdict == unchosen {
			h.Unchosen++
		}
		if !one.followed() {
			continue
		}
		h.Followed++
		by[one.Verdict] = append(by[one.Verdict], *one)
		if one.State.Versions > 0 {
			saved++
		}
		if one.Choice == string(catalog.Automatic) {
			automatic++
		}
	}
	why := "/runs"
	if len(k.runs) > 0 {
		why += "/" + strconv.FormatInt(k.runs[0].ID, 10)
	}
	lost, look := 0, 0
	for _, v := range verdicts[:safe.rank()] {
		if len(by[v]) == 0 {
			continue
		}
		if a := p.asking(v, by[v], why); v.lost() {
			h.Lost, lost = append(h.Lost, a), lost+len(by[v])
		} else {
			h.Look, look = append(h.Look, a), look+len(by[v])
		}
	}
	for _, one := range h.Places {
		if one.Days > 0 {
			h.Lags = append(h.Lags, one)
		}
	}
	h.Sentence = p.sentence(stands{h.Followed, saved, automatic, lost, look + len(h.Lags), h.Last, len(k.runs) > 0, k.interval})
	h.Begun = !h.Nothing && saved == 0 && len(k.runs) == 0
	switch {
	case h.Nothing:
	case len(k.rows) < fewDocuments:
		h.All = &table{Rows: p.lines(k, k.in("")), Back: "/"}
	default:
		h.Recent = recent(k)
	}
	h.Chart = p.chart(k.runs)
	return p.show(w, r, http.StatusOK, "home", view{Title: h.Sentence, Section: "home", Of: h})
}

// interval is how long it is from one backup to the next, 0 if nothing makes them.
// Asking the system starts some processes.
func (s *shared) interval(ctx context.Context) time.Duration {
	ctx, cancel := context.WithTimeout(ctx, scheduleTime)
	defer cancel()
	system, err := s.scheduler(ctx)
	if err != nil {
		return 0
	}
	if status, err := system.Status(ctx); err != nil || !status.Sound() {
		return 0
	}
	return 24 * time.Hour
}

// scheduleTime is how long a page waits for what starts programs.
const scheduleTime = 3 * time.Second

// late is after how long without a backup a page says so.
func late(interval time.Duration) time.Duration {
	if interval == 0 {
		return long
	}
	return 2 * interval
}

// lastBackup is the end of the last run that looked at everything, or at as much as its
// time allowed, and got something; zero if there was none.
func lastBackup(runs []catalog.Run) time.Time {
	for i := range runs {
		if run := &runs[i]; !run.Named && run.Saved+run.Unchanged > 0 && (run.Ending == "" || run.Ending == "limited") {
			return run.Ended
		}
	}
	return time.Time{}
}

// stands is how everything does.
type stands struct {
	followed         int
	saved, automatic int // of those
	lost, look       int
	last             time.Time // backup of this computer
	tried            bool
	interval         time.Duration
}

// sentence is the first that is true.
func (p *page) sentence(s stands) string {
	ago := p.Now().Sub(s.last)
	switch {
	case s.saved == 0:
		return p.Words.Text("web-nothing-safe")
	case s.automatic > 0 && s.last.IsZero() && s.tried:
		return p.Words.Text("web-safe-unfinished")
	case s.automatic > 0 && s.last.IsZero():
		return p.Words.Text("web-safe-unknown")
	case s.automatic > 0 && ago > late(s.interval):
		return p.Words.Text("web-late", "Count", days(ago))
	case s.lost > 1 && s.lost == s.followed:
		return p.Words.Text("web-safe-none", "Count", s.lost)
	case s.lost > 0:
		return p.Words.Text("web-safe-except", "Count", s.lost)
	case s.look > 0:
		return p.Words.Text("web-safe-look", "Count", s.look)
	}
	return p.Words.Text("web-safe")
}

// asking makes rows of documents with one verdict: those for one reason share one.
func (p *page) asking(v verdict, rows []row, why string) asking {
	slices.SortStableFunc(rows, func(a, b row) int {
		if v == expiring {
			return cmp.Compare(a.Days, b.Days)
		}
		return cmp.Compare(b.Days, a.Days)
	})
	a, shared := asking{Verdict: v}, make(map[string]int)
	for _, one := range p.worded(rows) {
		if one.dead || v == lapsed {
			if at, known := shared[one.key.Base]; known {
				if at >= len(a.Rows) {
					a.More++
				} else if r := &a.Rows[at]; len(r.Others) < mostTogether-1 {
					r.Others = append(r.Others, one)
				} else {
					r.More++
				}
				continue
			}
			shared[one.key.Base] = len(a.Rows)
		}
		if len(a.Rows) == mostAsking {
			a.More++
			continue
		}
		a.Rows = append(a.Rows, request{row: one, Why: why})
	}
	return a
}

// places are where copies are, and how they stand.
func (p *page) places(k *knowledge) []place {
	all := make([]place, len(k.standings))
	for i, one := range k.standings {
		all[i].Standing = one
		if lacks := p.Now().Sub(one.Lacks); !one.Lacks.IsZero() && lacks >= behind {
			all[i].Days = days(lacks)
		}
		if len(k.runs) > 0 {
			all[i].Unreached = slices.ContainsFunc(k.runs[0].Failures, func(f catalog.Failure) bool { return f.Kind == "repository" && f.Subject == one.Shown })
		}
	}
	return all
}

// recent are those that were saved last.
func recent(k *knowledge) []row {
	var all []row
	for _, at := range k.in("saved") {
		if len(all) == mostRecent || k.rows[at].State.Newest.IsZero() {
			break
		}
		all = append(all, k.rows[at])
	}
	return all
}

// A chart is of the last runs, a bar for each.
type chart struct {
	Bars        []runBar // the oldest first
	Failed, Cut int      // of them: in which something failed, that did not come to their end
	First, Last time.Time
}

// A runBar is a run: as high as it saved documents. Places are in percent and pixels.
type runBar struct {
	catalog.Run
	X, Middle string
	Y, Height int
	None      bool // it saved nothing
	Fails     bool
	Mark      int // where what is above the bar is
}

const (
	barsHeight = 70 // pixels, of the chart
	highestBar = 54
	barWidth   = 100. / chartRuns
)

func (p *page) chart(runs []catalog.Run) *chart {
	if len(runs) == 0 {
		return nil
	}
	most := 1
	for i := range runs {
		most = max(most, runs[i].Saved)
	}
	c := &chart{First: runs[len(runs)-1].Started, Last: runs[0].Started}
	for i, run := range slices.Backward(runs) {
		left := barWidth * float64(chartRuns-1-i)
		b := runBar{Run: run, X: fraction(left + barWidth*.15), Middle: fraction(left + barWidth/2), None: run.Saved == 0, Fails: incomplete(&run)}
		if !b.None {
			b.Height = max(2, run.Saved*highestBar/most)
		}
		b.Y = barsHeight - b.Height
		b.Mark = b.Y - 6
		if b.None && b.Fails {
			b.Mark -= 8
		}
		if b.Fails {
			c.Failed++
		}
		if run.Ending != "" && run.Ending != "limited" {
			c.Cut++
		}
		c.Bars = append(c.Bars, b)
	}
	return c
}

func fraction(percent float64) string { return strconv.FormatFloat(percent, 'f', 2, 64) + "%" }
