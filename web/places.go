package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/repository"
)

// A placeRoom is a repository of the configuration, and what is known of it.
type placeRoom struct {
	place
	Line int // of the configuration's file, 0 if that does not name it

	// Of the last check by this computer.
	When      time.Time
	Data      bool // packs were read, too
	Documents int
	Versions  int
	Size      string
	Problems  int
}

func (p *page) placesRoom(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	k, err := p.known(r.Context())
	if err != nil {
		return err
	}
	v := struct {
		Places []placeRoom
		Drops  bool // a place can be taken out
	}{Drops: len(settings.Config.Repositories) > 1}
	for i, one := range p.places(k) {
		c := settings.Machine.Checked(one.ID)
		v.Places = append(v.Places, placeRoom{
			place: one, Line: settings.Line(indexed("repository", i, "address")),
			When: c.Time, Data: c.Data, Documents: c.Documents, Versions: c.Versions, Size: p.Words.Size(c.Bytes), Problems: c.Problems,
		})
	}
	return p.show(w, r, http.StatusOK, "places", view{Title: p.Words.Text("web-help-to-places"), Section: "settings", Of: v})
}

// placeAsked is the one that a form names, as the configuration has it.
func (p *page) placeAsked(r *http.Request, settings *setup.Settings) (setup.Place, error) {
	i := slices.IndexFunc(settings.Repositories, func(one setup.Place) bool { return one.Shown == r.PostForm.Get("place") })
	if i < 0 {
		return setup.Place{}, errForm
	}
	return settings.Repositories[i], nil
}

// dropPlace takes a place out of the configuration.
func (p *page) dropPlace(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	at, err := p.placeAsked(r, settings)
	if err != nil {
		return err
	}
	err = settings.DropPlace(at.Location)
	if errors.Is(err, setup.ErrPlace) {
		return errForm // the page has no button for it
	}
	if err != nil {
		return err
	}
	return p.done(w, r, "/places", "web-said-place-dropped")
}

// testPlace looks at a place and tries it, as a job.
func (p *page) testPlace(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	at, err := p.placeAsked(r, settings)
	if err != nil {
		return err
	}
	j := p.jobs.begin(r.Context(), "web-place-testing", func(ctx context.Context, j *job) error {
		seen, err := settings.Look(ctx, at)
		if err != nil {
			return err
		}
		say := func(text string) { j.update(func(g *progress) { g.Lines = append(g.Lines, text) }) }
		say(at.Shown)
		for _, line := range p.Words.Seen(&seen) {
			say(sentence(line))
		}
		last := setup.Step("")
		tried, err := settings.Try(ctx, at, func(step setup.Step) {
			if last != "" {
				say(sentence(p.Words.Tried(last, false)))
			}
			last = step
		})
		if err != nil {
			return err
		}
		say(sentence(p.Words.Tried(last, tried.Keeps)))
		return nil
	})
	return p.done(w, r, "/jobs/"+j.ID, "")
}

// checkPlace checks a repository, as a job: what is there, or all that is stored.
func (p *page) checkPlace(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.opened(r)
	if err != nil {
		return err
	}
	at, err := p.placeAsked(r, settings)
	if err != nil {
		return err
	}
	readData := r.PostForm.Get("data") != ""
	j := p.jobs.begin(r.Context(), "web-place-checking", func(ctx context.Context, j *job) error {
		reading, err := settings.OpenAt(ctx, at, func(*repository.CorruptError) {}) // the report has them
		if err != nil {
			return err
		}
		if err := reading.AddOwner(ctx); err != nil {
			return err
		}
		report, names, err := reading.CheckAll(ctx, readData, func(_, of int) {
			j.update(func(g *progress) { g.Done++; g.All = of })
		})
		if err != nil {
			return reading.In(err)
		}
		j.update(func(g *progress) {
			g.Lines = append(g.Lines, p.Words.Tally("count-documents", report.Documents, "count-versions", report.Versions)+", "+p.Words.Size(report.Bytes))
			for i := range report.Problems {
				one := &report.Problems[i]
				g.Lines = append(g.Lines, one.Object+": "+p.Words.Problem(one))
				for _, d := range one.Documents {
					g.Lines = append(g.Lines, names.Short(d.Source, d.ID))
				}
			}
		})
		return setup.Damage(report)
	})
	return p.done(w, r, "/jobs/"+j.ID, "")
}
