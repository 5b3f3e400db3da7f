package web

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/schedule"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
)

// A proof is a document that was opened from what was saved: what was stored and what
// can be got back are not the same thing.
type proof struct {
	Name, Link string
	Lines      []string // its first ones
	Closed     bool     // no key was at hand
	Failed     string   // why it did not open
	Do         []string
}

// A savePage is the fifth step.
type savePage struct {
	Way     []stage
	Live    string // the address that the page asks for by itself, "" for none
	Begun   bool   // by this program
	Done    bool   // something is saved
	Backup  *backupView
	Opened  *proof
	Night   *night
	Command string
}

// saveFirst begins the first backup, once the steps before are done.
func (p *page) saveFirst(w http.ResponseWriter, r *http.Request) error {
	reached, err := p.reached(r.Context())
	if err != nil {
		return err
	}
	if reached < saving {
		return p.done(w, r, stepLink(reached), "")
	}
	known := &p.welcomes
	known.mu.Lock()
	defer known.mu.Unlock()
	return p.beginFirst(w, r, "")
}

// beginFirst begins the first backup. Its caller has the lock.
func (p *page) beginFirst(w http.ResponseWriter, r *http.Request, said string) error {
	known := &p.welcomes
	j, _, err := p.beginBackup(r, setup.Order{}, func(ctx context.Context, settings *setup.Settings) {
		opened := p.proveSaved(ctx, settings)
		known.mu.Lock()
		defer known.mu.Unlock()
		known.opened = opened
	})
	if err != nil {
		return err
	}
	known.first = j
	return p.done(w, r, stepLink(saving), said)
}

func (p *page) saveStep(w http.ResponseWriter, r *http.Request, reached int) error {
	s := savePage{Way: way(saving, reached), Command: "padsync backup\npadsync show …"}
	known := &p.welcomes
	known.mu.Lock()
	j, opened := known.first, known.opened
	known.mu.Unlock()
	running := false
	if j != nil {
		v := jobView{job: j, progress: j.now()}
		if v.Err != nil && !v.Stopped {
			v.Failed, v.Do = p.Words.Error(v.Err), p.Words.Hints(v.Err)
		}
		_, _, of := j.Account.tell(p, &v)
		s.Backup, _ = of.(*backupView)
		s.Begun, running = true, v.Running()
	}
	if running {
		s.Live = live + "welcome/5"
		return p.showStep(w, r, http.StatusOK, saving, "welcome-save", s)
	}
	settings, err := p.opened(r)
	if err != nil {
		return err
	}
	saved, err := p.lastSaved(r.Context(), settings)
	if err != nil {
		return err
	}
	if s.Done = saved != nil; s.Done {
		if opened == nil || opened.Closed { // with the key that is at hand by now
			opened = p.proveSaved(r.Context(), settings)
			known.mu.Lock()
			known.opened = opened
			known.mu.Unlock()
		}
		s.Opened = opened
		s.Night = p.nightOf(r.Context(), settings)
	}
	return p.showStep(w, r, http.StatusOK, saving, "welcome-save", s)
}

