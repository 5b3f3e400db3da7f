package repository_test

import (
	"testing"

	"github.com/padsync/padsync/repository"
)

func TestOutlineTellsWhoseAndSinceWhen(t *testing.T) {
	bothKinds(t, func(t *testing.T, w *world) {
		w.mustRun(map[string]string{"a": "text"})
		w.mustRun(map[string]string{"a": "another"})
		got, err := w.open().Outline(t.Context())
		if err != nil || got.Created.IsZero() || got.Last.Before(got.Created) || got.Host == "" {
			t.Errorf("%+v, %v", got, err)
		}
		// Somebody else sees of a sealed one only when.
		w.options.Identities = nil
		other, err := repository.Open(t.Context(), w.sink, w.options)
		if err != nil {
			t.Fatal(err)
		}
		seen, err := other.Outline(t.Context())
		if err != nil || !seen.Last.Equal(got.Last) || (seen.Host == "") != other.Sealed() {
			t.Errorf("%+v, %v", seen, err)
		}
	})
}
