package pollaris

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/polls"
)

// A form is fields in the order in which they are sent. The token comes last: PHP
// cuts off what is beyond its limit, and then the server refuses all, in place of
// taking a part.
type form []field

type field struct{ name, value string }

func (f *form) add(name, value string) { *f = append(*f, field{name, value}) }

// check adds a box that is checked. One that is not is not sent.
func (f *form) check(name string, checked *bool) {
	if on(checked) {
		f.add(name, "1")
	}
}

// Encode implements encoder.
func (f form) Encode() string {
	var pairs []string
	for _, field := range f {
		pairs = append(pairs, url.QueryEscape(field.name)+"="+url.QueryEscape(field.value))
	}
	return strings.Join(pairs, "&")
}

// tries is how often a form is sent at most.
const tries = 4

// A refusal is the error for a form that the server did not take. It matches
// sources.ErrRefused.
type refusal struct{ errors map[string]bool } // ids of its messages

func (r *refusal) Error() string { return "the server does not take the form" }
func (r *refusal) Unwrap() error { return sources.ErrRefused }

// refuses says whether the error is the server's refusal of a field.
func refuses(err error, field string) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.errors[field+"_error"]
}

// A sheet is a form to fill in.
type sheet struct {
	address, name string
	fill          func(*goquery.Document) (form, error)
	done          func(*http.Response) bool // its answer says that it was taken
}

