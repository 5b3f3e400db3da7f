package web

import (
	"errors"
	"net/http"

	"github.com/padsync/padsync/internal/setup"
)

// accept says in every repository that a version is right, as the command does.
func (p *page) accept(w http.ResponseWriter, r *http.Request) error {
	ctx, hash := r.Context(), r.PathValue("hash")
	settings, err := p.opened(r)
	if err != nil {
		return err
	}
	one, _, err := p.documentOf(ctx, hash)
	if err != nil {
		return err
	}
	version := r.PostForm.Get("version")
	if version == "" {
		return errForm
	}
	selection := selectionOf(one.Key)
	keys, err := settings.Sealing()
	if err != nil {
		return err
	}
	accepted := 0
	var errs []error
	for _, at := range settings.Repositories {
		all, _, err := settings.Accept(ctx, at, setup.Writing{Keys: keys}, selection, version, false, true)
		accepted, errs = accepted+len(all), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if accepted == 0 {
		return errNotFound
	}
	// The catalogue learns from the repository that it is suspect no more.
	known, err := settings.Documents(ctx, true, nil)
	if err != nil {
		return err
	}
	if err := known.Close(); err != nil {
		return err
	}
	return p.done(w, r, "/documents/"+hash, "web-said-accepted")
}
