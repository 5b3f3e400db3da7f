package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/pages"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
)

// What a form that saves says: all that each backup saves, all of which somebody said
// that it is to be saved, be it by hand, or these documents.
const (
	allField      = "all"
	chosenField   = "chosen"
	documentField = "document"
)

// save begins a backup, and leads to it.
func (p *page) save(w http.ResponseWriter, r *http.Request) error {
	order, err := p.ordered(r)
	if err != nil {
		return err
	}
	j, joined, err := p.beginBackup(r, order)
	if err != nil {
		return err
	}
	said := ""
	if joined {
		said = "web-said-joined"
	}
	return p.done(w, r, "/jobs/"+j.ID, said)
}

// ordered is what a form wants saved.
func (p *page) ordered(r *http.Request) (order setup.Order, err error) {
	form := r.PostForm
	if form.Get(allField) != "" {
		return order, nil
	}
	settings, err := p.settings()
	if err != nil {
		return order, err
	}
	known, err := settings.Catalogued(r.Context())
	if err != nil {
		return order, err
	}
	defer known.Close()
	for i := range known.All {
		one := &known.All[i]
		from, choice := setup.SourceOf(one.Key), known.Choice(one)
		chosen := choice == string(catalog.Automatic) || choice == string(catalog.Manual)
		if form.Get(chosenField) != "" && chosen && !known.Gone(one) || slices.Contains(form[documentField], known.Names.Short(from, one.ID)) {
			order.Documents = append(order.Documents, cmp.Or(one.Address, p.Setup.Kinds.URL(from, one.ID)))
		}
	}
	if len(order.Documents) == 0 {
		return order, errNotFound
	}
	return order, nil
}

// beginBackup begins a backup of what is ordered, with the key that is at hand for
// this request and stays so to the backup's end; the zero order is for all that each
// backup saves. If the same is being done already, it gives that job. Another backup,
// of this page or not, is waited for. At its end, also where not all is saved, the job
// does what comes after, with the same key.
func (p *page) beginBackup(r *http.Request, order setup.Order, after ...func(context.Context, *setup.Settings)) (j *job, joined bool, err error) {
	settings, err := p.opened(r)
	if err != nil {
		return nil, false, err
	}
	known, err := p.known(r.Context())
	if err != nil {
		return nil, false, err
	}
	b := &backingUp{order: order, named: make(map[string]row)}
	b.learn(known.rows)
	slices.Sort(order.Documents)
	mirroring := setup.Mirroring{Language: pages.MirrorLanguage(p.Words), Words: pages.MirrorWords(p.Words), Index: pages.Mirror(p.Words)}
	j, joined = p.jobs.beginOnce(r.Context(), "save "+strings.Join(order.Documents, "\n"), "web-backup", b, func(ctx context.Context, _ *job) error {
		order.Limit.Begin = time.Now()
		err := settings.Save(ctx, order, &b.watch, mirroring)
		if known, err := p.known(context.WithoutCancel(ctx)); err == nil {
			b.learn(known.rows) // what was new has its page now
		}
		for _, do := range after {
			do(ctx, settings)
		}
		return err
	})
	return j, joined, nil
}

// A backingUp is a job that backs up.
type backingUp struct {
	order setup.Order
	watch setup.Watch

	mu    sync.Mutex
	named map[string]row // by their addresses
}

// learn notes what documents are called, and where their pages are.
func (b *backingUp) learn(rows []row) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, one := range rows {
		b.named[one.URL] = one
	}
}

// A backupView is the page of a backup.
type backupView struct {
	*jobView
	Sentence, Lead string
	Others         string // for whom it waits
	Tenth          string // what is spoken: the same text until the next tenth
	Services       []serviceView
	Places         []placeView
	Recent         []lookedAt // the newest first; at the end those that were saved, if any
	Saved          bool       // it is these
	Notable        []lookedAt
	Notes          []string // what else is to be known
	Command        string
}

// A serviceView is how it goes with one server.
type serviceView struct {
	Name      string
	Link      string
	State     string // failing, waits, works or safe
	Word      string
	Done, All int
	Told      string
	Why       string // what happened, "" for nothing
	Means     string
	Do        []string
}

// A placeView is how it goes with one repository.
type placeView struct {
	Name, State, Word, Why string
	Do                     []string
}

// A lookedAt is a document, and what became of it.
type lookedAt struct {
	Name, Link, State, What string
}

