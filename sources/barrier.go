package sources

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// ErrServer is matched by errors that are about a whole server and say nothing
// of the document that it was asked for.
var ErrServer = errors.New("the whole server")

// A Barrier is the error for something that stands in place of all that a
// server has. It matches ErrServer and ErrRefused.
type Barrier struct {
	Kind BarrierKind
	Host string // where it leads, if it leads elsewhere: a host, with its port if it has one
}

// A BarrierKind is a word for what stands before a server.
type BarrierKind string

const (
	Elsewhere   BarrierKind = "elsewhere"   // a redirect to another host
	Challenge   BarrierKind = "challenge"   // a page that checks whether a browser asks
	Maintenance BarrierKind = "maintenance" // a page that says that it will be back
	Login       BarrierKind = "login"       // a page to log in
	Proxy       BarrierKind = "proxy"       // a refusal by what stands before the server
	Page        BarrierKind = "page"        // another page, of which nothing is known
	NotThere    BarrierKind = "not-there"   // no server of this kind is at the address
	Replaced    BarrierKind = "replaced"    // the server now runs another program
	NoneThere   BarrierKind = "none-there"  // the server says of every document that it does not exist
	EmptyList   BarrierKind = "empty-list"  // the server lists none, and had some before
)

var barriers = map[BarrierKind]string{
	Elsewhere:   "it redirects to a different host",
	Challenge:   "a page stands before the server that lets in only browsers",
	Maintenance: "a page stands before the server that says it is under maintenance",
	Login:       "a page to log in stands before the server",
	Proxy:       "a proxy before the server refuses",
	Page:        "a web page in place of the document",
	NotThere:    "no such server is at the address",
	Replaced:    "the server now runs another program",
	NoneThere:   "the server says that it has none of its documents",
	EmptyList:   "the server lists no documents any more",
}

func (b *Barrier) Error() string {
	if b.Host != "" {
		return fmt.Sprintf("%s: %s", barriers[b.Kind], b.Host)
	}
	return barriers[b.Kind]
}

// Unwrap makes a Barrier match ErrServer and ErrRefused.
func (b *Barrier) Unwrap() []error { return []error{ErrServer, ErrRefused} }

// AboutServer makes err match ErrServer without saying so.
func AboutServer(err error) error { return aboutServer{err} }

type aboutServer struct{ error }

func (a aboutServer) Unwrap() []error { return []error{a.error, ErrServer} }

// RecognizeLength is how much of a body Recognize needs.
const RecognizeLength = 16 << 10

// Recognize says what an answer is that is not what was asked for, by its head
// and the beginning of its body; nil: it is nothing known. Words of a page
// count in its title and its headings only, as the rest may repeat the address
// that was asked for.
func Recognize(r *http.Response, start []byte) *Barrier {
	page := strings.ToLower(string(start))
	if b := leads(r); b != nil {
		return b
	}
	switch {
	case r.Header.Get("Cf-Mitigated") == "challenge", containsAny(page, challenges):
		return &Barrier{Kind: Challenge}
	case r.StatusCode == http.StatusProxyAuthRequired, r.Header.Get("X-Squid-Error") != "":
		return &Barrier{Kind: Proxy}
	case r.StatusCode == http.StatusNotFound:
		return nil
	}
	said := headings(page)
	switch {
	case containsAny(said, doubts):
		return &Barrier{Kind: Challenge}
	case passwordField.MatchString(page), containsAny(said, logins):
		return &Barrier{Kind: Login}
	case containsAny(said, maintenances), r.StatusCode == http.StatusServiceUnavailable && isPage(page):
		return &Barrier{Kind: Maintenance}
	case r.StatusCode >= 400 && r.StatusCode < 500 && containsAny(page, refusals):
		return &Barrier{Kind: Proxy}
	}
	return nil
}

// leads recognises a redirect by where it leads.
func leads(r *http.Response) *Barrier {
	if r.StatusCode < 300 || r.StatusCode >= 400 || r.Request == nil {
		return nil
	}
	to, err := r.Location()
	if err != nil || to.Scheme != "http" && to.Scheme != "https" {
		return nil
	}
	b := &Barrier{}
	if !strings.EqualFold(to.Hostname(), r.Request.URL.Hostname()) {
		b.Kind, b.Host = Elsewhere, shownHost(to)
	}
	path := strings.ToLower(to.Path)
	switch parts := strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune("/._-", r) }); {
	case slices.ContainsFunc(parts, func(part string) bool { return slices.Contains(loginParts, part) }):
		b.Kind = Login
	case strings.Contains(path, "maintenance"):
		b.Kind = Maintenance
	}
	if b.Kind == "" {
		return nil
	}
	return b
}

// shownHost is a host as messages name it. It is the server's word: what cannot
// be a host's name is left out.
func shownHost(u *url.URL) string {
	base, err := Normalize(u.Scheme + "://" + u.Host)
	if err != nil {
		return "?"
	}
	_, host, _ := strings.Cut(base, "://")
	return host
}

var (
	loginParts = []string{"login", "signin", "sign_in", "logon", "sso", "cas", "saml", "saml2", "oauth", "oauth2", "oidc", "auth", "authorize", "realms"}

	// What pages hold that ask for a browser: those of Cloudflare, Anubis,
	// go-away, DDoS-Guard, Imperva, Sucuri, AWS and DataDome.
	challenges = []string{
		"__cf_chl", "cdn-cgi/challenge-platform", "cf-browser-verification", "/.within.website/x/", `id="anubis_`, "cmd/go-away/", "ddos-guard",
		"_incapsula_resource", "sucuri_cloudproxy", "awswaf", "captcha-delivery.com", "g-recaptcha", "h-captcha",
	}
	// What such pages have as titles, where their insides are others'.
	doubts = []string{
		"not a bot", "not a robot", "pas un robot", "pas un bot", "kein bot", "kein roboter", "are human", "are you human", "êtes humain",
		"just a moment", "checking your browser", "un instant…", "un instant...",
	}
	logins       = []string{"log in", "login", "sign in", "se connecter", "connexion", "authentification", "anmelden", "anmeldung", "iniciar sesión", "accedi"}
	maintenances = []string{"maintenance", "be right back", "wartung", "mantenimiento", "manutenzione", "onderhoud", "temporarily unavailable"}

	// What stands on pages with which web servers and firewalls refuse.
	refusals = []string{
		"<center>nginx", "<center>openresty", "you don't have permission to access", "<address>apache", "request forbidden by administrative rules",
		"error code: 10", "sorry, you have been blocked", "mod_security", "modsecurity", "the requested url was rejected", "errors.edgesuite.net",
		"err_access_denied", "web page blocked", "varnish cache server",
	}

	passwordField = regexp.MustCompile(`<input[^>]*type\s*=\s*["']?password`)
	heading       = regexp.MustCompile(`(?s)<(?:title|h1|h2)\b[^>]*>(.*?)</`)
)

func headings(page string) string {
	var said strings.Builder
	for _, m := range heading.FindAllStringSubmatch(page, 8) {
		said.WriteString(m[1])
		said.WriteByte('\n')
	}
	return said.String()
}

func isPage(start string) bool {
	return strings.Contains(start, "<html") || strings.Contains(start, "<!doctype")
}

func containsAny(s string, of []string) bool {
	return slices.ContainsFunc(of, func(part string) bool { return strings.Contains(s, part) })
}
