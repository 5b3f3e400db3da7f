package main

import (
	"errors"
	"strings"

	"github.com/padsync/padsync/internal/message"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// takes checks that a command gets as many arguments as it takes.
func (a *app) takes(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return message.Of(message.Usage, errUsage, "argument-missing", "Usage", a.usageLine(cmd))
		case len(args) > most:
			return message.Of(message.Usage, errUsage, "argument-extra", "Argument", args[most], "Usage", a.usageLine(cmd))
		}
		return nil
	}
}

// isCommand refuses arguments of the program itself: they are not a command.
func (a *app) isCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return message.Of(message.Usage, errUsage, "command-misspelt", "Name", args[0], "Near", strings.Join(near, ", "))
	}
	return message.Of(message.Usage, errUsage, "command-unknown", "Name", args[0])
}

// flagProblem says in the user's language what pflag says in English.
func (a *app) flagProblem(_ *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var empty *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	switch {
	case errors.As(err, &unknown):
		return message.Of(message.Usage, errUsage, "option-unknown", "Option", optionName(unknown))
	case errors.As(err, &empty):
		return message.Of(message.Usage, errUsage, "option-empty", "Option", optionName(empty))
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		return message.Of(message.Usage, errUsage, "option-invalid", "Option", "--"+f.Name, "Value", invalid.GetValue(), "Taken", taken(f))
	case errors.As(err, &syntax):
		return message.Of(message.Usage, errUsage, "option-unknown", "Option", syntax.GetSpecifiedFlag())
	}
	return err
}

// taken is what an option takes that does not take all.
func taken(f *pflag.Flag) message.Message {
	switch f.Value.Type() {
	case "duration":
		return message.New("takes-duration")
	case "bool":
		return message.New("takes-nothing")
	case "stringSlice":
		return message.New("takes-list")
	}
	return message.New("takes-number")
}

// optionName is an option as it was given: -x among others in one word, --xyz
// else.
func optionName(given interface {
	GetSpecifiedName() string
	GetSpecifiedShortnames() string
}) string {
	if given.GetSpecifiedShortnames() != "" {
		return "-" + given.GetSpecifiedName()
	}
	return "--" + given.GetSpecifiedName()
}
