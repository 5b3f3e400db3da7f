package catalog

import (
	"slices"
	"testing"
	"time"
)

func TestMomentsHaveTheFirstAndTheLastAndFewBetween(t *testing.T) {
	var all []time.Time
	for n := range 100 {
		all = append(all, time.Unix(int64(1_790_000_000+3600*n), 0).UTC())
		got := MomentsOf(append([]time.Time{{}}, all...)).Times()
		if want := min(n+1, MostMoments); len(got) != want || !got[0].Equal(all[0]) || !got[len(got)-1].Equal(all[n]) || !slices.IsSortedFunc(got, time.Time.Compare) {
			t.Fatalf("of %d: %d, %v to %v", n+1, len(got), got[0], got[len(got)-1])
		}
	}
	slices.Reverse(all)
	if backward := MomentsOf(all); backward != MomentsOf(slices.SortedFunc(slices.Values(all), time.Time.Compare)) {
		t.Error("another order gives others")
	}
	for text, want := range map[Moments]int{"": 0, "x y z": 3, "!! tlpwu8 \x00": 1, "99999999999999999999": 0} {
		if got := text.Times(); len(got) != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
