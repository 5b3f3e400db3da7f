package main

import (
	"context"
	"errors"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/sources"
)

// addAll adds everything that a server lists, as one entry.
func (c *collector) addAll(source *config.Source, o origin) {
	base, err := sources.Normalize(source.URL.Reveal())
	if err != nil {
		c.fail(o.name(c.app), err)
		return
	}
	c.all = append(c.all, wanted{kind: source.Kind, base: base, all: true, origin: o, source: source})
}

// unlisted is the problem of sources that could not be asked what they hold.
func (a *app) unlisted(class message.Class, sources []backup.Unlisted) error {
	var errs []error
	for _, s := range sources {
		errs = append(errs, message.Of(class, s.Err, "unlisted", "Source", s.URL, "Reason", s.Err))
	}
	return message.Classed(class, errors.Join(errs...))
}

// unlistedToo is nil if there are none.
func (a *app) unlistedToo(sources []backup.Unlisted) error {
	if len(sources) == 0 {
		return nil
	}
	return a.unlisted(message.Incomplete, sources)
}

// closeSources takes away what was made on servers for this run, also after
// an interruption.
func (a *app) closeSources(ctx context.Context, p *backup.Plan) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	for _, s := range p.Sources {
		closer, ok := s.Client.(interface{ Close(context.Context) error })
		if !ok {
			continue
		}
		if err := closer.Close(ctx); err != nil {
			a.note("not-closed", "Source", s.URL)
		}
	}
}
