package schedule

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/internal/message"
)

func ids(all []message.Message) (ids []string) {
	for _, m := range all {
		ids = append(ids, m.ID)
	}
	return ids
}

func TestTimesOfDayAreReadAndComeRoundAtMidnight(t *testing.T) {
	for text, want := range map[string]string{"02:30": "02:30", "2:30": "02:30", "23:59": "23:59", "0:00": "00:00", "2h05": "02:05"} {
		if c, err := ParseClock(text); err != nil || c.String() != want {
			t.Errorf("%q is %v, %v", text, c, err)
		}
	}
	for _, text := range []string{"", "24:00", "2", "02:60", "2:5:1", "-1:00", "noon", "02:30 "} {
		if c, err := ParseClock(text); !errors.Is(err, ErrClock) {
			t.Errorf("%q is %v, %v", text, c, err)
		}
	}
	if c := (Clock{23, 50}).Add(25); c != (Clock{0, 15}) {
		t.Errorf("%v", c)
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		m, err := time.ParseInLocation(time.DateTime, text, paris)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for after, want := range map[string]string{
		"2026-12-01 02:40:59": "2026-12-01 02:41:00", "2026-12-01 02:41:00": "2026-12-02 02:41:00", "2026-12-31 23:00:00": "2027-01-01 02:41:00",
		"2027-03-28 00:00:00": "2027-03-28 03:41:00", // its clocks jump from 2 to 3
	} {
		if next := (Clock{2, 41}).Next(at(after)); !next.Equal(at(want)) {
			t.Errorf("after %s: %s", after, next)
		}
	}
}

func TestEachOwnerHasATimeOfTheNightThatStays(t *testing.T) {
	seen := make(map[string]bool)
	for _, owner := range strings.Split("abcdefghijklmnopqrstuvwxyz", "") {
		at, shift := Night(owner), Shift(owner)
		if at.Hour < 2 || at.Hour > 4 || shift < 0 || shift >= MaxDelay || at != Night(owner) || shift != Shift(owner) {
			t.Errorf("%s: %v, %d", owner, at, shift)
		}
		seen[at.String()] = true
	}
	if len(seen) < 20 {
		t.Errorf("26 owners have only %d times", len(seen))
	}
}

func TestProgramThatDoesNotStayIsRefused(t *testing.T) {
	t.Setenv("TMPDIR", "/var/folders/x/T")
	for path, want := range map[string]bool{
		"/var/folders/x/T/padsync": true, "/var/folders/x/T/go-build12/b001/exe/padsync": true, "/home/marie/.cache/go-build/ab/padsync": true,
		"/usr/local/bin/padsync": false, "/var/folders/x/Tools/padsync": false, "/home/marie/go-builds.txt": true, "/": false,
	} {
		if got := errors.Is(temporary(path), ErrTemporary); got != want {
			t.Errorf("%s: %t", path, got)
		}
	}
	if path, err := Program(); err == nil { // a test is in such a folder itself
		t.Errorf("%s is taken", path)
	}
}

func TestSystemdIsUsedIfItAnswersElseCronElseItSaysSo(t *testing.T) {
	f := newFake(t, "linux")
	if _, err := Find(t.Context(), f.Host); !errors.Is(err, ErrNoScheduler) {
		t.Errorf("nothing is there: %v", err)
	}
	f.set("system/.dockerenv", "")
	if _, err := Find(t.Context(), f.Host); !errors.Is(err, ErrContainer) {
		t.Errorf("in a container: %v", err)
	}
	f.cron()
	if kind := f.find().Kind(); kind != Cron {
		t.Error(kind)
	}
	f.systemd()
	if kind := f.find().Kind(); kind != Systemd {
		t.Error(kind)
	}
	f.set("refuse-show", "")
	if kind := f.find().Kind(); kind != Cron {
		t.Errorf("a manager that does not answer: %s", kind)
	}
	if kind := newFake(t, "darwin").find().Kind(); kind != Launchd {
		t.Error(kind)
	}
	if kind := newFake(t, "windows").find().Kind(); kind != Tasks {
		t.Error(kind)
	}
}

func TestPlanDoesNothingUntilItIsDone(t *testing.T) {
	for name, f := range everySystem(t) {
		p, err := f.find().Install(t.Context(), f.job())
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Writes) == 0 || len(p.Commands) == 0 || len(p.Notes) == 0 || p.Empty() {
			t.Errorf("%s: %+v", name, p)
		}
		for _, call := range f.calls() {
			if call != "crontab -l" && !strings.HasPrefix(call, "systemctl --user show ") && call != "" {
				t.Errorf("%s: a plan runs %s", name, call)
			}
		}
		if tree := f.tree(); len(tree) > 0 || f.get("table") != "" {
			t.Errorf("%s: a plan writes %q", name, tree)
		}
	}
}

