package pages

import (
	"html/template"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/mirror"
)

// mirrorPage leads to the pages of a mirror, folder by folder. All of it is
// escaped, and links lead into the mirror only.
var mirrorPage = template.Must(template.New("").Parse(head("", stateStyle+`h2 { font: 400 1.5rem/1.3 var(--serif); }
.jump { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-block-start: 1rem; font-size: var(--small); }
ul { list-style: none; margin: 0; padding: 0; border-block-end: 1px solid var(--line); }
li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .1rem 1.5rem; align-items: baseline; padding-block: .7rem; border-block-start: 1px solid var(--line); }
li > a { font: 1.1875rem/1.35 var(--serif); justify-self: start; overflow-wrap: anywhere; }
li > span { color: var(--soft); font-size: var(--tiny); white-space: nowrap; }
li > div { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 0 1.25rem; font-size: var(--tiny); line-height: 1.5rem; color: var(--soft); }
li > div .state { font-size: inherit; }
li > div a { min-inline-size: 1.5rem; }
@media (max-width: 40rem) { li { grid-template-columns: minmax(0, 1fr); } }
@media print { .jump, .form { display: none; } }
`) + `<p class="lead">{{.Lead}}</p>
{{if .Jump}}<nav class="jump" aria-label="{{.Folders}}">{{range .All}}<a href="#{{.Anchor}}">{{.Name}}</a> {{end}}</nav>
{{end}}{{range .All}}<section aria-labelledby="{{.Anchor}}">
<h2 id="{{.Anchor}}">{{.Name}}</h2>
<ul>
{{- range $row := .Rows}}
<li><a href="{{.Link}}">{{.Title}}</a>{{with .Changed}} <span>{{$.Changed}} <time datetime="{{.Format "2006-01-02"}}">{{call $.Date .}}</time></span>{{end}}
<div>{{with .State}}<span class="state {{.Class}}">{{.Words}}</span> {{end}}{{with .Saved}}<span>{{$.Saved}} <time datetime="{{.Format "2006-01-02"}}">{{call $.Date .}}</time></span>{{end}}{{range .Others}} <a class="form" href="{{.Link}}">{{.Form}}<span class="unseen"> – {{$row.Title}}</span></a>{{end}}</div></li>
{{- end}}
</ul>
</section>
{{end}}</main>
<footer><p>{{.Foot}}</p></footer>
</body>
</html>
`))

type mirrorFolder struct {
	Name, Anchor string
	Rows         []mirrorRow
}

type mirrorRow struct {
	Link, Title    string
	Changed, Saved *time.Time
	State          *mirrorState
	Others         []mirrorLink
}

type mirrorState struct{ Class, Words string }

type mirrorLink struct{ Link, Form string }

// Mirror is the page that leads to all of a mirror.
func Mirror(a *words.Words) func(io.Writer, []mirror.Entry) error {
	return func(w io.Writer, all []mirror.Entry) error {
		var folders []mirrorFolder
		for _, e := range all {
			if n := len(folders); n == 0 || folders[n-1].Name != e.Folder {
				folders = append(folders, mirrorFolder{Name: e.Folder, Anchor: "f" + strconv.Itoa(n+1)})
			}
			last := &folders[len(folders)-1]
			last.Rows = append(last.Rows, rowOf(a, &e))
		}
		lead := a.Text("mirror-none")
		if len(all) > 0 {
			lead = a.Text("mirror-lead", "Count", len(all))
		}
		return mirrorPage.Execute(w, map[string]any{
			"Language": a.Text("language"), "Title": a.Text("mirror-title"), "Lead": lead, "Folders": a.Text("mirror-folders"), "Jump": len(folders) > 1, "All": folders,
			"Changed": a.Text("mirror-changed"), "Saved": a.Text("mirror-copied"), "Foot": a.Text("mirror-foot"),
			"Date": func(t *time.Time) string { return MirrorLanguage(a).Date(t.Local()) },
		})
	}
}

func rowOf(a *words.Words, e *mirror.Entry) mirrorRow {
	row := mirrorRow{Title: e.Title, Changed: known(e.Modified), Saved: known(e.Saved)}
	if s, told := mirrorStates[e.State]; told {
		row.State = &mirrorState{s.Class, a.Text(s.Words)}
	}
	for i, p := range e.Pages {
		link := "./" + (&url.URL{Path: p.Name}).EscapedPath()
		if i == 0 {
			row.Link = link
			continue
		}
		row.Others = append(row.Others, mirrorLink{link, a.Text(mirrorForms[p.Form])})
	}
	return row
}

// known is nil for a time that is not known.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.Local()
	return &t
}

var mirrorStates = map[mirror.State]mirrorState{
	mirror.Missing: {"is-bad", "mirror-state-missing"}, mirror.Suspect: {"is-look", "mirror-state-suspect"}, mirror.Failed: {"is-look", "mirror-state-failed"},
}

var mirrorForms = map[string]string{
	"html": "mirror-form-html", "markdown": "mirror-form-markdown", "txt": "mirror-form-txt", "csv": "mirror-form-csv", "ics": "mirror-form-ics",
}

// MirrorWords are those of all pages of a mirror.
func MirrorWords(a *words.Words) mirror.Words {
	note := func(id string) func(time.Time) string {
		return func(saved time.Time) string { return a.Text(id, "Time", MirrorLanguage(a).Date(saved.Local())) }
	}
	return mirror.Words{
		Kind: func(kind string) string {
			if id, known := mirrorKinds[kind]; known {
				return a.Text(id)
			}
			return a.Text("mirror-kind-other")
		},
		All: a.Text("mirror-all"), Untagged: a.Text("mirror-untagged"), Versions: a.Text("mirror-versions"),
		Missing: note("mirror-note-missing"), Suspect: note("mirror-note-suspect"), Earlier: note("mirror-note-earlier"),
	}
}

var mirrorKinds = map[string]string{"etherpad": "mirror-kind-pad", "framadate": "mirror-kind-poll", "pollaris": "mirror-kind-poll"}

// MirrorLanguage is the language of a mirror's pages.
func MirrorLanguage(a *words.Words) documents.Language { return documents.Language(a.Text("language")) }
