package schedule

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// systemd is the manager of the user's units.
type systemd struct {
	host    Host
	folder  string // of the user's units
	reached bool   // the manager answers
}

const (
	timerUnit   = "padsync.timer"
	serviceUnit = "padsync.service"
	manual      = "https://github.com/padsync/padsync/blob/main/docs/schedule.md"
)

// findSystemd asks the user's manager where it looks for units: it has not always
// the variables of the shell.
func findSystemd(ctx context.Context, h Host) *systemd {
	usual := filepath.Join(h.Home, ".config/systemd/user")
	t := &systemd{host: h, folder: usual}
	paths, err := h.run(ctx, "", "systemctl", "--user", "show", "--property=UnitPath", "--value")
	if t.reached = err == nil; !t.reached {
		return t
	}
	for path := range strings.FieldsSeq(paths) {
		// Before this one there are only those that systemctl itself writes to.
		if filepath.IsAbs(path) && strings.HasSuffix(path, "/systemd/user") && !strings.Contains(paths, usual) {
			t.folder = path
			break
		}
	}
	return t
}

func (t *systemd) kind() Kind { return Systemd }

func (t *systemd) timer() string   { return filepath.Join(t.folder, timerUnit) }
func (t *systemd) service() string { return filepath.Join(t.folder, serviceUnit) }

func (t *systemd) systemctl(args ...string) []string {
	return append([]string{"systemctl", "--user"}, args...)
}

func (t *systemd) entry(context.Context) (*Entry, error) {
	e := &Entry{Kind: Systemd, Delay: MaxDelay}
	for _, file := range []string{t.service(), t.timer()} {
		text, there, err := read(file)
		if err != nil {
			return nil, err
		}
		if !there {
			continue
		}
		changed, ours := stamped(text)
		if !ours {
			return nil, &ForeignError{file}
		}
		e.Places = append(e.Places, file)
		e.Changed = e.Changed || changed
		t.read(e, text)
		amended, _ := filepath.Glob(filepath.Join(globbed(file)+".d", "*.conf"))
		e.Amended = append(e.Amended, amended...)
	}
	switch len(e.Places) {
	case 0:
		return nil, nil
	case 1: // the other one is gone
		e.Changed = true
	}
	return e, nil
}

// globbed is a path in which nothing is a pattern.
func globbed(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// read takes from a unit what an entry says.
func (t *systemd) read(e *Entry, text string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		name, value, _ := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(line, madeMark):
			_ = json.Unmarshal([]byte(strings.TrimPrefix(line, madeMark)), &e.made)
		case name == "ExecStart":
			if command, ok := unitWords(value); ok && len(command) > 0 {
				e.Program, e.Args = command[0], command[1:]
			}
		case name == "OnCalendar":
			if at, err := time.Parse("*-*-* 15:04:05", value); err == nil {
				e.At, e.Daily = Clock{at.Hour(), at.Minute()}, true
			}
		}
	}
}

const (
	stampMark = "# padsync schedule: "
	madeMark  = "# padsync made: "
)

// stamp begins a unit: who made it, and the sum of what follows.
func stamp(body string) string {
	return "# Made by \"padsync schedule install\"; \"padsync schedule remove\" takes it away.\n" + stampMark + sum(body) + "\n" + body
}

// stamped says whether a text was made here, and whether somebody changed it since.
func stamped(text string) (changed, ours bool) {
	_, rest, ours := strings.Cut("\n"+text, "\n"+stampMark)
	was, body, _ := strings.Cut(rest, "\n")
	return was != sum(body) || text != stamp(body), ours
}

