package setup

import (
	"context"
	"errors"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/mirror"
	"github.com/padsync/padsync/repository"
)

// An Order is what somebody wants saved, and how.
type Order struct {
	// Documents are addresses or files of them, and Files are such files. None of
	// both: the documents of the configuration, and the catalogue's automatic ones.
	Documents, Files []string

	Formats []string // in place of those of the configuration
	Limit   Budget
	DryRun  bool // nothing will be written, so that no key is needed

	// What a person has to agree to: that others than before can read what is
	// written, although those of before are lost; that a repository is made in
	// place of one that this machine knows.
	ChangeRecipients, FormerLost, Anew bool
}

// A Saving is a backup whose plan is made: what the command and the page do in
// their turn, Settings.Turn. It is for one goroutine at a time.
type Saving struct {
	Plan   *backup.Plan
	Client *polite.Client
	Wanted []Wanted  // by the Line of the plan's documents, from 1
	Bad    *Mistakes // documents that are not in the plan

	settings *Settings
	order    Order
	known    *Known
	keys     repository.Options
	unlisted []backup.Unlisted
	fetched  *mirror.Fetched // nil where no mirror needs it
}

// Prepare makes the plan of a backup. Waiting, which may be nil, is called with
// each wait for a server. It gives nil without an error where the catalogue, which
// may have what is to be saved, cannot be read: Known.Problem says that. The caller
// closes what it gives.
func (s *Settings) Prepare(ctx context.Context, known *Known, o Order, waiting func(polite.Wait)) (*Saving, error) {
	named := o.named()
	all, bad := s.Wanted(o.Documents, o.Files, known)
	switch {
	case len(all) > 0:
	case bad.Count == 0 && !named && known.Problem() != nil:
		return nil, nil
	case bad.Count == 0:
		return nil, s.NothingWanted(named)
	default:
		return nil, bad.Alone()
	}
	v := &Saving{Bad: bad, settings: s, order: o, known: known}
	var err error
	if !o.DryRun {
		if v.keys, err = s.Sealing(); err != nil {
			return nil, err
		}
	}
	servers, err := s.Servers(ctx, all, waiting)
	if err != nil {
		return nil, err
	}
	v.Client = servers.Client
	if all, err = servers.Settle(ctx, all, bad); err != nil {
		return nil, err
	}
	v.Wanted = known.Without(all)
	switch {
	case len(v.Wanted) == 0 && bad.Count == 0:
		return nil, s.NothingWanted(named)
	case len(v.Wanted) == 0:
		return nil, bad.Alone()
	}
	if v.Plan, err = servers.Plan(v.Wanted, o.Formats, o.Limit); err != nil {
		return nil, err
	}
	v.Plan.Ignored, v.Plan.ChangeRecipients, v.Plan.FormerLost = known.Ignores, o.ChangeRecipients, o.FormerLost
	return v, nil
}

// named says that somebody named the documents for this once.
func (o Order) named() bool { return len(o.Documents)+len(o.Files) > 0 }

// Close removes what was made on servers for this backup, also after an
// interruption.
func (v *Saving) Close(ctx context.Context) {
	v.settings.CloseSources(ctx, v.Plan)
	if v.fetched != nil {
		v.fetched.Close()
	}
}

// List asks the servers that are saved whole what they hold, and adds that to the
// plan. The error says why nothing is left to be done.
func (v *Saving) List(ctx context.Context) error {
	v.unlisted = v.Plan.List(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(v.unlisted) > 0 && len(v.Plan.Documents) == 0 {
		return v.and(Unlisted(message.Failed, v.unlisted))
	}
	return nil
}

// Problem is what keeps the backup from being whole before it has begun: documents
// that are mistakes, and servers that did not say what they hold.
func (v *Saving) Problem() error { return v.and(Unlisted(message.Incomplete, v.unlisted)) }

func (v *Saving) and(err error) error { return errors.Join(err, v.Bad.Problem(message.Incomplete)) }

// Run saves what the plan has, as Settings.BackUp has it. Of the writing, the
// caller says who warns and whose turn it is.
func (v *Saving) Run(ctx context.Context, w Writing, start func()) (*backup.Report, error) {
	if v.fetched = v.settings.Fetching(v.Plan.Pool, v.keys.Recipients != nil); v.fetched != nil {
		v.Plan.Keep = v.settings.KeepIn(v.fetched)
	}
	w.Keys, w.Anew, w.Known, w.Named, w.Unlisted = v.keys, v.order.Anew, v.known, v.order.named(), v.unlisted
	report, err := v.settings.BackUp(ctx, v.Plan, w, start)
	if err != nil {
		return nil, v.and(err)
	}
	if n := v.Bad.Count; n > 0 {
		report.Outcomes[backup.Failed] += n
	}
	return report, nil
}

// Mirror brings the mirrors up to date with what the first repository has now, if
// it took it. The error is that files which this backup fetched are not at hand for
// them.
func (v *Saving) Mirror(ctx context.Context, report *backup.Report, m Mirroring) ([]Mirrored, error) {
	s, p := v.settings, v.Plan
	if !s.MirrorsBackups() || len(p.Repositories) == 0 || p.Repositories[0].Name != s.Repositories[0].Shown ||
		report.Run == "" || report.Repositories[0].Err != nil || report.Interrupted {
		return nil, nil
	}
	var err error
	if m.Fetched, m.Sealed = v.fetched, v.fetched != nil; v.fetched != nil {
		if err = v.fetched.Finish(); err != nil {
			err = message.In(err, "mirror-fetched")
		}
	}
	return s.UpdateMirrors(ctx, p.Repositories[0].Repository, m), err
}

// Written are the repositories into which all was written that was to be.
func (v *Saving) Written(report *backup.Report) (written []backup.Repository) {
	for i, repo := range v.Plan.Repositories {
		if report.Repositories[i].Err == nil {
			written = append(written, repo)
		}
	}
	return written
}

// Outcome is what the backup ends with, nil if all is well.
func (v *Saving) Outcome(report *backup.Report, tally *backup.Tally) error {
	return v.and(Outcome(report, tally, v.unlisted))
}
