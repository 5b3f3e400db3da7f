package web

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/setup"
)

// The steps of the welcome, in their order. How far somebody is shows in what is
// there: documents in the catalogue, choices, a repository in the configuration, a
// key, versions. So each can be left, and taken up by another browser.
const (
	finding = iota + 1
	choosing
	placing
	keying
	saving
)

var stepWords = []string{
	finding: "web-welcome-find", choosing: "web-welcome-choose", placing: "web-welcome-where", keying: "web-welcome-key", saving: "web-welcome-save",
}

func stepLink(step int) string { return "/welcome/" + strconv.Itoa(step) }

// A stage is a step as a page of the welcome shows it.
type stage struct {
	Number        int
	Word, Link    string
	Done, Current bool
}

// way is where among the steps one is that goes to so many by now.
func way(at, reached int) (all []stage) {
	for step := finding; step <= saving; step++ {
		all = append(all, stage{step, stepWords[step], stepLink(step), step < reached, step == at})
	}
	return all
}

// A welcoming is what the welcome has in memory: what can be found again, and a key
// that nobody has proved to have.
type welcoming struct {
	mu        sync.Mutex // guards what follows, also while it is looked for
	seen      *setup.Finds
	skipped   []skipped
	looked    time.Time
	without   map[string]bool        // browsers that are not wanted
	given     *setup.Finds           // in what was pasted, and in files
	silent    map[string]string      // why hosts did not say what they are
	making    map[string]*making     // by session
	first     *job                   // the first backup
	questions map[string][]*question // about places, by session
	opened    *proof                 // that what it saved opens
}

func (p *page) routeWelcome(get, post func(string, func(http.ResponseWriter, *http.Request) error)) {
	get("/welcome", p.welcome)
	get("/welcome/1", p.step(finding, p.findStep))
	post("/welcome/1", p.found)
	get("/welcome/2", p.step(choosing, p.choose))
	post("/welcome/2", p.chosen)
	get("/welcome/3", p.step(placing, p.where))
	post("/welcome/3", p.place)
	get(copiesLink, p.copies)
	post(copiesLink, p.placeCopies)
	post("/welcome/place/join", p.joinPlace)
	post("/welcome/place/own", p.ownFolder)
	post("/welcome/place/leave", p.leavePlace)
	get("/welcome/4", p.step(keying, p.keyStep))
	post("/welcome/4", p.keepKey)
	post("/welcome/4/key", p.makeKey)
	post("/welcome/4/file", p.keyFile)
	get("/welcome/5", p.step(saving, p.saveStep))
	get(live+"welcome/5", p.step(saving, p.saveStep))
	post("/welcome/5", p.saveFirst)
	post("/welcome/night", p.everyNight)
}

// welcome goes on where somebody left off.
func (p *page) welcome(w http.ResponseWriter, r *http.Request) error {
	reached, err := p.reached(r.Context())
	if err != nil {
		return err
	}
	return p.done(w, r, stepLink(reached), "")
}

// step shows a step, to whom the ones before it are done.
func (p *page) step(number int, show func(http.ResponseWriter, *http.Request, int) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		reached, err := p.reached(r.Context())
		if err != nil {
			return err
		}
		if number > reached {
			return p.done(w, r, stepLink(reached), "")
		}
		return show(w, r, reached)
	}
}

// reached is the first step that is not done.
func (p *page) reached(ctx context.Context) (int, error) {
	settings, err := p.settings()
	if err != nil {
		return 0, err
	}
	d, err := settings.Catalogued(ctx)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	known, automatic := p.hasUncertain(), false
	for i := range d.All {
		if one := &d.All[i]; !d.Gone(one) {
			known = true
			automatic = automatic || d.Choice(one) == string(catalog.Automatic)
		}
	}
	switch {
	case automatic || settings.Configured().Any():
	case known:
		return choosing, nil
	default:
		return finding, nil
	}
	switch {
	case len(settings.Config.Repositories) == 0:
		return placing, nil
	case !settings.Settled():
		return keying, nil
	}
	return saving, nil
}

// showStep shows a page of the welcome.
func (p *page) showStep(w http.ResponseWriter, r *http.Request, status, at int, template string, of any) error {
	title := p.Words.Text("web-welcome-title", "Name", p.Words.Text(stepWords[at]), "Step", at)
	return p.show(w, r, status, template, view{Title: title, Section: "welcome", Of: of})
}
