package framadate_test

import (
	"errors"
	"io/fs"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/kinds"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/pollaristest"
)

// replacing is a Pollaris where a Framadate was.
func replacing(t *testing.T, noPHP bool) *pollaristest.Server {
	return pollaristest.New(pollaristest.Options{Prefix: "/sub", NoPHP: noPHP, Unasked: func(request string) { t.Errorf("unasked: %s", request) }})
}

// TestServerThatBecameAPollarisIsTold, and no poll of before is taken for gone,
// whoever answers for its script.
func TestServerThatBecameAPollarisIsTold(t *testing.T) {
	for noPHP, cost := range map[bool]int64{false: 2, true: 3} {
		synctest.Test(t, func(t *testing.T) {
			s, client := open(t, replacing(t, noPHP))
			for range 2 {
				_, err := s.Fetch(t.Context(), "AbCdEf1234567890", "")
				barrier, barred := errors.AsType[*sources.Barrier](err)
				if !barred || barrier.Kind != sources.Replaced || errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%v", err)
				}
			}
			if client.Requests() != cost {
				t.Errorf("%d requests", client.Requests())
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s, client := open(t, http.NotFoundHandler())
		for range 2 {
			_, err := s.Fetch(t.Context(), "AbCdEf1234567890", "")
			if barrier, barred := errors.AsType[*sources.Barrier](err); !barred || barrier.Kind != sources.NotThere {
				t.Errorf("%v", err)
			}
		}
		if client.Requests() != 3 {
			t.Errorf("%d requests", client.Requests())
		}
	})
}

// TestPollarisIsNoFramadate, and what it is instead is said.
func TestPollarisIsNoFramadate(t *testing.T) {
	for _, noPHP := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			transport, stop := sourcetest.Serve(replacing(t, noPHP))
			t.Cleanup(stop)
			opening := kinds.Opening{Client: polite.New(polite.Options{Transport: transport}), Pool: new(spool.Pool)}
			is, err := framadate.Kind().Probe(t.Context(), base, "", opening)
			if barrier, barred := errors.AsType[*sources.Barrier](err); is || !barred || barrier.Kind != sources.Replaced {
				t.Errorf("%t, %v", is, err)
			}
		})
	}
}
