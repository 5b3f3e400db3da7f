package schedule

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func newSystemd(t *testing.T) *fake {
	f := newFake(t, "linux")
	f.systemd()
	return f
}

const unitsFolder = "home/.config/systemd/user/"

// As docs/schedule.md shows it.
func TestTimerAndServiceAreThese(t *testing.T) {
	service, timer := units(Job{Program: "/usr/local/bin/padsync", Args: []string{"backup", "-q"}, Environment: []string{"LANG=fr_FR.UTF-8"}, At: Clock{2, 41}}, made{})
	for text, lines := range map[string][]string{
		service: {"Type=oneshot", `ExecStart="/usr/local/bin/padsync" "backup" "-q"`, `Environment="LANG=fr_FR.UTF-8"`, "TimeoutStopSec=5min"},
		timer:   {"OnCalendar=*-*-* 02:41:00", "RandomizedDelaySec=15min", "Persistent=true", "WantedBy=timers.target"},
	} {
		all := strings.Split(text, "\n")
		for _, line := range lines {
			if !slices.Contains(all, line) {
				t.Errorf("there is no %s in\n%s", line, text)
			}
		}
		if strings.Contains(text, "ACPower") || strings.Contains(text, "network-online") {
			t.Error("it waits for what a user's units do not have, or for power")
		}
	}
}

func TestSystemdIsToldInTurn(t *testing.T) {
	f := newSystemd(t)
	p, err := f.find().Install(t.Context(), f.job())
	if err != nil {
		t.Fatal(err)
	}
	var planned []string
	for _, command := range p.Commands {
		planned = append(planned, strings.Join(command, " "))
	}
	f.calls()
	if err := p.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	if calls := f.calls(); !slices.Equal(calls, planned) {
		t.Errorf("planned are %q, and run %q", planned, calls)
	}
	for _, w := range p.Writes {
		if text, err := os.ReadFile(w.Place); err != nil || string(text) != w.Text {
			t.Errorf("%s: shown is\n%s\nwritten\n%s", w.Place, w.Text, text)
		}
	}
}

