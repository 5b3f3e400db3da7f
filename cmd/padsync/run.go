package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// app is what one execution of the program knows of its surroundings.
type app struct {
	getenv func(string) string
	stdin  io.Reader
	stdout io.Writer // what was asked for
	stderr io.Writer // what went wrong
	words  *words
	args   []string

	// attended: somebody is at a terminal; else what is shown may end in a log.
	attended bool

	running  bool      // the command line was understood
	unopened sync.Once // tells of objects that no identity opens
}

// run executes the command line args and gives the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	words, err := newWords(getenv)
	if err != nil {
		fmt.Fprintln(stderr, "padsync: error:", err)
		return exitFailed
	}
	a := &app{getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr, words: words, args: args}
	a.attended = isTerminal(stdout) || isTerminal(stderr)
	root := a.rootCommand()
	root.SetArgs(args)
	err = root.ExecuteContext(ctx)
	if err != nil && !a.running {
		err = &problem{code: exitUsage, text: err.Error(), cause: errUsage}
	}
	if p := (*problem)(nil); errors.Is(err, context.Canceled) && !(errors.As(err, &p) && p.code != 0 && p.code != exitUsage) {
		err = &problem{exitInterrupted, a.text("interrupted-early"), err}
	}
	a.report(err)
	return exitCode(err)
}

// report says what went wrong, and what to do now.
func (a *app) report(err error) {
	if err == nil {
		return
	}
	for line := range strings.Lines(a.cause(err)) {
		if strings.TrimSpace(line) == "" {
			continue // all of that was said before
		}
		fmt.Fprintf(a.stderr, "padsync: %s: %s\n", a.text("error"), printable(strings.TrimSpace(line)))
	}
	for _, line := range a.hints(err) {
		fmt.Fprintf(a.stderr, "padsync: %s: %s\n", a.text("hint"), printable(line))
	}
}

func (a *app) text(id string, data ...any) string { return a.words.text(id, data...) }

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:               "padsync",
		Short:             a.text("padsync"),
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              a.isCommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SuggestionsMinimumDistance = 2
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.PersistentFlags().BoolP("help", "h", false, a.text("flag-help"))
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
	root.AddCommand(a.backupCommand(), a.runsCommand(), a.lsCommand(), a.showCommand(), a.logCommand(), a.diffCommand(), a.acceptCommand(), a.restoreCommand(),
		a.checkCommand(), a.keygenCommand(), a.versionCommand())
	return root
}

// action marks that the command line was understood before it calls do.
func (a *app) action(do func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.running = true
		return do(cmd.Context(), args)
	}
}

// isTerminal says whether a person reads w.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// note tells the person something, beside the result.
func (a *app) note(id string, data ...any) {
	a.remark(a.stderr, a.text(id, data...))
}

func (a *app) remark(out io.Writer, text string) {
	fmt.Fprintf(out, "padsync: %s\n", printable(text))
}
