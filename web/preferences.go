package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// What a browser keeps of its reader's wishes. Neither says anything of documents.
const (
	languageCookie = "padsync-language"
	themeCookie    = "padsync-theme"
)

var themes = []string{"light", "dark"}

// in is the page in the language that somebody chose, or else the browser asks for.
func (p *Page) in(r *http.Request) *page {
	var wanted []language.Tag
	if c, err := r.Cookie(languageCookie); err == nil {
		if tag, err := language.Parse(c.Value); err == nil {
			wanted = append(wanted, tag)
		}
	}
	asked, _, _ := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	_, at, _ := p.languages.Match(append(wanted, asked...)...)
	return p.pages[at]
}

// theme is that which somebody chose, "" for that of the system.
func theme(r *http.Request) string {
	if c, err := r.Cookie(themeCookie); err == nil && slices.Contains(themes, c.Value) {
		return c.Value
	}
	return ""
}

// prefer keeps a language or a theme. A theme that is none of ours is the system's.
func (p *page) prefer(w http.ResponseWriter, r *http.Request) error {
	for field, cookie := range map[string]string{"language": languageCookie, "theme": themeCookie} {
		if !r.PostForm.Has(field) {
			continue
		}
		c := http.Cookie{Name: cookie, Value: r.PostForm.Get(field), Path: "/", MaxAge: int((400 * 24 * time.Hour).Seconds()), HttpOnly: true, SameSite: http.SameSiteStrictMode}
		if _, err := language.Parse(c.Value); field == "language" && err != nil || field == "theme" && !slices.Contains(themes, c.Value) {
			c.Value, c.MaxAge = "", -1
		}
		http.SetCookie(w, &c)
	}
	return p.done(w, r, back(r), "")
}

// backField is where a form has the page that it came from.
const backField = "back"

// back is the page of ours that a form came from, the first one if it does not say.
func back(r *http.Request) string { return ours(r.PostForm.Get(backField)) }

// ours is the address of a page of ours, the first one for another.
func ours(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, `\`) || u.Opaque != "" {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}

// here is the address of a page, to come back to, without what was just said.
func here(r *http.Request) string {
	q := r.URL.Query()
	if !q.Has(saidField) {
		return r.URL.RequestURI()
	}
	q.Del(saidField)
	q.Del(countField)
	return (&url.URL{Path: r.URL.Path, RawQuery: q.Encode()}).String()
}
