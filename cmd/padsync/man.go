package main

import (
	"strings"

	"github.com/padsync/padsync/internal/roff"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand writes the manual pages of all commands, in the user's language,
// for whoever packages the program.
func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  a.text("man"),
		Hidden: true,
		Args:   a.takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.running = true
			return a.writeManual(cmd.Root(), args[0])
		},
	}
}

func (a *app) writeManual(cmd *cobra.Command, dir string) error {
	commands := []*cobra.Command{cmd}
	for _, t := range a.tasks {
		commands = append(commands, t.commands...)
	}
	pages := make(map[string]string)
	for _, cmd := range commands {
		pages[manName(cmd)+".1"] = a.manPage(cmd)
	}
	return roff.WriteAll(dir, pages)
}

// manName is the name of a command's page, such as "padsync-backup".
func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage is a page in the language of troff's macros "man".
func (a *app) manPage(cmd *cobra.Command) string {
	cmd.InitDefaultHelpFlag()
	m := new(roff.Page)
	m.Macro("TH", strings.ToUpper(manName(cmd)), "1", "", "padsync "+programVersion(), "padsync")
	m.Macro("SH", a.text("man-name"))
	m.Text(manName(cmd) + ` \- ` + roff.Escape(cmd.Short))
	m.Macro("SH", a.text("man-synopsis"))
	m.Text(`\fB` + roff.Escape(a.usageLine(cmd)) + `\fR`)
	if cmd.Long != "" {
		m.Macro("SH", a.text("man-description"))
	}
	for _, paragraph := range terminal.Paragraphs(cmd.Long) {
		m.Macro("PP")
		m.Text(roff.Escape(paragraph))
	}
	if cmd.HasAvailableSubCommands() {
		m.Macro("SH", a.text("man-commands"))
		for _, t := range a.tasks {
			m.Macro("SS", t.title)
			for _, sub := range t.commands {
				m.Item(manName(sub)+"(1)", sub.Short)
			}
		}
	}
	m.Macro("SH", a.text("man-options"))
	for _, row := range optionRows(cmd.Flags()) {
		m.Item(strings.TrimSpace(row[0]), row[1])
	}
	if cmd.Example != "" {
		m.Macro("SH", a.text("man-examples"))
		m.Macro("EX")
		for line := range strings.Lines(strings.TrimSpace(cmd.Example)) {
			m.Text(roff.Escape(strings.TrimRight(line, "\n")))
		}
		m.Macro("EE")
	}
	m.Macro("SH", a.text("man-environment"))
	m.Text(roff.Escape(a.text("help-variables")))
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if name := variable(f.Name); name != "" && !f.Hidden {
			m.Item(name, a.text("man-variable", "Option", "--"+f.Name))
		}
	})
	m.Macro("SH", a.text("man-exit"))
	for _, row := range a.exitRows() {
		m.Item(strings.TrimSpace(row[0]), row[1])
	}
	m.Macro("SH", a.text("man-see"))
	m.Text(roff.Escape(a.seeAlso(cmd)))
	return m.String()
}

func (a *app) seeAlso(cmd *cobra.Command) string {
	if cmd.HasParent() {
		return manName(cmd.Root()) + "(1), " + contact
	}
	return contact
}
