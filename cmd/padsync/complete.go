package main

import (
	"cmp"
	"context"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/manifest"
	"github.com/spf13/cobra"
)

// shells are those that completion is written for.
var shells = map[string]func(*cobra.Command, io.Writer) error{
	"bash":       func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) },
	"zsh":        (*cobra.Command).GenZshCompletion,
	"fish":       func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) },
	"powershell": (*cobra.Command).GenPowerShellCompletionWithDesc,
}

func (a *app) completionCommand() *cobra.Command {
	names := slices.Sorted(maps.Keys(shells))
	return &cobra.Command{
		Use:       "completion " + strings.Join(names, "|"),
		Short:     a.text("completion"),
		Long:      a.text("completion-long"),
		Example:   a.text("completion-example"),
		Args:      a.takes(1, 1),
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			write, known := shells[args[0]]
			if !known {
				return message.Of(message.Usage, errUsage, "no-shell", "Shell", args[0], "Shells", strings.Join(names, ", "))
			}
			a.running = true
			return write(cmd.Root(), a.stdout)
		},
	}
}

// completionTime is how long a person waits who only pressed a key.
const completionTime = 5 * time.Second

// completesDocuments completes as many DOCUMENTs as a command takes by what
// the repository holds: ids, or addresses where one was begun.
func (a *app) completesDocuments(cmd *cobra.Command, flags *commonFlags, most int) {
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmp.Or(cmd.Context(), context.Background()), completionTime)
		defer cancel()
		// Nobody is asked for a passphrase, and nothing is said.
		a.stdin, a.stderr = strings.NewReader(""), io.Discard
		if a.options(cmd, args) != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return a.documentsBegun(ctx, *flags, typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// manyDocuments is for commands that take any number of them.
const manyDocuments = math.MaxInt

func (a *app) documentsBegun(ctx context.Context, flags commonFlags, typed string) (found []string) {
	a.setup.Named(ctx, typed, func(name, id string) {
		if terminal.Typable(name) { // no shell reads anything but a name in it
			found = append(found, name+"\t"+words.Printable(id))
		}
	})
	r, err := a.open(ctx, flags)
	if err != nil {
		return found
	}
	r.Begin(ctx, typed, func(name string, record *manifest.Record) {
		if !terminal.Typable(name) {
			return
		}
		if v := record.Newest(); v != nil && v.Title != "" {
			name += "\t" + words.Printable(v.Title)
		}
		found = append(found, name)
	})
	return found
}

// completesForms completes a list of forms, with commas between them, or one.
func completesForms(cmd *cobra.Command, option string, list bool, forms ...string) {
	_ = cmd.RegisterFlagCompletionFunc(option, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		directive, before := cobra.ShellCompDirectiveNoFileComp, ""
		if list {
			directive |= cobra.ShellCompDirectiveNoSpace
			before = typed[:strings.LastIndexByte(typed, ',')+1]
		}
		var found []string
		for _, form := range forms {
			if !slices.Contains(strings.Split(before, ","), form) {
				found = append(found, before+form)
			}
		}
		return found, directive
	})
}

// completesOptions completes the values of options that many commands have.
func (a *app) completesOptions(cmd *cobra.Command) {
	if cmd.Flags().Lookup("target") != nil {
		_ = cmd.MarkFlagDirname("target")
	}
	for _, name := range []string{"at", "rev", "recipient", "into", "mail", "max-duration", "name", "description", "tag", "untag", "service", "choices-of"} {
		if cmd.Flags().Lookup(name) != nil {
			_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
		}
	}
	switch cmd.Name() {
	case "restore":
		made, saved := a.setup.Kinds.OfDocuments().Forms()
		completesForms(cmd, "format", true, slices.Concat(made, saved)...)
	case "show":
		made, _ := a.setup.Kinds.OfDocuments().Forms()
		completesForms(cmd, "format", false, made...)
	case "add", "describe":
		completesForms(cmd, "choice", false, "automatic", "manual", "ignored")
	case "list":
		completesForms(cmd, "choice", true, "automatic", "manual", "ignored", "new", "elsewhere")
	case "backup":
		completesForms(cmd, "formats", true, "html", "txt", "pdf", "docx", "odt")
	}
}
