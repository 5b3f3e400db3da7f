package pages

import (
	"cmp"
	"html/template"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/mirror"
	"github.com/padsync/padsync/mirror/shards"
)

// mirrorPage leads to the pages of a mirror, folder by folder. All of it is
// escaped, and links lead into the mirror only. What searches in it is hidden until its
// script shows it.
var mirrorPage = template.Must(template.New("").Parse(open("", "{{if .Search}}script-src 'self'; {{end}}", stateStyle+`h2 { font: 400 1.5rem/1.3 var(--serif); }
.jump { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-block-start: 1rem; font-size: var(--small); }
ul, ol { list-style: none; margin: 0; padding: 0; border-block-end: 1px solid var(--line); }
li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .1rem 1.5rem; align-items: baseline; padding-block: .7rem; border-block-start: 1px solid var(--line); }
li > a { font: 1.1875rem/1.35 var(--serif); justify-self: start; overflow-wrap: anywhere; }
li > span { color: var(--soft); font-size: var(--tiny); white-space: nowrap; }
li > div { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 0 1.25rem; font-size: var(--tiny); line-height: 1.5rem; color: var(--soft); }
li > div .state { font-size: inherit; }
li > div a { min-inline-size: 1.5rem; }
li > details, li > p { grid-column: 1 / -1; max-width: 44rem; font-size: var(--small); color: var(--soft); overflow-wrap: anywhere; }
@media (max-width: 40rem) { li { grid-template-columns: minmax(0, 1fr); } }
@media print { .jump, .form, details, form { display: none; } }
{{if .Search}}.cover { border-block-end: 1px solid var(--line); padding-block-end: 2rem; }
.cover h1 { font-size: clamp(2rem, 1.35rem + 2.9vw, 3.125rem); margin-block-start: .5rem; overflow-wrap: anywhere; }
form { display: flex; flex-wrap: wrap; gap: .35rem .6rem; max-width: 44rem; margin-block-start: 1.25rem; }
form label { flex: 1 0 100%; font-size: var(--small); font-weight: 600; }
input, button { font: inherit; color: inherit; min-block-size: 3rem; padding: .45rem 1.1rem; border: 1px solid var(--edge); border-radius: var(--radius); }
input { flex: 1; min-inline-size: 0; padding-inline: .75rem; background: var(--sheet); }
button { background: var(--paper); font-size: var(--small); font-weight: 500; cursor: pointer; }
button:hover { background: var(--sunk); }
noscript p, #told { margin-block-start: 1rem; color: var(--soft); font-size: var(--small); }
#results p { font: 1.0625rem/1.6 var(--serif); }
#results:empty { border: 0; }
#results { margin-block-start: 1.5rem; }
#more { margin-block-start: 1rem; }
mark { color: inherit; background: var(--safe-wash); font-weight: 700; }
[hidden] { display: none !important; }
{{end}}`) + `{{if .Search}}<header class="cover">
{{with .AsOf}}<p class="soft small">{{$.Archive}} <time datetime="{{.Format "2006-01-02"}}">{{call $.Date .}}</time></p>
{{end}}{{end}}<h1>{{.Title}}</h1>
<p class="lead">{{.Lead}}</p>
{{with .Search}}<form id="search" role="search" hidden data-searching="{{.Searching}}" data-found="{{.Found}}" data-none="{{.None}}" data-failed="{{.Failed}}">
<label for="words">{{.Label}}</label><input id="words" type="search" autocomplete="off" maxlength="1000"><button>{{.Do}}</button>
</form>
<noscript><p>{{.Scriptless}}</p></noscript>
<p id="told" role="status"></p>
</header>
<ol id="results"></ol>
<button id="more" type="button" hidden>{{.More}}</button>
<div id="all">
{{end}}{{if .Jump}}<nav class="jump" aria-label="{{.Folders}}">{{range .All}}<a href="#{{.Anchor}}">{{.Name}}</a> {{end}}</nav>
{{end}}{{range .All}}<section aria-labelledby="{{.Anchor}}">
<h2 id="{{.Anchor}}">{{.Name}}</h2>
<ul>
{{- range $row := .Rows}}
<li><a href="{{.Link}}">{{.Title}}</a>{{with .Changed}} <span>{{$.Changed}} <time datetime="{{.Format "2006-01-02"}}">{{call $.Date .}}</time></span>{{end}}
<div>{{with .State}}<span class="state {{.Class}}">{{.Words}}</span> {{end}}{{with .Saved}}<span>{{$.Saved}} <time datetime="{{.Format "2006-01-02"}}">{{call $.Date .}}</time></span>{{end}}{{range .Others}} <a class="form" href="{{.Link}}">{{.Form}}<span class="unseen"> – {{$row.Title}}</span></a>{{end}}</div>
{{- with .Earlier}}
<p>{{$.Also}}{{range $i, $link := .}}{{if $i}},{{end}} <a href="{{.Link}}">{{.Form}}<span class="unseen"> – {{$row.Title}}</span></a>{{end}}</p>{{end}}
{{- with .Further}}
<details><summary>{{$row.Rest}}<span class="unseen"> – {{$row.Title}}</span></summary><p>{{range $i, $link := .}}{{if $i}}, {{end}}<a href="{{.Link}}">{{.Form}}<span class="unseen"> – {{$row.Title}}</span></a>{{end}}</p></details>{{end}}</li>
{{- end}}
</ul>
</section>
{{end}}{{if .Search}}</div>
{{end}}</main>
<footer><p>{{.Foot}}</p></footer>
{{with .Search}}<script src="{{.Script}}" data-index="{{.Index}}"></script>
{{end}}</body>
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
	Earlier        []mirrorLink // versions
	Further        []mirrorLink // more of them
	Rest           string       // leads to these
}

type mirrorState struct{ Class, Words string }

type mirrorLink struct{ Link, Form string }

// Mirror is the page that leads to all of a mirror.
func Mirror(a *words.Words) func(io.Writer, *mirror.Index) error {
	return mirrorIndex(a, a.Text("mirror-title"))
}

// Site is Mirror for an archive of that title, "" for none.
func Site(a *words.Words, title string) func(io.Writer, *mirror.Index) error {
	return mirrorIndex(a, cmp.Or(documents.OneLine(title), a.Text("mirror-title")))
}

func mirrorIndex(a *words.Words, title string) func(io.Writer, *mirror.Index) error {
	return func(w io.Writer, x *mirror.Index) error {
		var folders []mirrorFolder
		var newest time.Time
		for _, e := range x.All {
			if n := len(folders); n == 0 || folders[n-1].Name != e.Folder {
				folders = append(folders, mirrorFolder{Name: e.Folder, Anchor: "f" + strconv.Itoa(n+1)})
			}
			last := &folders[len(folders)-1]
			last.Rows = append(last.Rows, rowOf(a, &e))
			if e.Saved.After(newest) {
				newest = e.Saved
			}
		}
		lead := a.Text("mirror-none")
		if len(x.All) > 0 {
			lead = a.Text("mirror-lead", "Count", len(x.All))
		}
		return mirrorPage.Execute(w, map[string]any{
			"Language": a.Text("language"), "Title": title, "Lead": lead, "Folders": a.Text("mirror-folders"), "Jump": len(folders) > 1, "All": folders,
			"Changed": a.Text("mirror-changed"), "Saved": a.Text("mirror-copied"), "Also": a.Text("mirror-also"), "Foot": a.Text("mirror-foot"),
			"Search": searchOf(a, x.Search), "Archive": a.Text("site-as-of"), "AsOf": known(newest),
			"Date": func(t *time.Time) string { return MirrorLanguage(a).Date(t.Local()) },
		})
	}
}

// A siteSearch is what the index of an archive has for its search.
type siteSearch struct {
	Script, Index                                               string
	Label, Do, More, Searching, Found, None, Failed, Scriptless string
}

func searchOf(a *words.Words, f *shards.Files) *siteSearch {
	if f == nil {
		return nil
	}
	return &siteSearch{
		Script: mirror.SearchFolder + "/" + f.Script + ".js", Index: f.Index,
		Label: a.Text("site-search"), Do: a.Text("site-search-do"), More: a.Text("site-search-more"), Searching: a.Text("site-searching"),
		Found: a.Text("site-search-found"), None: a.Text("site-search-none"), Failed: a.Text("site-search-failed"), Scriptless: a.Text("site-search-scriptless"),
	}
}

// maxEarlier is how many dates of earlier versions are shown at once.
const maxEarlier = 3

func rowOf(a *words.Words, e *mirror.Entry) mirrorRow {
	row := mirrorRow{Title: e.Title, Changed: known(e.Modified), Saved: known(e.Saved)}
	if s, told := mirrorStates[e.State]; told {
		row.State = &mirrorState{s.Class, a.Text(s.Words)}
	}
	for i, p := range e.Pages {
		if i == 0 {
			row.Link = p.Href()
			continue
		}
		row.Others = append(row.Others, mirrorLink{p.Href(), a.Text(mirrorForms[p.Form])})
	}
	row.Earlier = earlierOf(a, e)
	if n := len(row.Earlier) - maxEarlier; n > 1 { // one more takes no more place than to say so
		row.Earlier, row.Further, row.Rest = row.Earlier[:maxEarlier], row.Earlier[maxEarlier:], a.Text("mirror-further", "Count", n)
	}
	return row
}

// earlierOf are the links to earlier versions: they are called by the day, and where
// there are several of one, by the time, too.
func earlierOf(a *words.Words, e *mirror.Entry) (all []mirrorLink) {
	days := make(map[string]int)
	for _, p := range e.Earlier {
		days[MirrorLanguage(a).Date(p.Saved.Local())]++
	}
	for _, p := range e.Earlier {
		name := MirrorLanguage(a).Date(p.Saved.Local())
		switch {
		case p.Saved.IsZero():
			name = strings.TrimSuffix(path.Base(p.Name), path.Ext(p.Name))
		case days[name] > 1:
			name += " " + p.Saved.Local().Format("15:04")
		}
		all = append(all, mirrorLink{p.Href(), name})
	}
	return all
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
