package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/words"
)

// dryRun says what a backup would do, and how long it would take.
func (a *app) dryRun(ctx context.Context, flags backupFlags, s *setup.Settings, p *backup.Plan) error {
	if err := s.OpenKnown(ctx, p, a.warnDamaged); err != nil {
		return err
	}
	estimates, err := backup.EstimateRun(ctx, *p)
	if err != nil {
		return err
	}
	for _, e := range estimates {
		if flags.json {
			if err := json.NewEncoder(a.stdout).Encode(jsonlines.NewEstimate(e)); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintln(a.stdout, words.Printable(a.text("estimate", "Source", e.URL,
			"Counts", a.words.Tally("count-documents", e.Documents, "count-known", e.Known, "count-to-fetch", e.Fetches()))))
		if took := e.LeastTime(); took > 0 {
			fmt.Fprintln(a.stdout, words.Printable(a.text("estimate-time", "Time", took)))
		}
	}
	return nil
}
