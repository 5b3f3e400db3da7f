package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/padsync/padsync/internal/durable"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand writes the manual pages of all commands, in the user's language,
// for who packs the program.
func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  a.text("man"),
		Hidden: true,
		Args:   a.takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.running = true
			return a.writeManual(cmd.Context(), cmd.Root(), args[0])
		},
	}
}

func (a *app) writeManual(_ context.Context, cmd *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	pages := []*cobra.Command{cmd}
	for _, t := range a.tasks {
		pages = append(pages, t.commands...)
	}
	for _, page := range pages {
		err := durable.Replace(root, manName(page)+".1", func(w io.Writer) error {
			_, err := io.WriteString(w, a.manPage(page))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// manName is the name of a command's page, such as "padsync-backup".
func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage is a page in the language of troff's macros "man".
func (a *app) manPage(cmd *cobra.Command) string {
	cmd.InitDefaultHelpFlag()
	m := new(manual)
	m.macro("TH", strings.ToUpper(manName(cmd)), "1", "", "padsync "+programVersion(), "padsync")
	m.macro("SH", a.text("man-name"))
	m.text(manName(cmd) + ` \- ` + roff(cmd.Short))
	m.macro("SH", a.text("man-synopsis"))
	m.text(`\fB` + roff(a.usageLine(cmd)) + `\fR`)
	if cmd.Long != "" {
		m.macro("SH", a.text("man-description"))
	}
	for _, paragraph := range paragraphs(cmd.Long) {
		m.macro("PP")
		m.text(roff(paragraph))
	}
	if cmd.HasAvailableSubCommands() {
		m.macro("SH", a.text("man-commands"))
		for _, t := range a.tasks {
			m.macro("SS", t.title)
			for _, sub := range t.commands {
				m.item(manName(sub)+"(1)", sub.Short)
			}
		}
	}
	m.macro("SH", a.text("man-options"))
	for _, row := range optionRows(cmd.Flags()) {
		m.item(strings.TrimSpace(row[0]), row[1])
	}
	if cmd.Example != "" {
		m.macro("SH", a.text("man-examples"))
		m.macro("EX")
		for line := range strings.Lines(strings.TrimSpace(cmd.Example)) {
			m.text(roff(strings.TrimRight(line, "\n")))
		}
		m.macro("EE")
	}
	m.macro("SH", a.text("man-environment"))
	m.text(roff(a.text("help-variables")))
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if name := variable(f.Name); name != "" && !f.Hidden {
			m.item(name, a.text("man-variable", "Option", "--"+f.Name))
		}
	})
	m.macro("SH", a.text("man-exit"))
	for _, row := range a.exitRows() {
		m.item(strings.TrimSpace(row[0]), row[1])
	}
	m.macro("SH", a.text("man-see"))
	m.text(roff(a.seeAlso(cmd)))
	return m.String()
}

func (a *app) seeAlso(cmd *cobra.Command) string {
	if cmd.HasParent() {
		return manName(cmd.Root()) + "(1), " + contact
	}
	return contact
}

// A manual is the text of a page.
type manual struct{ strings.Builder }

func (m *manual) macro(name string, args ...string) {
	m.WriteString("." + name)
	for _, arg := range args {
		fmt.Fprintf(m, ` "%s"`, strings.ReplaceAll(roff(arg), `"`, `\(dq`))
	}
	m.WriteByte('\n')
}

// text writes a line that is no macro, whatever it begins with.
func (m *manual) text(line string) {
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	m.WriteString(line + "\n")
}

// item explains what is named in bold.
func (m *manual) item(name, explained string) {
	m.macro("TP")
	m.text(`\fB` + roff(name) + `\fR`)
	m.text(roff(explained))
}

// roff escapes what troff would take for something else, in one line.
func roff(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' }), " ")
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", "\\(ga", "^", `\(ha`, "~", `\(ti`, "\u00a0", `\ `).Replace(text)
}