func TestFoldersThatWereThereStay(t *testing.T) {
	f := newSystemd(t)
	if err := os.MkdirAll(filepath.Join(f.dir, unitsFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	f.set(unitsFolder+"mine.service", "[Unit]\n")
	before := f.tree()
	f.install(f.job())
	f.remove()
	if after := f.tree(); !slices.Equal(before, after) {
		t.Errorf("%q, then %q", before, after)
	}
	// And one that was made, if somebody uses it by then.
	f = newSystemd(t)
	f.install(f.job())
	f.set(unitsFolder+"mine.service", "[Unit]\n")
	f.remove()
	if got := f.get(unitsFolder + "mine.service"); got == "" {
		t.Error("somebody else's unit is gone")
	}
}

func TestFileOfSomebodyElseIsLeft(t *testing.T) {
	for _, name := range []string{timerUnit, serviceUnit} {
		f := newSystemd(t)
		if err := os.MkdirAll(filepath.Join(f.dir, unitsFolder), 0o755); err != nil {
			t.Fatal(err)
		}
		f.set(unitsFolder+name, "[Unit]\nDescription=mine\n")
		_, err := f.find().Install(t.Context(), f.job())
		if e, is := errors.AsType[*ForeignError](err); !is || !errors.Is(err, ErrForeign) || filepath.Base(e.File) != name {
			t.Errorf("%s: %v", name, err)
		}
		if p := f.remove(); !p.Empty() {
			t.Errorf("%s: it is to be removed: %+v", name, p)
		}
		if s := f.status(); len(s.Entries) > 0 {
			t.Errorf("%s: it is taken for ours", name)
		}
		if f.get(unitsFolder+name) != "[Unit]\nDescription=mine\n" {
			t.Errorf("%s has changed", name)
		}
	}
}

func TestLingeringIsOnlySwitchedOffByWhoSwitchedItOn(t *testing.T) {
	const on = "system/var/lib/systemd/linger/marie"
	lingers := func(f *fake) bool { _, err := os.Stat(filepath.Join(f.dir, on)); return err == nil }

	f := newSystemd(t)
	if p := f.install(f.job()); lingers(f) || !p.noted("schedule-logged-in") {
		t.Error("it is on, and nobody agreed to it")
	}
	if s := f.status(); !s.noted("schedule-logged-in") {
		t.Errorf("%+v", s)
	}
	j := f.job()
	j.Linger = true
	if p := f.install(j); !lingers(f) || !p.noted("schedule-linger") {
		t.Error("it is off, and somebody agreed to it")
	}
	if s := f.status(); s.noted("schedule-logged-in") {
		t.Errorf("%+v", s)
	}
	f.install(f.job()) // which does not forget who switched it on
	f.remove()
	if lingers(f) {
		t.Error("it is left on")
	}

	f = newSystemd(t)
	if err := os.MkdirAll(filepath.Join(f.dir, filepath.Dir(on)), 0o700); err != nil {
		t.Fatal(err)
	}
	f.set(on, "")
	if p := f.install(j); !p.noted("schedule-lingers") {
		t.Error("it was on before")
	}
	f.remove()
	if !lingers(f) {
		t.Error("it was on before, and is off now")
	}
}

func TestUnitThatSomebodyChangedIsOursAndSaidToBeChanged(t *testing.T) {
	f := newSystemd(t)
	f.install(f.job())
	for from, to := range map[string]string{"RandomizedDelaySec=15min": "RandomizedDelaySec=0", "[Timer]\n": "[Timer]\nWakeSystem=true\n", "# Made by": "# Made for"} {
		was := f.get(unitsFolder + timerUnit)
		f.set(unitsFolder+timerUnit, strings.Replace(was, from, to, 1))
		s := f.status()
		if len(s.Entries) != 1 || !s.Entries[0].Changed || !s.noted("schedule-changed") || !s.Sound() {
			t.Errorf("%s: %+v", to, s)
		}
		if p, err := f.find().Install(t.Context(), f.job()); err != nil || !p.noted("schedule-replaces") {
			t.Errorf("%s: %+v, %v", to, p, err)
		}
		f.set(unitsFolder+timerUnit, was)
	}
	f.set(unitsFolder+timerUnit, strings.Replace(f.get(unitsFolder+timerUnit), "OnCalendar=*-*-* 02:41:00", "OnCalendar=Mon..Fri 12:30", 1))
	if s := f.status(); s.Entries[0].Daily || s.Next.IsZero() {
		t.Errorf("%+v", s)
	}
	if err := os.Remove(filepath.Join(f.dir, unitsFolder, timerUnit)); err != nil {
		t.Fatal(err)
	}
	if s := f.status(); len(s.Entries) != 1 || !s.noted("schedule-changed") || s.Sound() {
		t.Errorf("half of it is gone: %+v", s)
	}
	f.remove()
	if tree := f.tree(); len(tree) > 0 {
		t.Errorf("left are %q", tree)
	}
}

func TestWhatAPersonAddedToTheUnitsIsSaidAndStays(t *testing.T) {
	f := newSystemd(t)
	f.install(f.job())
	if err := os.MkdirAll(filepath.Join(f.dir, unitsFolder, "padsync.timer.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	f.set(unitsFolder+"padsync.timer.d/override.conf", "[Timer]\nPersistent=false\n")
	if s := f.status(); len(s.Entries[0].Amended) != 1 || !s.noted("schedule-amended") || s.Entries[0].Changed {
		t.Errorf("%+v", s)
	}
	if p := f.remove(); !p.noted("schedule-stays") || f.get(unitsFolder+"padsync.timer.d/override.conf") == "" {
		t.Errorf("%+v", p)
	}
}

func TestStatusIsWhatSystemdSays(t *testing.T) {
	at := func(text string) time.Time {
		m, err := time.Parse(time.DateTime, text)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	f := newSystemd(t)
	f.install(f.job())
	if s := f.status(); !s.Active || !s.Next.Equal(at("2026-12-02 02:47:11")) || !s.Started.IsZero() || s.Running {
		t.Errorf("it never ran: %+v", s)
	}
	f.set("service", "ActiveState=failed\nResult=exit-code\nExecMainStatus=3\nExecMainStartTimestamp=Tue 2026-12-01 02:50:00 UTC\nExecMainExitTimestamp=Tue 2026-12-01 02:53:10 UTC\n")
	if s := f.status(); s.Code != 3 || s.Result != "" || !s.Started.Equal(at("2026-12-01 02:50:00")) || !s.Ended.Equal(at("2026-12-01 02:53:10")) {
		t.Errorf("it ended with 3: %+v", s)
	}
	f.set("service", "ActiveState=failed\nResult=oom-kill\nExecMainStatus=9\nExecMainStartTimestamp=Tue 2026-12-01 02:50:00 UTC\nExecMainExitTimestamp=Tue 2026-12-01 02:53:10 UTC\n")
	if s := f.status(); s.Result != "oom-kill" {
		t.Errorf("it was killed: %+v", s)
	}
	f.set("service", "ActiveState=activating\nResult=success\nExecMainStatus=0\nExecMainStartTimestamp=Tue 2026-12-01 02:50:00 UTC\nExecMainExitTimestamp=\n")
	if s := f.status(); !s.Running || s.Started.IsZero() || !s.Ended.IsZero() {
		t.Errorf("it runs: %+v", s)
	}
	f.set("service", "")
	f.set("timer", "ActiveState=active\nUnitFileState=enabled\nNextElapseUSecRealtime=\nLastTriggerUSec=Tue 2026-12-01 02:50:00 UTC\n")
	if s := f.status(); !s.Started.Equal(at("2026-12-01 02:50:00")) || !s.Ended.IsZero() || !s.Next.IsZero() {
		t.Errorf("after the computer was started anew: %+v", s)
	}
	f.set("timer", "ActiveState=inactive\nUnitFileState=disabled\n")
	if s := f.status(); s.Sound() || !s.noted("schedule-inactive") {
		t.Errorf("it is off: %+v", s)
	}
	f.set("timer", "ActiveState=active\nUnitFileState=disabled\n")
	if s := f.status(); !s.Sound() || !s.noted("schedule-disabled") {
		t.Errorf("it is on until the next start: %+v", s)
	}
}

// As over su: the files are there, and what they do is not known.
func TestManagerThatDoesNotAnswerIsSaidAndItsFilesCanGo(t *testing.T) {
	f := newSystemd(t)
	f.install(f.job())
	f.cron()
	f.set("refuse-show", "")
	if s := f.status(); len(s.Entries) != 1 || s.Entries[0].Kind != Systemd || s.Active || !s.noted("schedule-unreached") {
		t.Errorf("%+v", s)
	}
	f.remove()
	for _, path := range f.tree() {
		if strings.Contains(path, "padsync") {
			t.Errorf("left is %s", path)
		}
	}
}

func TestUnitsAreWhereTheManagerLooks(t *testing.T) {
	f := newSystemd(t)
	f.program("systemctl", `test "$2" != show || echo "/x/systemd/user.control /run/y/systemd/transient $FAKE/elsewhere/systemd/user /etc/systemd/user"`)
	f.install(f.job())
	if f.get("elsewhere/systemd/user/"+timerUnit) == "" || len(f.tree()) > 0 {
		t.Errorf("%q", f.tree())
	}
}

// It says so itself: "Executable name contains special characters".
func TestProgramWithAQuoteInItsNameIsNoneForSystemd(t *testing.T) {
	f := newSystemd(t)
	for _, name := range []string{`a"b`, `a'b`, `a\b`} {
		if _, err := f.find().Install(t.Context(), Job{Program: "/opt/" + name}); !errors.Is(err, ErrUnwritable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
