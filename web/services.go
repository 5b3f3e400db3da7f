package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/setup"
)

// A serverView is a server that has documents, as far as this computer knows: no
// request is made for it.
type serverView struct {
	Service, Base, Name string
	Link                string // to its documents
	Documents           int
	Followed            int
	By                  []counted // of the followed ones, the worst verdict first
	Asked               time.Time // when a document of it was looked at last
	Failing             bool      // in the last run that looked at everything, or since
	Since               time.Time
	Said                []string // why
	Keeping             setup.Keeping
	Hours               string
	Access              []string // the ids of the words for what opens it
	Line                int      // of the configuration, 0 if that does not name it
}

// counted is how many documents have a verdict, as a row for its state.
type counted struct {
	row
	Count int
}

func (p *page) services(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	k, err := p.known(r.Context())
	if err != nil {
		return err
	}
	v := struct {
		Services []*serverView
		LastRun  time.Time
	}{}
	if len(k.runs) > 0 {
		v.LastRun = k.runs[0].Ended
	}
	of := make(map[string]*serverView)
	for i := range k.rows {
		one := &k.rows[i]
		s := of[one.Service]
		if s == nil {
			s = p.service(settings, k.runs, one.key)
			of[one.Service], v.Services = s, append(v.Services, s)
		}
		s.count(one)
	}
	for _, s := range v.Services {
		slices.SortStableFunc(s.By, func(a, b counted) int {
			return cmp.Compare(a.Verdict.rank(), b.Verdict.rank())
		})
	}
	slices.SortStableFunc(v.Services, func(a, b *serverView) int {
		return cmp.Or(boolCompare(b.Failing, a.Failing), b.Followed-a.Followed, cmp.Compare(a.Service, b.Service))
	})
	return p.show(w, r, http.StatusOK, "services", view{Title: p.Words.Text("web-service-title"), Section: "settings", Of: v})
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func (s *serverView) count(one *row) {
	s.Documents++
	if one.State.Checked.After(s.Asked) {
		s.Asked = one.State.Checked
	}
	if !one.followed() {
		return
	}
	s.Followed++
	at := slices.IndexFunc(s.By, func(c counted) bool { return c.Verdict == one.Verdict })
	if at < 0 {
		at, s.By = len(s.By), append(s.By, counted{row: row{Verdict: one.Verdict, Days: one.Days}})
	}
	s.By[at].Count++
}

// service is what is known of the server of a document, by its key.
func (p *page) service(settings *setup.Settings, runs []catalog.Run, one catalog.Key) *serverView {
	name := service(one.Base)
	s := &serverView{Service: name, Base: one.Base, Link: "/documents?" + url.Values{"service": {name}}.Encode()}
	for i := range runs {
		for _, f := range runs[i].Failures {
			if f.Kind == "server" && service(f.Subject) == name && !s.Failing {
				s.Failing, s.Since, s.Said = true, f.Since, p.why(&f, "", "").What
			}
		}
		if !runs[i].Named {
			break // one of some documents says nothing of the other servers
		}
	}
	s.Keeping = settings.Keeping(one.Kind, one.Base)
	at := settings.SourceAt(one.Base)
	if at < 0 {
		return s
	}
	source := &settings.Sources[at]
	s.Name, s.Hours, s.Line = source.Name, string(source.Hours), settings.Line(sourceKey(at))
	has := func(word string, is bool) {
		if is {
			s.Access = append(s.Access, word)
		}
	}
	has("web-service-user", source.User != "")
	has("web-service-cookie", source.CookieFile != "" || len(source.CookieCommand) > 0)
	has("web-service-api", source.APIKeyFile != "" || len(source.APIKeyCommand) > 0 || source.ClientID != "")
	has("web-service-account", source.MyPadsLogin != "")
	has("web-service-passwords", source.PasswordsFile != "" || len(source.PasswordsCommand) > 0)
	return s
}
