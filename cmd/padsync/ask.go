package main

import (
	"context"
	"fmt"
	"os/exec"

	"filippo.io/age/plugin"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/terminal"
)

// Output implements setup.Asker: the command may ask at the terminal.
func (a *app) Output(ctx context.Context, command []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin, cmd.Stderr = a.stdin, a.stderr
	return cmd.Output()
}

// Prompt implements setup.Asker: it asks at the terminal, if there is one.
func (a *app) Prompt(name string) crypto.Prompt {
	if !terminal.Is(a.stderr) && !terminal.Is(a.stdin) {
		return crypto.Prompt{}
	}
	say := func(format string, v ...any) { fmt.Fprintf(a.stderr, "padsync: "+format+"\n", v...) }
	return crypto.Prompt{
		Passphrase: func() (string, error) {
			return terminal.ReadPassphrase(a.text("ask-passphrase", "Name", name), a.stderr)
		},
		Plugin: plugin.NewTerminalUI(say, say),
	}
}
