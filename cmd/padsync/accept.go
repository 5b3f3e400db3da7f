package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/spf13/cobra"
)

func (a *app) acceptCommand() *cobra.Command {
	var flags backupFlags
	var point string
	cmd := &cobra.Command{
		Use:     "accept DOCUMENT…",
		Short:   a.text("accept"),
		Example: a.text("accept-example"),
		Long:    a.text("accept-long"),
		Args:    a.takes(1, math.MaxInt),
		RunE: a.action(func(ctx context.Context, args []string) error {
			return a.accept(ctx, flags, point, args)
		}),
	}
	flags.add(a, cmd)
	a.completesDocuments(cmd, &flags.commonFlags, manyDocuments)
	flags.addJSON(a, cmd)
	flags.addRecipients(a, cmd)
	flags.addChange(a, cmd)
	cmd.Flags().StringVar(&point, "at", "", a.text("flag-accept-at"))
	return cmd
}

// accept says in each repository that versions of the documents are right.
func (a *app) accept(ctx context.Context, flags backupFlags, point string, args []string) error {
	selection, err := a.parseSelection(args)
	if err != nil {
		return err
	}
	s, err := a.settings(flags.commonFlags)
	if err != nil {
		return err
	}
	keys, err := s.Sealing()
	if err != nil {
		return err
	}
	var found []acceptance
	var errs []error
	for _, place := range s.Repositories {
		some, err := a.acceptIn(ctx, flags, s, place, keys, point, selection)
		found, errs = append(found, some...), append(errs, err)
	}
	for _, f := range found {
		if a.quiet && !flags.json {
			break
		}
		if err := f.print(a, flags.json); err != nil {
			return err
		}
	}
	switch err := errors.Join(errs...); {
	case err != nil:
		return err
	case len(found) == 0:
		return a.nothing(selection, 0)
	}
	return a.tellUnfound(selection)
}

// An acceptance is a version that is said to be right. It is what accept
// --json tells.
type acceptance struct {
	Repository string `json:"repository"`
	Source     string `json:"source"`
	ID         string `json:"id"`
	Hash       string `json:"hash"`
	Version    string `json:"version"`
	Saved      string `json:"saved"`
	Suspect    string `json:"suspect"` // what it was suspect of; "": nothing had to be stored

	named string // for people
	when  string
}

func (f acceptance) print(a *app, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(a.stdout).Encode(f)
	}
	text := a.text("accepted-before", "Document", f.named, "Saved", f.when, "Repository", f.Repository)
	if f.Suspect != "" {
		text = a.text("accepted", "Document", f.named, "Saved", f.when, "Repository", f.Repository, "Reason", a.words.Suspicion(f.Suspect))
	}
	_, err := fmt.Fprintln(a.stdout, words.Printable(text))
	return err
}

// acceptIn gives what is right in one repository once that is stored.
func (a *app) acceptIn(ctx context.Context, flags backupFlags, s *setup.Settings, at setup.Place, keys repository.Options, point string, selection *library.Selection) ([]acceptance, error) {
	fail := func(err error) error { return setup.Unwritten(at, err) }
	repo, err := s.OpenToWrite(ctx, at, keys, new(spool.Pool), a.warnDamaged)
	if errors.Is(err, setup.ErrPlain) {
		return nil, err
	}
	if err != nil {
		return nil, fail(err)
	}
	hashes, version, err := a.accepting(ctx, s.Reading(repo, at), point, selection)
	if errors.Is(err, repository.ErrNoIdentity) {
		return nil, &message.Error{Class: message.Failed, Cause: err, Mark: errOtherRunner}
	}
	if err != nil {
		return nil, err
	}
	var found []acceptance
	sequence, err := repo.Accept(ctx, repository.RunOptions{
		Program: "padsync " + programVersion(), Host: setup.HostName(), Last: s.Machine.Lists(repo.ID()).Sequence, ChangeRecipients: flags.changeRecipients,
	}, func(r *manifest.Record) *manifest.VersionRecord {
		v := version(r)
		if v == nil || r.State == manifest.Erased || !selection.Has(r.Source, r.ID) {
			return nil
		}
		found = append(found, acceptance{
			at.Shown, r.Source.URL, r.ID, hashes.Short(r.Source, r.ID), v.Name, stamp(v.Saved), v.Suspect,
			a.documentName(a.stdout, r.Source, r.ID, hashes, selection.Shows(r.Source, r.ID)), localTime(v.Saved),
		})
		return v
	})
	if err != nil {
		return nil, fail(err)
	}
	if sequence > 0 {
		s.Machine.KeepLists(repo.ID(), sequence, s.Machine.Seen(repo.ID()))
	}
	return found, nil
}

var versionForm = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{16}$`)

// accepting gives the names of the repository's documents, and what finds the
// version that the point means: by its name, or the newest at some moment.
func (a *app) accepting(ctx context.Context, r *setup.Reading, point string, selection *library.Selection) (*library.Names, func(*manifest.Record) *manifest.VersionRecord, error) {
	c, err := r.Contents(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	hashes, err := selection.Learn(r.ID(), c)
	if err != nil {
		return nil, nil, r.In(err)
	}
	if versionForm.MatchString(point) {
		return hashes, func(r *manifest.Record) *manifest.VersionRecord {
			i := slices.IndexFunc(r.Versions, func(v manifest.VersionRecord) bool { return v.Name == point })
			if i < 0 {
				return nil
			}
			return &r.Versions[i]
		}, nil
	}
	at, err := r.Moment(ctx, point)
	return hashes, at.Newest, err
}
