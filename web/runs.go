package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/library"
)

// mostRuns is how many runs a page has.
const mostRuns = 50

// A journal is what this machine did, as somebody filtered it.
type journal struct {
	Runs           []catalog.Run
	Text           string
	Failed         bool
	From, To, All  int // of those that fit
	Any            bool
	Previous, Next string
}

// incomplete says that a run did not do all that it should.
func incomplete(r *catalog.Run) bool {
	return r.Ending == "failed" || r.Failed > 0 || len(r.Failures) > 0
}

func (p *page) runs(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	j := journal{Text: cut(q.Get("text"), 200), Failed: q.Get("failed") != ""}
	c, err := p.Setup.OpenCatalog(r.Context())
	if err != nil {
		return err
	}
	defer c.Close()
	all, err := c.Runs(r.Context(), 0)
	if err != nil {
		return err
	}
	j.Any = len(all) > 0
	text, of := library.Fold(j.Text), map[int64]bool(nil)
	if text != "" {
		if of, err = p.runsOf(r.Context(), c, text); err != nil {
			return err
		}
	}
	all = slices.DeleteFunc(all, func(one catalog.Run) bool {
		return j.Failed && !incomplete(&one) || text != "" && !of[one.ID] && !slices.ContainsFunc(one.Failures, func(f catalog.Failure) bool {
			return strings.Contains(library.Fold(f.Subject+"\n"+f.Said+"\n"+f.Error), text)
		})
	})
	number, err := strconv.Atoi(q.Get("page"))
	if err != nil || number < 1 {
		number = 1
	}
	j.All = len(all)
	j.From = (min(number, (max(j.All, 1)+mostRuns-1)/mostRuns) - 1) * mostRuns
	number = j.From/mostRuns + 1
	j.To = min(j.From+mostRuns, j.All)
	j.Runs = all[j.From:j.To]
	if j.From > 0 {
		j.Previous = j.link(number - 1)
	}
	if j.To < j.All {
		j.Next = j.link(number + 1)
	}
	return p.show(w, r, http.StatusOK, "runs", view{Title: p.Words.Text("web-runs"), Section: "runs", Of: j})
}

// runsOf are the ids of the runs that did something to the documents whose names or
// addresses have this text, as they are called now.
func (p *page) runsOf(ctx context.Context, c *catalog.Catalog, text string) (map[int64]bool, error) {
	known, err := p.known(ctx)
	if err != nil {
		return nil, err
	}
	var keys []catalog.Key
	for i := range known.rows {
		if one := &known.rows[i]; strings.Contains(one.folded, text) {
			keys = append(keys, one.key)
		}
	}
	return c.RunsOf(ctx, keys)
}

func (j *journal) link(page int) string {
	q := url.Values{}
	if j.Text != "" {
		q.Set("text", j.Text)
	}
	if j.Failed {
		q.Set("failed", "1")
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	return "/runs?" + q.Encode()
}

// A runView is one run, by what it did for whom.
type runView struct {
	*catalog.Run
	Took     string
	Services []ranService
	Places   []ranPlace
	Saved    []ranDocument
	More     int // that were saved
	Detailed bool
}

// ranService is what a run did at one server.
type ranService struct {
	Service, Base string
	catalog.Served
	Looked, All int
	Why         *why
	Documents   []ranDocument // failed, or missing
	More        int
}

// ranPlace is what it stored in one repository.
type ranPlace struct {
	Shown string
	Bytes int64
	Why   *why
}

// ranDocument is what became of a document.
type ranDocument struct {
	Hash, Name string // no hash: it is not known any more
	Suspect    string
	Gone       bool
	Why        *why
}

// A why is why something failed, and what to do.
type why struct {
	What  []string
	Means string
	Do    []string
	Since time.Time
	Exact string
}

// mostRan is how many documents a run's page has of each sort.
const mostRan = 50

func (p *page) run(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNotFound
	}
	c, err := p.Setup.OpenCatalog(r.Context())
	if err != nil {
		return err
	}
	defer c.Close()
	run, err := c.Run(r.Context(), id)
	if err != nil {
		return err
	}
	if run == nil {
		return errNotFound
	}
	known, err := p.known(r.Context())
	if err != nil {
		return err
	}
	v := p.runView(run, known.rows)
	title := p.Words.Text("web-run-page-title", "Time", p.moment(run.Started))
	return p.show(w, r, http.StatusOK, "run", view{Title: title, Section: "runs", Of: v})
}

