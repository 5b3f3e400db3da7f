package main

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/pages"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/mirror"
	"github.com/spf13/cobra"
)

type siteFlags struct {
	commonFlags
	config.Mirror
	title string
}

func (a *app) siteCommand() *cobra.Command {
	var flags siteFlags
	cmd := &cobra.Command{
		Use:     "site DIR [DOCUMENT…] [--tag TAG | --all]",
		Short:   a.text("site"),
		Example: a.text("site-example"),
		Long:    a.text("site-long"),
		Args:    a.takes(1, manyDocuments),
		RunE: a.action(func(ctx context.Context, args []string) error {
			return a.site(ctx, flags, args[0], args[1:])
		}),
	}
	flags.add(a, cmd)
	flags.addJSON(a, cmd)
	a.completesDocuments(cmd, &flags.commonFlags, manyDocuments)
	documents := cmd.ValidArgsFunction
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return nil, cobra.ShellCompDirectiveFilterDirs
		}
		return documents(cmd, args, typed)
	}
	cmd.Flags().StringArrayVar(&flags.Tags, "tag", nil, a.text("flag-site-tag"))
	cmd.Flags().BoolVar(&flags.All, "all", false, a.text("flag-site-all"))
	cmd.Flags().StringVar(&flags.title, "title", "", a.text("flag-site-title"))
	cmd.Flags().StringVar(&flags.By, "by", string(mirror.ByService), a.text("flag-site-by"))
	cmd.Flags().StringSliceVar(&flags.Formats, "format", nil, a.text("flag-site-format"))
	cmd.Flags().BoolVar(&flags.Versions, "versions", false, a.text("flag-site-versions"))
	cmd.Flags().BoolVar(&flags.Chat, "chat", false, a.text("flag-site-chat"))
	cmd.Flags().BoolVar(&flags.Voters, "voters", false, a.text("flag-site-voters"))
	cmd.Flags().BoolVar(&flags.Private, "private", false, a.text("flag-site-private"))
	cmd.Flags().BoolVar(&flags.Addresses, "addresses", false, a.text("flag-site-addresses"))
	return cmd
}

// site writes an archive.
func (a *app) site(ctx context.Context, flags siteFlags, dir string, documents []string) error {
	if flags.All && len(documents) > 0 {
		return message.Of(message.Usage, errUsage, "site-all-and-some")
	}
	if !slices.Contains([]string{string(mirror.ByService), string(mirror.ByTag)}, flags.By) {
		return message.Of(message.Usage, errUsage, "site-by", "By", flags.By)
	}
	for _, form := range flags.Formats {
		if !slices.Contains(mirror.Forms(), form) {
			return message.Of(message.Usage, errForm, "bad-format", "Format", form, "Forms", strings.Join(mirror.Forms(), ", "))
		}
	}
	selection, err := a.setup.Select(ctx, documents)
	if err != nil {
		return err
	}
	s, err := a.settings(flags.commonFlags)
	if err != nil {
		return err
	}
	site := &setup.Site{Mirror: flags.Mirror, Folder: dir, Selection: selection}
	if err := s.CheckSite(site); err != nil {
		return err
	}
	r, err := s.OpenOwned(ctx, a.warnDamaged)
	if err != nil {
		return err
	}
	m := a.mirroring()
	m.Index = pages.Site(a.words, flags.title)
	done := s.WriteSite(ctx, r.Repository, site, m)
	if errors.Is(done.Err, setup.ErrNothing) {
		return errors.Join(a.tellUnfound(selection), done.Err)
	}
	if flags.json {
		if err := json.NewEncoder(a.stdout).Encode(jsonlines.NewMirror(&done)); err != nil {
			return err
		}
	}
	return a.tellSite(&done, !flags.json)
}

// tellSite says what became of an archive, as a result if it is one.
func (a *app) tellSite(m *setup.Mirrored, result bool) error {
	if m.Err != nil {
		return m.Err
	}
	name, r := m.Place.Shown, m.Report
	if result {
		counts := a.words.Tally("count-pages-written", r.Written, "count-pages-removed", r.Removed, "count-documents", r.Documents)
		a.done("site-done", "Folder", name, "Counts", counts, "Index", filepath.Join(m.Place.Value, mirror.IndexName))
	}
	if n := m.Events[mirror.Edited] + m.Events[mirror.Foreign]; n > 0 && !a.setup.Attended {
		a.note("mirror-others", "Mirror", name, "Count", n)
	}
	if m.Events[mirror.Damaged] > 0 {
		a.note("mirror-damaged", "Mirror", name, "File", mirror.StateName)
	}
	if r.Private > 0 && !a.quiet {
		a.note("site-private", "Folder", name, "Count", r.Private)
	}
	var err error
	if r.Lacking > 0 {
		err = errors.Join(err, message.Of(message.Incomplete, setup.ErrLacking, "site-lacking", "Folder", name, "Count", r.Lacking))
	}
	if r.Unreadable > 0 {
		err = errors.Join(err, message.Of(message.Incomplete, setup.ErrIncomplete, "site-unreadable", "Folder", name, "Count", r.Unreadable))
	}
	return err
}
