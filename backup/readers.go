package backup

import (
	"cmp"
	"context"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// reseal stores anew what none of the present recipients can read, as far as
// one of the repository's identities opens it.
func (r *run) reseal(ctx context.Context, t *target) error {
	documents, sequence, err := t.Reseal(ctx, t.contents, repository.RunOptions{
		Program: r.plan.Program, Host: r.plan.Host, Last: t.Last, ChangeRecipients: r.plan.ChangeRecipients,
	})
	if err != nil || documents == 0 {
		return err
	}
	t.resealed, t.Last = documents, max(t.Last, sequence)
	now, err := t.Read(ctx, repository.At{})
	if err != nil {
		return err
	}
	err = t.contents.Close()
	t.contents = now
	return err
}

// prior is what the repository knows of a document.
func (t *target) prior(record *manifest.Record, resumed bool) *prior {
	p := newPrior(record, resumed)
	p.Sealed, p.Unreadable = t.unread(record.Newest()), t.unreadable(record)
	p.Resumed, p.Sound = p.Resumed && !p.Sealed, record.NewestSound() != nil
	return p
}

// unread reports whether there is a version that none of the present
// recipients can read. Without a run nobody asks.
func (t *target) unread(v *manifest.VersionRecord) bool {
	return t.run != nil && v != nil && !t.run.Readable(v)
}

// unreadable reports whether restore would give a version that none of the
// present recipients can read, and perhaps somebody else.
func (t *target) unreadable(record *manifest.Record) bool {
	v := cmp.Or(record.NewestSound(), record.Newest())
	return record.State != manifest.Erased && t.unread(v) && !t.run.GivenUp(v)
}

// saved notes that a version was saved, so that what restore gives of the
// document can now be read, if it could not before.
func (t *target) saved(p *prior, suspect string) {
	if !p.Unreadable || suspect != "" && p.Sound {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left--
	t.asked--
}

// asked notes that a server was asked for a document.
func (r *run) asked(targets []*target, known []*prior) {
	for i, t := range targets {
		if known[i].Unreadable {
			t.mu.Lock()
			t.asked++
			t.mu.Unlock()
		}
	}
}