func TestTwoInstallsLeaveOneEntryThatRemoveUndoesWholly(t *testing.T) {
	for name, f := range everySystem(t) {
		j := f.job()
		f.install(j)
		tree := f.tree()
		j.At = Clock{4, 5}
		f.install(j)
		if again := f.tree(); !slices.Equal(tree, again) {
			t.Errorf("%s: %q, then %q", name, tree, again)
		}
		s := f.status()
		if len(s.Entries) != 1 || s.Entries[0].At != j.At || !s.Entries[0].Daily || s.Entries[0].Changed || !s.Sound() {
			t.Errorf("%s: %+v", name, s)
		}
		if e := s.Entries[0]; e.Program != j.Program || e.Kind != Tasks && !slices.Equal(e.Args, j.Args) {
			t.Errorf("%s: it starts %s %q", name, e.Program, e.Args)
		}
		f.remove()
		if tree := f.tree(); len(tree) > 0 || f.get("table") != "" {
			t.Errorf("%s: left are %q", name, tree)
		}
		if _, err := os.Stat(f.State); err == nil {
			t.Errorf("%s: the state folder is left", name)
		}
		if p := f.remove(); !p.Empty() || p.Kind != "" {
			t.Errorf("%s: there is more to remove: %+v", name, p)
		}
	}
}

func TestStatusSaysThatTheProgramIsGone(t *testing.T) {
	for name, f := range everySystem(t) {
		j := f.job()
		f.install(j)
		if s := f.status(); s.noted("schedule-program-gone") || !s.Sound() {
			t.Errorf("%s: %+v", name, s)
		}
		if err := os.Remove(j.Program); err != nil {
			t.Fatal(err)
		}
		if s := f.status(); !s.noted("schedule-program-gone") || s.Sound() {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestFailedInstallLeavesWhatWasBefore(t *testing.T) {
	for name, f := range everySystem(t) {
		refuse := func(on bool) {
			for _, file := range []string{"refuse-enable", "refuse-new"} {
				if on {
					f.set(file, "")
				} else if err := os.Remove(filepath.Join(f.dir, file)); err != nil {
					t.Fatal(err)
				}
			}
			if on {
				f.program("launchctl", "exit 5")
				f.program("schtasks", "exit 1")
			} else {
				f.program("launchctl", "")
				f.program("schtasks", "")
			}
		}
		j := f.job()
		attempt := func() {
			t.Helper()
			p, err := f.find().Install(t.Context(), j)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Do(t.Context()); !errors.Is(err, ErrCommand) {
				t.Errorf("%s: %v", name, err)
			}
		}
		refuse(true)
		attempt()
		if tree := f.tree(); len(tree) > 0 || f.get("table") != "" {
			t.Errorf("%s: left are %q", name, tree)
		}
		refuse(false)
		f.install(j)
		refuse(true)
		j.At = Clock{5, 0}
		attempt()
		if s := f.status(); name != "windows" && name != "darwin" && (len(s.Entries) != 1 || s.Entries[0].At != (Clock{2, 41})) {
			t.Errorf("%s: %+v", name, s.Entries)
		}
	}
}

func TestWhatNoEntryCanHoldIsRefused(t *testing.T) {
	for name, f := range everySystem(t) {
		for _, word := range []string{"a\nb", "a\rb", "a\x00b", "a\x1bb", "a\xffb", "\u0085"} {
			for _, j := range []Job{
				{Program: "/bin/" + word}, {Program: "/bin/true", Args: []string{word}}, {Program: "/bin/true", Environment: []string{"A=" + word}}, {Program: "padsync"}, {Program: ""},
			} {
				if p, err := f.find().Install(t.Context(), j); !errors.Is(err, ErrUnwritable) {
					t.Errorf("%s: %+q: %+v, %v", name, j.command(), p, err)
				}
			}
		}
	}
}

// everySystem are fakes of all systems, each asked as a test of its own would.
func everySystem(t *testing.T) func(func(string, *fake) bool) {
	return func(yield func(string, *fake) bool) {
		for _, name := range []string{"systemd", "cron", "darwin", "windows"} {
			goes := true
			t.Run(name, func(t *testing.T) {
				system := name
				if name == "systemd" || name == "cron" {
					system = "linux"
				}
				f := newFake(t, system)
				switch name {
				case "systemd":
					f.systemd()
				case "cron":
					f.cron()
				case "darwin":
					f.program("launchctl", "")
				case "windows":
					f.program("schtasks", "")
				}
				goes = yield(name, f)
			})
			if !goes {
				return
			}
		}
	}
}
