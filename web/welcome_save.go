package web

import "net/http"

// A savePage is the fifth step.
type savePage struct{ Way []stage }

func (p *page) saveStep(w http.ResponseWriter, r *http.Request, reached int) error {
	return p.showStep(w, r, http.StatusOK, saving, "welcome-save", savePage{Way: way(saving, reached)})
}

func (p *page) beginFirst(w http.ResponseWriter, r *http.Request) error {
	return p.done(w, r, stepLink(saving), "")
}
