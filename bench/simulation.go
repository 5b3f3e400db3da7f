package main

import (
	"os/exec"
	"strings"
	"testing"
)

// simulation runs part f: the simulations of backup, whose clock only a test
// can have. Their goals are those of the tests.
func simulation(t testing.TB, _ *program) []row {
	const tests = "github.com/padsync/padsync/backup"
	output, err := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", "-run", "^TestSimulated", tests).CombinedOutput()
	if err != nil {
		t.Errorf("simulate backups: %v\n%s", err, output)
	}
	rows := []row{
		{what: "TestSimulatedLimiterIsUsedWhole/1.8.14", goal: "within 2 %, none refused"},
		{what: "TestSimulatedLimiterIsUsedWhole/3.3.1", goal: "within 2 %, none refused"},
		{what: "TestSimulatedServersDoNotWaitForEachOther", goal: "each within 2 % of one alone, none refused"},
	}
	names := []string{"500 pads under the default limiter of 1.8.14", "the same of 3.3.1", "20 such servers with 50 pads each, side by side"}
	for i := range rows {
		r := &rows[i]
		_, attribute, found := strings.Cut(string(output), "=== ATTR  "+r.what+" ")
		attribute, _, _ = strings.Cut(attribute, "\n")
		_, r.measured, _ = strings.Cut(attribute, " ")
		r.letter, r.what, r.met = "f", names[i], found && err == nil
	}
	return rows
}
