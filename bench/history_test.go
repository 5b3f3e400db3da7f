package main

import "testing"

// TestLongHistoryCostsLittleEachDay: what is new and a tenth of a full copy at
// most, and it comes back as the server gives it.
func TestLongHistoryCostsLittleEachDay(t *testing.T) {
	g := grow(t, 3000, 20, 30)
	if g.wrong || g.problems > 0 {
		t.Errorf("what is restored is wrong: %v, %d problems", g.wrong, g.problems)
	}
	// Of so short a history, the text that is no part of it is half of a day.
	if g.average()*8 > g.first || g.most*6 > g.first {
		t.Errorf("a day cost %d bytes on average and %d at most; the first copy %d", g.average(), g.most, g.first)
	}
	if g.pieces > 12 || g.requests > 3*g.pieces {
		t.Errorf("the newest is in %d pieces, read in %d requests", g.pieces, g.requests)
	}
	t.Logf("%+v", *g)
}