// submit gets a form, fills it in, and sends it, once.
func (s *Source) submit(ctx context.Context, in *session, to sheet) error {
	var filled form
	err := s.read(ctx, in, to.address, func(doc *goquery.Document) (err error) {
		token, ok := doc.Find(`form[name="` + to.name + `"] input[name="` + to.name + `[_token]"]`).Attr("value")
		if !ok {
			return fmt.Errorf("%w: no such form", sources.ErrRefused)
		}
		if filled, err = to.fill(doc); err != nil {
			return err
		}
		filled.add(to.name+"[_token]", token)
		if len(filled) > maxFields {
			return fmt.Errorf("%w: %d fields", ErrTooLarge, len(filled))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.send(ctx, in, to.address, filled, func(resp *http.Response) error {
		switch {
		case to.done(resp):
			return nil
		case resp.StatusCode == http.StatusUnprocessableEntity:
			return s.readErrors(resp)
		}
		if err := checkStatus(resp); err != nil {
			return err
		}
		return fmt.Errorf("%w: no answer to a form", sources.ErrRefused)
	})
}

func (s *Source) readErrors(resp *http.Response) error {
	body, err := polls.Receive(s.pool, resp, pageEnd)
	if err != nil {
		return err
	}
	defer body.Close()
	doc, err := parse(io.NewSectionReader(body, 0, body.Size()))
	if err != nil {
		return err
	}
	refused := &refusal{make(map[string]bool)}
	doc.Find(".form__error[id]").Each(func(_ int, s *goquery.Selection) { refused.errors[s.AttrOr("id", "")] = true })
	return refused
}

// again submits a form until there is an answer. Sent twice, it says the same.
func (m *making) again(ctx context.Context, to sheet) (err error) {
	for range tries {
		err = m.submit(ctx, &m.session, to)
		if !errors.Is(err, polite.ErrTemporary) || ctx.Err() != nil {
			break
		}
	}
	return err
}

// leadsOn reports whether an answer redirects to another page of the poll's admin.
func (m *making) leadsOn(page string) func(*http.Response) bool {
	return func(resp *http.Response) bool {
		to, err := polite.Redirect(resp)
		below, errBelow := url.Parse(m.Source.address() + "/" + m.poll.address(""))
		if err != nil || errBelow != nil || to == nil {
			return false
		}
		next, ok := strings.CutPrefix(strings.TrimPrefix(to.Path, "/index.php"), below.Path)
		return ok && next != page
	}
}

// A creation is what a server's form to make polls tells.
type creation struct {
	mail bool // the organiser's address is demanded
}

func wizardOf(kind poll.Kind) string { return "polls/new?type=" + string(kind) }

func (s *Source) openCreation(ctx context.Context, in *session, kind poll.Kind) (c creation, err error) {
	err = s.read(ctx, in, wizardOf(kind), func(doc *goquery.Document) error {
		mail := doc.Find(`form[name="poll"] input[name="poll[authorEmail]"]`)
		if mail.Length() != 1 || doc.Find(`form[name="poll"] [name="poll[title]"]`).Length() != 1 {
			return fmt.Errorf("%w: no form to make a poll", sources.ErrRefused)
		}
		_, c.mail = mail.Attr("required")
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("form to make a poll: %w", err)
	}
	return c, nil
}

// create makes the poll, as a draft of the server's. An address that is not demanded
// is given at the end: the server would mail it.
func (m *making) create(ctx context.Context, c creation) error {
	mail := ""
	if c.mail {
		mail, m.mails = m.draft.Settings.Mail, true
	}
	err := m.submit(ctx, &m.session, sheet{
		address: wizardOf(m.draft.Kind), name: "poll",
		fill: func(*goquery.Document) (form, error) { return m.texts(m.draft.opens, mail), nil },
		done: func(resp *http.Response) bool {
			to, err := polite.Redirect(resp)
			if err != nil || to == nil {
				return false
			}
			a, err := ParseAddress(to.String()) // of which only the key counts
			m.poll, m.slug = locator{id: a.ID, token: a.Token}, a.ID
			return err == nil && a.Token != ""
		},
	})
	if err != nil {
		return fmt.Errorf("form to make a poll: %w", err)
	}
	return nil
}

func (m *making) texts(closes, mail string) (f form) {
	f.add("poll[title]", m.draft.Title)
	f.add("poll[description]", m.draft.Description)
	if closes != "" { // else it never closes
		f.add("poll[closedAt]", closes)
	}
	f.add("poll[authorName]", m.draft.Author)
	f.add("poll[authorEmail]", mail)
	return f
}

// sendTexts gives the poll its organiser's address and its closing date.
func (m *making) sendTexts(ctx context.Context) error {
	err := m.again(ctx, sheet{
		address: m.poll.address("edit"), name: "poll", done: m.leadsOn("edit"),
		fill: func(*goquery.Document) (form, error) {
			return m.texts(m.draft.Expires, m.draft.Settings.Mail), nil
		},
	})
	if err != nil {
		return fmt.Errorf("closing date: %w", err)
	}
	return nil
}

// sendChoices sends the choices, or the days and then their moments.
func (m *making) sendChoices(ctx context.Context) error {
	step := func(page, name string, fill func(*goquery.Document) (form, error)) error {
		err := m.again(ctx, sheet{address: m.poll.address(page + "?flow=on"), name: name, fill: fill, done: m.leadsOn(page)})
		if err != nil {
			return fmt.Errorf("%s: %w", page, err)
		}
		return nil
	}
	if m.draft.Kind == poll.Classic {
		return step("proposals", "poll_proposals", func(*goquery.Document) (f form, err error) {
			for i, c := range m.draft.Choices {
				f.add("poll_proposals[proposals]["+strconv.Itoa(i)+"][label]", c.Label)
			}
			return f, nil
		})
	}
	days := m.draft.days()
	err := step("dates", "poll_dates", func(*goquery.Document) (f form, err error) {
		for i, day := range days {
			f.add("poll_dates[dates]["+strconv.Itoa(i)+"][value]", day)
		}
		return f, nil
	})
	if err != nil {
		return err
	}
	return step("slots", "poll_slots", m.fillSlots)
}

// days are those of the choices, each once.
func (d *draft) days() (days []string) {
	for _, c := range d.Choices {
		days = append(days, c.Date)
	}
	return slices.Compact(days)
}

// fillSlots puts moments below their days: which number is whose, the words of the
// form say, or where they cannot be read, its order.
func (m *making) fillSlots(doc *goquery.Document) (f form, err error) {
	var shown choiceForm
	if err := shown.readSlots(doc); err != nil {
		return nil, err
	}
	days := m.draft.days()
	if len(shown.Words) != len(days) {
		return nil, fmt.Errorf("%w: %d days, not %d", sources.ErrRefused, len(shown.Words), len(days))
	}
	for i, words := range shown.Words {
		day := dayInWords(words, isEnglish(doc))
		if day == "" {
			day = days[i]
		}
		n := 0
		for _, c := range m.draft.Choices {
			if c.Date == day {
				f.add("poll_slots[dates]["+strconv.Itoa(i)+"][proposals]["+strconv.Itoa(n)+"][label]", c.Moment)
				n++
			}
		}
		if n == 0 {
			return nil, fmt.Errorf("%w: another day", sources.ErrRefused)
		}
	}
	return f, nil
}

// publish gives the poll its page.
func (m *making) publish(ctx context.Context) error {
	err := m.submit(ctx, &m.session, sheet{
		address: m.poll.address("summary?flow=on"), name: "poll_summary",
		fill: func(*goquery.Document) (form, error) { return nil, nil },
		done: func(resp *http.Response) bool { return m.leads(resp, m.poll.address("complete")) },
	})
	if err != nil && !errors.Is(err, polite.ErrTemporary) { // it may be published, which the first vote tells
		return fmt.Errorf("publish it: %w", err)
	}
	return ctx.Err()
}

// edits are who may change votes, in the words of the form.
var edits = map[poll.Edit]string{poll.EditNone: "no", poll.EditOwn: "own", poll.EditAll: "any"}

// sendSettings sends all options of the poll, as what a form leaves out is switched
// off. Without a slug, the poll keeps the one that it has.
func (m *making) sendSettings(ctx context.Context, s poll.Settings, slug, password string) error {
	asked := ""
	err := m.again(ctx, sheet{
		address: m.poll.address("settings"), name: "poll_settings", done: m.leadsOn("settings"),
		fill: func(doc *goquery.Document) (f form, err error) {
			var has forms
			if err := has.readSettings(doc); err != nil {
				return nil, err
			}
			if s.Edit == poll.EditAll && doc.Find(`[name="poll_settings[editVoteMode]"][value="any"]`).Length() == 0 {
				s.Edit, m.draft.Settings.Edit = poll.EditOwn, poll.EditOwn
				m.draft.loses(LossEdit)
			}
			m.slug, asked = has.Slug, cmp.Or(slug, has.Slug)
			return settingsForm(s, asked, password), nil
		},
	})
	if err != nil {
		return fmt.Errorf("options: %w", err)
	}
	m.slug = asked
	return nil
}

func settingsForm(s poll.Settings, slug, password string) (f form) {
	const is = "poll_settings"
	public, protected := !on(s.Hidden), password != ""
	f.check(is+"[disableMaybe]", s.NoIfNeedBe)
	f.check(is+"[voteNoByDefault]", s.NoByDefault)
	most := ""
	if s.MaxVotes != nil && *s.MaxVotes > 0 {
		most = strconv.Itoa(*s.MaxVotes)
	}
	f.add(is+"[maxVotes]", most)
	f.add(is+"[slug]", slug)
	if protected {
		f.check(is+"[isPasswordProtected]", &protected)
		f.add(is+"[plainPassword][first]", password)
		f.add(is+"[plainPassword][second]", password)
		f.check(is+"[isPasswordForVotesOnly]", s.PublicResults)
	}
	f.add(is+"[editVoteMode]", edits[s.Edit])
	f.check(is+"[areResultsPublic]", &public)
	f.check(is+"[notifyOnVotes]", s.NotifyVotes)
	f.check(is+"[notifyOnComments]", s.NotifyComments)
	return f
}

// finish gives the poll all its rules, and the name that it had. If that is another
// poll's, it keeps the one that the server gave it.
func (m *making) finish(ctx context.Context) error {
	d := m.draft
	err := m.sendSettings(ctx, d.Settings, "", d.password)
	if err != nil || d.slug == "" {
		return err
	}
	// The address comes alone: where it is taken, a server may break instead of
	// saying so, and what protects the poll would be lost with it.
	if err = m.sendSettings(ctx, d.Settings, d.slug, d.password); err != nil && ctx.Err() == nil {
		d.renounces()
		err = m.sendSettings(ctx, d.Settings, "", d.password)
	}
	return err
}
