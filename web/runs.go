package web

import (
	"net/http"

	"github.com/padsync/padsync/catalog"
)

// mostRuns is how many runs a page has.
const mostRuns = 60

func (p *page) runs(w http.ResponseWriter, r *http.Request) error {
	c, err := p.Setup.OpenCatalog(r.Context())
	if err != nil {
		return err
	}
	defer c.Close()
	all, err := c.Runs(r.Context(), mostRuns)
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, "runs", view{Title: p.Words.Text("web-runs"), Section: "runs", Of: struct{ Runs []catalog.Run }{all}})
}