// units are the texts of the service and the timer.
func units(j Job, m made) (service, timer string) {
	var b strings.Builder
	b.WriteString("[Unit]\nDescription=Back up pads and polls\nDocumentation=" + manual + "\n\n[Service]\nType=oneshot\nExecStart=")
	for i, word := range j.command() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(unitWord(word, i > 0))
	}
	for _, variable := range j.Environment {
		b.WriteString("\nEnvironment=" + unitWord(variable, false))
	}
	b.WriteString("\n# When it is stopped, padsync saves what it has done so far.\nTimeoutStopSec=5min\n")
	var remembered string
	if len(m.Folders) > 0 || m.Lingers {
		text, err := json.Marshal(m)
		if err == nil {
			remembered = madeMark + string(text) + "\n"
		}
	}
	return stamp(remembered + b.String()), stamp(remembered + `[Unit]
Description=Back up pads and polls every night
Documentation=` + manual + `

[Timer]
OnCalendar=*-*-* ` + j.At.String() + `:00
# Not when everybody else asks the same servers.
RandomizedDelaySec=` + strconv.Itoa(MaxDelay) + `min
# A night that was missed is made up for.
Persistent=true

[Install]
WantedBy=timers.target
`)
}

// unitWord is a word of a unit's line, as systemd.syntax(7) and systemd.service(5)
// have it: % begins a specifier, and $ a variable, in arguments but not in the
// program's path or in Environment=.
func unitWord(word string, variables bool) string {
	word = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`).Replace(word)
	if variables {
		word = strings.ReplaceAll(word, "$", "$$")
	}
	return `"` + word + `"`
}

// unitWords are the words of a line that unitWord wrote; not ok for any other.
func unitWords(line string) (words []string, ok bool) {
	for line != "" {
		if line[0] != '"' {
			return nil, false
		}
		var word strings.Builder
		i := 1
		for ; i < len(line) && line[i] != '"'; i++ {
			switch c := line[i]; {
			case c == '\\' && i+1 < len(line), c == '%' && strings.HasPrefix(line[i:], "%%"), c == '$' && len(words) > 0 && strings.HasPrefix(line[i:], "$$"):
				i++
				word.WriteByte(line[i])
			default:
				word.WriteByte(c)
			}
		}
		if i >= len(line) {
			return nil, false
		}
		words = append(words, word.String())
		line = strings.TrimPrefix(line[i+1:], " ")
	}
	return words, true
}

func (t *systemd) install(_ context.Context, j Job, before *Entry) (*Plan, error) {
	if strings.ContainsAny(j.Program, `"'\`) {
		return nil, ErrUnwritable // systemd takes none in the program's name
	}
	p := &Plan{Kind: Systemd, At: j.At, Delay: MaxDelay}
	lingers := t.lingers()
	m := made{Folders: missing(t.folder), Lingers: j.Linger && !lingers}
	reload := t.systemctl("daemon-reload")
	var disable []string
	if before == nil {
		disable = t.systemctl("disable", "--now", timerUnit)
	} else {
		// What an earlier one made is to be undone, too.
		m.Folders = append(m.Folders, before.made.Folders...)
		m.Lingers = m.Lingers || before.made.Lingers
		if before.Changed {
			p.note("schedule-replaces", "Place", strings.Join(before.Places, ", "))
		}
	}
	service, timer := units(j, m)
	p.undone(t.host, reload...)
	p.write(t.service(), service, m.Folders)
	p.write(t.timer(), timer, m.Folders)
	p.tell(t.host, nil, reload...)
	p.tell(t.host, disable, t.systemctl("enable", timerUnit)...)
	p.tell(t.host, nil, t.systemctl("restart", timerUnit)...)
	switch {
	case lingers:
		p.note("schedule-lingers")
	case j.Linger:
		p.tell(t.host, nil, "loginctl", "enable-linger")
		p.note("schedule-linger")
	default:
		p.note("schedule-logged-in")
	}
	p.note("schedule-battery")
	return p, nil
}

// lingers says whether the user's units run while the user is not logged in.
// systemd-logind keeps that as a file with the user's name.
func (t *systemd) lingers() bool {
	_, err := os.Stat(filepath.Join(t.host.Root, "var/lib/systemd/linger", t.host.User))
	return t.host.User != "" && err == nil
}

