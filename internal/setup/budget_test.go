package setup

import (
	"testing"
	"time"

	"github.com/padsync/padsync/internal/config"
)

func TestTheEarliestEndCounts(t *testing.T) {
	begin := time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		hours config.Hours
		most  time.Duration
		want  time.Duration // from begin; -1 for never
	}{
		{"", 0, -1},
		{"", 45 * time.Minute, 45 * time.Minute},
		{"22:00-01:00", 0, 2 * time.Hour},
		{"22:00-01:00", time.Hour, time.Hour},
		{"22:00-01:00", 3 * time.Hour, 2 * time.Hour},
		{"02:00-05:00", 0, 0},
		{"02:00-05:00", 3 * time.Hour, 0},
	} {
		got := Budget{begin, c.most}.until(c.hours)
		if want := begin.Add(c.want); c.want < 0 && !got.IsZero() || c.want >= 0 && !got.Equal(want) {
			t.Errorf("%q, %v: %v", c.hours, c.most, got)
		}
	}
}
