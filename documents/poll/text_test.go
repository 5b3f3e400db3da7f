package poll

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/documents"
)

func text(t *testing.T, p *Poll, l documents.Language) string {
	t.Helper()
	var b strings.Builder
	if err := p.WriteText(&b, l); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// days is a poll that fits into a terminal.
func days() *Poll {
	most := 2
	return &Poll{
		Title: "Garden day", Author: "Anna\tÜnal", Description: "\nBring *gloves* \r\n\n- a\xff\n", Kind: Date, Expires: "2026-11-30",
		Choices:  []Choice{{Date: "2027-01-11", Moment: "9h"}, {Date: "2027-01-12"}},
		Votes:    []Vote{{"Bob\nMallory\t\xff of L’Haÿ", "", []Answer{Yes, IfNeedBe}}, {"Eve", "", []Answer{No}}},
		Comments: []Comment{{"Dora", "2026-11-22T11:01", "Line 1\nLine 2"}},
		Settings: Settings{Expired: is(true), Hidden: is(true), Password: is(true), PublicResults: is(false), MaxVotes: &most, Edit: EditAll, Draft: is(false), Locked: is(false)},
	}
}

func TestTextHasWhatReadersOfThePollWantToKnow(t *testing.T) {
	const want = `Garden day

Created by Anna Ünal
Expires Monday 30 November 2026
Voting is over.
Only the author of the poll sees the votes.
The poll asks for a password.
Each choice takes at most 2 “Yes”.
Everybody can change all votes.

Bring *gloves*

- a�

Name                    2027-01-11 9h  2027-01-12
Bob Mallory � of L’Haÿ  Yes            If need be
Eve                     No             No answer

Comments
2026-11-22T11:01 Dora: Line 1 Line 2
`
	if d := cmp.Diff(strings.ReplaceAll(want, `�`, "\ufffd"), text(t, days(), documents.English)); d != "" {
		t.Error(d)
	}
	p := days()
	p.Settings = Settings{Draft: is(true), Locked: is(true), Password: is(true), Edit: EditNone, MaxVotes: new(int)}
	begin := "Garden day\n\nCréé par Anna Ünal\nExpire le lundi 30 novembre 2026\nC’est un brouillon, que son auteur n’a pas publié.\nLe vote est clos.\n" +
		"Voter demande un mot de passe.\nAucun vote ne peut être modifié.\n\nBring"
	if got := text(t, p, documents.French); !strings.HasPrefix(got, begin) {
		t.Error(got)
	}
}

func TestTextOfAPollThatTellsLittleHasNoMore(t *testing.T) {
	p := &Poll{Title: "Lunch", Kind: Classic, Choices: []Choice{{Label: "a"}}}
	for _, c := range []struct {
		votes []Vote
		want  string
	}{{nil, "The server did not show the votes."}, {[]Vote{}, "Nobody voted."}} {
		p.Votes = c.votes
		if d := cmp.Diff("Lunch\n\n"+c.want+"\nName  a\n", text(t, p, documents.English)); d != "" {
			t.Error(d)
		}
	}
}

// TestTextOfManyChoicesIsAListOfThem, which no terminal folds.
func TestTextOfManyChoicesIsAListOfThem(t *testing.T) {
	p := assembly()
	got := text(t, p, documents.French)
	begin, end := strings.Index(got, "2027-01-11 9h"), strings.Index(got, "\nCommentaires")
	const first = `2027-01-11 9h
  Oui 1, Si nécessaire 1, Non 1
    Oui            Alice
    Si nécessaire  Bob & <Chloé>
    Non            =1+1

2027-01-11 14:00-15:30
`
	const last = `
?
  Oui 1, Sans réponse 2
    Sans réponse   Alice
    Sans réponse   Bob & <Chloé>
    Oui            =1+1
`
	if begin < 0 || end < begin || !strings.HasPrefix(got[begin:end], first) || !strings.HasSuffix(got[begin:end], last) {
		t.Fatal(got)
	}
	for line := range strings.Lines(got[begin:end]) {
		if n := utf8.RuneCountInString(line); n > 41 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	p.Votes = []Vote{}
	if got := text(t, p, documents.English); !strings.Contains(got, "Nobody voted.\n2027-01-11 9h\n2027-01-11 14:00-15:30\n") {
		t.Error(got)
	}
}

// TestVoteMoreLeavesTheLinesOfOthers, however long its name is.
func TestVoteMoreLeavesTheLinesOfOthers(t *testing.T) {
	gap := regexp.MustCompile(`  +`) // as a comparison takes it
	for _, p := range []*Poll{days(), assembly()} {
		lines := func() []string { return strings.Split(gap.ReplaceAllString(text(t, p, documents.English), "  "), "\n") }
		before := lines()
		p.Votes = append(p.Votes, Vote{Name: strings.Repeat("long", 30), Answers: []Answer{Yes}})
		after := lines()
		changed, want := 0, 0
		for _, line := range before {
			at := slices.Index(after, line)
			if at < 0 {
				changed++
			}
			after = after[at+1:] // in the same order
		}
		if !p.narrow(wordsIn(documents.English)) {
			want = p.columns() // the counts
		}
		if changed != want {
			t.Errorf("%d lines of %d are others, in place of %d", changed, len(before), want)
		}
	}
}

func TestOneLongCellDoesNotMakeAHugeText(t *testing.T) {
	p := &Poll{Kind: Classic, Choices: []Choice{{Label: strings.Repeat("long ", 1<<17)}, {Label: "b"}}}
	for range 1000 {
		p.Votes = append(p.Votes, Vote{Name: "Ada", Answers: []Answer{Yes, No}})
	}
	var got strings.Builder
	if err := p.WriteText(&got, documents.English); err != nil || got.Len() > 1<<20 || !strings.HasSuffix(got.String(), "long\n  Yes 1000\n"+strings.Repeat("    Yes         Ada\n", 1000)+"\nb\n  No 1000\n"+strings.Repeat("    No          Ada\n", 1000)) {
		t.Errorf("%d bytes, %v", got.Len(), err)
	}
}

func TestOneLongNameDoesNotMakeAHugeText(t *testing.T) {
	for _, columns := range []int{2, 500} {
		p := &Poll{Kind: Classic, Votes: []Vote{{Name: strings.Repeat("long ", 1<<17)}}}
		for range columns {
			p.Choices = append(p.Choices, Choice{Label: "a"})
		}
		for range 100 {
			p.Votes = append(p.Votes, Vote{Name: "Ada"})
		}
		if got := text(t, p, documents.English); len(got) > 4<<20 || !strings.Contains(got, "Ada") || !strings.Contains(got, "long long") {
			t.Errorf("%d bytes of %d choices", len(got), columns)
		}
	}
}