func (t *systemd) remove(ctx context.Context, e *Entry) (*Plan, error) {
	p := &Plan{Kind: Systemd}
	wanted := filepath.Join(t.folder, "timers.target.wants")
	if t.reached {
		// Not even this fails if somebody took the timer away by hand.
		p.try(t.host, t.systemctl("stop", timerUnit)...)
		p.try(t.host, t.systemctl("disable", timerUnit)...)
		// When the timer last ran, which systemd keeps for the next time.
		p.try(t.host, t.systemctl("clean", "--what=state", timerUnit)...)
	}
	for _, file := range e.Places {
		if err := p.remove(file); err != nil {
			return nil, err
		}
	}
	p.tidy(filepath.Join(wanted, timerUnit))
	p.tidy(wanted) // if it is empty
	p.empty(e.made.Folders)
	if t.reached {
		p.tell(t.host, nil, t.systemctl("daemon-reload")...)
		p.try(t.host, t.systemctl("reset-failed", timerUnit, serviceUnit)...)
	}
	if e.made.Lingers {
		p.tell(t.host, nil, "loginctl", "disable-linger")
	}
	for _, file := range e.Amended {
		p.note("schedule-stays", "File", file)
	}
	return p, nil
}

func (t *systemd) status(ctx context.Context, e *Entry, s *Status) error {
	if !t.reached {
		s.note("schedule-unreached")
		return nil
	}
	timer, err := t.show(ctx, timerUnit, "ActiveState", "UnitFileState", "NextElapseUSecRealtime", "LastTriggerUSec")
	if err != nil {
		return err
	}
	service, err := t.show(ctx, serviceUnit, "ActiveState", "Result", "ExecMainCode", "ExecMainStatus", "ExecMainStartTimestamp", "ExecMainExitTimestamp")
	if err != nil {
		return err
	}
	// Of a timer whose file is gone, systemd forgets with its next start.
	s.Active = timer["ActiveState"] == "active" && slices.Contains(e.Places, t.timer())
	s.Running = service["ActiveState"] == "activating" || service["ActiveState"] == "deactivating"
	s.Next = unitTime(timer["NextElapseUSecRealtime"])
	s.Started, s.Ended = unitTime(service["ExecMainStartTimestamp"]), unitTime(service["ExecMainExitTimestamp"])
	switch {
	case s.Started.IsZero():
		// The manager forgets a service when it ends itself, but not its timer.
		s.Started = unitTime(timer["LastTriggerUSec"])
	case !s.Ended.IsZero():
		s.Code, _ = strconv.Atoi(service["ExecMainStatus"])
		if result := service["Result"]; result != "success" && result != "exit-code" {
			s.Result = result
		}
	}
	switch {
	case !s.Active:
		s.note("schedule-inactive", "Unit", timerUnit)
	case timer["UnitFileState"] != "enabled":
		s.note("schedule-disabled", "Unit", timerUnit)
	}
	if !t.lingers() {
		s.note("schedule-logged-in")
	}
	return nil
}

// show asks for properties of a unit.
func (t *systemd) show(ctx context.Context, unit string, properties ...string) (map[string]string, error) {
	out, err := t.host.run(ctx, "", t.systemctl("show", unit, "--property="+strings.Join(properties, ","))...)
	all := make(map[string]string)
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		all[name] = value
	}
	return all, err
}

// unitTime reads a time as systemctl shows it in UTC, such as "Wed 2026-12-02
// 02:47:11 UTC"; zero for none.
func unitTime(text string) time.Time {
	t, err := time.Parse("Mon 2006-01-02 15:04:05 MST", text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// A ForeignError names the file that somebody else made. It matches ErrForeign.
type ForeignError struct{ File string }

// Error implements error.
func (e *ForeignError) Error() string { return ErrForeign.Error() }

// Is implements errors.Is.
func (e *ForeignError) Is(target error) bool { return target == ErrForeign }
