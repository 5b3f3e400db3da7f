package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// A Failure is something that a run could not do.
type Failure struct {
	Kind    string // repository, server or document
	Subject string // which
	Since   time.Time
	Error   string // as a program says it
	Said    string // as the run said it to its person, and what to do, in lines
}

// A Run is what this machine did once.
type Run struct {
	ID             int64  // the catalogue's own
	Configuration  string // its file
	Started, Ended time.Time
	Ending         string // "" for a whole run
	Named          bool   // it was of documents that somebody named for this once

	Saved, Unchanged, Missing, Failed, Suspect int

	Failures []Failure

	// What Runs leaves out, and was not kept of runs before version 3.
	Servers   []Served
	Stored    []Stored
	Documents []Looked // saved, missing or failed; of many, the first
}

// Served is what a run did at one server.
type Served struct {
	Kind, Base                        string
	Saved, Unchanged, Missing, Failed int
	Remaining                         int // that its time was too short for
}

// Stored is what a run stored in one repository.
type Stored struct {
	Repository string // as people see it
	Bytes      int64
}

// Looked is what became of one document in a run.
type Looked struct {
	Key
	Outcome string // saved, missing or failed
	Suspect string // why what was saved may be a loss
}

const (
	keepRuns     = 366 * 24 * time.Hour
	mostFailures = 1000 // of one run
	mostServers  = 1000
	mostLooked   = 1000
	mostError    = 2000 // bytes of one text
)

// Record notes a run. A failure is as old as the first of those runs of the
// configuration in a row that had it: those that were Named say nothing of what
// they did not look at, and are left out. What is older than a year goes.
func (c *Catalog) Record(ctx context.Context, r Run) error {
	return c.change(ctx, func(t *tx) error {
		before, err := t.failures(`run = (select max(id) from run where configuration = ? and named = 0)`, r.Configuration)
		if err != nil {
			return err
		}
		since := make(map[Failure]time.Time)
		for _, f := range before {
			since[Failure{Kind: f.Kind, Subject: f.Subject}] = f.Since
		}
		var id int64
		err = t.row(`insert into run (configuration, started, ended, ending, named, saved, unchanged, missing, failed, suspect) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id`,
			r.Configuration, seconds(r.Started), seconds(r.Ended), r.Ending, r.Named, r.Saved, r.Unchanged, r.Missing, r.Failed, r.Suspect).Scan(&id)
		if err != nil {
			return err
		}
		for _, f := range r.Failures[:min(len(r.Failures), mostFailures)] {
			first, known := since[Failure{Kind: f.Kind, Subject: f.Subject}]
			if !known {
				first = r.Started
			}
			if err := t.exec(`insert or ignore into failure (run, kind, subject, since, error, said) values (?, ?, ?, ?, ?, ?)`,
				id, f.Kind, f.Subject, seconds(first), bounded(f.Error), bounded(f.Said)); err != nil {
				return err
			}
		}
		if err := t.recordDetails(id, &r); err != nil {
			return err
		}
		return t.exec(`delete from run where started < ?`, r.Started.Add(-keepRuns).Unix())
	})
}

func (t *tx) recordDetails(id int64, r *Run) error {
	for _, s := range r.Servers[:min(len(r.Servers), mostServers)] {
		if err := t.exec(`insert or ignore into served (run, kind, base, saved, unchanged, missing, failed, remaining) values (?, ?, ?, ?, ?, ?, ?, ?)`,
			id, s.Kind, s.Base, s.Saved, s.Unchanged, s.Missing, s.Failed, s.Remaining); err != nil {
			return err
		}
	}
	for _, s := range r.Stored {
		if err := t.exec(`insert or ignore into stored (run, repository, bytes) values (?, ?, ?)`, id, s.Repository, s.Bytes); err != nil {
			return err
		}
	}
	for _, d := range r.Documents[:min(len(r.Documents), mostLooked)] {
		if err := t.exec(`insert or ignore into looked (run, kind, base, name, outcome, suspect) values (?, ?, ?, ?, ?, ?)`, id, d.Kind, d.Base, d.ID, d.Outcome, d.Suspect); err != nil {
			return err
		}
	}
	return nil
}

// bounded is the beginning of a text that nobody bounded, without half a character.
func bounded(text string) string {
	if len(text) > mostError {
		text = text[:mostError]
	}
	return strings.ToValidUTF8(text, "")
}

