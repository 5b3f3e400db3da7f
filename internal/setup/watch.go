package setup

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/machine"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

// A Stage is what a backup is at.
type Stage string

// The stages of a backup, in their order.
const (
	Queued    Stage = "queued"    // another run is at work with the same configuration
	Preparing Stage = "preparing" // what is to be saved is found out
	Looking   Stage = "looking"   // documents are looked at, and saved
	AtMirrors Stage = "mirroring" // mirrors are brought up to date
	Indexing  Stage = "indexing"  // what was saved is made fit for being searched
	Over      Stage = "over"
)

// A Watch follows a backup for those who look at it meanwhile. The zero value is for
// one that has not begun. It is safe for concurrent use.
type Watch struct {
	mu    sync.Mutex // guards what follows
	now   Sight
	waits map[string]polite.Wait // by the servers' names
	tally backup.Tally
}

// A Sight is how a backup goes.
type Sight struct {
	Stage     Stage
	Other     machine.Progress // the run that this one waits for, as far as that is known
	Began     time.Time        // when it began to look
	Done, All int              // documents
	Outcomes  map[backup.Outcome]int
	Servers   []ServerSight  // in the order of manifests
	Places    []PlaceSight   // in that of the configuration
	Recent    []backup.Event // the newest last, mostRecent at most
	Saved     []backup.Event // those with a new version: the first, mostNotable at most
	Notable   []backup.Event // failed, or not what they were: those first seen, mostNotable at most

	// At its end:
	Report  *backup.Report
	Rest    backup.Forecast
	Mirrors []Mirrored
	Asides  []error // what went wrong, and is not wrong with the backup
}

// A ServerSight is how it goes with one server.
type ServerSight struct {
	Server    manifest.Source
	Done, All int // documents
	Outcomes  map[backup.Outcome]int
	Wait      polite.Wait // the last one, which may be over
	Err       error       // why nothing can be had from it
}

// A PlaceSight is how it goes with one repository.
type PlaceSight struct {
	Shown string
	Open  bool
	Err   error // at its end: why not all is there
	Over  bool
}

// How much of a backup a Watch keeps.
const (
	mostRecent  = 5
	mostNotable = 100
)

// Now is how the backup goes. It is the caller's.
func (w *Watch) Now() Sight {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now
	now.Outcomes, now.Servers, now.Places = maps.Clone(now.Outcomes), slices.Clone(now.Servers), slices.Clone(now.Places)
	for i := range now.Servers {
		at := &now.Servers[i]
		at.Outcomes, at.Wait = maps.Clone(at.Outcomes), w.waits[origin(at.Server.URL)]
	}
	now.Recent, now.Saved, now.Notable = slices.Clone(now.Recent), slices.Clone(now.Saved), slices.Clone(now.Notable)
	return now
}

func (w *Watch) change(change func(*Sight)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.now)
}

func (w *Watch) at(stage Stage) { w.change(func(s *Sight) { s.Stage = stage }) }

// waiting takes a wait for a server.
func (w *Watch) waiting(wait polite.Wait) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waits == nil {
		w.waits = make(map[string]polite.Wait)
	}
	w.waits[wait.Server] = wait
}

// origin is the scheme and host of an address, as polite.Wait has them.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
}

// plan takes what is to be done.
func (w *Watch) plan(p *backup.Plan, places []Place) {
	w.change(func(s *Sight) {
		s.Stage, s.Began, s.All, s.Outcomes = Looking, time.Now(), len(p.Documents), make(map[backup.Outcome]int)
		for _, from := range p.Sources {
			s.Servers = append(s.Servers, ServerSight{Server: from.Source, Outcomes: make(map[backup.Outcome]int)})
		}
		for _, d := range p.Documents {
			s.server(d.Source.Source).All++
		}
		for _, at := range places {
			open := slices.ContainsFunc(p.Repositories, func(r backup.Repository) bool { return r.Name == at.Shown })
			s.Places = append(s.Places, PlaceSight{Shown: at.Shown, Open: open})
		}
	})
}

func (s *Sight) server(from manifest.Source) *ServerSight {
	at, found := slices.BinarySearchFunc(s.Servers, from, func(one ServerSight, from manifest.Source) int { return one.Server.Compare(from) })
	if !found { // not of the plan: a repository had it
		s.Servers = slices.Insert(s.Servers, at, ServerSight{Server: from, Outcomes: make(map[backup.Outcome]int)})
	}
	return &s.Servers[at]
}

