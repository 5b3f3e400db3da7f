package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/internal/words"
	"github.com/spf13/cobra"
)

// app is what one execution of the program knows of its surroundings.
type app struct {
	getenv func(string) string
	stdin  io.Reader
	stdout io.Writer // what was asked for
	stderr io.Writer // what went wrong
	words  *words.Words
	args   []string

	setup *setup.Setup

	configured *setup.Settings // once they are read

	tasks []task // all commands that people see, in the order of help

	quiet, verbose bool // say only what went wrong; say more than usual

	running  bool      // the command line was understood
	unopened sync.Once // warns of objects that no identity opens
	missing  sync.Once // warns of lists that are missing

	telling sync.Mutex      // guards exposed, and is held by one told at a time
	exposed map[string]bool // what was said of key files that others can read
}

// run executes the command line args and gives the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	said, err := words.In(words.Language(getenv), errorRows())
	if err != nil {
		fmt.Fprintln(stderr, "padsync: error:", err)
		return exitFailed
	}
	a := newApp(said, getenv, stdin, stdout, stderr)
	a.args = args
	root := a.rootCommand()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && !a.running {
		err = message.Classed(message.Usage, err)
	}
	if class := message.ClassOf(err); errors.Is(err, context.Canceled) && (class == message.Unclassed || class == message.Usage) {
		err = message.Of(message.Interrupted, err, "interrupted-early")
	}
	a.report(err)
	if err != nil && a.wantsJSON(cmd) {
		a.reportJSON(err)
	}
	return a.exitCode(err)
}

func newApp(said *words.Words, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) *app {
	a := &app{getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr, words: said, exposed: make(map[string]bool)}
	a.setup = &setup.Setup{
		Kinds: setup.AllKinds(), Program: "padsync " + programVersion(), Agent: polite.UserAgent(programVersion(), contact),
		Getenv: getenv, Input: stdin, Asker: a, Tell: a.told, Attended: terminal.Is(stderr),
		Say: func(err error) []string { return append([]string{said.Error(err)}, said.Hints(err)...) },
	}
	return a
}

// contact is where operators of servers read what padsync is.
const contact = "https://github.com/padsync/padsync"

// report says what went wrong, and what to do now.
func (a *app) report(err error) {
	if err == nil {
		return
	}
	for line := range strings.Lines(a.placed(err)) {
		if strings.TrimSpace(line) == "" {
			continue // all of that was said before
		}
		fmt.Fprintf(a.stderr, "padsync: %s %s\n", a.text("error"), words.Printable(strings.TrimSpace(line)))
	}
	for _, line := range a.words.Hints(err) {
		fmt.Fprintf(a.stderr, "padsync: %s %s\n", a.text("hint"), words.Printable(line))
	}
}

// reportJSON is the last line of standard error with --json: standard output has
// results only.
func (a *app) reportJSON(err error) {
	r := jsonlines.Error{Error: a.placed(err), Hints: a.words.Hints(err), Code: a.exitCode(err)}
	if r.Error == "" {
		r.Error = a.exitText(r.Code)
	}
	_ = json.NewEncoder(a.stderr).Encode(r)
}

// wantsJSON also finds the option in a command line that was not understood.
func (a *app) wantsJSON(cmd *cobra.Command) bool {
	f := cmd.Flags().Lookup("json")
	return f != nil && (f.Value.String() == "true" || slices.Contains(a.args, "--json") || a.getenv(variable("json")) == "1")
}

func (a *app) text(id string, data ...any) string { return a.words.Text(id, data...) }

func (a *app) rootCommand() *cobra.Command {
	var asksVersion bool
	root := &cobra.Command{
		Use:           "padsync",
		Short:         a.text("padsync"),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          a.isCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asksVersion {
				return a.writeVersion()
			}
			return cmd.Help()
		},
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Example:           a.text("padsync-example"),
		PersistentPreRunE: a.options,
	}
	root.SuggestionsMinimumDistance = 2
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.PersistentFlags().BoolP("help", "h", false, a.text("flag-help"))
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, a.text("flag-quiet"))
	root.PersistentFlags().BoolVarP(&a.verbose, "verbose", "v", false, a.text("flag-verbose"))
	root.Flags().BoolVar(&asksVersion, "version", false, a.text("version"))
	root.SetHelpFunc(a.help)
	root.SetFlagErrorFunc(a.flagProblem)
	root.SetUsageFunc(func(cmd *cobra.Command) error { a.help(cmd, nil); return nil })
	root.SetHelpCommand(&cobra.Command{
		Use: "help [COMMAND]", Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := root.Find(args)
			if err == nil {
				err = a.isCommand(root, rest)
			}
			if err == nil {
				a.help(about, nil)
			}
			return err
		},
	})
	a.tasks = []task{
		{a.text("task-save"), []*cobra.Command{a.discoverCommand(), a.backupCommand(), a.scheduleCommand()}},
		{a.text("task-know"), []*cobra.Command{
			a.addCommand(), a.listCommand(), a.describeCommand(), a.ignoreCommand(), a.removeCommand(), a.openCommand(),
		}},
		{a.text("task-look"), []*cobra.Command{a.serveCommand(), a.lsCommand(), a.searchCommand(), a.logCommand(), a.showCommand(), a.diffCommand()}},
		{a.text("task-restore"), []*cobra.Command{a.restoreCommand(), a.mirrorCommand(), a.siteCommand()}},
		{a.text("task-trust"), []*cobra.Command{a.runsCommand(), a.checkCommand(), a.acceptCommand(), a.repairCommand(), a.repositoryCommand(), a.catalogCommand()}},
		{a.text("task-prepare"), []*cobra.Command{a.keygenCommand(), a.indexCommand(), a.completionCommand(), a.versionCommand()}},
	}
	for _, t := range a.tasks {
		for _, cmd := range t.commands {
			cmd.Flags().SortFlags = false
			a.completesOptions(cmd)
			root.AddCommand(cmd)
		}
	}
	root.AddCommand(a.manCommand())
	return root
}

// action marks that the command line was understood before it calls do.
func (a *app) action(do func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.running = true
		return do(cmd.Context(), args)
	}
}

// say prints a line of the result.
func (a *app) say(id string, data ...any) {
	fmt.Fprintln(a.stdout, words.Printable(a.text(id, data...)))
}

// done says that all is well, which --quiet leaves out.
func (a *app) done(id string, data ...any) {
	if !a.quiet {
		a.say(id, data...)
	}
}

// detail says what only --verbose asks for, besides the result.
func (a *app) detail(id string, data ...any) {
	if a.verbose {
		a.note(id, data...)
	}
}

// note says something to the person, besides the result.
func (a *app) note(id string, data ...any) {
	a.remark(a.stderr, a.text(id, data...))
}

func (a *app) remark(out io.Writer, text string) {
	fmt.Fprintf(out, "padsync: %s\n", words.Printable(text))
}

// language is that of what is made of documents.
func (a *app) language() documents.Language { return documents.Language(a.text("language")) }
