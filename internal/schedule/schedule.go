// Package schedule has a system start a program every night: by a timer of
// systemd for the user, a line of cron, an agent of launchd or a task of Windows.
//
// What is to be done is a [Plan] first, which can be shown, and does nothing until
// Do is called:
//
//	job, notes, err := settings.Nightly(ctx, setup.Night{})
//	system, err := schedule.Find(ctx, schedule.ThisHost(getenv, stateFolder))
//	plan, err := system.Install(ctx, job)   // or system.Remove(ctx)
//	// show plan.When, Writes, Removes, Commands and Notes, and notes; ask
//	err = plan.Do(ctx)
//	status, err := system.Status(ctx)
//
// Finding a system and asking it runs its commands: some processes, for some
// milliseconds each.
//
// An entry says itself that it was made here, whether somebody changed it since,
// and what else was made for it, so nothing is kept elsewhere.
package schedule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/padsync/padsync/internal/message"
)

var (
	// ErrNoScheduler says that nothing here starts programs at a time.
	ErrNoScheduler = errors.New("nothing here starts programs at a time")

	// ErrContainer says that this is a container, in which nothing does.
	ErrContainer = errors.New("a container, in which nothing starts programs at a time")

	// ErrForeign is for a file that stands where the entry would, and was not made
	// here. It stays as it is.
	ErrForeign = errors.New("a file that somebody else made is in its place")

	// ErrUnwritable is for a job that a system's files cannot hold.
	ErrUnwritable = errors.New("characters that an entry cannot hold")

	// ErrLong is for a line that is longer than crons take.
	ErrLong = errors.New("a line that is too long for cron")

	// ErrClock is for a text that is not a time of day.
	ErrClock = errors.New("not a time of day")

	// ErrTemporary is for a program in a folder that gets emptied.
	ErrTemporary = errors.New("the program is in a temporary folder")

	// ErrCommand is for a command of the system that failed.
	ErrCommand = errors.New("a command of the system failed")
)

// A Job is a program that is to run every night.
type Job struct {
	Program     string   // its absolute path
	Args        []string // without the program; no secret, as anybody may see them
	Environment []string // NAME=value, besides what the system sets; no secret
	At          Clock    // when, by the local time of the machine

	// Shift is how many minutes later than At it runs where the system knows no
	// random delay, so that not all machines ask a server at once: fewer than
	// MaxDelay.
	Shift int

	// Linger has the system start it also while the user is not logged in, where
	// that must be switched on (systemd).
	Linger bool
}

// MaxDelay is how many minutes later than At a job runs at most, at random, where
// the system can delay at random.
const MaxDelay = 15

// check finds what no system's entry holds: a line in a file is a line.
func (j *Job) check() error {
	texts := append([]string{j.Program}, j.Args...)
	for _, text := range append(texts, j.Environment...) {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return ErrUnwritable
		}
	}
	if !filepath.IsAbs(j.Program) && !windowsPath(j.Program) {
		return ErrUnwritable
	}
	return nil
}

// windowsPath says that a path is absolute on Windows, on any system.
func windowsPath(p string) bool {
	return len(p) > 2 && p[1] == ':' && (p[2] == '\\' || p[2] == '/') || strings.HasPrefix(p, `\\`)
}

// command is the program and its arguments.
func (j *Job) command() []string { return append([]string{j.Program}, j.Args...) }

// A Kind is what starts programs at a time.
type Kind string

// The kinds.
const (
	Systemd Kind = "systemd" // a timer of the user's
	Cron    Kind = "cron"    // a line of the user's table
	Launchd Kind = "launchd" // an agent, on macOS
	Tasks   Kind = "tasks"   // the task scheduler of Windows
)

// Name is what people call it.
func (k Kind) Name() message.Message {
	switch k {
	case Systemd:
		return message.New("scheduler-systemd")
	case Cron:
		return message.New("scheduler-cron")
	case Launchd:
		return message.New("scheduler-launchd")
	}
	return message.New("scheduler-tasks")
}

// every says when something runs.
func every(at Clock, delay int) message.Message {
	if delay > 0 {
		return message.New("schedule-every-delayed", "Time", at.String(), "Minutes", delay)
	}
	return message.New("schedule-every", "Time", at.String())
}

// A Text is what is written, or taken away, somewhere.
type Text struct {
	Place  string // a file or folder; Crontab for the user's table of cron
	Text   string // all of a file, "" of a log; of the table one line
	Folder bool   // it is a folder, which is taken away if nothing else is in it
}

