package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/internal/setup"
)

// lookAgain is after how long the browsers are read again.
const lookAgain = time.Minute

// A browser is a profile in which documents were found.
type browser struct {
	ID, Name, Profile   string
	Pads, Polls, Others int // that are certainly documents; that may be some
	Last                time.Time
	Chosen              bool
}

// A skipped file of a browser could not be read.
type skipped struct{ Browser, Profile, Why string }

// A findPage is the first step.
type findPage struct {
	Way      []stage
	Browsers []browser
	Count    int // of documents, each once
	Twice    int // of those that several browsers have
	Perhaps  int
	Skipped  []skipped
	Pasted   string
	Wrong    string // what is wrong with what was pasted
	Unread   []skipped
	Nothing  bool // there is nothing to choose from
}

func (p *page) findStep(w http.ResponseWriter, r *http.Request, reached int) error {
	return p.showFind(w, r, http.StatusOK, reached, findPage{})
}

func (p *page) showFind(w http.ResponseWriter, r *http.Request, status, reached int, f findPage) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	known := &p.welcomes
	known.mu.Lock()
	defer known.mu.Unlock()
	if err := p.look(r.Context(), settings, lookAgain); err != nil {
		return err
	}
	f.Way, f.Skipped = way(finding, reached), known.skipped
	f.Browsers, f.Count, f.Perhaps = browsersOf(known.seen)
	for i := range f.Browsers {
		b := &f.Browsers[i]
		b.Chosen = !known.without[b.ID]
		f.Twice += b.Pads + b.Polls
	}
	f.Twice -= f.Count
	return p.showStep(w, r, status, finding, "welcome-find", f)
}

// look reads the browsers, if that was not done in this time. Its caller has the
// lock.
func (p *page) look(ctx context.Context, settings *setup.Settings, every time.Duration) error {
	known := &p.welcomes
	if known.seen != nil && p.Now().Sub(known.looked) < every {
		return nil
	}
	var left []skipped
	seen, err := settings.Discover(ctx, nil, func(s discovery.Skip) {
		one := skipped{s.Browser, s.Profile, p.Words.Error(s.Err)}
		if !slices.Contains(left, one) {
			left = append(left, one)
		}
	})
	if err != nil && !errors.Is(err, setup.ErrHomeless) {
		return err
	}
	if seen == nil { // there is no home folder, so there are no browsers
		if seen, err = settings.DiscoverIn(ctx, nil, nil); err != nil {
			return err
		}
	}
	known.seen, known.skipped, known.looked = seen, left, p.Now()
	return nil
}

// idOf is how a form calls a browser.
func idOf(browser, profile string) string { return browser + "/" + profile }

// isPoll says that it is a poll, and not a pad.
func isPoll(f *setup.Find) bool { return f.Kind.Name != "etherpad" }

// browsersOf are those in which something was found, the one with most first, and
// how many certain and uncertain documents there are in all of them.
func browsersOf(seen *setup.Finds) (all []browser, certain, perhaps int) {
	at := make(map[string]*browser)
	for i := range seen.All {
		f := &seen.All[i]
		if f.Linked() {
			continue
		}
		if f.Certain {
			certain++
		} else {
			perhaps++
		}
		counted := make(map[string]bool)
		for _, o := range f.Origins {
			if o.Browser == "" {
				continue
			}
			id := idOf(o.Browser, o.Profile)
			b := at[id]
			if b == nil {
				b = &browser{ID: id, Name: o.Browser, Profile: o.Profile}
				at[id] = b
			}
			if o.Last.After(b.Last) {
				b.Last = o.Last
			}
			switch {
			case counted[id]:
			case !f.Certain:
				b.Others++
			case isPoll(f):
				b.Polls++
			default:
				b.Pads++
			}
			counted[id] = true
		}
	}
	for _, b := range at {
		all = append(all, *b)
	}
	slices.SortFunc(all, func(a, b browser) int {
		return cmp.Or(cmp.Compare(b.Pads+b.Polls, a.Pads+a.Polls), cmp.Compare(a.ID, b.ID))
	})
	return all, certain, perhaps
}

