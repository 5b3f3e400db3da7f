package web

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/library"
)

const (
	// longAgo is how many years ago a document was last opened that nobody is taken
	// to want.
	longAgo = 2

	// mostOffered is how many documents of a service are offered one by one. Of the
	// others, those that are ticked by themselves are offered together.
	mostOffered = 50
)

// An offered document can be chosen.
type offered struct {
	Hash, Name, ID string
	Opened         time.Time
	Choice         string // that somebody made
	Ticked         bool

	key catalog.Key
}

// A group is what one service has.
type group struct {
	Service string
	Rows    []offered
	More    int // of which so many are ticked by themselves:
	Recent  int
	rest    []offered
}

// An uncertain host has addresses that may be documents.
type uncertain struct {
	Host    string
	Count   int
	Example string // the title or id of one
	Silent  string // why it did not say what it is
}

// A choosePage is the second step.
type choosePage struct {
	Way       []stage
	Groups    []group
	Count     int
	Named     int // that the configuration names
	Perhaps   []uncertain
	Nothing   bool // was chosen
	Uncertain bool // some of these hosts did not answer
}

func (p *page) choose(w http.ResponseWriter, r *http.Request, reached int) error {
	return p.showChoose(w, r, http.StatusOK, reached, choosePage{})
}

func (p *page) showChoose(w http.ResponseWriter, r *http.Request, status, reached int, c choosePage) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	d, err := settings.Catalogued(r.Context())
	if err != nil {
		return err
	}
	defer d.Close()
	c.Way = way(choosing, reached)
	c.Groups, c.Named = p.offers(d)
	for _, g := range c.Groups {
		c.Count += len(g.Rows) + g.More
	}
	known := &p.welcomes
	known.mu.Lock()
	defer known.mu.Unlock()
	if err := p.look(r.Context(), settings, time.Hour); err != nil {
		return err
	}
	c.Perhaps = known.perhaps(settings.Configured())
	return p.showStep(w, r, status, choosing, "welcome-choose", c)
}

// offers are the documents that can be chosen, by service, and how many there are
// that the configuration names.
func (p *page) offers(d *setup.Documents) (all []group, named int) {
	at := make(map[string]int)
	for i := range d.All {
		one := &d.All[i]
		choice := d.Choice(one)
		switch {
		case d.Gone(one), choice == setup.Elsewhere:
			continue
		case d.Configured(one) && one.Choice != catalog.Ignored:
			named++
			continue
		}
		name := service(one.Base)
		if _, known := at[name]; !known {
			at[name] = len(all)
			all = append(all, group{Service: name})
		}
		g := &all[at[name]]
		g.rest = append(g.rest, p.offer(d, one, choice))
	}
	for i := range all {
		g := &all[i]
		slices.SortStableFunc(g.rest, func(a, b offered) int {
			return cmp.Or(b.Opened.Compare(a.Opened), cmp.Compare(library.Fold(a.Name), library.Fold(b.Name)))
		})
		n := min(len(g.rest), mostOffered)
		g.Rows, g.rest = g.rest[:n], g.rest[n:]
		g.More = len(g.rest)
		for _, o := range g.rest {
			if o.Ticked {
				g.Recent++
			}
		}
	}
	slices.SortStableFunc(all, func(a, b group) int {
		return cmp.Or(cmp.Compare(len(b.Rows)+b.More, len(a.Rows)+a.More), cmp.Compare(a.Service, b.Service))
	})
	return all, named
}

func (p *page) offer(d *setup.Documents, one *catalog.Document, choice string) offered {
	o := offered{Hash: d.Names.Short(setup.SourceOf(one.Key), one.ID), Name: d.Called(one), ID: one.ID, Choice: string(one.Choice), key: one.Key}
	for _, origin := range one.Origins {
		if o.Name == "" && len(origin.Titles) > 0 {
			o.Name = origin.Titles[0]
		}
		if origin.Last.After(o.Opened) {
			o.Opened = origin.Last
		}
	}
	if o.Name == "" {
		o.Name = one.ID
	}
	switch choice {
	case string(catalog.Automatic):
		o.Ticked = true
	case setup.New:
		o.Ticked = o.Opened.IsZero() || o.Opened.After(p.Now().AddDate(-longAgo, 0, 0))
	}
	return o
}

