package framadate

import (
	"context"
	"errors"
	"io/fs"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/kinds"
)

// Kind is the kind of Framadate servers.
func Kind() kinds.Kind {
	return kinds.Kind{
		Name:      "framadate",
		Takes:     []string{"pollaris"},
		WantsMail: true,
		AnyBase:   true,
		Parse: func(raw string) (kinds.Address, error) {
			a, err := ParseAddress(raw)
			return kinds.Address{Base: a.Base, ID: a.ID, Locator: a.Locator(), Certain: a.Certain}, err
		},
		Likeness:  likeness,
		Documents: poll.Documents(),
		Within:    func(base, id string) string { return base + "/" + id },
		URL:       func(base, id string) string { return Address{Base: base, ID: id}.URL() },
		Probe:     probe,
		Open: func(base string, o kinds.Opening) (sources.Source, error) {
			return openAs(base, o)
		},
	}
}

func openAs(base string, o kinds.Opening) (*Source, error) {
	return New(base, o.Client, o.Pool, Options{
		User: o.Access.User, Password: o.Access.Password, Passwords: o.Passwords, Mail: o.Mail,
	})
}

// noPoll is the id of no poll.
const noPoll = "0000000000000000"

// probe asks for a poll: a Framadate says that it has none of this id.
func probe(ctx context.Context, base, locator string, o kinds.Opening) (bool, error) {
	source, err := openAs(base, o)
	if err != nil {
		return false, err
	}
	if locator == "" {
		locator = noPoll
	}
	switch err := source.Probe(ctx, locator); {
	case err == nil, errors.Is(err, fs.ErrNotExist):
		return true, nil
	case errors.Is(err, sources.ErrRefused) && !errors.Is(err, sources.ErrServer):
		return false, nil
	default:
		return false, err
	}
}
