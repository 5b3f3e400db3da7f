package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// help writes what cmd does and takes, in the user's language.
func (a *app) help(cmd *cobra.Command, _ []string) {
	cmd.InitDefaultHelpFlag() // merges it, if help was asked for by its command
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s\n\n%s\n  %s\n", cmd.Short, a.text("help-usage"), a.usageLine(cmd))
	if cmd.Long != "" {
		fmt.Fprintf(out, "\n%s\n", strings.TrimSpace(cmd.Long))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(out, "\n%s\n", a.text("help-commands"))
		table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(table, "  %s\t%s\n", sub.Name(), sub.Short)
			}
		}
		table.Flush()
		fmt.Fprintf(out, "\n%s\n%s\n", a.text("help-exit-codes"), a.exitTable())
		return
	}
	if cmd.HasAvailableFlags() {
		fmt.Fprintf(out, "\n%s\n%s", a.text("help-options"), cmd.Flags().FlagUsages())
	}
}

func (a *app) usageLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " " + a.text("help-command")
	}
	return strings.TrimSuffix(cmd.UseLine(), " [flags]") + " " + a.text("help-option")
}
