package jsonlines

import "github.com/padsync/padsync/internal/setup"

// A Mirror is a line of mirror, and what backup tells of one.
type Mirror struct {
	Mirror     string `json:"mirror"`
	Documents  int    `json:"documents"`  // that stand in it
	Written    int    `json:"written"`    // pages
	Removed    int    `json:"removed"`    // likewise
	Unchanged  int    `json:"unchanged"`  // likewise
	Beside     int    `json:"beside"`     // pages written beside a file of somebody else
	Private    int    `json:"private"`    // documents that were chosen, and are private
	Sealed     int    `json:"sealed"`     // documents that could not be opened here
	Unreadable int    `json:"unreadable"` // documents that cannot be read
	Unfound    int    `json:"unfound"`    // documents that the configuration names, and that are not saved
	OK         bool   `json:"ok"`
}

// NewMirror is the line of a mirror.
func NewMirror(m *setup.Mirrored) Mirror {
	r := m.Report
	return Mirror{m.Place.Shown, r.Documents, r.Written, r.Removed, r.Unchanged, r.Beside, r.Private, r.Sealed, r.Unreadable, m.Unfound, m.Err == nil && r.Unreadable == 0}
}