func (b *backingUp) tell(p *page, v *jobView) (template, title string, of any) {
	s := b.watch.Now()
	view := &backupView{jobView: v, Command: b.command(p)}
	view.Done, view.All = s.Done, s.All
	for i := range s.Servers {
		view.Services = append(view.Services, p.serviceOf(&s.Servers[i], v.Running()))
	}
	slices.SortStableFunc(view.Services, func(a, b serviceView) int {
		return cmp.Compare(slices.Index(serviceStates, a.State), slices.Index(serviceStates, b.State))
	})
	for i := range s.Places {
		view.Places = append(view.Places, p.placeOf(&s.Places[i]))
	}
	recent := s.Recent
	if !v.Running() && len(s.Saved) > 0 {
		recent, view.Saved = s.Saved, true
	}
	for _, e := range slices.Backward(recent) {
		view.Recent = append(view.Recent, b.lookedAt(p, e))
	}
	for _, e := range s.Notable {
		view.Notable = append(view.Notable, b.lookedAt(p, e))
	}
	for _, err := range s.Asides {
		view.Notes = append(view.Notes, sentence(p.Words.Error(err)))
	}
	if v.Running() {
		b.running(p, &s, view)
	} else {
		b.ended(p, &s, view)
	}
	return "job-backup", view.Sentence, view
}

// running says how far it is.
func (b *backingUp) running(p *page, s *setup.Sight, v *backupView) {
	t := p.Words.Text
	v.Sentence = t("web-backup-runs")
	switch {
	case v.Stopped:
		v.Sentence, v.Lead = t("web-backup-stops"), t("web-backup-stopping")
	case s.Stage == setup.Queued:
		v.Sentence, v.Lead = t("web-backup-waits"), t("web-backup-queued")
		if s.Other.Process != 0 {
			v.Lead = p.otherRun(s.Other.Done, s.Other.Documents, s.Other.Started) + " " + v.Lead
		}
	case s.Stage == setup.Preparing, s.All == 0:
		v.Lead = t("web-backup-prepares")
	case s.Stage == setup.AtMirrors:
		v.Lead = t("web-backup-mirrors")
	case s.Stage == setup.Indexing:
		v.Lead = t("web-backup-indexes")
	case s.Done == s.All:
		v.Lead = t("web-backup-stores")
	default:
		v.Lead = t("web-backup-of", "Done", p.number(s.Done), "All", p.number(s.All))
		if left := p.left(s); left != "" {
			v.Lead += " " + left
		}
		v.Lead += " " + t("web-backup-close")
	}
	if s.All > 0 {
		v.Tenth = t("web-backup-tenth", "Percent", 10*(10*s.Done/s.All))
	}
}

// left is about how long it still takes, "" as long as nobody can tell.
func (p *page) left(s *setup.Sight) string {
	took := p.Now().Sub(s.Began)
	if s.Done < 5 || took < 10*time.Second {
		return ""
	}
	left := took / time.Duration(s.Done) * time.Duration(s.All-s.Done)
	if left < time.Minute {
		return p.Words.Text("web-backup-left-soon")
	}
	return p.Words.Text("web-backup-left", "Count", int((left+30*time.Second)/time.Minute))
}

// ended says what it came to.
func (b *backingUp) ended(p *page, s *setup.Sight, v *backupView) {
	t := p.Words.Text
	if s.Report != nil {
		v.Failed = "" // what follows says it
		n := s.Outcomes
		safe := n[backup.Saved] + n[backup.Unchanged] + n[backup.Resumed]
		failed := s.Report.Outcomes[backup.Failed] + n[backup.Unaskable]
		lost := 0 // repositories that did not take it
		for _, at := range s.Places {
			if at.Err != nil {
				lost++
			}
		}
		switch {
		case lost == len(s.Places):
			v.Sentence = t("web-backup-nowhere")
		case v.Stopped || s.Report.Interrupted:
			v.Sentence, v.Lead = t("web-backup-was-stopped"), t("web-backup-kept", "Count", safe)
		case failed > 0:
			v.Sentence, v.Lead = t("web-backup-except", "Count", failed), p.came(n)
		case n[backup.Saved] == 0 && n[backup.Missing] == 0:
			v.Sentence, v.Lead = t("web-backup-same"), t("web-backup-all-same", "Count", safe)
		default:
			v.Sentence, v.Lead = t("web-backup-done"), p.came(n)
		}
		if n := s.Rest.Documents; n > 0 {
			v.Notes = append(v.Notes, t("web-backup-rest", "Count", n))
		}
		if err := v.Err; err != nil && s.Report.Broken != nil {
			v.Failed, v.Do = sentence(p.Words.Error(err)), p.Words.Hints(err)
		}
		return
	}
	switch {
	case v.Stopped || errors.Is(v.Err, context.Canceled):
		v.Failed, v.Sentence, v.Lead = "", t("web-backup-was-stopped"), t("web-backup-not-begun")
	case v.Failed != "":
		v.Sentence = t("web-backup-failed")
	default:
		v.Sentence = t("web-backup-done")
	}
}

