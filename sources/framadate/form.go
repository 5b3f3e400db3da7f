package framadate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/webpage"
	"github.com/padsync/padsync/sources"
)

// A creation is what a server's form to make polls says.
type creation struct {
	mail   bool // the organiser's address is wanted
	wide   bool // texts may have emoji, as from 1.2 on
	custom bool // the poll's id can be chosen, as from 1.0 on
}

var versionInWords = regexp.MustCompile(`\bVersion (?:1\.[2-9]|[2-9]\.|\d\d)`)

// openCreation gets the form in French, as it is filled in in French.
func (s *Source) openCreation(ctx context.Context, kind poll.Kind) (c creation, err error) {
	err = s.creationPage(ctx, "create_poll.php?type="+string(kind), nil, func(doc *goquery.Document) error {
		if doc.Find(`form input[name="title"]`).Length() == 0 || doc.Find(`form [name="gotostep2"]`).Length() == 0 {
			return fmt.Errorf("%w: no form to make a poll", sources.ErrRefused)
		}
		if attr(doc.Selection, "html", "lang") != "fr" {
			return fmt.Errorf("%w: the form to make a poll is not in French", sources.ErrRefused)
		}
		c.mail = doc.Find(`form input[name="mail"]`).Length() > 0
		c.custom = doc.Find(`form input[name="use_customized_url"]`).Length() > 0
		c.wide = versionInWords.MatchString(doc.Find("section.footer").Text())
		return nil
	})
	return c, err
}

// create goes through the steps of making the poll, without votes, and gives
// the locator of its admin page.
func (s *Source) create(ctx context.Context, d *draft) (l locator, err error) {
	err = s.describe(ctx, d)
	if errors.Is(err, sources.ErrRefused) && d.id != "" { // it may be another poll's
		d.renounces()
		err = s.describe(ctx, d)
	}
	if err != nil {
		return l, err
	}
	script := "create_" + string(d.Kind) + "_poll.php"
	// A server that has not taken the choices would make a poll without any.
	err = s.creationPage(ctx, script, choicesForm(d), func(doc *goquery.Document) error {
		if doc.Find(`form input[name="enddate"]`).Length() == 0 {
			return fmt.Errorf("%w: the server does not take the choices", sources.ErrRefused)
		}
		return nil
	})
	if err != nil {
		return l, err
	}
	// The second name is that of the oldest versions.
	confirmation := url.Values{"enddate": {french(d.Expires)}, "confirmation": {"1"}, "confirmecreation": {"1"}}
	err = s.send(ctx, script+"?lang=fr", confirmation, func(resp *http.Response) error {
		to, err := resp.Location()
		if err != nil {
			return fmt.Errorf("status %d", resp.StatusCode)
		}
		// Only the id counts, wherever the server believes itself to be.
		a, err := ParseAddress(to.String())
		if err != nil || a.Admin == "" {
			return errors.New("a redirect to another page")
		}
		l = locator{a.Admin, true}
		return nil
	})
	if err != nil {
		return l, fmt.Errorf("%w: the server did not say so: %w", sources.ErrUnsure, err)
	}
	return l, nil
}

// describe sends the first step: all but the choices.
func (s *Source) describe(ctx context.Context, d *draft) error {
	step := "create_poll.php?type=" + string(d.Kind) + "&lang=fr"
	err := s.send(ctx, step, describeForm(d), func(resp *http.Response) error {
		to, err := resp.Location()
		if err == nil && strings.HasSuffix(to.Path, "/create_"+string(d.Kind)+"_poll.php") {
			return nil
		}
		if err := checkStatus(resp); err != nil {
			return err
		}
		return fmt.Errorf("%w: the server does not take the title, the description or the settings", sources.ErrRefused)
	})
	if err != nil {
		return fmt.Errorf("form to make a poll: %w", err)
	}
	return nil
}

func describeForm(d *draft) url.Values {
	editable := map[poll.Edit]string{poll.EditNone: "0", poll.EditAll: "1", poll.EditOwn: "2"}[d.Settings.Edit]
	form := url.Values{
		"name": {d.Author}, "title": {d.Title}, "description": {d.Description}, "editable": {editable},
		"collect_users_mail": {"0"}, "type": {string(d.Kind)}, "gotostep2": {string(d.Kind)},
	}
	if d.id != "" {
		form.Set("use_customized_url", "on")
		form.Set("customized_url", d.id)
	}
	if d.Settings.Mail != "" {
		form.Set("mail", d.Settings.Mail)
	}
	if on(d.Settings.Hidden) {
		form.Set("hidden", "on")
	}
	if d.password != "" {
		form.Set("use_password", "on")
		form.Set("password", d.password)
		form.Set("password_repeat", d.password)
	}
	if on(d.Settings.PublicResults) {
		form.Set("results_publicly_visible", "on")
	}
	return form
}

// choicesForm is the second step. Each day has a list of moments, even if it is
// empty: without it, the server looks for it for ever.
func choicesForm(d *draft) url.Values {
	form := make(url.Values)
	if d.Kind == poll.Classic {
		for _, c := range d.Choices {
			form.Add("choices[]", c.Markdown)
		}
		form.Set("fin_sondage_autre", "x")
		return form
	}
	before, days := "", 0
	for _, c := range d.Choices {
		if c.Date != before {
			form.Add("days[]", french(c.Date))
			days++
		}
		before = c.Date
		form.Add(fmt.Sprintf("horaires%d[]", days-1), c.Moment)
	}
	form.Set("choixheures", "x")
	return form
}

func french(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.Format("02/01/2006")
}

// creationPage sends a step that is answered by a page.
func (s *Source) creationPage(ctx context.Context, script string, form url.Values, check func(*goquery.Document) error) error {
	separator := "?"
	if strings.Contains(script, "?") {
		separator = "&"
	}
	err := s.send(ctx, script+separator+"lang=fr", form, func(resp *http.Response) error {
		body, err := s.receivePage(resp)
		if err != nil {
			return err
		}
		defer body.Close()
		root, err := webpage.Parse(io.NewSectionReader(body, 0, body.Size()))
		if err != nil {
			return fmt.Errorf("%w: not a page: %w", sources.ErrRefused, err)
		}
		return check(goquery.NewDocumentFromNode(root))
	})
	if err != nil {
		return fmt.Errorf("form to make a poll: %w", err)
	}
	return nil
}