func (p *page) runView(run *catalog.Run, rows []row) *runView {
	v := &runView{Run: run, Took: p.took(run.Ended.Sub(run.Started)), Detailed: len(run.Servers)+len(run.Stored) > 0}
	byURL := make(map[string]*row, len(rows))
	for i := range rows {
		byURL[rows[i].URL] = &rows[i]
	}
	servers := run.Servers
	for _, f := range run.Failures { // those of which not even a document was looked at
		if f.Kind == "server" && !slices.ContainsFunc(servers, func(s catalog.Served) bool { return s.Base == f.Subject }) {
			servers = append(servers, catalog.Served{Base: f.Subject})
		}
	}
	for _, s := range servers {
		one := ranService{Service: service(s.Base), Base: s.Base, Served: s, Looked: s.Saved + s.Unchanged + s.Missing}
		one.All = one.Looked + s.Failed + s.Remaining
		for _, f := range run.Failures {
			switch {
			case f.Kind == "server" && f.Subject == s.Base:
				one.Why = p.why(&f, p.meansOfServer(rows, one.Service), p.Words.Text("web-run-page-do-server", "Service", one.Service))
			case f.Kind == "document" && strings.HasPrefix(f.Subject, s.Base+"/"):
				one.add(p.failedDocument(&f, byURL[f.Subject]))
			}
		}
		for _, d := range run.Documents {
			if d.Base == s.Base && d.Kind == s.Kind && d.Outcome == "missing" {
				gone := p.ranDocument(d, byURL)
				gone.Gone = true
				one.add(gone)
			}
		}
		v.Services = append(v.Services, one)
	}
	slices.SortStableFunc(v.Services, func(a, b ranService) int {
		return cmp.Or(b.worst()-a.worst(), cmp.Compare(a.Service, b.Service))
	})
	for _, s := range run.Stored {
		v.Places = append(v.Places, ranPlace{Shown: s.Repository, Bytes: s.Bytes})
	}
	for _, f := range run.Failures {
		if f.Kind == "repository" {
			v.Places = append(v.Places, ranPlace{Shown: f.Subject, Why: p.why(&f, p.Words.Text("web-run-page-means-repository"), p.Words.Text("web-run-page-do-repository"))})
		}
	}
	for _, d := range run.Documents {
		if d.Outcome != "saved" {
			continue
		}
		if len(v.Saved) == mostRan {
			v.More++
			continue
		}
		v.Saved = append(v.Saved, p.ranDocument(d, byURL))
	}
	return v
}

// took is how long something lasted, in minutes where it took some.
func (p *page) took(d time.Duration) string {
	if d < 2*time.Minute {
		return p.Words.Text("web-run-page-seconds", "Count", int(d.Seconds()))
	}
	return p.Words.Text("web-run-page-minutes", "Count", int(d.Minutes()))
}

// worst sorts servers: those that did not answer first.
func (s *ranService) worst() int {
	switch {
	case s.Why != nil:
		return 3
	case s.Failed > 0:
		return 2
	case s.Remaining > 0 || s.Missing > 0:
		return 1
	}
	return 0
}

func (s *ranService) add(d ranDocument) {
	if len(s.Documents) == mostRan {
		s.More++
		return
	}
	s.Documents = append(s.Documents, d)
}

func (p *page) ranDocument(d catalog.Looked, byURL map[string]*row) ranDocument {
	address := p.Setup.Kinds.URL(setup.SourceOf(d.Key), d.ID)
	one := ranDocument{Name: address, Suspect: p.suspicion(d.Suspect)}
	if known := byURL[address]; known != nil {
		one.Hash, one.Name = known.Hash, known.Name
	}
	return one
}

func (p *page) failedDocument(f *catalog.Failure, known *row) ranDocument {
	one := ranDocument{Name: f.Subject}
	means := ""
	if known != nil {
		one.Hash, one.Name = known.Hash, known.Name
		means = p.Words.Text("web-run-page-no-copy")
		if known.State.Versions > 0 {
			means = p.Words.Text("web-run-page-copy", "Time", p.moment(known.State.Newest))
		}
	}
	one.Why = p.why(f, means, p.Words.Text("web-run-page-do-document"))
	return one
}

// why is why something failed: in the words of the run, if it had some.
func (p *page) why(f *catalog.Failure, means, otherwise string) *why {
	y := &why{Since: f.Since, Exact: f.Error, Means: means}
	if f.Said != "" {
		y.What = strings.Split(f.Said, "\n")
		y.What, y.Do = y.What[:1], y.What[1:]
	}
	if f.Kind == "server" || len(y.Do) == 0 { // what is said of a server may be for who types commands
		y.Do = append([]string{otherwise}, y.Do...)
	}
	return y
}

// meansOfServer says of when the copies are of what a server has.
func (p *page) meansOfServer(rows []row, name string) string {
	var oldest time.Time
	count, without := 0, 0
	for i := range rows {
		one := &rows[i]
		if one.Service != name || one.Verdict == aside || one.Verdict == unchosen {
			continue
		}
		if one.State.Versions == 0 {
			without++
			continue
		}
		if count++; oldest.IsZero() || one.State.Newest.Before(oldest) {
			oldest = one.State.Newest
		}
	}
	switch {
	case count == 0 && without == 0:
		return ""
	case count == 0:
		return p.Words.Text("web-run-page-no-copies", "Count", without)
	}
	return p.Words.Text("web-run-page-copies", "Count", count, "Time", p.moment(oldest))
}
