package etherpad

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/mypads"
	"github.com/padsync/padsync/sources/kinds"
)

// Kind is the kind of Etherpad servers.
func Kind() kinds.Kind {
	return kinds.Kind{
		Name:          "etherpad",
		Parse:         parsed(parseAskable),
		ParseVerbatim: parsed(ParseVerbatim),
		Within:        func(base, id string) string { return Address{base, id}.URL() },
		Assumed:       true,
		Likeness:      likeness,
		Documents:     pad.Documents(),
		URL:           func(base, id string) string { return Address{base, id}.URL() },
		Expires:       Expires,
		ParseGroup:    mypads.ParseGroup,
		GroupURL:      mypads.GroupURL,
		Finds:         true,
		Probe: func(ctx context.Context, base, _ string, o kinds.Opening) (bool, error) {
			return Probe(ctx, o.Client, base)
		},
		Open: func(base string, o kinds.Opening) (sources.Source, error) {
			return New(base, o.Client, o.Pool, Options{
				Formats: o.Formats, Access: o.Access, Passwords: o.Passwords, Tokens: o.Tokens, Group: o.Group, ExpiresAfter: o.ExpiresAfter,
			})
		},
	}
}

// parseAskable also takes a pad to which no address leads: padsync prints such
// ids, and Fetch says what is wrong.
func parseAskable(raw string) (Address, error) {
	if a, err := ParseVerbatim(raw); err == nil && IsUnaskable(a.ID) {
		return a, nil
	}
	return ParseAddress(raw)
}

func parsed(parse func(string) (Address, error)) func(string) (kinds.Address, error) {
	return func(raw string) (kinds.Address, error) {
		a, err := parse(raw)
		return kinds.Address{Base: a.Base, ID: a.ID, Locator: a.ID, Certain: err == nil}, err
	}
}

// made are ids that only an Etherpad makes: of read-only links and of groups' pads.
var made = regexp.MustCompile(`^(?:r\.[0-9a-f]{32}|g\.[A-Za-z0-9]{16}\$.+)$`)

// likeness is Kind.Likeness: many programs have pages at /p/NAME.
func likeness(u *url.URL, title string) kinds.Likeness {
	parts := kinds.Parts(u)
	if !strings.HasPrefix(u.RawQuery, "/mypads/group/") && !slices.ContainsFunc(parts, func(p string) bool { return strings.EqualFold(p, "p") || strings.EqualFold(p, "ro") }) {
		return kinds.Unlike
	}
	a, err := ParseAddress(u.String())
	switch {
	case err != nil:
		return kinds.Unlike
	case strings.HasPrefix(u.RawQuery, "/mypads/group/"), made.MatchString(a.ID), title == a.ID+" | Etherpad",
		len(parts) > 2 && parts[len(parts)-1] == "timeslider", strings.HasSuffix(u.Path, "/export/etherpad"):
		return kinds.Proof
	}
	return kinds.Alike
}
