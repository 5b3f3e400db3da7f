package restore_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/restore"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sinks/sinktest"
)

// A key is an identity with its recipient.
type key struct {
	identity  age.Identity
	recipient crypto.Recipient
}

func newKey(t *testing.T) key {
	t.Helper()
	id, err := crypto.Generate(false)
	if err != nil {
		t.Fatal(err)
	}
	to, err := crypto.RecipientOf(id)
	if err != nil {
		t.Fatal(err)
	}
	return key{id, to}
}

// TestWrongKeyIsSaidOnce: whoever can read the lists of documents with the
// runner's identity, and no document, is told so once, after a look at the
// beginning of each pack.
func TestWrongKeyIsSaidOnce(t *testing.T) {
	runner, before, after, stranger := newKey(t), newKey(t), newKey(t), newKey(t)
	count := &sinktest.Count{Sink: memory.New(time.Now)}
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	options := repository.Options{
		Pool: spool.New(t.TempDir(), 0), Now: func() time.Time { now = now.Add(time.Hour); return now },
		Runner: []crypto.Recipient{runner.recipient}, Own: runner.identity,
	}
	const each, runs = 40, 6
	for i := range runs {
		options.Identities = []age.Identity{runner.identity}
		options.Recipients = []crypto.Recipient{before.recipient}
		if i == runs-1 {
			options.Recipients = []crypto.Recipient{after.recipient}
		}
		r, err := repository.OpenOrCreate(t.Context(), count, options)
		if err != nil {
			t.Fatal(err)
		}
		var some []saved
		for j := range each {
			some = append(some, saved{id: fmt.Sprintf("pad-%d-%d", i, j), file: "x.txt", format: "txt", text: "x"})
		}
		save(t, r, some...)
	}

	for name, c := range map[string]struct {
		with     []age.Identity
		restored int
	}{
		"a stranger's": {[]age.Identity{stranger.identity}, 0},
		"none":         {nil, 0},
		"the old one":  {[]age.Identity{before.identity}, (runs - 1) * each},
		"the new one":  {[]age.Identity{after.identity}, each},
		"both":         {[]age.Identity{before.identity, after.identity}, runs * each},
	} {
		options.Identities = append([]age.Identity{runner.identity}, c.with...)
		r, err := repository.Open(t.Context(), count, options)
		if err != nil {
			t.Fatal(err)
		}
		contents, err := r.Read(t.Context(), repository.At{})
		if err != nil {
			t.Fatal(err)
		}
		defer contents.Close()
		count.Reset()
		told := 0
		p := restore.Plan{Repository: r, Query: library.Query{Contents: contents}, Target: t.TempDir(), Observe: func(restore.Event) { told++ }}
		report, err := restore.Run(t.Context(), p)
		if wrong := c.restored == 0; errors.Is(err, repository.ErrNoIdentity) != wrong || wrong && told > 0 {
			t.Errorf("%s: %v, and %d documents were told of", name, err, told)
		} else if !wrong && (report.Restored != c.restored || report.Sealed != runs*each-c.restored || told != runs*each) {
			t.Errorf("%s: %+v, and %d documents were told of", name, report, told)
		} else if wrong && count.Calls("packs/") > 2*runs {
			t.Errorf("%s: %d reads of %d packs", name, count.Calls("packs/"), runs)
		}
	}
}
