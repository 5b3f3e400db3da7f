package web

import "net/http"

// A wherePage is the third step.
type wherePage struct{ Way []stage }

func (p *page) where(w http.ResponseWriter, r *http.Request, reached int) error {
	return p.showStep(w, r, http.StatusOK, placing, "welcome-where", wherePage{Way: way(placing, reached)})
}
