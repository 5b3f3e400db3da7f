package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/internal/setup"
)

// A gathered is what was found somewhere, to be chosen from. Its addresses may be
// secret, so it stays in memory, and forms name it by its id.
type gathered struct {
	ID string

	mu      sync.Mutex // guards what follows
	finds   *setup.Finds
	browser bool              // in the browsers of this computer: all of it is noted
	silent  map[string]string // why hosts did not say what they are
}

// mostGathered is how many are kept: the newest.
const mostGathered = 8

// gatherings are those that are kept. They are safe for concurrent use.
type gatherings struct {
	mu  sync.Mutex // guards all
	all []*gathered
}

func (a *gatherings) keep(finds *setup.Finds, browser bool) *gathered {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := &gathered{ID: rand.Text(), finds: finds, browser: browser}
	a.all = append(a.all, g)
	a.all = a.all[max(len(a.all)-mostGathered, 0):]
	return g
}

func (a *gatherings) of(id string) *gathered {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, g := range a.all {
		if g.ID == id {
			return g
		}
	}
	return nil
}

// An addPage is where somebody gives addresses and files.
type addPage struct {
	Pasted string
	Wrong  string
	Unread []skipped
	Found  *findings
}

// findings are what was found, by service, for people: no address of them opens more
// than the public one.
type findings struct {
	ID      string
	Groups  []foundGroup
	Count   int // that are new
	Known   int // that this computer knew
	Perhaps []uncertain
	Skipped []skipped
}

// Nothing says that there is nothing to choose.
func (f *findings) Nothing() bool { return f.Count == 0 && len(f.Perhaps) == 0 }

// A foundGroup is what was found of one service.
type foundGroup struct {
	Service string
	Count   int
	Rows    []offered
	More    int // that are not shown, and are chosen together
}

func (p *page) add(w http.ResponseWriter, r *http.Request) error {
	return p.showAdd(w, r, http.StatusOK, addPage{})
}

func (p *page) showAdd(w http.ResponseWriter, r *http.Request, status int, a addPage) error {
	return p.show(w, r, status, "add", view{Title: p.Words.Text("web-add-title"), Section: "documents", Of: a})
}

// addGiven shows what is in what was pasted, and in files. It keeps nothing.
func (p *page) addGiven(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	f := findPage{Pasted: r.PostForm.Get("addresses")}
	finds, err := p.readGiven(r, settings, &f)
	if err != nil {
		return err
	}
	a := addPage{Wrong: f.Wrong, Unread: f.Unread}
	if !slices.ContainsFunc(finds.All, func(f setup.Find) bool { return f.Locator != f.ID }) {
		a.Pasted = f.Pasted // without what opens more than its public address
	}
	if len(finds.All) > 0 {
		if a.Found, err = p.findings(r.Context(), p.gathered.keep(finds, false)); err != nil {
			return err
		}
		a.Wrong, a.Pasted = "", ""
	} else if a.Wrong == "" && len(a.Unread) == 0 {
		a.Wrong = p.Words.Text("web-welcome-no-address")
	}
	if a.Wrong != "" || len(a.Unread) > 0 {
		return p.showAdd(w, r, http.StatusUnprocessableEntity, a)
	}
	return p.showAdd(w, r, http.StatusOK, a)
}

// findings are those of what was gathered.
func (p *page) findings(ctx context.Context, g *gathered) (*findings, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	unknown, err := g.finds.Unknown(ctx)
	if err != nil {
		return nil, err
	}
	f, at := &findings{ID: g.ID}, make(map[string]int)
	for i := range unknown {
		one := &unknown[i]
		switch {
		case one.Linked():
		case !one.Certain:
			n := slices.IndexFunc(f.Perhaps, func(u uncertain) bool { return u.Host == one.Host() })
			if n < 0 {
				n = len(f.Perhaps)
				f.Perhaps = append(f.Perhaps, uncertain{Host: one.Host(), Example: cmp.Or(one.Title(), one.ID), Silent: g.silent[one.Host()]})
			}
			f.Perhaps[n].Count++
		default:
			name := service(one.Base)
			if _, known := at[name]; !known {
				at[name] = len(f.Groups)
				f.Groups = append(f.Groups, foundGroup{Service: name})
			}
			group := &f.Groups[at[name]]
			group.Count++
			f.Count++
			if len(group.Rows) == mostOffered {
				group.More++
				continue
			}
			group.Rows = append(group.Rows, offered{
				Hash: one.Hash, Name: cmp.Or(one.Title(), one.ID), ID: one.ID, Opened: one.Last,
				Ticked: one.Last.IsZero() || one.Last.After(p.Now().AddDate(-longAgo, 0, 0)),
			})
		}
	}
	for i := range g.finds.All {
		if g.finds.All[i].Certain {
			f.Known++
		}
	}
	f.Known -= f.Count
	slices.SortStableFunc(f.Groups, func(a, b foundGroup) int { return cmp.Compare(b.Count, a.Count) })
	return f, nil
}

