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
	"time"

	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/stylesheet"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/web/access"
)

//go:embed templates static
var files embed.FS

// Options of a Page.
type Options struct {
	Setup    *setup.Setup
	Settings *setup.Settings
	Words    *words.Words
	Now      func() time.Time // time.Now if nil
}

// A Page answers requests that web/access let through. It is safe for
// concurrent use.
type Page struct {
	Options
	templates map[string]*template.Template // by the name of the page
	mux       *http.ServeMux
}

// New is the page of these settings.
func New(o Options) (*Page, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &Page{Options: o, mux: http.NewServeMux()}
	if err := p.parse(); err != nil {
		return nil, err
	}
	p.mux.HandleFunc("GET /{$}", p.answer(p.home))
	p.mux.HandleFunc("GET /documents", p.answer(p.documents))
	p.mux.HandleFunc("GET /documents/{hash}", p.answer(p.document))
	p.mux.HandleFunc("GET /documents/{hash}/saved", p.answer(p.saved))
	p.mux.HandleFunc("GET /search", p.answer(p.search))
	p.mux.HandleFunc("GET /runs", p.answer(p.runs))
	p.mux.HandleFunc("GET /static/{file}", static)
	p.mux.HandleFunc("/", p.answer(func(http.ResponseWriter, *http.Request) error { return errNotFound }))
	return p, nil
}

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// parse reads the templates: each page is a file that fills the layout.
func (p *Page) parse() error {
	common, err := template.New("").Funcs(p.functions()).ParseFS(files, "templates/layout.html", "templates/parts.html")
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
	Token   string // for forms
	Asked   string // what was searched for
	Of      any    // the page's own
}

// show writes a page, whole or not at all.
func (p *Page) show(w http.ResponseWriter, r *http.Request, status int, page string, v view) error {
	v.Token = access.Token(r)
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

var errNotFound = errors.New("no such page")

// answer makes a page of an error, too.
func (p *Page) answer(serve func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := serve(w, r)
		if err == nil || errors.Is(err, context.Canceled) {
			return
		}
		status, f := http.StatusInternalServerError, failure{What: p.Words.Error(err), Do: p.Words.Hints(err)}
		if errors.Is(err, errNotFound) {
			status, f = http.StatusNotFound, failure{What: p.Words.Text("web-not-found")}
		}
		if err := p.show(w, r, status, "failure", view{Title: p.Words.Text("web-failure"), Of: f}); err != nil {
			http.Error(w, "padsync", http.StatusInternalServerError)
		}
	}
}

// A failure is what could not be shown.
type failure struct {
	What string
	Do   []string
}

// static gives what never changes while this program runs.
func static(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "private, no-cache")
	name := r.PathValue("file")
	text, err := files.ReadFile("static/" + name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	if name == "page.css" {
		text = append([]byte(stylesheet.Common), text...)
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(text))
}
