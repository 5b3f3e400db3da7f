package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// program is the tree of commands.
func program(t *testing.T, language string) (*app, *cobra.Command) {
	t.Helper()
	a := testApp(t, map[string]string{"LANG": language})
	return a, a.rootCommand()
}

// eachCommand calls do for all commands that people see.
func eachCommand(root *cobra.Command, do func(*cobra.Command)) {
	for _, cmd := range root.Commands() {
		if !cmd.Hidden {
			do(cmd)
			eachCommand(cmd, do)
		}
	}
}

func TestEveryOptionButConsentHasAVariable(t *testing.T) {
	_, root := program(t, "en")
	without := map[string]bool{}
	seen := 0
	eachCommand(root, func(cmd *cobra.Command) {
		cmd.InitDefaultHelpFlag()
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			seen++
			want := "PADSYNC_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
			switch got := variable(f.Name); {
			case f.Name == "identity" && got == "PADSYNC_IDENTITY_FILE", got == want:
			case got == "":
				without[f.Name] = true
			default:
				t.Errorf("--%s has the variable %q", f.Name, got)
			}
		})
	})
	if seen < 40 {
		t.Errorf("only %d options were found", seen)
	}
	for _, name := range []string{"yes", "overwrite", "change-recipients", "unencrypted"} {
		if !without[name] {
			t.Errorf("--%s agrees to something, and has a variable", name)
		}
	}
	for _, name := range []string{"new-repository", "raw"} {
		if variable(name) != "" {
			t.Errorf("--%s agrees to something, and has a variable", name)
		}
	}
}