// came counts what became of documents, "" for none.
func (p *page) came(n map[backup.Outcome]int) string {
	var parts []string
	for _, one := range []struct {
		id    string
		count int
	}{
		{"count-saved", n[backup.Saved]}, {"count-unchanged", n[backup.Unchanged] + n[backup.Resumed]},
		{"count-missing", n[backup.Missing]}, {"count-failed", n[backup.Failed] + n[backup.Unaskable]},
	} {
		if one.count > 0 {
			parts = append(parts, p.Words.Text(one.id, "Count", one.count))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return sentence(strings.Join(parts, ", ")) + "."
}

// serviceStates are those of a server in a backup: what asks for somebody first.
var serviceStates = []string{"failing", "expiring", "waits", "works", "safe"}

func (p *page) serviceOf(s *setup.ServerSight, running bool) serviceView {
	t := p.Words.Text
	v := serviceView{Name: service(s.Server.URL), Link: webAddress(s.Server.URL), Done: s.Done, All: s.All, State: "works", Word: t("web-backup-works")}
	waits := s.Wait.Until.Sub(p.Now())
	switch {
	case s.Err != nil:
		v.State, v.Word = "failing", t("web-backup-silent")
		v.Why, v.Do = sentence(p.Words.Error(s.Err)), p.Words.Hints(s.Err)
		v.Means = t("web-backup-silent-means", "Count", max(s.Outcomes[backup.Failed], 1))
	case s.Done == s.All:
		v.State, v.Word = "safe", t("web-backup-over")
	case !running:
		v.State, v.Word = "expiring", t("web-backup-left-over")
	case waits > 0:
		v.State, v.Word, v.Told = "waits", t("web-backup-waiting", "Time", p.short(waits)), sentence(p.Words.Waiting(s.Wait))
	}
	if v.Done > 0 && v.Told == "" {
		v.Told = p.came(s.Outcomes)
	}
	return v
}

// short is a time to wait.
func (p *page) short(d time.Duration) string {
	if d < 2*time.Minute {
		return p.Words.Text("web-seconds", "Count", int(d/time.Second)+1)
	}
	return p.Words.Text("web-minutes", "Count", int(d/time.Minute)+1)
}

// webAddress is an address that a browser may open, "" for another.
func webAddress(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}

func (p *page) placeOf(s *setup.PlaceSight) placeView {
	t := p.Words.Text
	v := placeView{Name: s.Shown, State: "works", Word: t("web-backup-works")}
	switch {
	case s.Err != nil:
		v.State, v.Word, v.Why, v.Do = "failing", t("web-backup-not-there"), sentence(p.Words.Error(s.Err)), p.Words.Hints(s.Err)
	case s.Over:
		v.State, v.Word = "safe", t("web-backup-stored")
	case !s.Open:
		v.State, v.Word = "failing", t("web-backup-not-there")
	}
	return v
}

func (b *backingUp) lookedAt(p *page, e backup.Event) lookedAt {
	from := e.Document.Source.Source
	b.mu.Lock()
	one, known := b.named[p.Setup.Kinds.URL(from, e.ID)]
	b.mu.Unlock()
	d := lookedAt{Name: e.ID, State: "safe"}
	if known {
		d.Name, d.Link = one.Name, "/documents/"+one.Hash
	}
	t := p.Words.Text
	switch suspicion := cmp.Or(e.Suspect, e.Standing); {
	case e.Outcome == backup.Failed, e.Outcome == backup.Unaskable:
		d.State, d.What = "failing", p.Words.Error(e.Err)
	case e.Outcome == backup.Missing:
		d.State, d.What = "gone", t("web-backup-gone")
	case suspicion != "":
		d.State, d.What = "suspect", t("web-backup-suspect", "Reason", p.Words.Suspicion(suspicion))
	case e.Outcome == backup.Saved && e.Before.Checked.IsZero():
		d.What = t("web-backup-first")
	case e.Outcome == backup.Saved:
		d.What = t("web-backup-changed")
	default:
		d.What = t("web-backup-unchanged")
	}
	return d
}

// mostNamed is how many documents a command line on the page names.
const mostNamed = 3

// command is the command line that does the same.
func (b *backingUp) command(p *page) string {
	args, more := []string{"backup"}, ""
	for i, address := range b.order.Documents {
		if i == mostNamed {
			more = " …"
			break
		}
		args = append(args, p.Setup.Kinds.Shown(address))
	}
	return "padsync " + terminal.CommandLine(args) + more
}
