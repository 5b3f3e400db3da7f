package sources_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/padsync/padsync/sources"
)

func TestItemsThatAreGoneAreCounted(t *testing.T) {
	many := make([]string, 20_000)
	for i := range many {
		many[i] = fmt.Sprint("vote ", i)
	}
	for name, c := range map[string]struct {
		before, after []string
		want          int
	}{
		"nothing":            {nil, nil, 0},
		"one came":           {nil, []string{"a"}, 0},
		"the same, in order": {[]string{"a", "b", "c"}, []string{"c", "a", "b"}, 0},
		"one went":           {[]string{"a", "b", "c"}, []string{"c", "a"}, 1},
		"all went":           {[]string{"a", "b", "c"}, nil, 3},
		"one for another":    {[]string{"a", "b", "c"}, []string{"a", "d", "c"}, 1},
		"one of two alike":   {[]string{"a", "a", "b"}, []string{"a", "b"}, 1},
		"very many":          {many, many, 0},
		"one more than many": {many, append([]string{"new"}, many...), 0},
		"too many to list":   {many[:4096], many, 0},
	} {
		if got := sources.ItemsGone(sources.ItemsOf(c.before), sources.ItemsOf(c.after)); got != c.want {
			t.Errorf("%s: %d gone, want %d", name, got, c.want)
		}
	}
	half := sources.ItemsGone(sources.ItemsOf(many), sources.ItemsOf(many[:len(many)/2]))
	if half < 1000 {
		t.Errorf("half of very many: %d gone", half)
	}
	if all := sources.ItemsOf(many); len(all) != 4096*4 || !slices.IsSorted([]string{all[:4], all[4:8]}) {
		t.Errorf("%d digits", len(all))
	}
}

// FuzzItemsGone: what was read from a manifest may be anything.
func FuzzItemsGone(f *testing.F) {
	f.Add("0001ffff", "0001")
	f.Add("x", "y")
	f.Fuzz(func(t *testing.T, before, after string) {
		if n := sources.ItemsGone(before, after); n < 0 || n > len(before)/4 {
			t.Errorf("%d gone of %d", n, len(before)/4)
		}
		if n := sources.ItemsGone(before, before); n != 0 {
			t.Errorf("%d gone of itself", n)
		}
	})
}
