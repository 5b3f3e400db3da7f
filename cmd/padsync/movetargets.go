package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/move"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/kinds"
)

// targetBases are the normalised addresses of the servers to move to, and the
// groups of MyPads that are meant on some.
func (a *app) targetBases(given []string) (bases []string, groups map[string]string, err error) {
	groups = make(map[string]string)
	for _, raw := range given {
		if hasUser(raw) {
			return nil, nil, message.Of(message.Usage, errUser, "user-in-address")
		}
		base, group, err := a.kinds.ParseGroup(raw)
		if err == nil {
			groups[base] = group
		} else if base, err = sources.Normalize(raw); err != nil {
			return nil, nil, message.Of(message.Usage, badTarget(raw), "bad-target")
		}
		bases = append(bases, base)
	}
	return bases, groups, nil
}

// badTarget is why an address is that of no server.
func badTarget(raw string) error {
	address := withoutUser("https://" + raw)
	if _, err := sources.Normalize(address); err != nil || strings.Contains(raw, "://") {
		return errNoTarget
	}
	return &schemelessError{address, errNoTarget}
}

// openTargets opens the servers, with what the configuration says of them, one
// for each kind of documents.
func (a *app) openTargets(ctx context.Context, s *settings, bases []string, groups map[string]string, mail string, waiting func(polite.Wait)) ([]move.Target, error) {
	var all []wanted
	for _, base := range bases {
		all = append(all, wanted{base: base})
	}
	accesses, err := a.accesses(ctx, s, all)
	if err != nil {
		return nil, err
	}
	secrets, err := a.pollPasswords(ctx, s, bases)
	if err != nil {
		return nil, err
	}
	n := network{
		kinds: a.kinds,
		pool:  new(spool.Pool), passwords: secrets, accesses: accesses, tokens: a.tokenFile, groups: groups, mail: mail,
		client: polite.New(polite.Options{UserAgent: polite.UserAgent(programVersion(), contact), Waiting: waiting}),
	}
	var targets []move.Target
	for _, base := range bases {
		name, err := a.kindOf(ctx, n, s, base)
		if err != nil {
			return nil, err
		}
		kind, _ := a.kinds.Named(name)
		if slices.ContainsFunc(targets, func(t move.Target) bool { return t.Kind == name }) {
			return nil, message.Of(message.Usage, errUsage, "two-targets", "Kind", name)
		}
		client, err := n.openSource(name, base, nil)
		if err != nil {
			return nil, message.Classed(message.Usage, err)
		}
		importer, ok := client.(sources.Importer)
		if !ok {
			return nil, message.Of(message.Usage, errKind, "no-importer", "Server", base)
		}
		shown := base
		if group := groups[base]; group != "" {
			shown = kind.GroupURL(base, group)
		}
		targets = append(targets, move.Target{
			Source: manifest.Source{Kind: name, URL: shown}, Server: base, Client: importer, Finds: kind.Finds, WantsMail: kind.WantsMail,
		})
	}
	return targets, nil
}

// kindOf is what the configuration says that the server is, or the server
// itself, to requests that change nothing. Nothing was begun yet, and a person
// waits: so a server that is away is not waited for.
func (a *app) kindOf(ctx context.Context, n network, s *settings, base string) (string, error) {
	n.client = polite.New(polite.Options{UserAgent: polite.UserAgent(programVersion(), contact), Tries: 2})
	known := n.knownKind(s, base)
	ordered := slices.Clone(n.kinds)
	slices.SortStableFunc(ordered, func(a, b kinds.Kind) int { return cmp.Compare(fallback(a), fallback(b)) })
	var err error
	for i, kind := range ordered {
		var is bool
		is, err = kind.Probe(ctx, base, "", n.opening(base))
		switch {
		case i == 0 && known != "" && !unanswered(err):
			return known, ctx.Err()
		case is:
			return kind.Name, nil
		}
		if err != nil {
			break
		}
	}
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case unanswered(err):
		return "", message.Of(message.Failed, errors.Join(errNoAnswer, err), "move-no-answer", "Error", err)
	}
	return "", message.Of(message.Usage, errNoTarget, "not-a-target", "Server", base)
}

// fallback puts first what is asked for with the least.
func fallback(k kinds.Kind) int {
	if k.Assumed {
		return 0
	}
	return 1
}

// knownKind is what the command line or the configuration says that the server
// is, "" if nothing.
func (n network) knownKind(s *settings, base string) string {
	if n.groups[base] != "" {
		return n.kinds.OfGroups()
	}
	for _, source := range s.Sources {
		known, err := sources.Normalize(source.URL.Reveal())
		if err == nil && source.Kind != "" && manifest.Address(known) == manifest.Address(base) {
			return source.Kind
		}
	}
	return ""
}

// unanswered: there is no such host, no safe connection to it, or no answer.
func unanswered(err error) bool {
	var host *net.DNSError
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &host) || errors.As(err, &certificate) || errors.Is(err, polite.ErrTemporary)
}

// pollPasswords are those of all polls that the configuration knows, for the
// new polls are to have the same.
func (a *app) pollPasswords(ctx context.Context, s *settings, bases []string) (passwords, error) {
	var all []wanted
	for _, source := range s.Sources {
		if base, err := sources.Normalize(source.URL.Reveal()); err == nil {
			all = append(all, wanted{base: base})
		}
	}
	found, err := a.passwords(ctx, s, all)
	if err != nil {
		return nil, err
	}
	for _, base := range bases {
		into := found.of(base)
		for _, known := range found {
			for id, password := range known {
				if _, has := into[id]; !has && id != "" {
					into[id] = password
				}
			}
		}
	}
	return found, nil
}

// closeTargets takes away what was made on servers for this run only.
func (a *app) closeTargets(ctx context.Context, targets []move.Target) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	for _, t := range targets {
		closer, ok := t.Client.(interface{ Close(context.Context) error })
		if ok && closer.Close(ctx) != nil {
			a.note("not-closed", "Source", t.URL)
		}
	}
}
