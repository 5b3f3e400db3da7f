package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/repository"
)

// estimated is what backup --dry-run --json tells of a source.
type estimated struct {
	Source    string `json:"source"`
	Kind      string `json:"kind"`
	Documents int    `json:"documents"`
	Known     int    `json:"known"`
	Fetches   int    `json:"fetches"`
	Seconds   int    `json:"seconds"` // about, by the limit that such servers have
}

// dryRun says what a backup would do, and how long it would take.
func (a *app) dryRun(ctx context.Context, flags backupFlags, s *setup.Settings, p *backup.Plan) error {
	if err := a.openKnown(ctx, s, p); err != nil {
		return err
	}
	estimates, err := backup.EstimateRun(ctx, *p)
	if err != nil {
		return err
	}
	for _, e := range estimates {
		took := leastTime(e)
		if flags.json {
			told := estimated{e.URL, e.Kind, e.Documents, e.Known, e.Fetches(), int(took / time.Second)}
			if err := json.NewEncoder(a.stdout).Encode(told); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintln(a.stdout, words.Printable(a.text("estimate", "Source", e.URL,
			"Counts", a.words.Tally("count-documents", e.Documents, "count-known", e.Known, "count-to-fetch", e.Fetches()))))
		if took > 0 {
			fmt.Fprintln(a.stdout, words.Printable(a.text("estimate-time", "Time", took)))
		}
	}
	return nil
}

func leastTime(e backup.Estimate) time.Duration {
	if limited, ok := e.Client.(interface {
		LimitTime(fetches int) time.Duration
	}); ok {
		return limited.LimitTime(e.Fetches())
	}
	return 0
}

// openKnown opens the repositories for reading and adds them to the plan. If
// one is not made yet, nothing is in all of them.
func (a *app) openKnown(ctx context.Context, s *setup.Settings, p *backup.Plan) error {
	for _, place := range s.Repositories {
		repo, err := s.OpenToRead(ctx, place, p.Pool, a.warnDamaged)
		if errors.Is(err, repository.ErrNone) && !errors.Is(err, setup.ErrAway) {
			p.Repositories = nil
			return nil
		}
		if err != nil {
			return err
		}
		p.Repositories = append(p.Repositories, backup.Repository{Name: place.Shown, Repository: repo})
	}
	return nil
}
