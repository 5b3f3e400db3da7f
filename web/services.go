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
	Kinds               []string
	Documents           int
	Followed            int
	By                  []counted // of the followed ones, the worst verdict first
	Asked               time.Time // when a document of it was looked at last
	Failing             bool      // in the last run
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
	known, err := settings.Catalogued(r.Context())
	if err != nil {
		return err
	}
	defer known.Close()
	runs, err := known.Catalog.Runs(r.Context(), 1)
	if err != nil {
		return err
	}
	rows, _, err := p.known(r.Context())
	if err != nil {
		return err
	}
	v := struct {
		Services []*serverView
		LastRun  time.Time
	}{}
	if len(runs) > 0 {
		v.LastRun = runs[0].Ended
	}
	of := make(map[string]*serverView)
	for i := range known.All {
		one := &known.All[i]
		if known.Gone(one) {
			continue
		}
		name := service(one.Base)
		s := of[name]
		if s == nil {
			s = p.service(settings, runs, one)
			of[name], v.Services = s, append(v.Services, s)
		}
		if !slices.Contains(s.Kinds, one.Kind) {
			s.Kinds = append(s.Kinds, one.Kind)
		}
		if state := known.State(one); state.Checked.After(s.Asked) {
			s.Asked = state.Checked
		}
	}
	for i := range rows {
		if s := of[rows[i].Service]; s != nil {
			s.count(&rows[i])
		}
	}
	for _, s := range v.Services {
		slices.SortStableFunc(s.By, func(a, b counted) int {
			return cmp.Compare(slices.Index(verdicts, a.Verdict), slices.Index(verdicts, b.Verdict))
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
	switch one.Verdict {
	case unchosen, elsewhere, aside:
		return
	}
	s.Followed++
	at := slices.IndexFunc(s.By, func(c counted) bool { return c.Verdict == one.Verdict })
	if at < 0 {
		at, s.By = len(s.By), append(s.By, counted{row: row{Verdict: one.Verdict, Days: one.Days}})
	}
	s.By[at].Count++
}

// service is what is known of the server of a document.
func (p *page) service(settings *setup.Settings, runs []catalog.Run, one *catalog.Document) *serverView {
	name := service(one.Base)
	s := &serverView{Service: name, Base: one.Base, Link: "/documents?" + url.Values{"service": {name}}.Encode()}
	if len(runs) > 0 {
		for _, f := range runs[0].Failures {
			if f.Kind == "server" && service(f.Subject) == name {
				why := p.why(&f, "", "")
				s.Failing, s.Since, s.Said = true, f.Since, why.What
			}
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
