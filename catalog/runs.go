package catalog

import (
	"context"
	"time"
)

// A Failure is something that a run could not do.
type Failure struct {
	Kind    string // repository, server or document
	Subject string // which
	Since   time.Time
}

// A Run is what this machine did once.
type Run struct {
	Configuration  string // its file
	Started, Ended time.Time
	Ending         string // "" for a whole run
	Named          bool   // it was of documents that somebody named for this once

	Saved, Unchanged, Missing, Failed, Suspect int

	Failures []Failure
}

const (
	keepRuns     = 366 * 24 * time.Hour
	mostFailures = 1000 // of one run
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
			if err := t.exec(`insert or ignore into failure (run, kind, subject, since) values (?, ?, ?, ?)`, id, f.Kind, f.Subject, seconds(first)); err != nil {
				return err
			}
		}
		return t.exec(`delete from run where started < ?`, r.Started.Add(-keepRuns).Unix())
	})
}

// failures are those of the runs for which the condition holds.
func (t *tx) failures(where string, args ...any) (all []failureOf, err error) {
	err = t.each(`select run, kind, subject, since from failure where `+where+` order by run, kind, subject`, args, func(scan func(...any) error) error {
		var f failureOf
		var since int64
		err := scan(&f.run, &f.Kind, &f.Subject, &since)
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
