package jsonlines

import (
	"github.com/padsync/padsync/internal/setup"
)

// A Found document is a line of discover.
type Found struct {
	Source  string   `json:"source"`
	Kind    string   `json:"kind"`
	ID      string   `json:"id"`
	URL     string   `json:"url"`
	Title   string   `json:"title"`
	Hash    string   `json:"hash"`
	Certain bool     `json:"certain"`
	Admin   bool     `json:"admin"` // its admin link was found, too, which is not shown
	Expires string   `json:"expires"`
	First   string   `json:"first"`
	Last    string   `json:"last"`
	Visits  int      `json:"visits"`
	Origins []Origin `json:"origins"`
}

// NewFound is the line of a find.
func NewFound(f *setup.Find) Found {
	line := Found{
		Source: f.Base, Kind: f.Kind.Name, ID: f.ID, URL: f.Kind.URL(f.Base, f.ID), Title: f.Title(), Hash: f.Hash,
		Certain: f.Certain, Admin: f.Locator != f.ID, Expires: f.Expires, First: Stamp(f.First), Last: Stamp(f.Last), Visits: f.Visits, Origins: []Origin{},
	}
	for _, o := range f.Origins {
		line.Origins = append(line.Origins, Origin{
			Place: string(o.Place), Browser: o.Browser, Profile: o.Profile, File: o.File, Document: o.Document,
			First: Stamp(o.First), Last: Stamp(o.Last), Visits: o.Visits, Titles: o.Titles,
		})
	}
	return line
}
