// Package web is padsync's page: what a person who uses no terminal sees of her
// documents. It words what the rooms below it know and do, and keeps nothing
// itself. Who may see it is decided before, by web/access.
package web

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/schedule"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/stylesheet"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/web/access"
	"golang.org/x/text/language"
)

//go:embed templates static/css static/js/*.js static/*.svg
var files embed.FS

// Options of a Page.
type Options struct {
	Setup    *setup.Setup
	Settings *setup.Settings // as the program began with them; a page follows their file

	// Words are those of each language that the page speaks. A browser that asks
	// for none of them gets the first.
	Words []*words.Words

	// Host is whose schedule the page shows and changes; nil: this computer.
	Host *schedule.Host

	Now func() time.Time // time.Now if nil
}

// A Page answers requests that web/access let through, each in the language of its
// reader. It is safe for concurrent use. Close ends what it began.
type Page struct {
	*shared
	languages language.Matcher
	pages     []*page // in the order of Options.Words
}

// shared is what the languages of a page have in common.
type shared struct {
	Options
	jobs     *jobs
	keys     *keyring
	idle     *idle
	welcomes welcoming
	knowing  knowing
	gathered gatherings
	teller   *setup.Teller
	shelf    *shelf

	mu  sync.Mutex
	now *setup.Settings // as the file of the configuration is
}

// A page is the page in one language.
type page struct {
	*shared
	Words     *words.Words
	templates map[string]*template.Template // by the name of the page
	mux       *http.ServeMux
	patterns  []string // of mux, but for files
}

// New is the page of these settings.
func New(o Options) (*Page, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Setup != nil {
		quiet := *o.Setup
		quiet.Asker = quietly{o.Setup.Asker}
		o.Setup = &quiet
	}
	if o.Settings != nil {
		o.Settings = o.Settings.Asking(quietly{o.Setup.Asker})
	}
	shelf := &shelf{clock: o.Now}
	all := &Page{shared: &shared{Options: o, jobs: newJobs(o.Now), keys: newKeyring(o.Now, shelf.clear), idle: newIdle(), shelf: shelf, now: o.Settings}}
	all.teller = setup.NewTeller(context.Background(), all.tell)
	var tags []language.Tag
	for _, said := range o.Words {
		p := &page{shared: all.shared, Words: said, mux: http.NewServeMux()}
		if err := p.parse(); err != nil {
			return nil, err
		}
		p.route()
		all.pages = append(all.pages, p)
		tags = append(tags, language.Make(said.Text("language")))
	}
	all.languages = language.NewMatcher(tags)
	return all, nil
}

// route says what answers each request. What changes something is a POST, and
// ends in a redirect to a page that says what was done.
func (p *page) route() {
	get := func(path string, serve func(http.ResponseWriter, *http.Request) error) { p.handle("GET "+path, serve) }
	post := func(path string, serve func(http.ResponseWriter, *http.Request) error) { p.handle("POST "+path, serve) }
	get("/{$}", p.home)
	get("/documents", p.documents)
	post("/documents", p.change)
	get("/documents/{hash}/name", p.name)
	post("/documents/{hash}/name", p.rename)
	get("/documents/{hash}", p.document)
	get("/documents/{hash}/saved", p.saved)
	get("/documents/{hash}/stop", p.stop)
	get("/add", p.add)
	post("/add", p.addGiven)
	post("/add/chosen", p.addChosen)
	post("/look", p.lookForNew)
	get("/documents/{hash}/moments", p.moments)
	get("/documents/{hash}/compare", p.compare)
	get("/search", p.search)
	get("/runs", p.runs)
	get("/runs/{id}", p.run)
	get("/jobs/{id}", p.job)
	get(live+"jobs/{id}", p.job)
	post("/jobs/{id}/stop", p.stopJob)
	post("/save", p.save)
	post("/documents/{hash}/accept", p.accept)
	get("/documents/{hash}/put-back", p.putBack)
	post("/documents/{hash}/put-back", p.doPutBack)
	get("/key", p.key)
	post("/key", p.openKey)
	post("/key/forget", p.forgetKey)
	get(live+"work", p.working)
	post("/preferences", p.prefer)
	p.routeWelcome(get, post)
	p.routeRooms(get, post)
	p.mux.HandleFunc("GET /static/{file}", static)
	p.mux.HandleFunc("/", p.answer(func(http.ResponseWriter, *http.Request) error { return errNotFound }))
}

func (p *page) handle(pattern string, serve func(http.ResponseWriter, *http.Request) error) {
	p.patterns = append(p.patterns, pattern)
	p.mux.HandleFunc(pattern, p.answer(serve))
}

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if IsPersons(r) {
		p.idle.person()
		p.keys.person(access.Token(r))
	}
	p.in(r).mux.ServeHTTP(w, r)
}

