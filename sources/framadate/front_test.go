package framadate_test

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// TestFrontPageTellsWhetherTheServerIsThere, and whatever else is there is in
// doubt.
func TestFrontPageTellsWhetherTheServerIsThere(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		faults := &sourcetest.Faults{Handler: server}
		s, _ := open(t, faults)
		if err := s.Front(t.Context()); err != nil {
			t.Error(err)
		}
		for _, fault := range []sourcetest.Fault{
			sourcetest.Elsewhere, sourcetest.Challenge, sourcetest.Maintenance, sourcetest.Login, sourcetest.Refused, sourcetest.Absent,
			sourcetest.ErrorPage, sourcetest.Down,
		} {
			faults.Set(fault)
			if err := s.Front(t.Context()); !errors.Is(err, sources.ErrServer) || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", fault, err)
			}
		}
	})
}
