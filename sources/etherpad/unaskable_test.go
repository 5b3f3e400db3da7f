package etherpad_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// TestPadThatNoAddressLeadsToIsListed, so that it is counted, and is not asked
// for.
func TestPadThatNoAddressLeadsToIsListed(t *testing.T) {
	inBubble(t, etherpadtest.Options{APIKey: "key"}, etherpad.Options{Access: etherpad.Access{APIKey: "key"}}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		for _, id := range []string{".", "..", "ag", "with  raw spaces"} {
			server.Create(id, "text")
		}
		var ids []string
		for id, err := range s.List(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		if slices.Sort(ids); !slices.Equal(ids, []string{".", "..", "ag", "with  raw spaces"}) {
			t.Errorf("listed %q", ids)
		}
		before := server.Requests()
		for _, id := range []string{".", ".."} {
			if _, err := s.Fetch(t.Context(), id, ""); !errors.Is(err, sources.ErrUnaskable) || errors.Is(err, sources.ErrAddress) {
				t.Errorf("%s: %v", id, err)
			}
		}
		if n := server.Requests() - before; n > 0 {
			t.Errorf("%d requests", n)
		}
		if v := fetch(t, s, "with  raw spaces", ""); v.ID != "with  raw spaces" {
			t.Errorf("%+v", v)
		}
	})
}
