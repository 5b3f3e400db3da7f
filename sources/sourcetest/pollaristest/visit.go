package pollaristest

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// A visit is one request, and its answer in the making.
type visit struct {
	*Server
	r       *http.Request
	fields  fields
	session *session // nil: none yet
	words   *words
	root    string // the path of the server, with index.php if that was asked

	header http.Header
	status int
	body   bytes.Buffer
}

//go:embed templates
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{"markdown": rendered}).ParseFS(files, "templates/*.html"))

// page is what every page shows.
type page struct {
	W       *words
	Root    string
	Heading string
	Version int // of scripts and styles
}

func (v *visit) page(title string) page {
	return page{W: v.words, Root: v.root, Heading: title, Version: v.answers}
}

func (v *visit) show(name string, view any) {
	v.header.Set("Content-Type", "text/html; charset=UTF-8")
	v.header.Set("Cache-Control", "max-age=0, must-revalidate, private")
	if err := pages.ExecuteTemplate(&v.body, name+".html", view); err != nil {
		panic(err) // the template is wrong
	}
}

type errorView struct {
	page
	Text string
}

func (v *visit) notFound() {
	v.status = http.StatusNotFound
	if strings.Contains(v.r.Header.Get("Accept"), "application/json") {
		v.header.Set("Content-Type", "application/problem+json")
		_ = json.NewEncoder(&v.body).Encode(map[string]any{"type": "about:blank", "title": "An error occurred", "status": v.status, "detail": "Not Found"})
		return
	}
	v.show("error", errorView{page: v.page(v.words.Missing), Text: v.words.Missing})
}

func (v *visit) notAllowed() {
	v.status = http.StatusMethodNotAllowed
	v.show("error", errorView{page: v.page("405"), Text: "405"})
}

func (v *visit) redirect(to string) {
	v.header.Set("Location", to)
	v.status = http.StatusFound
}

// url is an address as pages name it to people.
func (v *visit) url(path string) string {
	base := v.options.Base
	if base == "" {
		base = "http://" + v.r.Host
	}
	return base + path
}

func (v *visit) pollPath(p *Poll) string         { return v.root + "/polls/" + p.Slug }
func (v *visit) authenticatePath(p *Poll) string { return v.pollPath(p) + "/authenticate" }
func (v *visit) adminPath(p *Poll, below string) string {
	return v.root + "/polls/" + p.ID + "/" + p.Token + "/" + below
}

var (
	ofPoll  = regexp.MustCompile(`^/polls/([^/]+?)(\.csv|/authenticate|/votes/([^/]+)/edit)?$`)
	ofAdmin = regexp.MustCompile(`^/polls/([^/]+)/([^/]+)/(?:(admin|edit|settings|proposals|dates|slots|summary|complete|deletion)|(votes|comments)/([^/]+)/deletion)$`)
)

// route finds who answers. Wizard and account come before polls of such slugs.
func (v *visit) route(path string) {
	if inner, ok := strings.CutSuffix(path, "/"); ok && (ofPoll.MatchString(inner) || ofAdmin.MatchString(inner)) {
		v.withoutSlash(inner)
		return
	}
	if v.ownPage(path) {
		return
	}
	if m := ofAdmin.FindStringSubmatch(path); m != nil {
		v.adminPages(m[1], m[2], m[3], m[4], m[5])
		return
	}
	m := ofPoll.FindStringSubmatch(path)
	switch {
	case m == nil:
		v.notFound()
	case m[2] == ".csv":
		v.table(m[1])
	case m[2] == "/authenticate":
		v.authenticate(m[1])
	case m[2] != "":
		v.editVote(m[1], m[3])
	default:
		v.poll(m[1])
	}
}

// withoutSlash leads on to the address without the slash at its end.
func (v *visit) withoutSlash(path string) {
	if v.r.Method != http.MethodGet && v.r.Method != http.MethodHead {
		v.notFound()
		return
	}
	v.header.Set("Location", v.url(v.root+path))
	v.status = http.StatusMovedPermanently
}

// ownPage answers what is no poll's, and says whether it did.
func (v *visit) ownPage(path string) bool {
	switch path {
	case "/robots.txt":
		v.header.Set("Content-Type", "text/plain")
		v.body.WriteString("User-agent: *\nDisallow: /polls/\n")
	case "/preferences":
		v.preferences()
	case "/", "":
		v.show("home", v.page("-"))
	case "/my":
		v.my()
	case "/polls/choose":
		v.show("home", v.page("-"))
	case "/polls/new":
		v.newPoll()
	case "/login":
		v.login()
	case "/logout":
		v.logout()
	case "/admin":
		v.list()
	default:
		return false
	}
	return true
}

// preferences sets the language of the session. The form is shown within a page, and
// comes without one.
func (v *visit) preferences() {
	f := inputs{Name: "preferences", Class: "form--standard"}
	f.add(input{Type: "select", Name: "locale", Required: true, Options: slices.Sorted(maps.Keys(languages)), Value: v.words.Locale})
	f.add(input{Type: "select", Name: "colorScheme", Required: true, Options: []string{"auto", "light", "dark"}})
	if v.submitted(f.Name) && v.valid(&f) {
		if locale := v.fields.value("preferences[locale]"); languages[locale] != nil {
			v.start().locale = locale
			v.redirect(v.root + "/")
			return
		}
		f.refuse("locale", v.words.Refused)
	}
	v.form("settings", f, "")
}
