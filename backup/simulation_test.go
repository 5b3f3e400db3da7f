package backup_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// The simulations run with a virtual clock, and give their figures as
// attributes, which bench prints.

// windowed is the least time that a limiter of 10 requests in 90 s makes n
// requests take: all windows but the last.
func windowed(n int) time.Duration { return time.Duration((n-1)/10) * 90 * time.Second }

func TestSimulatedLimiterIsUsedWhole(t *testing.T) {
	for name, dialect := range map[string]etherpadtest.Dialect{"1.8.14": etherpadtest.V1, "3.3.1": etherpadtest.V3} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const pads = 500
				f := newFleet(t, 1, pads, 200*time.Millisecond, etherpadtest.Options{Dialect: dialect, Limit: 10})
				begin := time.Now()
				report, _ := f.run()
				took, least, over := time.Since(begin), windowed(pads), f.overrun()
				if report.Outcomes[backup.Saved] != pads || over > 0 || took > least*102/100 {
					t.Errorf("%v, %d requests over the limit, took %v, at least %v is needed", report.Outcomes, over, took, least)
				}
				t.Attr("limited", fmt.Sprintf("%.1f of %.1f minutes, %d refused", took.Minutes(), least.Minutes(), over))
			})
		})
	}
}

func TestSimulatedServersDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const servers, pads = 20, 50
		f := newFleet(t, servers, pads, 200*time.Millisecond, etherpadtest.Options{Limit: 10})
		begin := time.Now()
		report, _ := f.run()
		took, least, over := time.Since(begin), windowed(pads), f.overrun()
		if report.Outcomes[backup.Saved] != servers*pads || over > 0 {
			t.Errorf("%v, %d requests over the limit", report.Outcomes, over)
		}
		for source, ended := range f.ended {
			if ended > least*102/100 {
				t.Errorf("%s ended after %v, at least %v is needed", source.URL, ended, least)
			}
		}
		t.Attr("side-by-side", fmt.Sprintf("%.1f minutes, one alone %.1f, %d refused", took.Minutes(), least.Minutes(), over))
	})
}

func (f *fleet) overrun() (n int) {
	for _, s := range f.servers {
		n += s.Overrun()
	}
	return n
}
