package web

import (
	_ "embed"
	"net/http"
	"runtime/debug"
	"strings"
)

// licences has the licence of each module that go.mod names, in the words of SPDX but
// for "and" and "or": a line each, with a tab between them.
//
//go:embed licences.tsv
var licences string

// htmxVersion is that of static/js/htmx.js.
const htmxVersion = "4.0.1"

// A linked library is one that this program has in it.
type linked struct{ Name, Version, Licence string }

// libraries are those that were linked into this program.
func libraries() []linked {
	licence := make(map[string]string)
	for line := range strings.Lines(licences) {
		if name, is, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			licence[name] = is
		}
	}
	all := []linked{{"htmx", htmxVersion, "0BSD"}}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return all
	}
	all = append([]linked{{"Go", strings.TrimPrefix(info.GoVersion, "go"), "BSD-3-Clause"}}, all...)
	for _, m := range info.Deps {
		all = append(all, linked{m.Path, m.Version, licence[m.Path]})
	}
	return all
}

func (p *page) about(w http.ResponseWriter, r *http.Request) error {
	v := struct {
		Program   string
		Libraries []linked
	}{p.Setup.Program, libraries()}
	return p.show(w, r, http.StatusOK, "about", view{Title: p.Words.Text("web-about-title"), Section: "about", Of: v})
}
