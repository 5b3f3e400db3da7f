package machine

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestMachineKnowsWhichOfItsRunsAreGone(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "runs")
	const run, killed = "0123456789abcdef0123456789abcdef", "ffffffffffffffffffffffffffffffff"
	goesOn, next := &Runs{folder: folder}, &Runs{folder: folder}
	goesOn.Begun(run)
	if next.Gone(run) {
		t.Error("a run that goes on is gone")
	}
	if err := os.WriteFile(filepath.Join(folder, killed), nil, 0o600); err != nil { // as a process leaves it that was killed
		t.Fatal(err)
	}
	if !next.Gone(killed) {
		t.Error("a run whose process is gone may go on")
	}
	if next.Gone("00000000000000000000000000000000") || next.Gone("../runs/"+killed) || (&Runs{}).Gone(run) {
		t.Error("a run that nobody knows is gone")
	}
	goesOn.Close()
	if _, err := os.Lstat(filepath.Join(folder, run)); err == nil {
		t.Error("the file of a run that ended is left")
	}
}

func TestFilesOfKilledRunsAreSweptAfterADay(t *testing.T) {
	folder := t.TempDir()
	old, recent := filepath.Join(folder, "old"), filepath.Join(folder, "recent")
	for _, name := range []string{old, recent} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*keepRun)); err != nil {
		t.Fatal(err)
	}
	run := &Runs{folder: folder}
	run.Begun("new")
	defer run.Close()
	if _, err := os.Lstat(old); err == nil {
		t.Error("the old one is still there")
	}
	if _, err := os.Lstat(recent); err != nil {
		t.Error("the recent one is not")
	}
}
