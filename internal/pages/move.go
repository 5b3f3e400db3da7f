package pages

import (
	"html/template"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/move"
)

// movePage is the table for people. All of it is escaped, and links lead to
// the web only.
var movePage = template.Must(template.New("").Parse(head("", tableStyle+`th[scope=row] { font-weight: inherit; }
.address { overflow-wrap: anywhere; }
ul { margin: 0; padding-inline-start: 1.2rem; }
`) + `<p class="note">{{.Secret}}</p>
<table>
<thead><tr><th scope="col">{{.Old}}</th><th scope="col">{{.New}}</th><th scope="col">{{.What}}</th></tr></thead>
<tbody>
{{- range .Rows}}
<tr><th scope="row" class="address"><a href="{{.Old}}">{{.Old}}</a></th><td class="address" data-column="{{$.New}}">{{if .New}}<a href="{{.New}}">{{.New}}</a>{{end}}{{if .Admin}}<br><a href="{{.Admin}}">{{$.Admin}}</a>{{end}}</td><td data-column="{{$.What}}">{{.State}}{{if .Losses}}<br>{{$.Lost}}<ul>{{range .Losses}}<li>{{.}}</li>{{end}}</ul>{{end}}</td></tr>
{{- end}}
</tbody>
</table>
` + foot))

type movePageRow struct {
	Old, New, Admin, State string
	Losses                 []string
}

// WriteMove writes the page beside the table, which is in the file name.
func WriteMove(a *words.Words, name string, table *move.Table) error {
	var rows []movePageRow
	for _, r := range table.Rows() {
		row := movePageRow{Old: r.Old, New: r.New, Admin: r.Admin, State: a.Text(moveStates[r.State])}
		for _, loss := range r.Losses() {
			row.Losses = append(row.Losses, a.Loss(string(loss)))
		}
		rows = append(rows, row)
	}
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer root.Close()
	return durable.Replace(root, filepath.Base(MoveName(name)), func(w io.Writer) error {
		return movePage.Execute(w, map[string]any{
			"Language": a.Text("language"), "Title": a.Text("page-title"), "Secret": a.Text("page-secret"),
			"Old": a.Text("page-old"), "New": a.Text("page-new"), "What": a.Text("page-what"), "Lost": a.Text("page-lost"), "Admin": a.Text("page-admin"), "Rows": rows,
		})
	})
}

var moveStates = map[move.State]string{
	move.Started: "moved-started", move.Moved: "moved-moved", move.Found: "moved-found",
	move.Differs: "moved-differs", move.Failed: "moved-failed",
}

// MoveName is the page beside a table.
func MoveName(table string) string {
	if filepath.Ext(table) == ".html" {
		return table + ".html" // the table itself is called so
	}
	return strings.TrimSuffix(table, filepath.Ext(table)) + ".html"
}
