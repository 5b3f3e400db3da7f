package pollaris

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/padsync/padsync/documents/poll"
)

// differs names the first part of a poll that is not as in the draft, "" if there
// is none. Times are the server's, and so is the order of the choices, which its
// database may have in any.
func (d *draft) differs(got *poll.Poll) string {
	got = d.arranged(got)
	switch {
	case got.Title != d.Title:
		return "title"
	case got.Author != d.Author:
		return "organiser"
	case trimmed(got.Description) != d.Description:
		return "description"
	case !slices.Equal(got.Choices, d.Choices):
		return "choices"
	case !slices.EqualFunc(got.Votes, d.Votes, sameVote):
		return "votes"
	case !slices.EqualFunc(got.Comments, d.Comments, sameComment):
		return "comments"
	case got.Expires != d.Expires:
		return "closing date"
	case !d.sameSettings(got.Settings):
		return "settings"
	}
	return ""
}

// arranged is the poll with its choices in the order of the draft, if they are the
// same.
func (d *draft) arranged(got *poll.Poll) *poll.Poll {
	left := slices.Clone(got.Choices)
	var order []int
	for _, c := range d.Choices {
		at := slices.Index(left, c)
		if at < 0 {
			return got
		}
		left[at] = poll.Choice{} // twins are in the order of the page
		order = append(order, at)
	}
	if len(order) != len(left) {
		return got
	}
	p := *got
	p.Choices, p.Votes = slices.Clone(d.Choices), nil
	for _, v := range got.Votes {
		answers := make([]poll.Answer, len(order))
		for i, at := range order {
			answers[i] = poll.Unknown
			if at < len(v.Answers) {
				answers[i] = v.Answers[at]
			}
		}
		p.Votes = append(p.Votes, poll.Vote{Name: v.Name, Answers: answers})
	}
	return &p
}

func sameVote(a, b poll.Vote) bool { return a.Name == b.Name && slices.Equal(a.Answers, b.Answers) }

func sameComment(a, b poll.Comment) bool {
	return a.Author == b.Author && letters(a.Text) == letters(b.Text)
}

// markdownLink is a link, which the server also makes of an address alone.
var markdownLink = regexp.MustCompile(`\[([^\]]*)\]\(<?([^)]*?)>?\)`)

// letters are all that is certain of a comment, of which the server shows only what
// it made of the Markdown.
func letters(text string) string {
	text = markdownLink.ReplaceAllStringFunc(text, func(link string) string {
		parts := markdownLink.FindStringSubmatch(link)
		if parts[1] == parts[2] {
			return parts[1]
		}
		return parts[1] + parts[2]
	})
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || r > unicode.MaxLatin1 {
			return r
		}
		return -1
	}, html.UnescapeString(text))
}

func (d *draft) sameSettings(got poll.Settings) bool {
	s := d.Settings
	same := func(a, b *bool) bool { return on(a) == on(b) }
	return same(got.Hidden, s.Hidden) && same(got.Password, s.Password) && same(got.PublicResults, s.PublicResults) &&
		same(got.NoIfNeedBe, s.NoIfNeedBe) && same(got.NoByDefault, s.NoByDefault) && same(got.Draft, s.Draft) &&
		same(got.NotifyVotes, s.NotifyVotes) && same(got.NotifyComments, s.NotifyComments) &&
		got.Edit == s.Edit && got.Mail == s.Mail && got.MaxVotes != nil && *got.MaxVotes == *s.MaxVotes
}
