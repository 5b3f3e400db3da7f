package pages

import (
	"html/template"
	"io"
	"net/url"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/mirror"
)

// mirrorPage leads to the pages of a mirror, folder by folder. All of it is
// escaped, and links lead into the mirror only.
var mirrorPage = template.Must(template.New("").Parse(head(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'">
`, `h2 { margin: 2rem 0 .5rem; }
.forms a { margin-inline-end: .6rem; }
.state { opacity: .8; }
@media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; } }
`) + `{{if not .Folders}}<p>{{.None}}</p>
{{end}}{{range .Folders}}<h2>{{.Name}}</h2>
<table>
<thead><tr><th scope="col">{{$.Document}}</th><th scope="col">{{$.Changed}}</th><th scope="col">{{$.Saved}}</th><th scope="col">{{$.State}}</th></tr></thead>
<tbody>
{{- range .Rows}}
<tr><td data-column="{{$.Document}}"><a href="{{.Link}}">{{.Title}}</a>{{if .Others}} <span class="forms">{{range .Others}}<a href="{{.Link}}">{{.Form}}</a>{{end}}</span>{{end}}</td><td data-column="{{$.Changed}}">{{.Changed}}</td><td data-column="{{$.Saved}}">{{.Saved}}</td><td class="state" data-column="{{$.State}}">{{.State}}</td></tr>
{{- end}}
</tbody>
</table>
{{end}}</body>
</html>
`))

type mirrorFolder struct {
	Name string
	Rows []mirrorRow
}

type mirrorRow struct {
	Link, Title, Changed, Saved, State string
	Others                             []mirrorLink
}

type mirrorLink struct{ Link, Form string }

// Mirror is the page that leads to all of a mirror.
func Mirror(a *words.Words) func(io.Writer, []mirror.Entry) error {
	return func(w io.Writer, all []mirror.Entry) error {
		var folders []mirrorFolder
		for _, e := range all {
			if n := len(folders); n == 0 || folders[n-1].Name != e.Folder {
				folders = append(folders, mirrorFolder{Name: e.Folder})
			}
			row := mirrorRow{Title: e.Title, Changed: day(e.Modified), Saved: day(e.Saved)}
			if id, told := mirrorStates[e.State]; told {
				row.State = a.Text(id)
			}
			for i, p := range e.Pages {
				link := "./" + (&url.URL{Path: p.Name}).EscapedPath()
				if i == 0 {
					row.Link = link
					continue
				}
				row.Others = append(row.Others, mirrorLink{link, p.Form})
			}
			last := &folders[len(folders)-1]
			last.Rows = append(last.Rows, row)
		}
		return mirrorPage.Execute(w, map[string]any{
			"Language": a.Text("language"), "Title": a.Text("mirror-title"), "None": a.Text("mirror-none"), "Document": a.Text("ls-document"),
			"Changed": a.Text("mirror-changed"), "Saved": a.Text("ls-saved"), "State": a.Text("mirror-state"), "Folders": folders,
		})
	}
}

// day is short, as a page is for people who were not there.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02")
}

var mirrorStates = map[mirror.State]string{
	mirror.Missing: "mirror-state-missing", mirror.Suspect: "mirror-state-suspect", mirror.Failed: "mirror-state-failed",
}

// MirrorWords are those of all pages of a mirror.
func MirrorWords(a *words.Words) mirror.Words {
	note := func(id string) func(time.Time) string {
		return func(saved time.Time) string { return a.Text(id, "Time", words.Time(saved)) }
	}
	return mirror.Words{
		Kind: func(kind string) string {
			if id, known := mirrorKinds[kind]; known {
				return a.Text(id)
			}
			return a.Text("mirror-kind-other")
		},
		Untagged: a.Text("mirror-untagged"), Versions: a.Text("mirror-versions"),
		Missing: note("mirror-note-missing"), Suspect: note("mirror-note-suspect"), Earlier: note("mirror-note-earlier"),
	}
}

var mirrorKinds = map[string]string{"etherpad": "mirror-kind-pad", "framadate": "mirror-kind-poll", "pollaris": "mirror-kind-poll"}

// MirrorLanguage is the language of a mirror's pages.
func MirrorLanguage(a *words.Words) documents.Language { return documents.Language(a.Text("language")) }
