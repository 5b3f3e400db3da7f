package pollaristest

import (
	"net/http"
	"regexp"
	"strings"
)

var (
	read = regexp.MustCompile(`^(/robots\.txt|/preferences|/login|/admin(\?page=[1-9][0-9]*)?` +
		`|/polls/[A-Za-z0-9_-]+(\.csv|/authenticate)?` +
		`|` + admins + `/(admin|edit|settings|proposals|dates|slots))$`)
	making = regexp.MustCompile(`^(/polls/new\?type=(date|classic)|` + admins + `/(edit|dates|slots|proposals|settings|summary|complete)(\?flow=on)?)$`)
	// ofFramadate are those that a saved poll is looked for at, before it is
	// known that its server became another one.
	ofFramadate = regexp.MustCompile(`^/(|preferences|(studs|adminstuds|exportcsv)\.php\?(poll|admin)=[A-Za-z0-9-]+(&lang=fr)?|[A-Za-z0-9-]{16,64}(/admin)?)$`)
)

// asked says whether padsync may send the request.
func (s *Server) asked(r *http.Request, fields fields) bool {
	address, ok := strings.CutPrefix(r.URL.RequestURI(), s.options.Prefix)
	switch {
	case !ok:
		return false
	case r.Method == http.MethodGet && ofFramadate.MatchString(address), r.Method == http.MethodGet && address == "/robots.txt":
		return true
	case r.Header.Get("Accept-Language") != "en-GB":
		return false
	case r.Method == http.MethodGet:
		return read.MatchString(address) || s.options.Importing && making.MatchString(address)
	case r.Method == http.MethodPost:
		return opens(address, fields) || s.options.Importing && makes(address, fields)
	}
	return false
}

// opens says whether the request is a password's form.
func opens(address string, f fields) bool {
	if address == "/login" {
		return len(f) == 3 && f.value("_username") != "" && f.value("_password") != "" && f.value("_csrf_token") != ""
	}
	return strings.HasPrefix(address, "/polls/") && strings.HasSuffix(address, "/authenticate") && len(f) == 2 &&
		f.value("poll_authentication[password]") != "" && f.value("poll_authentication[_token]") != ""
}

// forms are those that make and fill a poll, and where they are sent.
var forms = []struct {
	name    string
	address *regexp.Regexp
}{
	{"poll", regexp.MustCompile(`^/polls/new\?type=(date|classic)$`)},
	{"poll", regexp.MustCompile(`^` + admins + `/edit(\?flow=on)?$`)},
	{"poll_dates", regexp.MustCompile(`^` + admins + `/dates(\?flow=on)?$`)},
	{"poll_slots", regexp.MustCompile(`^` + admins + `/slots(\?flow=on)?$`)},
	{"poll_proposals", regexp.MustCompile(`^` + admins + `/proposals(\?flow=on)?$`)},
	{"poll_settings", regexp.MustCompile(`^` + admins + `/settings(\?flow=on)?$`)},
	{"poll_summary", regexp.MustCompile(`^` + admins + `/summary\?flow=on$`)},
	{"vote", regexp.MustCompile(`^/polls/[A-Za-z0-9_-]+$`)},
	{"comment", regexp.MustCompile(`^/polls/[A-Za-z0-9_-]+$`)},
}

const admins = `/polls/[0-9a-f]{20}/[0-9a-f]{20}`

// makes: the token is the last field, so that it is lost if any is.
func makes(address string, f fields) bool {
	for _, form := range forms {
		if !form.address.MatchString(address) || len(f) == 0 || f[len(f)-1].Name != form.name+"[_token]" {
			continue
		}
		for _, field := range f {
			if !strings.HasPrefix(field.Name, form.name+"[") {
				return false
			}
		}
		return true
	}
	return false
}
