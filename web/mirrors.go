package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/pages"
	"github.com/padsync/padsync/internal/setup"
)

// A mirrorView is a mirror of the configuration.
type mirrorView struct {
	Shown string
	What  []string // is published, in words
	Also  []string // which only some mirrors publish
	Forms []string
	Line  int

	Last catalog.Mirrored // how it was brought up to date last, zero if that is not known
	Why  *why             // that failed
}

func (p *page) mirrors(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	v := struct {
		Mirrors []mirrorView
		File    string
	}{File: settings.File}
	c, err := p.Setup.OpenCatalog(r.Context())
	if err != nil {
		return err
	}
	defer c.Close()
	last, err := c.Mirrors(r.Context())
	if err != nil {
		return err
	}
	for i := range settings.Mirrors {
		m := p.mirror(settings, i)
		if m.Last = last[m.Shown]; m.Last.Error != "" {
			m.Why = p.why(&catalog.Failure{Kind: "mirror", Error: m.Last.Error, Said: m.Last.Said}, p.Words.Text("web-mirror-failed-means"), p.Words.Text("web-mirror-failed-do"))
		}
		v.Mirrors = append(v.Mirrors, m)
	}
	return p.show(w, r, http.StatusOK, "mirrors", view{Title: p.Words.Text("web-mirror-title"), Section: "settings", Of: v})
}

func (p *page) mirror(settings *setup.Settings, i int) mirrorView {
	m := &settings.Mirrors[i]
	v := mirrorView{Shown: m.Shown, Forms: m.Formats, Line: settings.Line(indexed("mirror", i, "address"))}
	t := p.Words.Text
	if m.All {
		v.What = append(v.What, t("web-mirror-all"))
	}
	if len(m.Tags) > 0 {
		v.What = append(v.What, t("web-mirror-tags", "Names", p.some(m.Tags)))
	}
	if len(m.Services) > 0 {
		v.What = append(v.What, t("web-mirror-services", "Names", p.some(m.Services)))
	}
	if n := len(m.Documents); n > 0 { // each may be an address that opens more
		v.What = append(v.What, t("web-mirror-documents", "Count", n))
	}
	for _, also := range []struct {
		is   bool
		word string
	}{{m.Addresses, "web-mirror-addresses"}, {m.Private, "web-mirror-private"}, {m.Versions, "web-mirror-versions"}, {m.Chat, "web-mirror-chat"}, {m.Voters, "web-mirror-voters"}} {
		if also.is {
			v.Also = append(v.Also, t(also.word))
		}
	}
	return v
}

// updateMirrors brings all of them up to date, as a job with the key at hand now.
func (p *page) updateMirrors(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.opened(r)
	if err != nil {
		return err
	}
	if len(settings.Mirrors) == 0 {
		return errForm
	}
	mirroring := setup.Mirroring{Language: pages.MirrorLanguage(p.Words), Words: pages.MirrorWords(p.Words), Index: pages.Mirror(p.Words)}
	j := p.jobs.begin(r.Context(), "web-mirror-job", func(ctx context.Context, j *job) error {
		j.update(func(g *progress) { g.All = len(settings.Mirrors) })
		reading, err := settings.OpenOwned(ctx, nil)
		if err != nil {
			return err
		}
		var errs []error
		for _, m := range settings.UpdateMirrors(ctx, reading.Repository, mirroring) {
			errs = append(errs, m.Err)
			counts := p.Words.Tally("count-pages-written", m.Report.Written, "count-pages-removed", m.Report.Removed, "count-documents", m.Report.Documents)
			j.update(func(g *progress) {
				g.Done++
				if m.Err == nil {
					g.Lines = append(g.Lines, p.Words.Text("mirror-done", "Mirror", m.Place.Shown, "Counts", counts))
				}
				for _, told := range []struct {
					id string
					n  int
				}{{"mirror-private", m.Report.Private}, {"mirror-sealed", m.Report.Sealed}, {"mirror-unfound", m.Unfound}, {"mirror-lacking", m.Report.Lacking}, {"mirror-unreadable", m.Report.Unreadable}} {
					if told.n > 0 {
						g.Lines = append(g.Lines, p.Words.Text(told.id, "Mirror", m.Place.Shown, "Count", told.n))
					}
				}
			})
		}
		return errors.Join(errs...)
	})
	return p.done(w, r, "/jobs/"+j.ID, "")
}
