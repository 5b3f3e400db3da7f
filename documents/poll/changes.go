package poll

import "slices"

// Changes are what is other in a poll than it was.
type Changes struct {
	Title, Description, Expires bool
	ChoicesAdded, ChoicesGone   []Choice

	// Votes by their names. One that changed has other answers to the choices that
	// both have.
	Voted, Withdrew, Revoted []string

	CommentsAdded, CommentsGone int
}

// None says that nothing is other.
func (c *Changes) None() bool {
	return !c.Title && !c.Description && !c.Expires && len(c.ChoicesAdded)+len(c.ChoicesGone)+len(c.Voted)+len(c.Withdrew)+len(c.Revoted)+c.CommentsAdded+c.CommentsGone == 0
}

// Since compares the poll with what it was before. Of what one of the two does not
// tell, nothing changed. Where two votes have one name, the first is taken for the
// first.
func (p *Poll) Since(before *Poll) *Changes {
	told := func(part Part) bool { return !slices.Contains(p.Unseen, part) && !slices.Contains(before.Unseen, part) }
	c := &Changes{
		Title:       p.Title != before.Title && told(PartTitle),
		Description: p.Description != before.Description && told(PartDescription),
		Expires:     p.Expires != before.Expires && told(PartExpires),
	}
	if told(PartChoices) {
		c.ChoicesAdded, c.ChoicesGone = gained(p.Choices, before.Choices), gained(before.Choices, p.Choices)
	}
	if p.Votes != nil && before.Votes != nil {
		c.votes(p, before)
	}
	if p.Comments != nil && before.Comments != nil {
		undated := func(all []Comment) (said []Comment) { // a date may be told more exactly later
			for _, one := range all {
				said = append(said, Comment{Author: one.Author, Text: one.Text})
			}
			return said
		}
		now, then := undated(p.Comments), undated(before.Comments)
		c.CommentsAdded, c.CommentsGone = len(gained(now, then)), len(gained(then, now))
	}
	return c
}

// gained are those of all that there are more of than in before.
func gained[T comparable](all, before []T) (more []T) {
	had := make(map[T]int)
	for _, one := range before {
		had[one]++
	}
	for _, one := range all {
		if had[one]--; had[one] < 0 {
			more = append(more, one)
		}
	}
	return more
}

func (c *Changes) votes(now, before *Poll) {
	then := make(map[string][]Vote)
	for _, v := range before.Votes {
		then[v.Name] = append(then[v.Name], v)
	}
	var both [][2]int // columns of one choice
	for i, choice := range now.Choices {
		if j := slices.Index(before.Choices, choice); j >= 0 {
			both = append(both, [2]int{i, j})
		}
	}
	for _, v := range now.Votes {
		same := then[v.Name]
		if len(same) == 0 {
			c.Voted = append(c.Voted, v.Name)
			continue
		}
		then[v.Name] = same[1:]
		if slices.ContainsFunc(both, func(at [2]int) bool { return v.Answer(at[0]) != same[0].Answer(at[1]) }) {
			c.Revoted = append(c.Revoted, v.Name)
		}
	}
	for _, v := range before.Votes {
		if left := then[v.Name]; len(left) > 0 {
			c.Withdrew, then[v.Name] = append(c.Withdrew, v.Name), left[1:]
		}
	}
}
