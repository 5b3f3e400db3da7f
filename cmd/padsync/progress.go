package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/machine"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
)

// progress shows how a backup goes: a bar on a terminal, lines elsewhere. It is
// safe for concurrent use.
type progress struct {
	app      *app
	out      io.Writer
	terminal bool
	origins  []setup.Origin // by the Line of a document, from 1

	// Set by start.
	client *polite.Client
	hashes *library.Names
	warned *machine.Warned
	bar    *terminal.Bar

	waits waits

	mu sync.Mutex // guards what follows, and lines

	tally backup.Tally
}

func (a *app) newProgress(asJSON bool) *progress {
	p := &progress{app: a, out: a.stdout}
	if asJSON {
		p.out = a.stderr
	}
	p.terminal = terminal.Is(p.out) && !a.quiet
	return p
}

// know says where the documents were named, by their places from 1.
func (p *progress) know(all []setup.Wanted) {
	p.origins = make([]setup.Origin, 0, len(all))
	for _, w := range all {
		p.origins = append(p.origins, w.Origin())
	}
}

// start begins to show what becomes of the plan's documents.
func (p *progress) start(m machine.Machine, plan *backup.Plan, client *polite.Client) {
	p.client = client
	p.hashes, _ = library.NewNames(plan.Repositories[0].ID(), func(add func(manifest.Source, string)) error {
		for _, d := range plan.Documents {
			add(d.Source.Source, d.ID)
		}
		return nil
	})
	p.warned = m.Warned(plan.Repositories[0].ID())
	if !p.terminal {
		return
	}
	p.bar = terminal.NewBar(p.out, len(plan.Documents), p.status)
}

// status is what stands beside the bar.
func (p *progress) status() string {
	return strings.TrimRight(p.app.words.Size(p.client.Received())+"  "+p.waits.text(p.app), " ")
}

// waiting notes a wait for a server. In lines, it says so again only for
// another wait.
func (p *progress) waiting(w polite.Wait) {
	if p.waits.note(w) && !p.terminal && !p.app.quiet {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.line(p.app.words.Waiting(w))
	}
}

// observe takes each document that is done.
func (p *progress) observe(e backup.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.describe(e)
	p.expiry(e)
	p.bar.Step()
}

// expiry warns of a document that its server may delete soon.
func (p *progress) expiry(e backup.Event) {
	if e.Outcome != backup.Saved && e.Outcome != backup.Unchanged {
		return
	}
	hash := p.hashes.Sum(e.Document.Source.Source, e.ID)
	warning := p.app.expiry(e.Expires, time.Now())
	if warning == "" {
		p.warned.Over(hash)
		return
	}
	isNew := p.warned.First(hash, p.app.expiry(e.Before.Expires, e.Before.Checked) != "")
	p.state(&p.tally.All.Expiring, &p.tally.New.Expiring, isNew, "document-expires", "Document", p.name(e), "Warning", warning)
}

// describe says what became of a document, if it is worth a line.
func (p *progress) describe(e backup.Event) {
	switch {
	case e.Outcome == backup.Failed:
		if again := p.tally.Bar(e); !again {
			p.line(p.app.text("document-failed", "Document", p.name(e), "Reason", p.app.words.Error(e.Err)))
		}
	case e.Outcome == backup.Unaskable:
		p.state(&p.tally.All.Unaskable, &p.tally.New.Unaskable, e.New, "document-failed", "Document", p.name(e), "Reason", p.app.words.Error(e.Err))
	case e.Outcome == backup.Missing:
		p.state(&p.tally.All.Missing, &p.tally.New.Missing, e.New, "document-missing", "Document", p.name(e))
	case cmp.Or(e.Suspect, e.Standing) != "" && p.suspect(e, cmp.Or(e.Suspect, e.Standing)):
	case e.Flaw != "":
		p.line(p.app.text("document-flaw", "Document", p.name(e), "Flaw", p.app.words.Flaws(e.Flaw)))
	case e.Outcome == backup.Saved && !p.app.quiet && (!p.terminal || p.app.verbose):
		p.line(p.app.text("document-saved", "Document", p.name(e)))
	case e.Outcome == backup.Unchanged && p.app.verbose:
		p.line(p.app.text("document-unchanged", "Document", p.name(e)))
	}
}

// suspect counts a suspect document, and says whether it named it.
func (p *progress) suspect(e backup.Event, suspicion string) bool {
	if e.New && suspicion == manifest.Compacted {
		p.tally.New.Compacted++
	}
	return p.state(&p.tally.All.Suspect, &p.tally.New.Suspect, e.New, "document-suspect", "Document", p.name(e), "Reason", p.app.words.Suspicion(suspicion))
}

// state counts a document in a state that lasts, and says whether it named it,
// as it does if that is new.
func (p *progress) state(all, told *int, isNew bool, id string, data ...any) bool {
	*all++
	if isNew {
		*told++
	}
	if isNew || p.app.verbose {
		p.line(p.app.text(id, data...))
	}
	return isNew || p.app.verbose
}

// line writes one; p.mu is held.
func (p *progress) line(text string) {
	fmt.Fprintln(p.bar.Above(p.out), words.Printable(text))
}

// name names a document. Its address, id and title are keys to it: where what
// is shown may end in a log, they are shown only if this command line had them.
func (p *progress) name(e backup.Event) string {
	attended := terminal.Is(p.out)
	source := e.Document.Source.Source
	if e.Document.Line == 0 { // the server listed it
		if !attended {
			return p.app.text("document-hash", "Source", source.URL, "Hash", p.hashes.Short(source, e.ID))
		}
		return p.app.setup.Kinds.URL(source, e.ID)
	}
	from := p.origins[e.Document.Line-1]
	switch {
	case from.Given():
		return fmt.Sprint(from.Name())
	case attended:
		return p.app.setup.Kinds.URL(source, e.ID)
	}
	return p.app.text("document-private", "Source", source.URL, "Place", from.Name(), "Hash", p.hashes.Short(source, e.ID))
}
