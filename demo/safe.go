package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"filippo.io/age"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/restore"
	"github.com/padsync/padsync/sinks/local"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/framadate"
)

// A safe is an encrypted repository in a folder, its key, and what is backed
// up into it.
type safe struct {
	folder  string // of the repository
	dir     string // for what is restored
	repo    *repository.Repository
	key     string           // the file of its key
	public  string           // what seals to it
	sources []*backup.Source // the pads', then the polls'
	pool    *spool.Pool
}

// newSafe makes one in a folder, for what is at an address. It is told the time.
func newSafe(dir, address string, now func() time.Time) (*safe, error) {
	s := &safe{folder: filepath.Join(dir, "repository"), key: filepath.Join(dir, "key.txt"), dir: dir, pool: spool.New(dir, 1<<20)}
	key, err := crypto.Generate(false)
	if err != nil {
		return nil, err
	}
	recipient, err := crypto.RecipientOf(key)
	if err != nil {
		return nil, err
	}
	s.public = recipient.String()
	if err := s.keep(key); err != nil {
		return nil, err
	}
	sink, err := local.Open(s.folder)
	if err != nil {
		return nil, err
	}
	s.repo, err = repository.OpenOrCreate(context.Background(), sink, repository.Options{
		Recipients: []crypto.Recipient{recipient}, Identities: []age.Identity{key}, Pool: s.pool, Now: now,
	})
	if err != nil {
		return nil, err
	}
	return s, s.watch(address)
}

// keep writes the key into its file.
func (s *safe) keep(key crypto.NativeIdentity) error {
	f, err := os.OpenFile(s.key, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(crypto.WriteIdentity(f, key, time.Now()), f.Close())
}

// watch names the sources.
func (s *safe) watch(address string) error {
	client := polite.New(polite.Options{UserAgent: "padsync demo"})
	pads, padsErr := etherpad.New(address+"/pads", client, s.pool, etherpad.Options{})
	polls, pollsErr := framadate.New(address+"/polls", client, s.pool, framadate.Options{})
	if err := errors.Join(padsErr, pollsErr); err != nil {
		return err
	}
	s.sources = []*backup.Source{
		{Source: manifest.Source{Kind: "etherpad", URL: address + "/pads"}, Client: pads},
		{Source: manifest.Source{Kind: "framadate", URL: address + "/polls"}, Client: polls},
	}
	return nil
}

// backup looks at both documents, says what became of them, and returns the
// name of the manifest.
func (s *safe) backup(ctx context.Context, w io.Writer, say words) (string, error) {
	var failure error
	var mu sync.Mutex // guards failure
	report, err := backup.Run(ctx, backup.Plan{
		Sources:      s.sources,
		Documents:    []backup.Document{{Source: s.sources[0], ID: padID}, {Source: s.sources[1], ID: pollID}},
		Repositories: []backup.Repository{{Name: s.folder, Repository: s.repo}},
		Pool:         s.pool,
		Program:      "padsync demo",
		Observe: func(e backup.Event) {
			mu.Lock()
			defer mu.Unlock()
			failure = errors.Join(failure, e.Err)
		},
	})
	if err != nil {
		return "", err
	}
	stored := report.Repositories[0]
	if err := errors.Join(failure, stored.Err); err != nil {
		return "", err
	}
	fmt.Fprintf(w, say.report, report.Outcomes[backup.Saved], report.Outcomes[backup.Unchanged], stored.Stored)
	if report.Suspect > 0 {
		fmt.Fprint(w, say.suspect)
	}
	return stored.Manifest, nil
}

// show restores what there was at a manifest, "" for now, of these kinds of
// sources, and prints it.
func (s *safe) show(ctx context.Context, w io.Writer, say words, at string, kinds ...string) error {
	contents, err := s.repo.Read(ctx, repository.At{Manifest: at})
	if err != nil {
		return err
	}
	defer contents.Close()
	target, err := os.MkdirTemp(s.dir, "restored-")
	if err != nil {
		return err
	}
	var failure error
	_, err = restore.Run(ctx, restore.Plan{
		Repository: s.repo, Target: target, Formats: []string{"txt", "csv"}, Language: say.language,
		Query: library.Query{
			Contents: contents,
			Kinds:    documents.Kinds{"etherpad": pad.Documents(), "framadate": poll.Documents()},
			Wanted:   func(r *manifest.Record) bool { return slices.Contains(kinds, r.Source.Kind) },
		},
		Observe: func(e restore.Event) {
			failure = errors.Join(failure, e.Err)
			for _, name := range e.Files {
				failure = errors.Join(failure, printFile(w, target, name))
			}
		},
	})
	return errors.Join(err, failure)
}

func printFile(w io.Writer, dir, name string) error {
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "   %s\n", name)
	quote(w, string(text))
	return nil
}

func quote(w io.Writer, text string) {
	for line := range strings.Lines(strings.TrimRight(text, "\r\n")) {
		fmt.Fprintf(w, "      | %s\n", strings.TrimRight(line, "\r\n"))
	}
}
