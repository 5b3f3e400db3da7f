// Package roff writes manual pages in the language of troff's macros "man".
package roff

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/padsync/padsync/internal/durable"
)

// A Page is the text of a manual page.
type Page struct{ strings.Builder }

// Macro writes a macro with its arguments.
func (m *Page) Macro(name string, args ...string) {
	m.WriteString("." + name)
	for _, arg := range args {
		fmt.Fprintf(m, ` "%s"`, strings.ReplaceAll(Escape(arg), `"`, `\(dq`))
	}
	m.WriteByte('\n')
}

// Text writes a line that is not a macro, whatever it begins with.
func (m *Page) Text(line string) {
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	m.WriteString(line + "\n")
}

// Item explains what is named in bold.
func (m *Page) Item(name, explained string) {
	m.Macro("TP")
	m.Text(`\fB` + Escape(name) + `\fR`)
	m.Text(Escape(explained))
}

// Escape escapes what troff would take for something else, in one line.
func Escape(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' }), " ")
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", "\\(ga", "^", `\(ha`, "~", `\(ti`, "\u00a0", `\ `).Replace(text)
}

// WriteAll writes pages by their names into a folder, which is made where it is
// missing.
func WriteAll(dir string, pages map[string]string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for name, page := range pages {
		err := durable.Replace(root, name, func(w io.Writer) error {
			_, err := io.WriteString(w, page)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
