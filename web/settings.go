package web

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/padsync/padsync/internal/setup"
)

// settingsView is what the configuration says: what has a form, and the rest as it
// was read, each with its line.
type settingsView struct {
	File   string
	Found  bool
	Failed string // a change was refused, for a reason that is no field's

	Language      string // of the program
	Languages     []tongue
	Identity      formField
	Index         bool
	LanguageLine  int
	IdentityLine  int
	IndexLine     int
	Sources       []sourceForm
	Repositories  []lineOf
	Mirrors       []lineOf
	Recipients    []lineOf
	RecipientFile string
}

// A formField is what a field has, and what is wrong with it.
type formField struct{ Value, Wrong string }

// A sourceForm is a [[source]] of the configuration.
type sourceForm struct {
	At          int
	Name, Base  string // the latter "" where the configuration does not say it
	Line        int
	Days, Hours formField
	Documents   int
	All         bool
	List        string // the file of more documents
}

// lineOf is something of the configuration with its line, 0 if it is not from there.
type lineOf struct {
	Text string
	Line int
}

func indexed(table string, i int, key string) string { return fmt.Sprintf("%s[%d].%s", table, i, key) }

func sourceKey(i int) string { return fmt.Sprintf("source[%d]", i) }

func (p *page) settingsRoom(w http.ResponseWriter, r *http.Request) error {
	v, err := p.settingsView()
	if err != nil {
		return err
	}
	return p.showSettings(w, r, http.StatusOK, v)
}

func (p *page) showSettings(w http.ResponseWriter, r *http.Request, status int, v *settingsView) error {
	return p.show(w, r, status, "settings", view{Title: p.Words.Text("web-settings"), Section: "settings", Of: v})
}

func (p *page) settingsView() (*settingsView, error) {
	settings, err := p.settings()
	if err != nil {
		return nil, err
	}
	v := &settingsView{
		File: settings.File, Found: settings.Found, Language: settings.Language, Languages: p.languages(),
		Identity: formField{Value: settings.Encryption.IdentityFile}, Index: settings.Search.Index == nil || *settings.Search.Index,
		LanguageLine: settings.Line("language"), IdentityLine: settings.Line("encryption.identity-file"), IndexLine: settings.Line("search.index"),
		RecipientFile: settings.Encryption.RecipientsFile,
	}
	for i := range settings.Sources {
		source := &settings.Sources[i]
		one := sourceForm{
			At: i, Name: source.Name, Line: max(settings.Line(indexed("source", i, "url")), settings.Line(sourceKey(i))),
			Hours: formField{Value: string(source.Hours)}, Documents: len(source.Documents), All: source.All, List: source.DocumentsFile,
		}
		one.Base = service(settings.BaseOf(i))
		if source.ExpiresAfter != nil {
			one.Days.Value = strconv.Itoa(*source.ExpiresAfter)
		}
		v.Sources = append(v.Sources, one)
	}
	for i, place := range settings.Repositories {
		v.Repositories = append(v.Repositories, lineOf{place.Shown, settings.Line(indexed("repository", i, "address"))})
	}
	for i := range settings.Mirrors {
		v.Mirrors = append(v.Mirrors, lineOf{settings.Mirrors[i].Shown, settings.Line(indexed("mirror", i, "address"))})
	}
	for i, text := range settings.Encryption.Recipients {
		v.Recipients = append(v.Recipients, lineOf{text, settings.Line(fmt.Sprintf("encryption.recipients[%d]", i))})
	}
	return v, nil
}

// changeSettings writes one form of the settings. What the configuration would refuse
// is not written, and said at its field, which keeps what was typed.
func (p *page) changeSettings(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	v, err := p.settingsView()
	if err != nil {
		return err
	}
	form, values := r.PostForm, make(map[string]any)
	given := func(field string) string { return strings.TrimSpace(form.Get(field)) }
	fields := map[string]*formField{} // by the key of the configuration
	switch form.Get("part") {
	case "language":
		values["language"] = orNil(given("language"))
		fields["language"] = &formField{}
	case "identity":
		v.Identity.Value = given("identity-file")
		values["encryption.identity-file"] = orNil(v.Identity.Value)
		fields["identity-file"] = &v.Identity
		if v.Identity.Wrong = p.noFile(settings, v.Identity.Value); v.Identity.Wrong != "" {
			return p.showSettings(w, r, http.StatusUnprocessableEntity, v)
		}
	case "search":
		values["search.index"] = form.Get("index") != ""
	case "source":
		at, err := strconv.Atoi(form.Get("at"))
		if err != nil || at < 0 || at >= len(v.Sources) || v.Sources[at].Base != form.Get("base") || v.Sources[at].Name != form.Get("name") {
			return errForm // it was another one that somebody saw
		}
		one := &v.Sources[at]
		one.Days.Value, one.Hours.Value = given("days"), given("hours")
		fields["expires-after"], fields["hours"] = &one.Days, &one.Hours
		values[indexed("source", at, "hours")] = orNil(one.Hours.Value)
		values[indexed("source", at, "expires-after")] = nil
		if one.Days.Value != "" {
			days, err := strconv.Atoi(one.Days.Value)
			if err != nil {
				one.Days.Wrong = p.Words.Text("web-settings-no-number")
				return p.showSettings(w, r, http.StatusUnprocessableEntity, v)
			}
			values[indexed("source", at, "expires-after")] = days
		}
	default:
		return errForm
	}
	if err := settings.Change(values); err != nil {
		said := strings.Join(append([]string{p.Words.Error(err)}, p.Words.Hints(err)...), " ")
		if at := fields[setup.WrongKey(err)]; at != nil && *at != (formField{}) {
			at.Wrong = said
		} else {
			v.Failed = said
		}
		return p.showSettings(w, r, http.StatusUnprocessableEntity, v)
	}
	return p.done(w, r, "/settings", "web-said-settings")
}

// orNil is nil in place of nothing, which takes a key out.
func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// noFile says that there is no file of a name, which the configuration's folder is
// before; "" if there is one, or no name.
func (p *page) noFile(settings *setup.Settings, name string) string {
	if name == "" {
		return ""
	}
	path := name
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		path = filepath.Join(cmp.Or(p.Setup.Getenv("HOME"), p.Setup.Getenv("USERPROFILE")), rest)
	} else if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(settings.File), path)
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return p.Words.Text("web-settings-no-file")
	}
	return ""
}
