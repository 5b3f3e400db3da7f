package jsonlines

import (
	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/setup"
)

// A Known document is a line of list, and of commands that change what is known
// of one.
type Known struct {
	Source      string   `json:"source"`
	Kind        string   `json:"kind"`
	ID          string   `json:"id"`
	URL         string   `json:"url"` // the public one
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Tags        []string `json:"tags"`
	Choice      string   `json:"choice"` // automatic, manual, ignored, new or elsewhere
	Removed     bool     `json:"removed"`
	Hash        string   `json:"hash"`
	State       string   `json:"state"`
	Suspect     string   `json:"suspect"`
	Expires     string   `json:"expires"`
	Checked     string   `json:"checked"`
	Saved       string   `json:"saved"`
	Versions    int      `json:"versions"`
	Origins     []Origin `json:"origins"`
}

// An Origin is where a document was found.
type Origin struct {
	Place   string   `json:"place"`
	Browser string   `json:"browser,omitempty"`
	Profile string   `json:"profile,omitempty"`
	File    string   `json:"file,omitempty"`
	First   string   `json:"first,omitempty"`
	Last    string   `json:"last,omitempty"`
	Visits  int      `json:"visits,omitempty"`
	Titles  []string `json:"titles,omitempty"`

	Document string `json:"document,omitempty"` // what people call the one that has the link, of place saved
}

// NewKnown is the line of a document.
func NewKnown(kinds setup.Kinds, d *setup.Documents, one *catalog.Document) Known {
	from, state := setup.SourceOf(one.Key), d.State(one)
	k := Known{
		Source: one.Base, Kind: one.Kind, ID: one.ID, URL: kinds.URL(from, one.ID), Name: d.Called(one), Description: one.Description,
		Tags: append([]string{}, one.Tags...), Choice: d.Choice(one), Removed: one.Removed, Hash: d.Names.Short(from, one.ID),
		State: state.State, Suspect: state.Suspect, Expires: state.Expires, Checked: Stamp(state.Checked), Saved: Stamp(state.Newest), Versions: state.Versions,
		Origins: []Origin{},
	}
	for _, o := range one.Origins {
		k.Origins = append(k.Origins, Origin{
			Place: o.Kind, Browser: o.Browser, Profile: o.Profile, File: o.File, First: Stamp(o.First), Last: Stamp(o.Last), Visits: o.Visits, Titles: o.Titles,
		})
	}
	return k
}
