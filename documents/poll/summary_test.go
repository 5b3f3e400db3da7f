package poll

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/documents"
)

func dated(votes ...Vote) *Poll {
	return &Poll{Title: "Chantier", Kind: Date, Choices: []Choice{{Date: "2027-03-06", Moment: "9h"}, {Date: "2027-03-06", Moment: "14h"}, {Date: "2027-03-13"}}, Votes: votes}
}

func TestBestChoicesAreThoseWithMostYes(t *testing.T) {
	for name, test := range map[string]struct {
		votes []Vote
		want  []bool
	}{
		"one":                       {[]Vote{{Name: "A", Answers: []Answer{Yes, No, No}}, {Name: "B", Answers: []Answer{Yes, Yes, IfNeedBe}}}, []bool{true, false, false}},
		"all of a tie":              {[]Vote{{Name: "A", Answers: []Answer{Yes, No, Yes}}}, []bool{true, false, true}},
		"if need be does not count": {[]Vote{{Name: "A", Answers: []Answer{Yes, IfNeedBe, No}}, {Name: "B", Answers: []Answer{No, IfNeedBe, No}}}, []bool{true, false, false}},
		"none that nobody chose":    {[]Vote{{Name: "A", Answers: []Answer{No, IfNeedBe, Unknown}}}, []bool{false, false, false}},
		"no vote":                   {[]Vote{}, []bool{false, false, false}},
		"not told":                  {nil, []bool{false, false, false}},
	} {
		var best []bool
		for _, c := range dated(test.votes...).Summary(documents.English).Columns {
			best = append(best, c.Best)
		}
		if !slices.Equal(best, test.want) {
			t.Errorf("%s: best are %v, want %v", name, best, test.want)
		}
	}
}

func TestSummaryCountsEachAnswerAndNamesEachChoice(t *testing.T) {
	p := dated(Vote{Name: "A", Answers: []Answer{Yes, IfNeedBe, No, Yes}}, Vote{Name: "B", Answers: []Answer{Yes}})
	want := []Column{
		{Day: "samedi 6 mars 2027", Head: "9h", Name: "samedi 6 mars 2027 9h", Yes: 2, Best: true},
		{Day: "samedi 6 mars 2027", Head: "14h", Name: "samedi 6 mars 2027 14h", IfNeedBe: 1, Unknown: 1},
		{Day: "samedi 13 mars 2027", Name: "samedi 13 mars 2027", No: 1, Unknown: 1},
		{Yes: 1, Unknown: 1},
	}
	if diff := cmp.Diff(want, p.Summary(documents.French).Columns); diff != "" {
		t.Error(diff)
	}
}

func TestChangesNameWhoVotedAndWhoDidAnew(t *testing.T) {
	before := dated(Vote{Name: "Awa", Answers: []Answer{Yes, No, No}}, Vote{Name: "Awa", Answers: []Answer{No, No, No}}, Vote{Name: "Karim", Answers: []Answer{No, Yes, No}}, Vote{Name: "Odile", Answers: []Answer{Yes, Yes, Yes}})
	before.Comments = []Comment{{Author: "Nour", Text: "10 h ?"}, {Text: "Oui"}}
	if c := before.Since(before); !c.None() {
		t.Errorf("a poll differs from itself: %+v", c)
	}
	now := dated(Vote{Name: "Awa", Answers: []Answer{Unknown, Yes, No}}, Vote{Name: "Karim", Answers: []Answer{Unknown, No, IfNeedBe}}, Vote{Name: "Awa", Answers: []Answer{Yes, No, No}}, Vote{Name: "Solène", Answers: []Answer{Yes, No, No}})
	now.Choices = []Choice{{Date: "2027-03-20"}, {Date: "2027-03-06", Moment: "9h"}, {Date: "2027-03-06", Moment: "14h"}}
	now.Title, now.Expires = "Chantier d’été", "2027-03-01"
	now.Comments = []Comment{{Author: "Nour", Text: "10 h ?", Date: "2026-11-28T08:03"}, {Text: "Non"}, {Text: "Si"}}
	want := &Changes{
		Title: true, Expires: true,
		ChoicesAdded: []Choice{{Date: "2027-03-20"}}, ChoicesGone: []Choice{{Date: "2027-03-13"}},
		Voted: []string{"Solène"}, Withdrew: []string{"Odile"}, Revoted: []string{"Karim"},
		CommentsAdded: 2, CommentsGone: 1,
	}
	if diff := cmp.Diff(want, now.Since(before)); diff != "" {
		t.Error(diff)
	}
	now.Votes, now.Comments, now.Unseen = nil, nil, []Part{PartTitle, PartExpires, PartChoices}
	if c := now.Since(before); !c.None() {
		t.Errorf("what a look did not see is said to have changed: %+v", c)
	}
}
