package schedule

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func newCron(t *testing.T) *fake {
	f := newFake(t, "linux")
	f.cron()
	return f
}

const table = "MAILTO=\"\"\n\n  # mine \t\n5 5 * * * echo \"50\\%\" # padsync schedule\n@reboot true\r\n"

func TestOtherLinesOfTheTableStayAsTheyAre(t *testing.T) {
	for _, before := range []string{"", table, "# only a comment\n", "0 1 * * * padsync backup # padsync schedule: by hand\n", strings.Repeat("1 1 * * * true\n", 2000)} {
		f := newCron(t)
		if before != "" {
			f.set("table", before)
		}
		j := f.job()
		f.install(j)
		line := cronLine(j)
		if got := f.get("table"); got != before+line+"\n" {
			t.Errorf("the table is now %q", got)
		}
		f.remove()
		if got := f.get("table"); got != before {
			t.Errorf("and in the end %q", got)
		}
	}
}

// Such tables are of other crons: Debian's takes none without a line end.
func TestTableWithoutALastLineEndKeepsItsLastLine(t *testing.T) {
	f := newCron(t)
	f.set("table", "1 1 * * * true")
	j := f.job()
	f.install(j)
	if got := f.get("table"); got != "1 1 * * * true\n"+cronLine(j)+"\n" {
		t.Errorf("%q", got)
	}
	f.remove()
	if got := f.get("table"); got != "1 1 * * * true\n" {
		t.Errorf("%q", got)
	}
}

func TestTableOfNoLinesButOursGoes(t *testing.T) {
	f := newCron(t)
	f.install(f.job())
	f.remove()
	if _, err := os.Stat(filepath.Join(f.dir, "table")); err == nil {
		t.Error("an empty table is left")
	}
}

// A line that somebody adds while the plan is shown is kept, too.
func TestTableIsReadAgainWhenItIsWritten(t *testing.T) {
	f := newCron(t)
	p, err := f.find().Install(t.Context(), f.job())
	if err != nil {
		t.Fatal(err)
	}
	f.set("table", table)
	if err := p.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := f.get("table"); !strings.HasPrefix(got, table) {
		t.Errorf("%q", got)
	}
}

func TestTableThatCannotBeReadIsNotReplaced(t *testing.T) {
	for _, said := range []string{"You (marie) are not allowed to use this program (crontab)", "/var/spool/cron: Input/output error", ""} {
		f := newCron(t)
		f.set("table", table)
		f.set("refuse", said+"\n")
		if p, err := f.find().Install(t.Context(), f.job()); !errors.Is(err, ErrCommand) {
			t.Errorf("%q: %+v, %v", said, p, err)
		}
		for _, call := range f.calls() {
			if call != "crontab -l" && !strings.HasPrefix(call, "systemctl") {
				t.Errorf("%q: %s", said, call)
			}
		}
		if f.get("table") != table {
			t.Errorf("%q: the table has changed", said)
		}
	}
	for _, said := range []string{"no crontab for marie", "crontab: no crontab for marie", "crontab: can't open 'marie': No such file or directory"} {
		f := newCron(t)
		f.set("refuse", said+"\n")
		if _, err := f.find().Install(t.Context(), f.job()); err != nil {
			t.Errorf("%q is what cron says of an empty table: %v", said, err)
		}
	}
}

func TestLineThatSomebodyChangedIsOursAndSaidToBeChanged(t *testing.T) {
	f := newCron(t)
	j := f.job()
	j.Shift = 14
	f.install(j)
	if s := f.status(); s.Entries[0].At != (Clock{2, 55}) || s.noted("schedule-changed") || s.Next.Minute() != 55 {
		t.Errorf("%+v", s)
	}
	for from, c := range map[string]struct {
		to            string
		active, daily bool
	}{
		"55 2 * * *":  {"55 2 * * 1-5", true, false},
		"55 2 ":       {"0 12 ", true, true},
		"backup -q":   {"backup", true, true},
		"55 2 * * * ": {"#55 2 * * * ", false, false},
		f.dir:         {"$HOME", false, true},
	} {
		was := f.get("table")
		f.set("table", strings.Replace(was, from, c.to, 1))
		s := f.status()
		if len(s.Entries) != 1 || !s.noted("schedule-changed") || s.Active != c.active || s.Entries[0].Daily != c.daily {
			t.Errorf("%s: %+v", c.to, s)
		}
		p, err := f.find().Install(t.Context(), j)
		if err != nil || !p.noted("schedule-replaces") || len(p.Removes) != 1 {
			t.Errorf("%s: %+v, %v", c.to, p, err)
		}
		f.set("table", was)
	}
	f.set("table", f.get("table")+f.get("table"))
	if s := f.status(); len(s.Entries) != 1 || !s.noted("schedule-changed") {
		t.Errorf("the line is there twice: %+v", s)
	}
	f.remove()
	if got := f.get("table"); got != "" {
		t.Errorf("left is %q", got)
	}
}

func TestCronThatDoesNotRunIsSaid(t *testing.T) {
	f := newCron(t)
	if p := f.install(f.job()); p.noted("schedule-cron-asleep") {
		t.Error("it runs")
	}
	f.set("system/proc/70/comm", "sshd\n")
	if p := f.install(f.job()); !p.noted("schedule-cron-asleep") {
		t.Error("nothing is said at install")
	}
	if s := f.status(); s.Sound() || !s.noted("schedule-cron-asleep") {
		t.Errorf("%+v", s)
	}
	// Where a user sees only their own programs, nobody knows.
	if err := os.RemoveAll(filepath.Join(f.Root, "proc/1")); err != nil {
		t.Fatal(err)
	}
	if s := f.status(); !s.Sound() {
		t.Errorf("%+v", s)
	}
}

func TestLineThatIsTooLongIsRefused(t *testing.T) {
	f := newCron(t)
	j := f.job()
	j.Args = append(j.Args, strings.Repeat("x", 1000))
	if _, err := f.find().Install(t.Context(), j); !errors.Is(err, ErrLong) {
		t.Error(err)
	}
}

// What cron was to do goes when systemd takes it over.
func TestOneSystemTakesOverFromAnother(t *testing.T) {
	f := newCron(t)
	f.set("table", table)
	f.install(f.job())
	f.systemd()
	if s := f.status(); len(s.Entries) != 1 || s.Entries[0].Kind != Cron {
		t.Errorf("%+v", s)
	}
	f.install(f.job())
	if got := f.get("table"); got != table {
		t.Errorf("the table is %q", got)
	}
	if s := f.status(); len(s.Entries) != 1 || s.Entries[0].Kind != Systemd {
		t.Errorf("%+v", s)
	}
}

// As where the administrator lets only some people use it.
func TestCronThatMayNotBeUsedKeepsNobodyFromSystemd(t *testing.T) {
	f := newCron(t)
	f.systemd()
	f.set("refuse", "You (marie) are not allowed to use this program (crontab)\n")
	f.install(f.job())
	if s := f.status(); len(s.Entries) != 1 || !s.Sound() {
		t.Errorf("%+v", s)
	}
	f.remove()
	if tree := f.tree(); len(tree) > 0 {
		t.Errorf("left are %q", tree)
	}
}