// perhaps are the hosts of what may be documents and is none that the configuration
// names.
func (k *welcoming) perhaps(configured setup.Configured) (all []uncertain) {
	found := k.found()
	if found == nil {
		return nil
	}
	for i := range found.All {
		f := &found.All[i]
		if f.Certain || f.Linked() || configured.Names(f.Key()) {
			continue
		}
		n := slices.IndexFunc(all, func(u uncertain) bool { return u.Host == f.Host() })
		if n < 0 {
			n = len(all)
			all = append(all, uncertain{Host: f.Host(), Example: cmp.Or(f.Title(), f.ID), Silent: k.silent[f.Host()]})
		}
		all[n].Count++
	}
	slices.SortStableFunc(all, func(a, b uncertain) int { return cmp.Compare(b.Count, a.Count) })
	return all
}

// chosen notes which documents each backup saves.
func (p *page) chosen(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	d, err := settings.Catalogued(r.Context())
	if err != nil {
		return err
	}
	defer d.Close()
	others := catalog.Choice(r.PostForm.Get("others"))
	if others != catalog.Manual && others != catalog.Ignored {
		return errForm
	}
	silent, err := p.askHosts(r, settings, d)
	if err != nil {
		return err
	}
	if err := p.keepChoices(r, d, others); err != nil {
		return err
	}
	reached, err := p.reached(r.Context())
	if err != nil {
		return err
	}
	if nothing := reached <= choosing; nothing || silent {
		return p.showChoose(w, r, http.StatusUnprocessableEntity, reached, choosePage{Nothing: nothing, Uncertain: silent})
	}
	return p.done(w, r, stepLink(placing), "")
}

// keepChoices makes automatic what is ticked. Of what is not, only a choice that
// this takes back, or that nobody made yet, becomes that of the others.
func (p *page) keepChoices(r *http.Request, d *setup.Documents, others catalog.Choice) error {
	shown, ticked, services := setOf(r.PostForm["offered"]), setOf(r.PostForm["document"]), setOf(r.PostForm["service"])
	var yes, no []catalog.Key
	choose := func(o *offered, wanted bool) {
		switch {
		case wanted:
			yes = append(yes, o.key)
		case o.Choice == string(catalog.None) || o.Choice == string(catalog.Automatic):
			no = append(no, o.key)
		}
	}
	groups, _ := p.offers(d)
	for _, g := range groups {
		for i := range g.Rows {
			if o := &g.Rows[i]; shown[o.Hash] {
				choose(o, ticked[o.Hash])
			}
		}
		for i := range g.rest {
			if o := &g.rest[i]; o.Ticked && services[g.Service] && o.Choice == string(catalog.None) {
				yes = append(yes, o.key)
			}
		}
	}
	if err := d.Catalog.Change(r.Context(), yes, catalog.Change{Choice: new(catalog.Automatic)}); err != nil {
		return err
	}
	return d.Catalog.Change(r.Context(), no, catalog.Change{Choice: &others})
}

func setOf(all []string) map[string]bool {
	has := make(map[string]bool)
	for _, one := range all {
		has[one] = true
	}
	return has
}

// askHosts asks the hosts that are ticked what they are, and keeps what they say are
// documents, to be saved. It reports whether some did not answer.
func (p *page) askHosts(r *http.Request, settings *setup.Settings, d *setup.Documents) (silent bool, err error) {
	known := &p.welcomes
	known.mu.Lock()
	defer known.mu.Unlock()
	if err := p.look(r.Context(), settings, time.Hour); err != nil {
		return false, err
	}
	wanted := setOf(r.PostForm["host"])
	var hosts []string // of those that were found: no form makes this machine ask another
	for _, u := range known.perhaps(settings.Configured()) {
		if wanted[u.Host] {
			hosts = append(hosts, u.Host)
		}
	}
	if len(hosts) == 0 {
		return false, nil
	}
	found := known.found()
	var ours []catalog.Key // what may be documents of them
	for i := range found.All {
		if f := &found.All[i]; !f.Certain && slices.Contains(hosts, f.Host()) {
			ours = append(ours, f.Key())
		}
	}
	unanswered, err := found.Ask(r.Context(), hosts)
	if err != nil {
		return false, err
	}
	known.silent = make(map[string]string)
	for _, u := range unanswered {
		known.silent[u.Host] = p.Words.Error(u.Err)
	}
	var certain []setup.Find
	for i := range found.All {
		if f := &found.All[i]; f.Certain && slices.Contains(ours, f.Key()) {
			certain = append(certain, *f)
		}
	}
	known.given = found // with what the servers said
	_, err = d.KeepFound(r.Context(), certain, certain)
	return len(unanswered) > 0, err
}
