package poll

import (
	"strings"
	"testing"

	"github.com/padsync/padsync/documents"
)

func TestTextIsATableInLines(t *testing.T) {
	p := assembly()
	p.Votes[1].Name = "Bob\nMallory\t\xff of L’Haÿ"
	var got strings.Builder
	if err := p.WriteText(&got, documents.French); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(got.String(), "\n")
	if lines[0] != "Assemblée générale" || !strings.HasPrefix(lines[2], "Nom ") || !strings.Contains(lines[2], "2027-01-11 soirée, chez Léa  2027-02-01") {
		t.Errorf("%q", lines)
	}
	if !strings.HasPrefix(lines[4], "Bob Mallory \ufffd of L’Haÿ  Si nécessaire  Oui ") || !strings.Contains(got.String(), "2026-11-22T11:01 Alice: Ligne 1 Ligne 2 <script>") {
		t.Error(got.String())
	}
	column := strings.Index(lines[3], "Si nécessaire")
	if column < 0 || !strings.Contains(lines[5], "Non") {
		t.Error(got.String())
	}
	for _, c := range []struct {
		votes []Vote
		want  string
	}{{nil, "The server did not show the votes."}, {[]Vote{}, "Nobody voted."}} {
		p.Votes = c.votes
		got.Reset()
		if err := p.WriteText(&got, documents.English); err != nil || !strings.Contains(got.String(), c.want) {
			t.Errorf("%q, %v", got.String(), err)
		}
	}
}

func TestOneLongCellDoesNotMakeAHugeText(t *testing.T) {
	p := &Poll{Kind: Classic, Choices: []Choice{{Label: strings.Repeat("long ", 1<<17)}, {Label: "b"}}}
	for range 1000 {
		p.Votes = append(p.Votes, Vote{Name: "Ada", Answers: []Answer{Yes, No}})
	}
	var got strings.Builder
	if err := p.WriteText(&got, documents.English); err != nil || got.Len() > 1<<20 || !strings.HasSuffix(got.String(), "long  b\nAda  Yes  No\nAda"+strings.Repeat("  Yes  No\nAda", 998)+"  Yes  No\n") {
		t.Errorf("%d bytes, %v", got.Len(), err)
	}
}
