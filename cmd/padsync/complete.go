package main

import (
	"cmp"
	"context"
	"embed"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/mirror"
	"github.com/spf13/cobra"
)

// shells are those that completion is written for.
var shells = map[string]func(*cobra.Command, io.Writer) error{
	"bash": func(root *cobra.Command, w io.Writer) error {
		return quoting(w, bashQuotes, func(w io.Writer) error { return root.GenBashCompletionV2(w, true) })
	},
	"zsh": func(root *cobra.Command, w io.Writer) error { return quoting(w, zshQuotes, root.GenZshCompletion) },
	"fish": func(root *cobra.Command, w io.Writer) error {
		return quoting(w, fishQuotes, func(w io.Writer) error { return root.GenFishCompletion(w, true) })
	},
	"powershell": (*cobra.Command).GenPowerShellCompletionWithDesc,
}

// quotesVariable says that the script which asks for completions quotes what it
// puts on a command line. Without it, names are left out that a shell would take
// for something else.
const quotesVariable = "PADSYNC_COMPLETION_QUOTES"

//go:embed completion
var completions embed.FS

// A quotation is how a shell's script, which cobra writes, is made to quote. The
// variable is set where it calls the program. A backslash is kept (zsh). Functions
// of its own, in a file, stand in for some of cobra's, which put part of what
// several names have in common on the command line as it is (bash), and evaluate
// words that came out of quotes (fish).
type quotation struct {
	instead [][2]string
	file    string
}

var (
	bashQuotes = quotation{[][2]string{{`="${words[0]} __complete`, `="` + quotesVariable + `=1 ${words[0]} __complete`}}, "bash"}
	zshQuotes  = quotation{[][2]string{
		{`="${words[1]} __complete`, `="` + quotesVariable + `=1 ${words[1]} __complete`},
		{`comp=${comp//:/\\:}`, `comp=${${comp//\\/\\\\}//:/\\:}`},
	}, ""}
	fishQuotes = quotation{nil, "fish"}
)

func quoting(w io.Writer, q quotation, write func(io.Writer) error) error {
	var script strings.Builder
	if err := write(&script); err != nil {
		return err
	}
	text := script.String()
	for _, r := range q.instead {
		text = strings.ReplaceAll(text, r[0], r[1])
	}
	if q.file != "" {
		own, err := completions.ReadFile("completion/" + q.file)
		if err != nil {
			return err
		}
		text += string(own)
	}
	_, err := io.WriteString(w, text)
	return err
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
	// Each once: bash would put the part of the explanations of two on the command
	// line that they have in common.
	known := make(map[string]bool)
	add := func(name, about string) {
		if known[name] || !a.completes(name) {
			return
		}
		known[name] = true
		if about != "" {
			name += "\t" + words.Printable(about)
		}
		found = append(found, name)
	}
	a.setup.Named(ctx, typed, add)
	if r, err := a.open(ctx, flags); err == nil {
		r.Begin(ctx, typed, add)
	}
	return found
}

// completes says whether a name may be put on a command line: in one line of what
// is seen, no option, and, unless the shell's script quotes it, nothing that a
// shell takes for something else. Strangers choose names.
func (a *app) completes(name string) bool {
	if a.getenv(quotesVariable) == "" {
		return terminal.Typable(name)
	}
	return name != "" && !strings.HasPrefix(name, "-") && words.Printable(name) == name
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
	for _, name := range []string{"at", "rev", "recipient", "into", "mail", "max-duration", "name", "description", "tag", "untag", "service", "choices-of", "title"} {
		if cmd.Flags().Lookup(name) != nil {
			_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
		}
	}
	switch cmd.Name() {
	case "restore":
		made, saved := a.setup.Kinds.OfDocuments().Forms()
		completesForms(cmd, "format", true, slices.Concat(made, saved)...)
	case "site":
		completesForms(cmd, "format", true, mirror.Forms()...)
		completesForms(cmd, "by", false, string(mirror.ByService), string(mirror.ByTag))
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
