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
// is none. Times are the server's.
func (d *draft) differs(got *poll.Poll) string {
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
