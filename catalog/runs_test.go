package catalog

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRunIsKeptWithAllThatItDid(t *testing.T) {
	c := newCatalog(t)
	began := time.Unix(1790000000, 0).UTC()
	first := Run{
		Configuration: "a", Started: began, Ended: began.Add(time.Minute), Ending: "limited", Saved: 1, Failed: 1,
		Failures:  []Failure{{Kind: "server", Subject: "https://pad.example.org", Since: began, Error: "connection refused", Said: "it does not answer\nopen it in your browser"}},
		Servers:   []Served{{Kind: "etherpad", Base: "https://pad.example.org", Saved: 1, Unchanged: 2, Failed: 1, Remaining: 3}},
		Stored:    []Stored{{Repository: "/copies", Bytes: 4096}},
		Documents: []Looked{{Key: pad("ag"), Outcome: "saved", Suspect: "shrunk"}, {Key: pad("bureau"), Outcome: "failed"}},
	}
	must(t, c.Record(t.Context(), first))
	second := Run{Configuration: "a", Started: began.Add(time.Hour), Ended: began.Add(time.Hour), Failures: []Failure{{Kind: "server", Subject: "https://pad.example.org", Error: strings.Repeat("é", 3000)}}}
	must(t, c.Record(t.Context(), second))
	all, err := c.Runs(t.Context(), 0)
	must(t, err)
	got, err := c.Run(t.Context(), all[1].ID)
	must(t, err)
	first.ID, first.Documents = all[1].ID, []Looked{first.Documents[1], first.Documents[0]} // by outcome
	if diff := cmp.Diff(&first, got); diff != "" {
		t.Error(diff)
	}
	if got, err = c.Run(t.Context(), all[0].ID); err != nil || !got.Failures[0].Since.Equal(began) || len(got.Failures[0].Error) != mostError {
		t.Errorf("what fails again: %+v, %v", got, err)
	}
	if got, err = c.Run(t.Context(), 99); got != nil || err != nil {
		t.Errorf("no run: %+v, %v", got, err)
	}
	if of, err := c.RunsOf(t.Context(), []Key{{"etherpad", "https://elsewhere.example.org", "ag"}, {"framadate", "https://pad.example.org", "ag"}}); len(of) > 0 || err != nil {
		t.Errorf("of documents of other servers: %v, %v", of, err)
	}
	of, err := c.RunsOf(t.Context(), []Key{pad("bureau"), pad("nothing"), {"etherpad", "https://elsewhere.example.org", "ag"}})
	if diff := cmp.Diff(map[int64]bool{first.ID: true}, of); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestMirrorIsKeptAsItWasLast(t *testing.T) {
	c := newCatalog(t)
	ended := time.Unix(1790000000, 0).UTC()
	must(t, c.KeepMirror(t.Context(), Mirrored{Mirror: "/pages", Ended: ended, Documents: 1, Error: "no space left", Said: "the disk is full"}))
	last := Mirrored{Mirror: "/pages", Ended: ended.Add(time.Hour), Documents: 3, Written: 2, Removed: 1}
	must(t, c.KeepMirror(t.Context(), last))
	got, err := c.Mirrors(t.Context())
	if diff := cmp.Diff(map[string]Mirrored{"/pages": last}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
