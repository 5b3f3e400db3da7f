package main

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
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/restore"
)

const indexName = "index.html"

// indexMark distinguishes a page of ours from one that somebody else put there.
const indexMark = `<meta name="generator" content="padsync restore">`

// indexPage leads to the pages of a folder. All of it is escaped, and links
// lead into the folder only.
var indexPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="{{.Language}}">
<head>
<meta charset="utf-8">
` + indexMark + `
<meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>{{.Title}}</title>
<style>
body { font: 1rem/1.5 sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #bbb; padding: .4rem .6rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>{{.Title}}</h1>
<table>
<thead><tr><th scope="col">{{.Document}}</th><th scope="col">{{.Server}}</th><th scope="col">{{.Saved}}</th></tr></thead>
<tbody>
{{- range .Rows}}
<tr><td><a href="{{.Link}}">{{.Name}}</a></td><td>{{.Server}}</td><td>{{.Saved}}{{if .Suspect}} ({{.Suspect}}){{end}}</td></tr>
{{- end}}
</tbody>
</table>
</body>
</html>
`))

type indexRow struct{ Link, Name, Server, Saved, Suspect string }

// past are documents that were restored as they were at a point of their past:
// which version was taken, and up to where.
type past map[pastKey]pastState

type pastKey struct{ source, id string }

type pastState struct {
	saved   time.Time
	suspect string
	cut     *library.Cut
}

func (p past) note(e restore.Event) {
	p[pastKey{e.Document.Source.Address(), strings.Clone(e.Document.ID)}] = pastState{e.Version.Saved, e.Version.Suspect, e.Cut}
}

// when says from what moment a page is.
func (a *app) when(s pastState) string {
	switch {
	case s.cut == nil:
		return localTime(s.saved)
	case s.cut.Until.IsZero():
		return a.text("index-revision", "Revision", s.cut.Revision)
	}
	return a.text("index-then", "Time", localTime(s.cut.Until))
}

// writeIndex writes index.html into the target: it leads to all pages that are
// there of what is saved, also those of earlier restores. A page of this name
// that is not ours is replaced with --overwrite only.
func (a *app) writeIndex(plan restore.Plan, then past) error {
	root, err := os.OpenRoot(plan.Target)
	if err != nil {
		return err
	}
	defer root.Close()
	if !plan.Overwrite && !replaceable(root) {
		a.note("index-exists", "File", indexName)
		return nil
	}
	var broken error
	err = durable.Replace(root, indexName, func(w io.Writer) error {
		return cmp.Or(indexPage.Execute(w, map[string]any{
			"Language": a.text("language"), "Title": a.text("index-title"), "Document": a.text("ls-document"),
			"Server": a.text("index-server"), "Saved": a.text("ls-saved"), "Rows": a.indexRows(plan, then, &broken),
		}), broken)
	})
	return err
}

// replaceable reports whether there is no index.html, or one of ours.
func replaceable(root *os.Root) bool {
	f, err := root.Open(indexName)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	begin := make([]byte, 1<<10)
	n, _ := io.ReadFull(f, begin)
	return bytes.Contains(begin[:n], []byte(indexMark))
}

func (a *app) indexRows(plan restore.Plan, then past, broken *error) iter.Seq[indexRow] {
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
				Server: page.Document.Source.Address(), Saved: a.when(state),
			}
			if state.suspect != "" {
				row.Suspect = a.words.Suspicion(state.suspect)
			}
			if !yield(row) {
				return
			}
		}
	}
}
