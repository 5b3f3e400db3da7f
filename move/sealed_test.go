package move_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks/memory"
)

// TestWrongKeyIsSaidOnce: whoever can read the lists of documents with the
// runner's identity, and no document, is told so once, and no server is asked.
func TestWrongKeyIsSaidOnce(t *testing.T) {
	identity := func() *age.X25519Identity {
		t.Helper()
		id, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	recipient := func(id age.Identity) []crypto.Recipient {
		t.Helper()
		to, err := crypto.RecipientOf(id)
		if err != nil {
			t.Fatal(err)
		}
		return []crypto.Recipient{to}
	}
	runner, before, after, stranger := identity(), identity(), identity(), identity()
	store := memory.New(time.Now)
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	options := repository.Options{
		Pool: spool.New(t.TempDir(), 0), Now: func() time.Time { now = now.Add(time.Hour); return now },
		Runner: recipient(runner), Own: runner, Identities: []age.Identity{runner},
	}
	const each = 3
	for i, owner := range []age.Identity{before, before, after} {
		options.Recipients = recipient(owner)
		r, err := repository.OpenOrCreate(t.Context(), store, options)
		if err != nil {
			t.Fatal(err)
		}
		var some []saved
		for j := range each {
			some = append(some, saved{id: fmt.Sprintf("pad-%d-%d", i, j), file: "x.txt", format: "txt", text: "x"})
		}
		save(t, r, "etherpad", some...)
	}
	for name, c := range map[string]struct {
		with  []age.Identity
		moved int
	}{
		"a stranger's": {[]age.Identity{stranger}, 0},
		"none":         {nil, 0},
		"the old one":  {[]age.Identity{before}, 2 * each},
		"the new one":  {[]age.Identity{after}, each},
		"both":         {[]age.Identity{before, after}, 3 * each},
	} {
		options.Identities = append([]age.Identity{runner}, c.with...)
		r, err := repository.Open(t.Context(), store, options)
		if err != nil {
			t.Fatal(err)
		}
		m := newMoving(t)
		p := planFor(t, r)
		m.Repository, m.Query = p.Repository, p.Query
		err = m.run(t, t.Context())
		if wrong := c.moved == 0; errors.Is(err, repository.ErrNoIdentity) != wrong {
			t.Errorf("%s: %v", name, err)
		} else if wrong && (len(m.events) > 0 || m.server.Requests() > 0) {
			t.Errorf("%s: it told of %d documents, and sent %d requests", name, len(m.events), m.server.Requests())
		} else if !wrong && (len(m.events) != 3*each || m.server.Imported() != c.moved) {
			t.Errorf("%s: it told of %d documents, and made %d", name, len(m.events), m.server.Imported())
		}
	}
}
