package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/padsync/padsync/internal/schedule"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
)

// scheduleView is what starts backups every night, and what would be changed.
type scheduleView struct {
	Without string // why nothing here can start programs at a time
	Do      []string

	Entries []scheduled
	Sound   bool
	Running bool
	Next    time.Time
	Last    time.Time // the end of the last backup
	Notes   []string

	At     string // as it was typed, or as it is, or as it would be
	Linger bool
	Lasts  bool // the system can be told to run it also while nobody is logged in
	Wrong  string
	Failed string

	Plan     *planView // what would be made
	Removing *planView // what would be taken away
}

type scheduled struct {
	When, System, Command string
}

// A planView is a plan that was not carried out.
type planView struct {
	When     string
	Writes   []schedule.Text
	Removes  []schedule.Text
	Commands []string
	Notes    []string
}

func (p *page) schedule(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	v, system, err := p.scheduleView(r)
	if err != nil || system == nil {
		return p.orShowSchedule(w, r, http.StatusOK, v, err)
	}
	switch q.Get("plan") {
	case "install":
		v.At, v.Linger = strings.TrimSpace(q.Get("at")), q.Get("linger") != ""
		plan, err := p.nightly(r, system, v)
		if err != nil {
			v.refuse(p, err)
			return p.orShowSchedule(w, r, http.StatusUnprocessableEntity, v, nil)
		}
		if plan != nil {
			v.Plan = p.planView(plan)
		}
	case "remove":
		plan, err := system.Remove(r.Context())
		if err != nil {
			return err
		}
		v.Removing = p.planView(plan)
	}
	return p.orShowSchedule(w, r, http.StatusOK, v, nil)
}

func (p *page) orShowSchedule(w http.ResponseWriter, r *http.Request, status int, v *scheduleView, err error) error {
	if err != nil {
		return err
	}
	return p.show(w, r, status, "schedule", view{Title: p.Words.Text("web-schedule-title"), Section: "settings", Of: v})
}

// changeSchedule carries out what the page showed.
func (p *page) changeSchedule(w http.ResponseWriter, r *http.Request) error {
	v, system, err := p.scheduleView(r)
	if err != nil || system == nil {
		return p.orShowSchedule(w, r, http.StatusUnprocessableEntity, v, err)
	}
	said, plan := "web-said-scheduled", (*schedule.Plan)(nil)
	switch r.PostForm.Get("do") {
	case "install":
		v.At, v.Linger = strings.TrimSpace(r.PostForm.Get("at")), r.PostForm.Get("linger") != ""
		if plan, err = p.nightly(r, system, v); err == nil && plan == nil {
			return p.orShowSchedule(w, r, http.StatusUnprocessableEntity, v, nil)
		}
	case "remove":
		said = "web-said-unscheduled"
		plan, err = system.Remove(r.Context())
	default:
		return errForm
	}
	if err == nil {
		err = plan.Do(r.Context())
		p.knowing.forget()
	}
	if err != nil {
		v.refuse(p, err)
		return p.orShowSchedule(w, r, http.StatusUnprocessableEntity, v, nil)
	}
	return p.done(w, r, "/schedule", said)
}

// nightly is how backups would be made every night at the time that was typed; nil, with
// what is wrong at the field, for what is no time.
func (p *page) nightly(r *http.Request, system *schedule.System, v *scheduleView) (*schedule.Plan, error) {
	night := setup.Night{Linger: v.Linger}
	if v.At != "" {
		at, err := schedule.ParseClock(v.At)
		if err != nil {
			v.Wrong = p.Words.Text("web-schedule-no-time")
			return nil, nil
		}
		night.At = &at
	}
	settings, err := p.settings()
	if err != nil {
		return nil, err
	}
	job, notes, err := settings.Nightly(r.Context(), night)
	if err != nil {
		return nil, err
	}
	plan, err := system.Install(r.Context(), job)
	if err != nil {
		return nil, err
	}
	plan.Notes = append(plan.Notes, notes...)
	return plan, nil
}

func (v *scheduleView) refuse(p *page, err error) {
	v.Failed, v.Do = p.Words.Error(err), p.Words.Hints(err)
}

func (p *page) scheduleView(r *http.Request) (*scheduleView, *schedule.System, error) {
	v := &scheduleView{}
	settings, err := p.settings()
	if err != nil {
		return nil, nil, err
	}
	if run, err := settings.LastRun(r.Context()); err == nil && run != nil {
		v.Last = run.Ended
	}
	system, err := p.scheduler(r.Context())
	if err != nil {
		v.Without, v.Do = p.Words.Error(err), p.Words.Hints(err)
		return v, nil, nil
	}
	status, err := system.Status(r.Context())
	if err != nil {
		return nil, nil, err
	}
	v.Sound, v.Running, v.Next, v.Notes, v.Lasts = status.Sound(), status.Running, status.Next, p.Words.Texts(status.Notes), system.Kind() == schedule.Systemd
	for _, e := range status.Entries {
		one := scheduled{When: p.Words.Text("schedule-otherwise"), System: p.schedulerName(e.Kind)}
		if e.Daily {
			one.When, v.At = p.every(e.At, e.Delay), e.At.String()
		}
		if e.Program != "" {
			one.Command = terminal.CommandLine(append([]string{e.Program}, e.Args...))
		}
		v.Entries = append(v.Entries, one)
	}
	return v, system, nil
}

func (p *page) planView(plan *schedule.Plan) *planView {
	v := &planView{When: p.every(plan.At, plan.Delay), Writes: plan.Writes, Removes: plan.Removes, Notes: p.Words.Texts(plan.Notes)}
	for _, command := range plan.Commands {
		v.Commands = append(v.Commands, terminal.CommandLine(command))
	}
	return v
}

func (p *page) every(at schedule.Clock, delay int) string {
	if delay > 0 {
		return p.Words.Text("schedule-every-delayed", "Time", at.String(), "Minutes", delay)
	}
	return p.Words.Text("schedule-every", "Time", at.String())
}

func (p *page) schedulerName(kind schedule.Kind) string {
	switch kind {
	case schedule.Systemd:
		return p.Words.Text("scheduler-systemd")
	case schedule.Cron:
		return p.Words.Text("scheduler-cron")
	case schedule.Launchd:
		return p.Words.Text("scheduler-launchd")
	}
	return p.Words.Text("scheduler-tasks")
}
