package web

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/padsync/padsync/catalog"
)

// late is after how many days without a whole run a page says so.
const late = 3

// mostAsking is how many documents of a verdict the first page names.
const mostAsking = 5

// A home is the first page: one sentence, then what asks for somebody.
type home struct {
	Sentence string
	Followed int
	Last     time.Time // the end of the last run
	Lost     []asking  // not safe
	Look     []asking  // safe, but
	Unchosen int
	Nothing  bool // is known
	Recent   []row
	Failing  []catalog.Failure // repositories of the last run
}

// An asking is what asks for somebody, of documents with one verdict.
type asking struct {
	Verdict verdict
	Rows    []row
	More    int
}

func (p *page) home(w http.ResponseWriter, r *http.Request) error {
	all, last, err := p.known(r.Context())
	if err != nil {
		return err
	}
	h := home{Nothing: len(all) == 0}
	by, saved := make(map[verdict][]row), 0
	for _, one := range all {
		by[one.Verdict] = append(by[one.Verdict], one)
		if one.State.Versions > 0 {
			saved++
		}
		if one.Verdict != unchosen && one.Verdict != elsewhere && one.Verdict != aside {
			h.Followed++
		}
	}
	h.Unchosen = len(by[unchosen])
	lost, look := 0, 0
	for _, v := range verdicts {
		rows := by[v]
		if len(rows) == 0 || !rows[0].asks() {
			continue
		}
		slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.Days, b.Days) })
		a := asking{v, rows[:min(len(rows), mostAsking)], max(len(rows)-mostAsking, 0)}
		if v == failing || v == never {
			h.Lost, lost = append(h.Lost, a), lost+len(rows)
		} else {
			h.Look, look = append(h.Look, a), look+len(rows)
		}
	}
	if last != nil {
		h.Last = last.Ended
		for _, f := range last.Failures {
			if f.Kind == "repository" {
				h.Failing = append(h.Failing, f)
			}
		}
		look += len(h.Failing)
	}
	h.Sentence = p.sentence(saved, lost, look, h.Last)
	h.Recent = recent(all, 5)
	return p.show(w, r, http.StatusOK, "home", view{Title: h.Sentence, Section: "home", Of: h})
}

// sentence is the first that is true.
func (p *page) sentence(saved, lost, look int, last time.Time) string {
	ago := days(p.Now().Sub(last))
	switch {
	case saved == 0:
		return p.Words.Text("web-nothing-safe")
	case last.IsZero():
		return p.Words.Text("web-safe-unknown")
	case ago > late:
		return p.Words.Text("web-late", "Count", ago)
	case lost > 0:
		return p.Words.Text("web-safe-except", "Count", lost)
	case look > 0:
		return p.Words.Text("web-safe-look", "Count", look)
	}
	return p.Words.Text("web-safe")
}

// recent are those that were saved last.
func recent(all []row, most int) []row {
	all = slices.DeleteFunc(slices.Clone(all), func(r row) bool { return r.State.Newest.IsZero() })
	slices.SortStableFunc(all, func(a, b row) int { return b.State.Newest.Compare(a.State.Newest) })
	return all[:min(len(all), most)]
}