// observe takes what became of a document.
func (w *Watch) observe(e backup.Event) {
	w.change(func(s *Sight) {
		at := s.server(e.Document.Source.Source)
		s.Done, at.Done = s.Done+1, at.Done+1
		s.All, at.All = max(s.All, s.Done), max(at.All, at.Done)
		s.Outcomes[e.Outcome]++
		at.Outcomes[e.Outcome]++
		if w.tally.Bar(e); errors.Is(e.Err, sources.ErrServer) {
			at.Err = e.Err
		}
		s.Recent = append(s.Recent, e)
		s.Recent = s.Recent[max(len(s.Recent)-mostRecent, 0):]
		if e.Outcome == backup.Saved && len(s.Saved) < mostNotable {
			s.Saved = append(s.Saved, e)
		}
		if notable(e) && len(s.Notable) < mostNotable {
			s.Notable = append(s.Notable, e)
		}
	})
}

// notable says that somebody should look at a document, and that its server is not
// the reason.
func notable(e backup.Event) bool {
	switch e.Outcome {
	case backup.Failed, backup.Unaskable:
		return !errors.Is(e.Err, sources.ErrServer)
	case backup.Missing:
		return e.New
	}
	return cmp.Or(e.Suspect, e.Standing) != ""
}

// end takes the report.
func (w *Watch) end(r *backup.Report, rest backup.Forecast) *backup.Tally {
	w.change(func(s *Sight) {
		s.Report, s.Rest = r, rest
		for _, of := range r.Repositories {
			at := slices.IndexFunc(s.Places, func(p PlaceSight) bool { return p.Shown == of.Name })
			if at < 0 { // none could be opened
				at, s.Places = len(s.Places), append(s.Places, PlaceSight{Shown: of.Name})
			}
			s.Places[at].Over, s.Places[at].Err = true, of.Err
		}
	})
	return &w.tally // nobody changes it any more
}

// Save makes a backup from beginning to end, as the command does: in its turn, with
// mirrors and indexes after it. Who looks at the watch sees how it goes. The error
// is as the command's; what is in the sight's Asides is not in it.
func (s *Settings) Save(ctx context.Context, o Order, w *Watch, m Mirroring) error {
	w.at(Preparing)
	turn, err := s.Turn(ctx, func(other machine.Progress) {
		w.change(func(s *Sight) { s.Stage, s.Other = Queued, other })
	})
	if err != nil {
		return err
	}
	w.at(Preparing)
	known := s.Known(ctx) // not before: somebody may say something while it waits
	defer known.Close()
	written, err := s.save(ctx, o, w, m, known, turn)
	if len(written) > 0 && ctx.Err() == nil {
		w.at(Indexing)
		if err := s.IndexAfter(ctx, known, written, func(Indexed) {}); err != nil && ctx.Err() == nil {
			w.change(func(s *Sight) { s.Asides = append(s.Asides, err) })
		}
	}
	w.at(Over)
	return errors.Join(err, known.Problem())
}

// save gives the repositories into which all was written. It ends the turn.
func (s *Settings) save(ctx context.Context, o Order, w *Watch, m Mirroring, known *Known, turn *machine.Turn) ([]backup.Repository, error) {
	defer turn.End()
	v, err := s.Prepare(ctx, known, o, w.waiting)
	if v == nil {
		return nil, err
	}
	defer v.Close(ctx)
	if err := v.List(ctx); err != nil {
		return nil, err
	}
	v.Plan.Observe = w.observe
	report, err := v.Run(ctx, Writing{Turn: turn}, func() { w.plan(v.Plan, s.Repositories) })
	if err != nil {
		return nil, err
	}
	tally := w.end(report, report.Forecast(ctx, v.Plan, o.Limit.Begin))
	if len(s.Mirrors) > 0 {
		w.at(AtMirrors)
		all, err := v.Mirror(ctx, report, m)
		for _, one := range all {
			err = errors.Join(err, one.Err)
		}
		w.change(func(s *Sight) {
			if s.Mirrors = all; err != nil {
				s.Asides = append(s.Asides, err)
			}
		})
	}
	return v.Written(report), v.Outcome(report, tally)
}