// lastSaved is the document that was saved last, a pad if there is one, as people see
// at once whether that is theirs; nil if nothing is saved.
func (p *page) lastSaved(ctx context.Context, settings *setup.Settings) (*catalog.Document, error) {
	d, err := settings.Catalogued(ctx)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	all := slices.DeleteFunc(slices.Clone(d.All), func(one catalog.Document) bool { return d.State(&one).Versions == 0 })
	if len(all) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(all, func(a, b catalog.Document) int {
		pad := func(d catalog.Document) int {
			if d.Kind == "etherpad" {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(pad(a), pad(b)), d.State(&b).Newest.Compare(d.State(&a).Newest))
	})
	return &all[0], nil
}

// proveSaved opens a document from what is saved; nil if nothing is.
func (p *page) proveSaved(ctx context.Context, settings *setup.Settings) *proof {
	one, err := p.lastSaved(ctx, settings)
	if one == nil && err == nil {
		return nil
	}
	opened := new(proof)
	if err == nil {
		err = p.proveOne(ctx, settings, one, opened)
	}
	switch {
	case closed(err):
		opened.Closed = true
	case err != nil:
		opened.Failed, opened.Do = sentence(p.Words.Error(err)), p.Words.Hints(err)
	}
	return opened
}

func (p *page) proveOne(ctx context.Context, settings *setup.Settings, one *catalog.Document, opened *proof) error {
	d, err := settings.Catalogued(ctx)
	if err != nil {
		return err
	}
	row := p.row(d, one, nil)
	if err := d.Close(); err != nil {
		return err
	}
	opened.Name, opened.Link = row.Name, "/documents/"+row.Hash
	doc, err := openSaved(ctx, settings, one.Key)
	if err != nil {
		return err
	}
	defer doc.Close()
	e, err := doc.At(ctx, "")
	if err != nil {
		return err
	}
	defer e.Close()
	form := "txt"
	if !slices.Contains(e.Forms(), form) {
		form = e.RawForm(form)
	}
	var text head
	err = e.Write(&text, form, documents.Language(p.Words.Text("language")))
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	opened.Lines = text.lines()
	return nil
}

// head takes the beginning of a text.
type head struct{ strings.Builder }

// How much of a text is shown as its beginning.
const (
	headSize  = 1200
	headLines = 4
	headLine  = 200 // characters
)

var errEnough = errors.New("the beginning is enough")

// Write implements io.Writer, and ends once there is enough.
func (h *head) Write(b []byte) (int, error) {
	n, _ := h.Builder.Write(b[:min(len(b), headSize-h.Len())])
	if h.Len() >= headSize {
		return n, errEnough
	}
	return n, nil
}

var _ io.Writer = (*head)(nil)

func (h *head) lines() (all []string) {
	for line := range strings.Lines(strings.ToValidUTF8(h.String(), "")) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if runes := []rune(line); len(runes) > headLine {
			line = string(runes[:headLine]) + "…"
		}
		if all = append(all, line); len(all) == headLines {
			break
		}
	}
	return all
}

// A night is the backup that would be made every night.
type night struct {
	When     string
	Writes   []schedule.Text
	Commands []string
	Notes    []string
	There    bool   // it is made already
	Failed   string // why it cannot be
	Do       []string

	plan *schedule.Plan
}

// nightOf is what a backup every night would be. It changes nothing.
func (p *page) nightOf(ctx context.Context, settings *setup.Settings) *night {
	n := new(night)
	if err := p.planNight(ctx, settings, n); err != nil {
		n.Failed, n.Do = sentence(p.Words.Error(err)), p.Words.Hints(err)
	}
	return n
}

func (p *page) planNight(ctx context.Context, settings *setup.Settings, n *night) error {
	system, err := p.scheduler(ctx)
	if err != nil {
		return err
	}
	status, err := system.Status(ctx)
	if err != nil {
		return err
	}
	if n.There = status.Sound(); n.There {
		e := status.Entries[0]
		n.When = p.every(e.At, e.Delay)
		return nil
	}
	job, notes, err := settings.Nightly(ctx, setup.Night{})
	if err != nil {
		return err
	}
	if n.plan, err = system.Install(ctx, job); err != nil {
		return err
	}
	n.When, n.Writes = p.every(n.plan.At, n.plan.Delay), n.plan.Writes
	for _, command := range n.plan.Commands {
		n.Commands = append(n.Commands, terminal.CommandLine(command))
	}
	for _, note := range append(n.plan.Notes, notes...) {
		n.Notes = append(n.Notes, sentence(p.Words.Text(note.ID, note.Data...)))
	}
	return nil
}

// scheduler is what starts programs at a time here.
func (s *shared) scheduler(ctx context.Context) (*schedule.System, error) {
	host := s.Host
	if host == nil {
		this := schedule.ThisHost(s.Setup.Getenv, s.Setup.Machine().Folder())
		host = &this
	}
	return schedule.Find(ctx, *host)
}

// everyNight has a backup made every night, as the page showed it.
func (p *page) everyNight(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	var n night
	if err := p.planNight(r.Context(), settings, &n); err != nil {
		return err
	}
	if n.plan != nil {
		if err := n.plan.Do(r.Context()); err != nil {
			return err
		}
		p.knowing.forget()
	}
	return p.done(w, r, "/", "web-said-every-night")
}