// failures are those of the runs for which the condition holds.
func (t *tx) failures(where string, args ...any) (all []failureOf, err error) {
	err = t.each(`select run, kind, subject, since, error, said from failure where `+where+` order by run, kind, subject`, args, func(scan func(...any) error) error {
		var f failureOf
		var since int64
		err := scan(&f.run, &f.Kind, &f.Subject, &since, &f.Error, &f.Said)
		f.Since = moment(since)
		all = append(all, f)
		return err
	})
	return all, err
}

type failureOf struct {
	run int64
	Failure
}

// Runs are those that were recorded, the newest first: as many as most, 0 for
// all.
func (c *Catalog) Runs(ctx context.Context, most int) (all []Run, err error) {
	at, oldest := make(map[int64]int), int64(0)
	if most <= 0 {
		most = -1
	}
	err = c.view(ctx, func(t *tx) error {
		err := t.each(`select id, configuration, started, ended, ending, named, saved, unchanged, missing, failed, suspect from run order by id desc limit ?`, []any{most}, func(scan func(...any) error) error {
			var id, started, ended int64
			var r Run
			err := scan(&id, &r.Configuration, &started, &ended, &r.Ending, &r.Named, &r.Saved, &r.Unchanged, &r.Missing, &r.Failed, &r.Suspect)
			r.Started, r.Ended = moment(started), moment(ended)
			r.ID = id
			at[id], all, oldest = len(all), append(all, r), id
			return err
		})
		if err != nil || len(all) == 0 {
			return err
		}
		failures, err := t.failures(`run >= ?`, oldest)
		for _, f := range failures {
			if i, known := at[f.run]; known {
				all[i].Failures = append(all[i].Failures, f.Failure)
			}
		}
		return err
	})
	return all, err
}

// Run is one with all that is known of it, nil if there is none.
func (c *Catalog) Run(ctx context.Context, id int64) (r *Run, err error) {
	err = c.view(ctx, func(t *tx) error {
		var started, ended int64
		found := Run{ID: id}
		err := t.row(`select configuration, started, ended, ending, named, saved, unchanged, missing, failed, suspect from run where id = ?`, id).Scan(
			&found.Configuration, &started, &ended, &found.Ending, &found.Named, &found.Saved, &found.Unchanged, &found.Missing, &found.Failed, &found.Suspect)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		found.Started, found.Ended, r = moment(started), moment(ended), &found
		failures, err := t.failures(`run = ?`, id)
		if err != nil {
			return err
		}
		for _, f := range failures {
			r.Failures = append(r.Failures, f.Failure)
		}
		return t.details(r)
	})
	return r, err
}

// details reads what Runs leaves out.
func (t *tx) details(r *Run) error {
	err := t.each(`select kind, base, saved, unchanged, missing, failed, remaining from served where run = ? order by base, kind`, []any{r.ID}, func(scan func(...any) error) error {
		var s Served
		err := scan(&s.Kind, &s.Base, &s.Saved, &s.Unchanged, &s.Missing, &s.Failed, &s.Remaining)
		r.Servers = append(r.Servers, s)
		return err
	})
	if err != nil {
		return err
	}
	err = t.each(`select repository, bytes from stored where run = ? order by repository`, []any{r.ID}, func(scan func(...any) error) error {
		var s Stored
		err := scan(&s.Repository, &s.Bytes)
		r.Stored = append(r.Stored, s)
		return err
	})
	if err != nil {
		return err
	}
	return t.each(`select kind, base, name, outcome, suspect from looked where run = ? order by outcome, base, name`, []any{r.ID}, func(scan func(...any) error) error {
		var d Looked
		err := scan(&d.Kind, &d.Base, &d.ID, &d.Outcome, &d.Suspect)
		r.Documents = append(r.Documents, d)
		return err
	})
}

// RunsOf are the ids of the runs in which one of these documents was not as before.
func (c *Catalog) RunsOf(ctx context.Context, keys []Key) (map[int64]bool, error) {
	wanted := make([][3]string, len(keys))
	for i, k := range keys {
		wanted[i] = [3]string{k.Kind, k.Base, k.ID}
	}
	text, err := json.Marshal(wanted)
	if err != nil {
		return nil, err
	}
	of := make(map[int64]bool)
	err = c.view(ctx, func(t *tx) error {
		return t.each(`select distinct run from looked join json_each(?) on name = value ->> 2 and kind = value ->> 0 and base = value ->> 1`, []any{string(text)}, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			of[id] = true
			return err
		})
	})
	return of, err
}
