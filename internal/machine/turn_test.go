package machine

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func TestSecondRunWaitsAndKnowsForWhom(t *testing.T) {
	m := At(t.TempDir())
	first, err := m.Turn(t.Context(), "a", "padsync.toml", func(Progress) { t.Error("nobody has the turn") })
	if err != nil {
		t.Fatal(err)
	}
	first.Begin(10)
	first.Step("saved")
	first.write()

	other, err := m.Turn(t.Context(), "b", "padsync.toml", func(Progress) { t.Error("that is another configuration") })
	if err != nil {
		t.Fatal(err)
	}
	other.End()

	var saw Progress
	second, err := m.Turn(t.Context(), "a", "padsync.toml", func(p Progress) {
		saw = p
		first.End()
	})
	if err != nil {
		t.Fatal(err)
	}
	if saw.Process != os.Getpid() || saw.Documents != 10 || saw.Done != 1 || saw.Outcomes["saved"] != 1 || saw.Started.IsZero() || saw.Configuration != "padsync.toml" {
		t.Errorf("%+v", saw)
	}

	ctx, cancel := context.WithCancel(t.Context())
	if _, err := m.Turn(ctx, "a", "padsync.toml", func(Progress) { cancel() }); err != context.Canceled {
		t.Errorf("a wait that was interrupted: %v", err)
	}
	second.End()
	if m.Progress("a").Process != 0 {
		t.Error("a run that ended is told")
	}
}

func TestProgressIsForItsOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // has no modes
	}
	m := At(filepath.Join(t.TempDir(), "state"))
	turn, err := m.Turn(t.Context(), "a", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer turn.End()
	all, err := filepath.Glob(filepath.Join(m.Folder(), turnsRoom, "*"))
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	for _, name := range all {
		if info, err := os.Stat(name); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestMachineThatKeepsNothingDoesNotWait(t *testing.T) {
	for range 2 {
		turn, err := At("").Turn(t.Context(), "a", "", func(Progress) { t.Error("it waits") })
		if err != nil {
			t.Fatal(err)
		}
		turn.Begin(1)
		turn.Step("saved")
		defer turn.End()
	}
}

// TestProgressIsThereToBeReadEachSecond by whoever has the same state folder.
func TestProgressIsThereToBeReadEachSecond(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		turn, err := At(folder).Turn(t.Context(), "a", "padsync.toml", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer turn.End()
		turn.Begin(3)
		for done := range 3 {
			turn.Step("saved")
			time.Sleep(turnWrites)
			synctest.Wait()
			if p := At(folder).Progress("a"); p.Done != done+1 || p.Documents != 3 || !p.Updated.Equal(time.Now()) {
				t.Errorf("after %d seconds: %+v", done+1, p)
			}
		}
	})
}