// addChosen keeps what is ticked, to be saved by each backup, and asks the hosts that
// are ticked what they are.
func (p *page) addChosen(w http.ResponseWriter, r *http.Request) error {
	g := p.gathered.of(r.PostForm.Get("found"))
	if g == nil {
		return p.done(w, r, "/add", "web-said-found-gone")
	}
	settings, err := p.settings()
	if err != nil {
		return err
	}
	kept, silent, err := p.keepChosen(r, settings, g)
	if err != nil {
		return err
	}
	if kept > 0 {
		p.teller.Changed()
	}
	if silent || kept == 0 {
		a := addPage{}
		if a.Found, err = p.findings(r.Context(), g); err != nil {
			return err
		}
		if kept == 0 && !silent {
			a.Wrong = p.Words.Text("web-add-none")
		}
		return p.showAdd(w, r, http.StatusUnprocessableEntity, a)
	}
	return p.doneSome(w, r, "/documents?part=automatic&state=never", "web-said-added", kept)
}

func (p *page) keepChosen(r *http.Request, settings *setup.Settings, g *gathered) (kept int, silent bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ticked, services, wanted := setOf(r.PostForm["find"]), setOf(r.PostForm["service"]), setOf(r.PostForm["host"])
	var hosts []string // of those that were found: no form makes this machine ask another
	asked := make(map[string]bool)
	for i := range g.finds.All {
		if f := &g.finds.All[i]; !f.Certain && wanted[f.Host()] && !asked[f.Host()] {
			hosts, asked[f.Host()] = append(hosts, f.Host()), true
		}
	}
	if len(hosts) > 0 {
		unanswered, err := g.finds.Ask(r.Context(), hosts)
		if err != nil {
			return 0, false, err
		}
		g.silent = make(map[string]string)
		for _, u := range unanswered {
			g.silent[u.Host], silent = p.Words.Error(u.Err), true
		}
	}
	unknown, err := g.finds.Unknown(r.Context())
	if err != nil {
		return 0, silent, err
	}
	shown := make(map[string]int) // of each service: the rest is chosen together
	chosen := slices.DeleteFunc(unknown, func(f setup.Find) bool {
		if !f.Certain || f.Linked() {
			return true
		}
		name := service(f.Base)
		shown[name]++
		return !ticked[f.Hash] && !asked[f.Host()] && (shown[name] <= mostOffered || !services[name])
	})
	d, err := settings.Catalogued(r.Context())
	if err != nil {
		return 0, silent, err
	}
	defer d.Close()
	all := chosen
	if g.browser {
		all = g.finds.All
	}
	_, err = d.KeepFound(r.Context(), all, chosen)
	return len(chosen), silent, err
}

// A lookingJob looks for new pads in the browsers of this computer.
type lookingJob struct {
	mu      sync.Mutex // guards what follows
	found   *gathered  // nil until it ends
	skipped []discovery.Skip
}

// lookForNew begins to look, or leads to who is at it.
func (p *page) lookForNew(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	l := new(lookingJob)
	j, _ := p.jobs.beginOnce(r.Context(), "look", "web-look", l, func(ctx context.Context, _ *job) error {
		finds, err := settings.Discover(ctx, nil, func(s discovery.Skip) {
			l.mu.Lock()
			defer l.mu.Unlock()
			if s.File = ""; !slices.Contains(l.skipped, s) && len(l.skipped) < mostLines {
				l.skipped = append(l.skipped, s)
			}
		})
		if err != nil {
			return err
		}
		d, err := settings.Catalogued(ctx)
		if err != nil {
			return err
		}
		defer d.Close()
		if _, err := d.KeepFound(ctx, finds.All, nil); err != nil { // found, and not chosen
			return err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.found = p.gathered.keep(finds, true)
		return nil
	})
	return p.done(w, r, "/jobs/"+j.ID, "")
}

// A lookView is the page of such a job.
type lookView struct {
	*jobView
	Found *findings
}

// tell implements account.
func (l *lookingJob) tell(p *page, v *jobView) (template, title string, of any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	view := &lookView{jobView: v}
	title = p.Words.Text("web-look")
	if l.found == nil || v.Running() {
		return "job-look", title, view
	}
	found, err := p.findings(context.Background(), l.found)
	if err != nil {
		v.Failed, v.Do = p.Words.Error(err), p.Words.Hints(err)
		return "job-look", title, view
	}
	for _, s := range l.skipped {
		found.Skipped = append(found.Skipped, skipped{Browser: s.Browser, Profile: s.Profile, Why: strings.TrimSuffix(p.Words.Error(s.Err), ".")})
	}
	view.Found = found
	if found.Nothing() {
		return "job-look", p.Words.Text("web-look-nothing"), view
	}
	return "job-look", p.Words.Text("web-look-found", "Count", found.Count), view
}
