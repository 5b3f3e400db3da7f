package pollaris

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"slices"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/kinds"
)

// Kind is the kind of Pollaris servers.
func Kind() kinds.Kind {
	return kinds.Kind{
		Name:      "pollaris",
		Takes:     []string{"framadate"},
		WantsMail: true,
		AnyBase:   true,
		Parse: func(raw string) (kinds.Address, error) {
			a, err := ParseAddress(raw)
			return kinds.Address{Base: a.Base, ID: a.Slug, Locator: a.Locator(), Certain: a.Certain}, err
		},
		Likeness:  likeness,
		Documents: poll.Documents(),
		Within:    func(base, id string) string { return base + "/polls/" + id },
		URL:       func(base, id string) string { return Address{Base: base, Slug: id}.URL() },
		Probe:     probe,
		Open: func(base string, o kinds.Opening) (sources.Source, error) {
			return openAs(base, o)
		},
	}
}

// likeness is Kind.Likeness: other programs have pages at /polls/NAME, too.
func likeness(u *url.URL, _ string) kinds.Likeness {
	if !slices.Contains(kinds.Parts(u), "polls") {
		return kinds.Unlike
	}
	switch a, err := ParseAddress(u.String()); {
	case err != nil:
		return kinds.Unlike
	case a.Certain:
		return kinds.Proof
	}
	return kinds.Alike
}

func openAs(base string, o kinds.Opening) (*Source, error) {
	return New(base, o.Client, o.Pool, Options{
		User: o.Access.User, Password: o.Access.Password, Passwords: o.Passwords, Mail: o.Mail,
	})
}

// probe is not about a poll: every Pollaris shows everybody the page of a visitor's
// settings. What stands in its place on other servers, such as a page to log in,
// only says that they are none.
func probe(ctx context.Context, base, _ string, o kinds.Opening) (bool, error) {
	source, err := openAs(base, o)
	if err != nil {
		return false, err
	}
	err = source.Probe(ctx)
	barrier, barred := errors.AsType[*sources.Barrier](err)
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist): // the latter is its own page, before 1.0
		return true, nil
	case barred && (barrier.Kind == sources.Challenge || barrier.Kind == sources.Maintenance):
		return false, err
	case barred, errors.Is(err, fs.ErrPermission), errors.Is(err, sources.ErrRefused) && !errors.Is(err, sources.ErrServer):
		return false, nil
	}
	return false, err
}