// found keeps what was found in the browsers that are wanted, in what was pasted and
// in files.
func (p *page) found(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	f := findPage{Pasted: r.PostForm.Get("addresses")}
	found, err := p.gather(r, settings, &f)
	if err != nil {
		return err
	}
	d, err := settings.Catalogued(r.Context())
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.KeepFound(r.Context(), found.All, nil); err != nil {
		return err
	}
	reached, err := p.reached(r.Context())
	if err != nil {
		return err
	}
	f.Nothing = reached == finding && f.Wrong == ""
	if f.Nothing || f.Wrong != "" || len(f.Unread) > 0 {
		return p.showFind(w, r, http.StatusUnprocessableEntity, reached, f)
	}
	return p.done(w, r, stepLink(choosing), "")
}

// gather is what was found wherever somebody wants it, and says on the page what of
// it could not be read.
func (p *page) gather(r *http.Request, settings *setup.Settings, f *findPage) (*setup.Finds, error) {
	known := &p.welcomes
	known.mu.Lock()
	defer known.mu.Unlock()
	if err := p.look(r.Context(), settings, time.Hour); err != nil {
		return nil, err
	}
	known.without = make(map[string]bool)
	all, _, _ := browsersOf(known.seen)
	for _, b := range all {
		known.without[b.ID] = !slices.Contains(r.PostForm["browser"], b.ID)
	}
	given, err := p.readGiven(r, settings, f)
	if err != nil {
		return nil, err
	}
	if known.given != nil {
		given = known.given.With(given)
	}
	known.given = given
	return known.found(), nil
}

// found are those of the browsers that are wanted, and what was given.
func (k *welcoming) found() *setup.Finds {
	if k.seen == nil {
		return k.given
	}
	found := k.seen.From(func(o discovery.Origin) bool { return !k.without[idOf(o.Browser, o.Profile)] })
	if k.given != nil {
		found = found.With(k.given)
	}
	return found
}

// readGiven finds documents in what was pasted, and in files. The servers of the
// former are asked, as their addresses are those of this person's documents.
func (p *page) readGiven(r *http.Request, settings *setup.Settings, f *findPage) (*setup.Finds, error) {
	var texts []setup.Given
	unread := func(s discovery.Skip) {
		f.Unread = append(f.Unread, skipped{Browser: s.File, Why: p.Words.Error(s.Err)})
	}
	if r.MultipartForm != nil {
		for _, header := range r.MultipartForm.File["files"] {
			if header.Filename == "" {
				continue
			}
			opened, err := header.Open()
			if err != nil {
				return nil, err
			}
			defer opened.Close()
			texts = append(texts, setup.Given{Name: header.Filename, Text: opened})
		}
	}
	given, err := settings.DiscoverIn(r.Context(), texts, unread)
	if err != nil || strings.TrimSpace(f.Pasted) == "" {
		return given, err
	}
	pasted, err := settings.DiscoverIn(r.Context(), []setup.Given{{Name: p.Words.Text("web-welcome-pasted"), Text: strings.NewReader(f.Pasted)}}, unread)
	if err != nil {
		return nil, err
	}
	silent, err := pasted.Ask(r.Context(), uncertainHosts(pasted))
	if err != nil {
		return nil, err
	}
	switch {
	case len(silent) > 0:
		f.Wrong = p.Words.Text("web-welcome-silent", "Host", silent[0].Host, "Reason", p.Words.Error(silent[0].Err))
	case len(pasted.All) == 0:
		f.Wrong = p.Words.Text("web-welcome-no-address")
	}
	return given.With(pasted), nil
}

// uncertainHosts are those that have to say what they are.
func uncertainHosts(found *setup.Finds) (hosts []string) {
	for i := range found.All {
		if f := &found.All[i]; !f.Certain && !slices.Contains(hosts, f.Host()) {
			hosts = append(hosts, f.Host())
		}
	}
	return hosts
}

// hasUncertain says that something was found that may be a document, once somebody
// said where to look.
func (p *page) hasUncertain() bool {
	known := &p.welcomes
	known.mu.Lock()
	defer known.mu.Unlock()
	if known.given == nil {
		return false
	}
	return slices.ContainsFunc(known.found().All, func(f setup.Find) bool { return !f.Certain && !f.Linked() })
}
