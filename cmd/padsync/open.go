package main

import (
	"context"
	"errors"
	"net/url"
	"os/exec"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/library"
	"github.com/spf13/cobra"
)

func (a *app) openCommand() *cobra.Command {
	var flags commonFlags
	cmd := &cobra.Command{
		Use:     "open DOCUMENT",
		Short:   a.text("open"),
		Long:    a.text("open-long"),
		Example: a.text("open-example"),
		Args:    a.takes(1, 1),
		RunE: a.action(func(ctx context.Context, args []string) error {
			return a.openInBrowser(ctx, flags, args)
		}),
	}
	flags.add(a, cmd)
	a.completesDocuments(cmd, &flags, 1)
	return cmd
}

var (
	errNoPage    = errors.New("no page of the web")
	errNoBrowser = errors.New("no browser")
)

func (a *app) openInBrowser(ctx context.Context, flags commonFlags, args []string) (err error) {
	n, err := a.name(ctx, flags, false, args)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.documents.Close()) }()
	if len(n.chosen) > 1 {
		return library.ErrSeveral
	}
	address, err := pageOf(a.setup.Kinds, &n.chosen[0])
	if err != nil {
		return err
	}
	// The browser gets the address as one argument, from no shell.
	command := terminal.Browser(a.getenv("BROWSER"), address)
	if err := exec.CommandContext(ctx, command[0], command[1:]...).Run(); err != nil {
		return message.Of(message.Failed, errors.Join(errNoBrowser, err), "no-browser", "Program", command[0])
	}
	return nil
}

// pageOf is the public address of a document. What is no address of the web
// would start another program.
func pageOf(kinds setup.Kinds, one *catalog.Document) (string, error) {
	address := kinds.URL(setup.SourceOf(one.Key), one.ID)
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return "", message.Of(message.Failed, errNoPage, "no-page")
	}
	return u.String(), nil
}
