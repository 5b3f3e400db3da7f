package setup

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/move"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/kinds"
)

var (
	// ErrNoTarget is for what is not a server that documents can be moved to.
	ErrNoTarget = errors.New("no server to move to")

	// ErrNoAnswer is for such a server that does not answer.
	ErrNoAnswer = errors.New("the server to move to does not answer")
)

// A TargetAddress is that of a server to move documents to, or of a group there.
type TargetAddress struct {
	Base  string // normalised
	Group string // "" for none
	Kind  string // of the server, where that is known; "": it is asked
}

// ParseTargets reads addresses of servers, or of groups on them. The error for
// what is not one matches ErrNoTarget, or ErrUser.
func (k Kinds) ParseTargets(given []string) (all []TargetAddress, err error) {
	for _, raw := range given {
		if HasUser(raw) {
			return nil, message.Of(message.Usage, ErrUser, "user-in-address")
		}
		base, group, err := k.ParseGroup(raw)
		if err != nil {
			group = ""
			base, err = sources.Normalize(raw)
		}
		if err != nil {
			return nil, message.Of(message.Usage, badTarget(raw), "bad-target")
		}
		all = append(all, TargetAddress{Base: base, Group: group})
	}
	return all, nil
}

// badTarget is why there is no server at an address.
func badTarget(raw string) error {
	address := WithoutUser("https://" + raw)
	if _, err := sources.Normalize(address); err != nil || strings.Contains(raw, "://") {
		return ErrNoTarget
	}
	return &SchemelessError{address, ErrNoTarget}
}

// Targets are servers to move documents to, one for each kind of documents.
type Targets struct {
	All []move.Target

	settings *Settings
}

// OpenTargets opens the servers, with what the configuration says of them. Mail
// is the organiser's address for polls that are made, "" if nobody gave one.
// Waiting, which may be nil, is called with each wait. The caller closes the
// targets.
func (s *Settings) OpenTargets(ctx context.Context, addresses []TargetAddress, mail string, waiting func(polite.Wait)) (*Targets, error) {
	keys, err := s.targetKeys(ctx, addresses)
	if err != nil {
		return nil, err
	}
	n := &Servers{
		Client: s.client(polite.Options{Waiting: waiting}), settings: s, pool: new(spool.Pool), keys: keys, groups: make(map[string]string), mail: mail,
	}
	for _, a := range addresses {
		if a.Group != "" {
			n.groups[a.Base] = a.Group
		}
	}
	t := &Targets{settings: s}
	for _, a := range addresses {
		if err := t.add(ctx, n, a); err != nil {
			t.Close(ctx)
			return nil, err
		}
	}
	return t, nil
}

// add opens one server.
func (t *Targets) add(ctx context.Context, n *Servers, a TargetAddress) error {
	kind, err := n.kindOf(ctx, a)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(t.All, func(t move.Target) bool { return t.Kind == kind.Name }) {
		return message.Of(message.Usage, ErrOptions, "two-targets", "Kind", kind.Name)
	}
	client, err := n.open(kind.Name, a.Base, nil)
	if err != nil {
		return err
	}
	importer, ok := client.(sources.Importer)
	if !ok {
		return message.Of(message.Usage, ErrKind, "no-importer", "Server", a.Base)
	}
	shown := a.Base
	if a.Group != "" {
		shown = kind.GroupURL(a.Base, a.Group)
	}
	t.All = append(t.All, move.Target{
		Source: manifest.Source{Kind: kind.Name, URL: shown}, Server: a.Base, Client: importer, Finds: kind.Finds, WantsMail: kind.WantsMail,
		Takes: kind.Takes,
	})
	return nil
}

// Close removes what was made on servers for this run only, also after an
// interruption.
func (t *Targets) Close(ctx context.Context) {
	for _, target := range t.All {
		t.settings.close(ctx, target.URL, target.Client)
	}
}

// kindOf is what the configuration says that the server is, or what the server
// itself says, to requests that change nothing. Nothing has begun yet, and a
// person is waiting: so it does not wait for a server that is away.
func (n *Servers) kindOf(ctx context.Context, a TargetAddress) (kinds.Kind, error) {
	if kind, is := n.settings.setup.Kinds.Named(a.Kind); is {
		return kind, nil
	}
	asking := *n
	asking.Client = n.settings.client(polite.Options{Tries: 2})
	known, isKnown := n.settings.knownKind(a)
	ordered := slices.Clone(n.settings.setup.Kinds)
	slices.SortStableFunc(ordered, func(a, b kinds.Kind) int { return cmp.Compare(fallback(a), fallback(b)) })
	var err error
	for i, kind := range ordered {
		var is bool
		is, err = kind.Probe(ctx, a.Base, "", asking.opening(a.Base))
		switch {
		case i == 0 && isKnown && !unanswered(err):
			return known, ctx.Err()
		case is:
			return kind, nil
		}
		if err != nil {
			break
		}
	}
	switch {
	case ctx.Err() != nil:
		return kinds.Kind{}, ctx.Err()
	case unanswered(err):
		return kinds.Kind{}, message.Of(message.Failed, errors.Join(ErrNoAnswer, err), "move-no-answer", "Error", err)
	}
	return kinds.Kind{}, message.Of(message.Usage, ErrNoTarget, "not-a-target", "Server", a.Base)
}

// fallback puts first what needs the fewest requests.
func fallback(k kinds.Kind) int {
	if k.Assumed {
		return 0
	}
	return 1
}

// knownKind is what the address or the configuration says that the server is.
func (s *Settings) knownKind(a TargetAddress) (kinds.Kind, bool) {
	if a.Group != "" {
		return s.setup.Kinds.Named(s.setup.Kinds.OfGroups())
	}
	for _, source := range s.Sources {
		known, err := sources.Normalize(source.URL.Reveal())
		if err == nil && source.Kind != "" && manifest.Address(known) == manifest.Address(a.Base) {
			return s.setup.Kinds.Named(source.Kind)
		}
	}
	return kinds.Kind{}, false
}

// unanswered: there is no such host, no safe connection to it, or no answer.
func unanswered(err error) bool {
	var host *net.DNSError
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &host) || errors.As(err, &certificate) || errors.Is(err, polite.ErrTemporary)
}

// targetKeys open the servers. They include the passwords of all polls that the
// configuration knows: the new polls are to have the same.
func (s *Settings) targetKeys(ctx context.Context, addresses []TargetAddress) (keys, error) {
	found := make(keys)
	for _, source := range s.Sources {
		if base, err := sources.Normalize(source.URL.Reveal()); err == nil {
			if err := s.readPasswords(ctx, source, found.add(base).passwords); err != nil {
				return nil, err
			}
		}
	}
	for _, a := range addresses {
		into := found.add(a.Base).passwords
		for _, known := range found {
			for id, password := range known.passwords {
				if _, has := into[id]; !has && id != "" {
					into[id] = password
				}
			}
		}
	}
	return found, s.addAccess(ctx, found, func(base string) bool {
		return slices.ContainsFunc(addresses, func(a TargetAddress) bool { return manifest.Address(a.Base) == manifest.Address(base) })
	})
}