// Crontab is the place of lines of cron.
const Crontab = "crontab"

// A Plan is what is going to be done. Showing it does nothing.
type Plan struct {
	Kind     Kind              // "": nothing is there to be removed
	At       Clock             // when it is going to run, if it is installed
	Delay    int               // so many minutes later at most, at random
	Writes   []Text            // first, these are written
	Removes  []Text            // and these taken away
	Commands [][]string        // which these commands tell the system
	Notes    []message.Message // what a person should know of it

	steps []step
}

// When says when the job runs, such as "every day at 02:41".
func (p *Plan) When() message.Message { return every(p.At, p.Delay) }

// Empty says that there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Writes)+len(p.Removes)+len(p.Commands) == 0 }

func (p *Plan) note(id string, data ...any) { p.Notes = append(p.Notes, message.New(id, data...)) }

// add has the plan do another one first, in which nothing is written.
func (p *Plan) add(other *Plan) {
	p.Removes = append(p.Removes, other.Removes...)
	p.Commands = append(other.Commands, p.Commands...)
	p.steps = append(other.steps, p.steps...)
}

// An Entry is one that is there and was made here.
type Entry struct {
	Kind    Kind
	Places  []string // files, or "crontab"
	Program string   // that it starts, "" if that cannot be read
	Args    []string
	Daily   bool     // it runs every day at At, which is zero if not
	At      Clock    // with the shift
	Delay   int      // so many minutes later at most
	Changed bool     // by somebody else since
	Amended []string // files of the user's that change what it says
	made    made
	lines   []string // of a table of cron
}

// When says when the entry runs, such as "every day at 02:41".
func (e *Entry) When() message.Message {
	if !e.Daily {
		return message.New("schedule-otherwise")
	}
	return every(e.At, e.Delay)
}

// made is what was made for an entry besides its files.
type made struct {
	Folders []string `json:"folders,omitempty"` // innermost first
	Lingers bool     `json:"lingers,omitempty"` // lingering was switched on
}

// A Status is how the schedule is doing.
type Status struct {
	Entries []Entry // none: nothing is scheduled; several: of several systems
	Active  bool    // the system is going to start it
	Running bool    // it runs now

	Next time.Time // when it is started next, with the delay if that is known; zero if not known

	// Started and Ended are those of the last run that the system remembers, zero
	// for none or not known. It ended with the exit code Code, or as Result says
	// in the system's word, if that is not "". If it is known only when it started
	// and it does not run, that may also be when it was set up: systemd, once it
	// was started anew, keeps one time for both.
	Started, Ended time.Time
	Code           int
	Result         string

	Notes []message.Message // what is wrong with it, or good to know
}

// Sound says that the system is going to start a program that is there.
func (s *Status) Sound() bool { return s.Active && s.programs() }

func (s *Status) programs() bool {
	return !slices.ContainsFunc(s.Entries, func(e Entry) bool { return !e.ProgramExists() })
}

// ProgramExists says that the program of the entry is there.
func (e *Entry) ProgramExists() bool {
	if e.Program == "" {
		return false
	}
	info, err := os.Stat(e.Program)
	return err == nil && info.Mode().IsRegular()
}

func (s *Status) note(id string, data ...any) { s.Notes = append(s.Notes, message.New(id, data...)) }

// A Host is where things are scheduled.
type Host struct {
	OS     string // as runtime.GOOS has it
	Getenv func(string) string
	Home   string // the user's home folder
	State  string // a folder of the user's that lasts, for systems that need a file besides
	User   string // the user's name
	UID    int
	Root   string // the folder under which /proc, /run and the like are: /
}

// ThisHost is the machine that this program runs on. State is a folder of the
// user's that lasts.
func ThisHost(getenv func(string) string, state string) Host {
	h := Host{OS: runtime.GOOS, Getenv: getenv, State: state, UID: os.Getuid(), Root: "/"}
	h.Home, _ = os.UserHomeDir()
	if u, err := user.Current(); err == nil {
		h.User = u.Username
	}
	return h
}

// A scheduler is one kind of what starts programs at a time.
type scheduler interface {
	kind() Kind

	// entry is the one that is there, nil for none. The error matches ErrForeign
	// if another file stands in its place.
	entry(ctx context.Context) (*Entry, error)

	// install is how to make an entry, in place of the one that is there.
	install(ctx context.Context, j Job, before *Entry) (*Plan, error)

	// remove is how to undo the entry.
	remove(ctx context.Context, e *Entry) (*Plan, error)

	// status adds what the system says of the entry.
	status(ctx context.Context, e *Entry, s *Status) error
}

