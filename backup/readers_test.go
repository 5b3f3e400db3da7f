package backup_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"filippo.io/age"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/repository"
)

// keys are those of the people who can read a world's repository.
type keys struct {
	runner, before, after age.Identity
}

func newKeys(t *testing.T) keys {
	t.Helper()
	var made []age.Identity
	for range 3 {
		id, err := crypto.Generate(false)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, id)
	}
	return keys{made[0], made[1], made[2]}
}

func recipient(t *testing.T, ids ...age.Identity) (all []crypto.Recipient) {
	t.Helper()
	for _, id := range ids {
		r, err := crypto.RecipientOf(id)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// sealed backs up, sealed to some, with the identities that are there besides
// the runner's.
func (w *world) sealed(k keys, to, with []age.Identity, lost bool, documents ...backup.Document) *backup.Report {
	w.t.Helper()
	return w.sealedUntil(w.t.Context(), nil, k, to, with, lost, documents...)
}

func (w *world) sealedUntil(ctx context.Context, observe func(backup.Event), k keys, to, with []age.Identity, lost bool, documents ...backup.Document) *backup.Report {
	w.t.Helper()
	w.asked = nil
	r, err := repository.OpenOrCreate(w.t.Context(), w.stores[0], repository.Options{
		Pool: w.pool, Recipients: recipient(w.t, to...), Runner: recipient(w.t, k.runner), Own: k.runner,
		Identities: append(slices.Clone(with), k.runner),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	p := w.plan
	p.Documents = w.named(documents)
	p.ChangeRecipients, p.FormerLost = true, lost
	p.Repositories = []backup.Repository{{Name: "store", Repository: r}}
	p.Observe = observe
	report, err := backup.Run(ctx, p)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

// reads gives the documents whose newest version the identity opens.
func (w *world) reads(k keys, id age.Identity) (ids []string) {
	w.t.Helper()
	r, err := repository.Open(w.t.Context(), w.stores[0], repository.Options{Pool: w.pool, Identities: []age.Identity{k.runner, id}})
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := r.Read(w.t.Context(), repository.At{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	rd := r.NewReader(w.t.Context())
	defer rd.Close()
	for record, err := range c.Documents() {
		if err != nil {
			w.t.Fatal(err)
		}
		s, err := rd.File(record.Newest().Files[0])
		if errors.Is(err, repository.ErrNoIdentity) {
			continue
		}
		if err != nil {
			w.t.Fatal(err)
		}
		s.Close()
		ids = append(ids, record.ID)
	}
	return ids
}

// TestAfterAChangeOfRecipients: what is still on its server is fetched and
// saved for the new recipients, though nothing of it changed; the rest is
// counted in each run, also where a run does not ask for it.
func TestAfterAChangeOfRecipients(t *testing.T) {
	w, k := newWorld(t), newKeys(t)
	w.pads.Create("ag", "Bonjour\n")
	w.pads.Create("bureau", "Compte rendu\n")
	w.pads.Create("gone", "Adieu\n")
	before, after := []age.Identity{k.before}, []age.Identity{k.after}
	w.want(w.sealed(k, before, nil, false, w.pad("ag"), w.pad("bureau"), w.pad("gone")), counts{backup.Saved: 3})
	w.pads.Delete("gone")

	r := w.sealed(k, after, nil, false, w.pad("ag"), w.pad("gone"))
	w.want(r, counts{backup.Saved: 1, backup.Missing: 1})
	if repo := r.Repositories[0]; repo.Unreadable != 2 || repo.Unasked != 1 || r.Suspect > 0 {
		t.Errorf("%d cannot be read, %d of them were not asked for, %d are suspect", repo.Unreadable, repo.Unasked, r.Suspect)
	}
	r = w.sealed(k, after, nil, false, w.pad("ag"), w.pad("gone"))
	w.want(r, counts{backup.Unchanged: 1, backup.Missing: 1})
	if repo := r.Repositories[0]; repo.Unreadable != 2 || repo.Unasked != 1 {
		t.Errorf("the next night, %d cannot be read, and %d of them were not asked for", repo.Unreadable, repo.Unasked)
	}
	r = w.sealed(k, after, nil, false, w.pad("ag"), w.pad("bureau"), w.pad("gone"))
	if repo := r.Repositories[0]; repo.Unreadable != 1 || repo.Unasked != 0 || r.Outcomes[backup.Saved] != 1 {
		t.Errorf("%d cannot be read, %d of them were not asked for, %v", repo.Unreadable, repo.Unasked, r.Outcomes)
	}
	if got := w.reads(k, k.after); !slices.Equal(got, []string{"ag", "bureau"}) {
		t.Errorf("the new recipient reads %q", got)
	}

	// With the former identity the rest is sealed anew, and no pad is asked for.
	r = w.sealed(k, after, before, false, w.pad("ag"))
	w.want(r, counts{backup.Unchanged: 1})
	if repo := r.Repositories[0]; repo.Resealed != 1 || repo.Unreadable != 0 || len(w.asked) != 1 {
		t.Errorf("%d sealed anew, %d cannot be read, %q", repo.Resealed, repo.Unreadable, w.asked)
	}
	if got := w.reads(k, k.after); !slices.Equal(got, []string{"ag", "bureau", "gone"}) {
		t.Errorf("the new recipient reads %q", got)
	}
	if v := w.reads(k, k.before); len(v) > 0 {
		t.Errorf("the former recipient reads %q", v)
	}
}

// TestAddedRecipientAsksForNothing: who was there before can read all.
func TestAddedRecipientAsksForNothing(t *testing.T) {
	w, k := newWorld(t), newKeys(t)
	w.pads.Create("ag", "Bonjour\n")
	w.sealed(k, []age.Identity{k.before}, nil, false, w.pad("ag"))
	r := w.sealed(k, []age.Identity{k.before, k.after}, nil, false, w.pad("ag"))
	w.want(r, counts{backup.Unchanged: 1})
	if n := r.Repositories[0].Unreadable; n != 0 {
		t.Errorf("%d cannot be read", n)
	}
}

// TestLostRecipientsAreSaidOnce: from then on nobody is told of what only they
// could read; what is on its server is saved anew all the same.
func TestLostRecipientsAreSaidOnce(t *testing.T) {
	w, k := newWorld(t), newKeys(t)
	w.pads.Create("ag", "Bonjour\n")
	w.pads.Create("bureau", "Compte rendu\n")
	after := []age.Identity{k.after}
	w.sealed(k, []age.Identity{k.before}, nil, false, w.pad("ag"), w.pad("bureau"))
	for _, lost := range []bool{true, false} {
		if r := w.sealed(k, after, nil, lost); r.Repositories[0].Unreadable != 0 {
			t.Errorf("%d cannot be read", r.Repositories[0].Unreadable)
		}
	}
	w.want(w.sealed(k, after, nil, false, w.pad("ag")), counts{backup.Saved: 1})
}

// TestSuspectVersionDoesNotHideTheUnreadable: a new version that may be a loss
// is no copy of the one that it stands behind, which nobody can read.
func TestSuspectVersionDoesNotHideTheUnreadable(t *testing.T) {
	w, k := newWorld(t), newKeys(t)
	w.pads.Create("ag", "Bonjour\n").Append(alice, "à tous")
	after := []age.Identity{k.after}
	w.sealed(k, []age.Identity{k.before}, nil, false, w.pad("ag"))
	w.pads.Create("ag", "Welcome\n")
	for range 2 {
		if r := w.sealed(k, after, nil, false, w.pad("ag")); r.Repositories[0].Unreadable != 1 {
			t.Errorf("%d cannot be read; %+v", r.Repositories[0].Unreadable, r)
		}
	}
	if r := w.sealed(k, after, []age.Identity{k.before}, false, w.pad("ag")); r.Repositories[0].Unreadable != 0 {
		t.Errorf("%d cannot be read with the former identity", r.Repositories[0].Unreadable)
	}
}

// TestInterruptedRunOfFormerRecipientsIsNotEnough: what it saved, nobody of
// now can read.
func TestInterruptedRunOfFormerRecipientsIsNotEnough(t *testing.T) {
	w, k := newWorld(t), newKeys(t)
	w.pads.Create("ag", "Bonjour\n")
	ctx, cancel := context.WithCancel(t.Context())
	cut := w.sealedUntil(ctx, func(backup.Event) { cancel() }, k, []age.Identity{k.before}, nil, false, w.pad("ag"))
	if !cut.Interrupted || cut.Outcomes[backup.Saved] != 1 {
		t.Fatalf("%+v", cut)
	}
	r := w.sealed(k, []age.Identity{k.after}, nil, false, w.pad("ag"))
	w.want(r, counts{backup.Saved: 1})
	if n := r.Repositories[0].Unreadable; n != 0 {
		t.Errorf("%d cannot be read", n)
	}
}
