package poll

import (
	"bytes"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var when = time.Date(2026, 11, 20, 2, 14, 4, 5, time.UTC)

// fields are as a source gives them, of the parts that a poll does not call
// unseen: the same text for what is the same.
func fields(p *Poll, shown string, parts ...Part) map[string]string {
	all := map[string]string{"choices": "c" + shown, "description": "d" + shown}
	for _, part := range parts {
		all[string(part)] = "x"
	}
	return all
}

func everything() []Part {
	return []Part{
		PartDescriptionMarkdown, PartDays, PartVotes, PartTimes, PartHidden, PartLocked, PartPassword,
		PartResults, PartEdit, PartMail, PartExpires, PartAuthor, PartCreated, PartVoteTimes, PartIfNeedBe, PartDefault, PartMaxVotes, PartNotify,
	}
}

func seenWhole() *Look {
	p := assembly()
	p.Settings = Settings{Hidden: is(true), Locked: is(false), Password: is(true), PublicResults: is(false), Edit: EditOwn, Mail: "zoe@example.org"}
	options(p)
	return &Look{p, when, fields(p, "", everything()...)}
}

// options are what only some servers have.
func options(p *Poll) {
	most := 2
	p.Created, p.Votes[0].Date = "2026-09-30T10:00:00+02:00", "2026-10-01T08:00:01Z"
	p.Settings.MaxVotes, p.Settings.NoIfNeedBe, p.Settings.NoByDefault = &most, is(true), is(false)
	p.Settings.NotifyVotes, p.Settings.NotifyComments = is(true), is(false)
}

// seenLittle is the same poll by its public page, in words.
func seenLittle() *Look {
	p := assembly()
	p.Settings, p.Votes, p.Expires, p.Description, p.Author = Settings{}, nil, "", "shown", ""
	for i := range p.Choices {
		p.Choices[i].Label, p.Choices[i].Date = "a day", ""
	}
	p.Comments[0].Date = ""
	p.Unseen = everything()
	return &Look{p, when.Add(time.Hour), fields(p, "")}
}

func TestWhatALookDidNotSeeIsTakenFromAnEarlierOne(t *testing.T) {
	now, then := seenLittle(), seenWhole()
	filled := now.Fill(then)
	if len(filled) != len(everything()) || len(now.Poll.Unseen) != 0 {
		t.Errorf("filled %q, unseen is %q", filled, now.Poll.Unseen)
	}
	for _, part := range filled {
		if got := now.Poll.Earlier[part]; !got.Equal(when.Truncate(time.Second)) {
			t.Errorf("%s is of %s", part, got)
		}
	}
	now.Poll.Unseen, now.Poll.Earlier = nil, nil
	if d := cmp.Diff(then.Poll, now.Poll); d != "" {
		t.Error(d)
	}
}

func TestFilledPollIsReadAgain(t *testing.T) {
	now := seenLittle()
	now.Fill(seenWhole())
	again, err := Decode(encoded(t, now.Poll))
	if err != nil || cmp.Diff(now.Poll, again) != "" {
		t.Error(err, cmp.Diff(now.Poll, again))
	}
}

func encoded(t *testing.T, p *Poll) io.Reader {
	t.Helper()
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b)
}

func TestWhatWasSeenIsNotTaken(t *testing.T) {
	now := seenLittle()
	now.Poll.Unseen = nil
	before := *now.Poll
	if filled := now.Fill(seenWhole()); len(filled) > 0 || cmp.Diff(&before, now.Poll) != "" {
		t.Errorf("filled %q", filled)
	}
}

func TestWhatNoLookSawStaysUnseen(t *testing.T) {
	now, then := seenLittle(), seenLittle()
	if filled := now.Fill(then); len(filled) > 0 || !slices.Equal(now.Poll.Unseen, everything()) || now.Poll.Votes != nil {
		t.Errorf("filled %q", filled)
	}
}

// TestDescriptionThatWasWrittenAnewIsKept: the earlier Markdown is of another.
func TestDescriptionThatWasWrittenAnewIsKept(t *testing.T) {
	now := seenLittle()
	now.Fields["description"] = "another"
	now.Fill(seenWhole())
	if now.Poll.Description != "shown" || !slices.Contains(now.Poll.Unseen, PartDescriptionMarkdown) {
		t.Errorf("%q", now.Poll.Description)
	}
}

// TestAnswersStayWithTheirChoices also where choices came, went and moved.
func TestAnswersStayWithTheirChoices(t *testing.T) {
	classic := func(labels ...string) *Poll {
		p := &Poll{Title: "x", Kind: Classic}
		for _, label := range labels {
			p.Choices = append(p.Choices, Choice{Label: label})
		}
		return p
	}
	then := classic("a", "b", "b", "c")
	for i := range then.Choices {
		then.Choices[i].Markdown = "**" + then.Choices[i].Label + "**"
	}
	then.Votes = []Vote{{"Ada", "", []Answer{Yes, No, IfNeedBe, Yes}}, {"Bob", "", []Answer{No}}}
	now := classic("new", "c", "b", "b")
	now.Unseen = []Part{PartVotes, PartChoicesMarkdown}
	look := &Look{now, when, fields(now, "now")}
	look.Fill(&Look{then, when, fields(then, "then", PartVotes, PartChoicesMarkdown)})
	want := []Vote{{"Ada", "", []Answer{Unknown, Yes, No, IfNeedBe}}, {"Bob", "", []Answer{Unknown, Unknown, Unknown, Unknown}}}
	if d := cmp.Diff(want, now.Votes); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Choice{{Label: "new"}, {Label: "c", Markdown: "**c**"}, {Label: "b", Markdown: "**b**"}, {Label: "b", Markdown: "**b**"}}, now.Choices); d != "" {
		t.Error(d)
	}

	// Votes for choices that are all gone are not shown as nobody's answers.
	other := classic("x", "y")
	other.Unseen = []Part{PartVotes}
	look = &Look{other, when, fields(other, "now")}
	if filled := look.Fill(&Look{then, when, fields(then, "then", PartVotes)}); len(filled) > 0 || other.Votes != nil {
		t.Errorf("filled %q: %+v", filled, other.Votes)
	}
}

func TestVotesGetTheTimesOfThoseOfTheSameNames(t *testing.T) {
	now, then := seenWhole(), seenWhole()
	then.Poll.Votes = []Vote{{"Ada", "2026-10-01T08:00:01Z", nil}, {"Bob", "2026-10-01T08:00:02Z", nil}, {"Ada", "2026-10-01T08:00:03Z", nil}}
	now.Poll.Votes = []Vote{{"Bob", "", nil}, {"Ada", "", nil}, {"Ada", "", nil}, {"Eve", "", nil}}
	now.Poll.Unseen = []Part{PartVoteTimes}
	if filled := now.Fill(then); !slices.Equal(filled, []Part{PartVoteTimes}) {
		t.Errorf("filled %q", filled)
	}
	var got []string
	for _, v := range now.Poll.Votes {
		got = append(got, v.Date)
	}
	if want := []string{"2026-10-01T08:00:02Z", "2026-10-01T08:00:01Z", "2026-10-01T08:00:03Z", ""}; !slices.Equal(got, want) {
		t.Errorf("the times are %q, want %q", got, want)
	}
}