// Close ends the jobs that are at work, as Ctrl-C ends a command, tells the
// repositories what was said since they were told last, and returns when all that has
// ended.
func (p *Page) Close() {
	p.jobs.close()
	p.teller.Close(context.Background())
	p.keys.forgetAll()
	_ = p.knowing.changes.Close() // which only read
	p.shelf.close()
}

// Busy reports whether a job is at work.
func (p *Page) Busy() bool { return p.jobs.busy() }

// live is where the addresses begin that a page asks for by itself: they are no
// request of a person.
const live = "/live/"

// IsPersons reports whether a person made a request, and not a page by itself.
func IsPersons(r *http.Request) bool { return !strings.HasPrefix(r.URL.Path, live) }

// settings are those of the configuration as it is now.
func (s *shared) settings() (*setup.Settings, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.now.Current()
	if err == nil {
		s.now = now
	}
	return now, err
}

// parse reads the templates: each page is a file that fills the layout.
func (p *page) parse() error {
	common, err := template.New("").Funcs(p.functions()).ParseFS(files, "templates/layout.html", "templates/part*.html")
	if err != nil {
		return err
	}
	names, err := fs.Glob(files, "templates/page-*.html")
	if err != nil {
		return err
	}
	p.templates = make(map[string]*template.Template)
	for _, name := range names {
		page, err := common.Clone()
		if err != nil {
			return err
		}
		if page, err = page.ParseFS(files, name); err != nil {
			return err
		}
		p.templates[name[len("templates/page-"):len(name)-len(".html")]] = page
	}
	return nil
}

// view is what each template gets.
type view struct {
	Title   string
	Section string // of the navigation
	Asked   string // what was searched for
	Of      any    // the page's own

	// What show fills in.
	Token string // for forms
	Theme string // "light" or "dark", "" as the system says
	Said  string // what was just done
	Here  string // the address, to come back to
	Work  *work  // what is at work, on pages that are not that
}

// show writes a page, whole or not at all.
func (p *page) show(w http.ResponseWriter, r *http.Request, status int, page string, v view) error {
	v.Token, v.Theme, v.Said, v.Here = access.Token(r), theme(r), p.saying(r), here(r)
	if v.Section == "home" || v.Section == "runs" {
		v.Work = p.work()
	}
	var out bytes.Buffer
	if err := p.templates[page].ExecuteTemplate(&out, "layout", v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = out.WriteTo(w)
	}
	return nil
}

var (
	errNotFound = errors.New("no such page")
	errForm     = errors.New("not a form of this page") // only what no form of ours sends
)

// answer makes a page of an error, too.
func (p *page) answer(serve func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := serve(w, r)
		if err == nil || errors.Is(err, context.Canceled) {
			return
		}
		status, f := http.StatusInternalServerError, failure{What: p.Words.Error(err), Do: p.Words.Hints(err)}
		switch {
		case errors.Is(err, errNotFound):
			status, f = http.StatusNotFound, failure{What: p.Words.Text("web-not-found")}
		case p.isAbsent(err):
			status = http.StatusNotFound
		case errors.Is(err, errForm):
			status, f = http.StatusBadRequest, failure{What: p.Words.Text("web-bad-form")}
		}
		if err := p.show(w, r, status, "failure", view{Title: p.Words.Text("web-failure"), Of: f}); err != nil {
			http.Error(w, "padsync", http.StatusInternalServerError)
		}
	}
}

// isAbsent reports whether what an address asks for is not there.
func (p *page) isAbsent(err error) bool {
	_, nothing := errors.AsType[*library.NothingError](err)
	return nothing || errors.Is(err, library.ErrNoVersion) || errors.Is(err, library.ErrNotYet) || errors.Is(err, library.ErrNoForm) ||
		p.Words.ClassOf(err) == message.Usage
}

// A failure is what could not be shown.
type failure struct {
	What string
	Do   []string
}

// static gives what never changes while this program runs: the stylesheet is all of
// static/css, in the order of names, behind what all pages of padsync have.
func static(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "private, no-cache")
	name := r.PathValue("file")
	var text []byte
	var err error
	switch path.Ext(name) {
	case ".css":
		text, err = allStyles(name)
	case ".js":
		text, err = files.ReadFile("static/js/" + name)
	default:
		text, err = files.ReadFile("static/" + name)
	}
	if err != nil {
		http.NotFound(w, r)
		return
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(text))
}

func allStyles(name string) ([]byte, error) {
	if name != "page.css" {
		return nil, fs.ErrNotExist
	}
	text := []byte(stylesheet.Common)
	parts, err := fs.Glob(files, "static/css/*.css")
	for _, part := range parts {
		more, err := files.ReadFile(part)
		if err != nil {
			return nil, err
		}
		text = append(text, more...)
	}
	return text, err
}
