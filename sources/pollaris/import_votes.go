package pollaris

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources"
)

// cast sends the vote i. If the server does not take the name, that is another's for
// it, and the vote gets a new one.
func (m *making) cast(ctx context.Context, i int) error {
	vote := &m.draft.Votes[i]
	name := vote.Name
	return m.write(ctx, "vote", func(p *page) bool { return len(p.Votes) > i }, func(doc *goquery.Document, p *page) (f form, err error) {
		columns, err := m.draft.columns(doc, p)
		if err != nil {
			return nil, err
		}
		f.add("vote[authorName]", vote.Name)
		for n, answer := range vote.Answers {
			if word := answerWords[answer]; word != "" {
				f.add("vote[answers]["+columns[n]+"][value]", word)
			}
		}
		return f, nil
	}, func(err error) bool {
		taken := refuses(err, "vote_authorName")
		if taken {
			vote.Name = m.draft.unique(name)
		}
		return taken
	})
}

// answerWords are those of the form, which has none for no answer.
var answerWords = map[poll.Answer]string{poll.Yes: "yes", poll.IfNeedBe: "maybe", poll.No: "no"}

// comment sends the comment i.
func (m *making) comment(ctx context.Context, i int) error {
	c := m.draft.Comments[i]
	return m.write(ctx, "comment", func(p *page) bool { return len(p.Comments) > i }, func(*goquery.Document, *page) (f form, err error) {
		f.add("comment[authorName]", c.Author)
		f.add("comment[content]", c.Text)
		return f, nil
	}, func(error) bool { return false })
}

// errThere says that an earlier try was taken, though it had no answer.
var errThere = errors.New("it is there")

// write sends a form of the poll's page, as a new visitor, since a session has but one
// vote. What it makes is ordered by seconds, so each comes in one of its own. The page
// shows whether one that had no answer was taken. Mend is asked whether one that was
// refused is worth another try.
func (m *making) write(ctx context.Context, name string, has func(*page) bool, fill func(*goquery.Document, *page) (form, error), mend func(error) bool) (err error) {
	address := "polls/" + m.slug
	for range tries {
		if err := m.pause(ctx); err != nil {
			return err
		}
		err = m.submit(ctx, new(session), sheet{
			address: address, name: name, done: func(resp *http.Response) bool { return m.leads(resp, address) },
			fill: func(doc *goquery.Document) (form, error) {
				p, err := parsePage(doc, m.slug)
				if err != nil {
					return nil, err
				}
				if has(p) {
					return nil, errThere
				}
				return fill(doc, p)
			},
		})
		m.last = time.Now()
		switch {
		case err == nil, errors.Is(err, errThere):
			return nil
		case ctx.Err() != nil, !errors.Is(err, polite.ErrTemporary) && !mend(err):
			return err
		}
	}
	return err
}

// pause waits until what is sent next is in a later second than the last.
func (m *making) pause(ctx context.Context) error {
	t := time.NewTimer(time.Second - time.Since(m.last))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

var answerName = regexp.MustCompile(`^vote\[answers\]\[(\d+)\]\[value\]$`)

// columns are, for each choice, the number that the form of the page has for it. The
// page sorts choices, and the form has the order of the database: what they have in
// common is the id of each.
func (d *draft) columns(doc *goquery.Document, p *page) (columns []string, err error) {
	numbers := make(map[string]string) // by id
	doc.Find(`form[name="vote"] input[name^="vote[answers]"]`).Each(func(_ int, s *goquery.Selection) {
		if m := answerName.FindStringSubmatch(s.AttrOr("name", "")); m != nil {
			numbers[s.Closest("[data-proposal-id]").AttrOr("data-proposal-id", "")] = m[1]
		}
	})
	var ids []string // of the choices that the page shows
	doc.Find("fieldset.panel--proposal").Each(func(_ int, s *goquery.Selection) {
		ids = append(ids, s.Find("[data-proposal]").First().AttrOr("data-proposal", ""))
	})
	if len(ids) != len(p.Choices) || len(p.Choices) != len(d.Choices) || len(numbers) != len(ids) {
		return nil, fmt.Errorf("%w: %d choices, not %d", sources.ErrRefused, len(p.Choices), len(d.Choices))
	}
	shown := slices.Clone(p.Choices)
	days := (&choiceForm{Days: d.days()}).days(p)
	for i := range shown {
		if d.Kind == poll.Date {
			shown[i].Date, shown[i].Label = days[p.Days[i]], ""
		}
	}
	for _, c := range d.Choices {
		at := slices.Index(shown, c)
		if at < 0 || numbers[ids[at]] == "" {
			return nil, fmt.Errorf("%w: the page has no such choice", sources.ErrRefused)
		}
		columns = append(columns, numbers[ids[at]])
		shown[at] = poll.Choice{} // twins are in the order of the page
	}
	return columns, nil
}