// A System is what starts programs at a time on a host. It is safe for concurrent
// use, but of several plans that are done at once each may undo the other.
type System struct {
	host Host
	all  []scheduler // the one to use first; others may have entries of ours
}

// Kind is what would start the job.
func (s *System) Kind() Kind { return s.all[0].kind() }

// Find finds what starts programs at a time. The error matches ErrNoScheduler, or
// ErrContainer where a container is the likely reason.
func Find(ctx context.Context, h Host) (*System, error) {
	s := &System{host: h}
	switch h.OS {
	case "darwin":
		s.all = append(s.all, &launchd{h})
	case "windows":
		s.all = append(s.all, &tasks{h})
	default:
		t, c := findSystemd(ctx, h), findCron(h)
		if t.reached {
			s.all = append(s.all, t)
		}
		if c != nil {
			s.all = append(s.all, c)
		}
		if len(s.all) > 0 && !t.reached {
			s.all = append(s.all, t) // its files may be there
		}
	}
	switch {
	case len(s.all) > 0:
		return s, nil
	case h.container():
		return nil, ErrContainer
	}
	return nil, ErrNoScheduler
}

// container says that this looks like the inside of a container.
func (h Host) container() bool {
	for _, sign := range []string{".dockerenv", "run/.containerenv"} {
		if _, err := os.Stat(filepath.Join(h.Root, sign)); err == nil {
			return true
		}
	}
	return h.Getenv("container") != "" || h.Getenv("KUBERNETES_SERVICE_HOST") != ""
}

// Install is how the job is scheduled: in place of what was scheduled before, by
// whatever system. An error matches ErrForeign, ErrUnwritable or ErrLong if that
// cannot be, or ErrCommand.
func (s *System) Install(ctx context.Context, j Job) (*Plan, error) {
	if err := j.check(); err != nil {
		return nil, err
	}
	before, err := s.all[0].entry(ctx)
	if err != nil {
		return nil, err
	}
	p, err := s.all[0].install(ctx, j, before)
	if err != nil {
		return nil, err
	}
	for i, other := range s.all {
		if i == 0 {
			continue
		}
		e, err := s.entry(ctx, i)
		if err != nil {
			return nil, err
		}
		if e == nil {
			continue
		}
		undo, err := other.remove(ctx, e)
		if err != nil {
			return nil, err
		}
		p.add(undo)
	}
	return p, nil
}

// Remove is how all that was scheduled is undone. Without any, the plan is empty.
func (s *System) Remove(ctx context.Context) (*Plan, error) {
	all := new(Plan)
	for i, one := range s.all {
		e, err := s.entry(ctx, i)
		if err != nil && !errors.Is(err, ErrForeign) {
			return nil, err
		}
		if e == nil {
			continue
		}
		p, err := one.remove(ctx, e)
		if err != nil {
			return nil, err
		}
		if all.Kind == "" {
			all.Kind = one.kind()
		}
		all.add(p)
		all.Notes = append(all.Notes, p.Notes...)
	}
	return all, nil
}

// entry is that of one scheduler. What cannot be read of another than the first has
// no entry of ours, such as the table of a cron that this user may not use.
func (s *System) entry(ctx context.Context, i int) (*Entry, error) {
	e, err := s.all[i].entry(ctx)
	if i > 0 && err != nil {
		return nil, ctx.Err()
	}
	return e, err
}

// Status is how what was scheduled is doing.
func (s *System) Status(ctx context.Context) (*Status, error) {
	status := new(Status)
	for i, one := range s.all {
		e, err := s.entry(ctx, i)
		if errors.Is(err, ErrForeign) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if e == nil {
			continue
		}
		if err := one.status(ctx, e, status); err != nil {
			return nil, err
		}
		status.Entries = append(status.Entries, *e)
		switch {
		case e.Program == "":
			status.note("schedule-unread", "Place", strings.Join(e.Places, ", "))
		case !e.ProgramExists():
			status.note("schedule-program-gone", "Program", e.Program)
		}
		if e.Changed {
			status.note("schedule-changed", "Place", strings.Join(e.Places, ", "))
		}
		for _, file := range e.Amended {
			status.note("schedule-amended", "File", file)
		}
	}
	if len(status.Entries) > 1 {
		status.note("schedule-twice")
	}
	return status, nil
}

// sum tells a text that somebody changed from the one that was written.
func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:8])
}
