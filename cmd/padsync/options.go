package main

import (
	"slices"
	"strings"

	"github.com/padsync/padsync/internal/message"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// consents are options that agree to something: to a change on a server, to
// what replaces or shows more than usual. They must be given each time, so
// there is no variable for them.
var consents = []string{
	"yes", "overwrite", "change-recipients", "former-recipients-lost", "unencrypted", "new-repository", "raw", "linger",
	"all", "versions", "chat", "voters", "private", "addresses",
}

// questions are options that ask for something else than the command's work.
var questions = []string{"help", "version"}

// alternatives are options of which a command takes only one: those of one row
// cannot be combined.
var alternatives = [][]string{
	{"quiet", "verbose"},
	{"rev", "at"},
	{"chat", "authors", "format"},
	{"into", "target"},
	{"into", "format"},
	{"into", "overwrite"},
	{"json", "target"},
	{"all", "tag"},
	{"into", "raw"},
	{"raw", "rev"},
	{"raw", "chat", "authors"},
}

// sameness are options that say the same in different ways. Those of the
// command line stand for all of them; else those of the environment do.
var sameness = [][]string{
	{"recipient", "recipients-file", "unencrypted"},
	{"documents-file", arguments},
}

// arguments stands for what is on the command line besides options.
const arguments = ""

// variable is the name of the variable that an option has, "" for none.
func variable(option string) string {
	switch {
	case slices.Contains(consents, option), slices.Contains(questions, option):
		return ""
	case option == "identity":
		return "PADSYNC_IDENTITY_FILE" // PADSYNC_IDENTITY holds the text of one
	}
	return "PADSYNC_" + strings.ToUpper(strings.ReplaceAll(option, "-", "_"))
}

// options adds to the options of the command line those of the environment, and
// checks that they go together.
func (a *app) options(cmd *cobra.Command, args []string) error {
	given := map[string]bool{arguments: len(args) > 0}
	cmd.Flags().Visit(func(f *pflag.Flag) { given[f.Name] = true })
	var err error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if err == nil && !given[f.Name] && !replaced(f.Name, given) {
			err = a.fromVariable(cmd, f)
		}
	})
	if err != nil {
		return err
	}
	if f := cmd.Flags().Lookup("config"); f != nil {
		a.speakAsConfigured(f.Value.String())
	}
	for _, row := range alternatives {
		if err := a.exclude(cmd, row); err != nil {
			return err
		}
	}
	return nil
}

// replaced reports whether the command line says something that takes
// precedence over the variable of the option.
func replaced(option string, given map[string]bool) bool {
	return slices.ContainsFunc(slices.Concat(alternatives, sameness), func(row []string) bool {
		return slices.Contains(row, option) && slices.ContainsFunc(row, func(other string) bool { return given[other] })
	})
}

// ofVariable marks an option that a variable has set.
const ofVariable = "padsync-variable"

// fromVariable sets the option by its variable. A switch takes 1; an option
// that is repeatable takes its values one on each line.
func (a *app) fromVariable(cmd *cobra.Command, f *pflag.Flag) error {
	name := variable(f.Name)
	if name == "" {
		return nil
	}
	text := a.getenv(name)
	values := []string{text}
	switch f.Value.Type() {
	case "bool":
		if text == "" || text == "0" {
			return nil
		}
		if text != "1" {
			return message.Of(message.Usage, errUsage, "variable-switch", "Variable", name, "Option", "--"+f.Name)
		}
	case "stringArray":
		values = strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	}
	for _, value := range values {
		if value = strings.TrimSpace(value); value == "" {
			continue
		}
		// The value may hold a secret, so it is not repeated.
		if cmd.Flags().Set(f.Name, value) != nil {
			return message.Of(message.Usage, errUsage, "variable-invalid", "Variable", name, "Option", "--"+f.Name, "Taken", taken(f))
		}
		_ = cmd.Flags().SetAnnotation(f.Name, ofVariable, []string{name})
	}
	return nil
}

// exclude refuses more than one of these options at once.
func (a *app) exclude(cmd *cobra.Command, names []string) error {
	given := ""
	for _, name := range names {
		f := cmd.Flags().Lookup(name)
		switch {
		case f == nil || !f.Changed:
		case given != "":
			return message.Of(message.Usage, errUsage, "options-exclude", "One", given, "Other", optionOrVariable(f))
		default:
			given = optionOrVariable(f)
		}
	}
	return nil
}

// optionOrVariable is what set the option, for messages.
func optionOrVariable(f *pflag.Flag) string {
	if names := f.Annotations[ofVariable]; len(names) > 0 {
		return names[0]
	}
	return "--" + f.Name
}
