package main

import (
	"fmt"
	"strings"

	"github.com/padsync/padsync/internal/terminal"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A task is what somebody wants to do, and the commands for it.
type task struct {
	title    string
	commands []*cobra.Command
}

// help writes what cmd does and takes, in the user's language, as wide as the
// terminal.
func (a *app) help(cmd *cobra.Command, _ []string) {
	cmd.InitDefaultHelpFlag() // merges it, if help was asked for by its command
	out := cmd.OutOrStdout()
	width := terminal.Width(out, a.getenv)
	section := func(title, text string) { fmt.Fprintf(out, "\n%s\n%s\n", title, text) }
	fmt.Fprintln(out, terminal.Wrap(cmd.Short, width, 0))
	section(a.text("help-usage"), terminal.Wrap(a.usageLine(cmd), width, 2))
	for _, paragraph := range terminal.Paragraphs(cmd.Long) {
		fmt.Fprintf(out, "\n%s\n", terminal.Wrap(paragraph, width, 0))
	}
	if cmd.HasAvailableSubCommands() {
		for _, t := range a.tasks {
			var rows [][2]string
			for _, sub := range t.commands {
				rows = append(rows, [2]string{sub.Name(), sub.Short})
			}
			section(t.title, terminal.Table(rows, width))
		}
	}
	if cmd.Example != "" {
		section(a.text("help-examples"), terminal.Indented(cmd.Example))
	}
	section(a.text("help-options"), terminal.Table(optionRows(cmd.Flags()), width))
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(out, "\n%s\n", terminal.Wrap(a.text("help-variables"), width, 0))
		section(a.text("help-exit-codes"), terminal.Table(a.exitRows(), width))
	}
}

// optionRows are options with their values, and what they do, in the order in
// which they were declared.
func optionRows(flags *pflag.FlagSet) (rows [][2]string) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, does := pflag.UnquoteUsage(f)
		name := "    --" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", --" + f.Name
		}
		rows = append(rows, [2]string{strings.TrimSpace(name + " " + value), does})
		if f.Shorthand == "" {
			rows[len(rows)-1][0] = "    " + rows[len(rows)-1][0]
		}
	})
	return rows
}

func (a *app) usageLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " " + a.text("help-command")
	}
	return strings.TrimSuffix(cmd.UseLine(), " [flags]") + " " + a.text("help-option")
}
