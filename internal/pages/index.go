// Package pages writes the web pages that stand beside what was restored or moved:
// all of what strangers wrote is escaped.
package pages

import (
	"bytes"
	"cmp"
	"errors"
	"html/template"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/restore"
)

// IndexName is the name of the page that leads to all others of a folder.
const IndexName = "index.html"

// indexMark tells a page of ours from one that somebody else put there.
const indexMark = `<meta name="generator" content="padsync restore">`

// indexPage leads to the pages of a folder. All of it is escaped, and links
// lead into the folder only.
var indexPage = template.Must(template.New("").Parse(head(indexMark+"\n", tableStyle) + `<table>
<thead><tr><th scope="col">{{.Document}}</th><th scope="col">{{.Server}}</th><th scope="col">{{.Saved}}</th></tr></thead>
<tbody>
{{- range .Rows}}
<tr><th scope="row"><a href="{{.Link}}">{{.Name}}</a></th><td data-column="{{$.Server}}">{{.Server}}</td><td data-column="{{$.Saved}}">{{.Saved}}{{with .Suspect}} <span class="state is-look">{{.}}</span>{{end}}</td></tr>
{{- end}}
</tbody>
</table>
` + foot))

type indexRow struct{ Link, Name, Server, Saved, Suspect string }

// Past are documents that were restored as they were at a point of their past:
// which version was taken, and up to where.
type Past map[pastKey]pastState

type pastKey struct{ source, id string }

type pastState struct {
	saved   time.Time
	suspect string
	cut     *library.Cut
}

// Note adds one that was.
func (p Past) Note(e restore.Event) {
	p[pastKey{e.Document.Source.Address(), strings.Clone(e.Document.ID)}] = pastState{e.Version.Saved, e.Version.Suspect, e.Cut}
}

// when says from what moment a page is.
func when(a *words.Words, s pastState) string {
	switch {
	case s.cut == nil:
		return words.Time(s.saved)
	case s.cut.Until.IsZero():
		return a.Text("index-revision", "Revision", s.cut.Revision)
	}
	return a.Text("index-then", "Time", words.Time(s.cut.Until))
}

// WriteIndex writes index.html into the plan's target: it leads to all pages that
// are there of what is saved, also those of earlier restores. A page of this name
// that is not ours is left, and the error matches fs.ErrExist, unless the plan
// overwrites.
func WriteIndex(a *words.Words, plan restore.Plan, then Past) error {
	root, err := os.OpenRoot(plan.Target)
	if err != nil {
		return err
	}
	defer root.Close()
	if !plan.Overwrite && !replaceable(root) {
		return fs.ErrExist
	}
	var broken error
	err = durable.Replace(root, IndexName, func(w io.Writer) error {
		return cmp.Or(indexPage.Execute(w, map[string]any{
			"Language": a.Text("language"), "Title": a.Text("index-title"), "Document": a.Text("ls-document"),
			"Server": a.Text("index-server"), "Saved": a.Text("ls-saved"), "Rows": indexRows(a, plan, then, &broken),
		}), broken)
	})
	return err
}

// replaceable reports whether there is no index.html, or one of ours.
func replaceable(root *os.Root) bool {
	f, err := root.Open(IndexName)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	begin := make([]byte, 1<<10)
	n, _ := io.ReadFull(f, begin)
	return bytes.Contains(begin[:n], []byte(indexMark))
}

func indexRows(a *words.Words, plan restore.Plan, then Past, broken *error) iter.Seq[indexRow] {
	return func(yield func(indexRow) bool) {
		for page, err := range restore.Pages(plan) {
			if err != nil {
				*broken = err
				return
			}
			state, found := then[pastKey{page.Document.Source.Address(), page.Document.ID}]
			if !found {
				state = pastState{saved: page.Version.Saved, suspect: page.Version.Suspect}
			}
			row := indexRow{
				Link:   "./" + (&url.URL{Path: page.Name}).EscapedPath(),
				Name:   cmp.Or(page.Version.Title, page.Document.ID),
				Server: page.Document.Source.Address(), Saved: when(a, state),
			}
			if state.suspect != "" {
				row.Suspect = a.Suspicion(state.suspect)
			}
			if !yield(row) {
				return
			}
		}
	}
}
