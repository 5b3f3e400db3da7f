package poll

import (
	"slices"
	"testing"

	"github.com/padsync/padsync/documents"
)

func TestAllThatAPollShowsIsTold(t *testing.T) {
	p := &Poll{
		Title: "Réunion d’été", Author: "Ada", Description: "Où *et* quand ?", Kind: Date,
		Choices: []Choice{{Date: "2027-01-11", Moment: "9h"}, {Date: "2027-01-12"}, {Label: "un <b>jour</b>", Markdown: "un **jour**"}},
		Votes:   []Vote{{Name: "Grâce", Answers: []Answer{Yes}}},
		Comments: []Comment{
			{Author: "Zoé", Date: "2026-11-22T11:01", Text: "J’arrive à 10h"}, {Text: "sans nom"},
		},
	}
	d := &document{look: Look{Poll: p}}
	told := map[documents.Place][]string{}
	held, err := d.Texts([]documents.Mark{{Revision: 1}}, func(text documents.Text) error {
		told[text.In] = append(told[text.In], text.Text)
		if text.Text == "Zoé: J’arrive à 10h" && text.Since.Hour() != 11 {
			t.Errorf("said at %v", text.Since)
		}
		return nil
	})
	if err != nil || !slices.Equal(held, []bool{false}) {
		t.Errorf("held %v, %v", held, err)
	}
	want := []string{
		"Réunion d’été", "Où *et* quand ?", "2027-01-11 9h", "2027-01-12", "un **jour**", "Grâce", "Zoé: J’arrive à 10h", "sans nom",
	}
	if !slices.Equal(told[documents.InPoll], want) || !slices.Equal(told[documents.InAuthor], []string{"Ada"}) || len(told) != 2 {
		t.Errorf("told %q", told)
	}
}
