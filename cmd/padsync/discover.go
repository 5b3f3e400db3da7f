package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/search"
	"github.com/spf13/cobra"
)

func (a *app) discoverCommand() *cobra.Command {
	var flags changeFlags
	var look looking
	cmd := &cobra.Command{
		Use:     "discover [PATH…]",
		Short:   a.text("discover"),
		Long:    a.text("discover-long"),
		Example: a.text("discover-example"),
		RunE: a.action(func(ctx context.Context, args []string) error {
			return a.discover(ctx, flags, look, args)
		}),
	}
	cmd.Flags().BoolVar(&look.uncertain, "uncertain", false, a.text("flag-uncertain"))
	cmd.Flags().StringSliceVar(&look.ask, "ask", nil, a.text("flag-ask"))
	cmd.Flags().BoolVar(&look.add, "add", false, a.text("flag-add"))
	flags.add(a, cmd, false)
	return cmd
}

// looking is what discover does besides looking.
type looking struct {
	uncertain bool
	ask       []string // hosts
	add       bool     // keep what is certain
}

func (a *app) discover(ctx context.Context, flags changeFlags, look looking, paths []string) error {
	s, err := a.settings(flags.commonFlags)
	if err != nil {
		return err
	}
	unread := 0
	found, err := s.Discover(ctx, paths, func(skipped discovery.Skip) {
		if skipped.Browser == "" {
			unread++
		}
		a.noteSkip(skipped)
	})
	if err == nil && len(look.ask) > 0 {
		err = a.ask(ctx, found, look.ask)
	}
	if err != nil {
		return err
	}
	finds, err := found.Unknown(ctx)
	if err != nil {
		return err
	}
	if look.add {
		err = a.keepFinds(ctx, s, flags, found.All, finds)
	} else {
		err = a.showFinds(flags.json, look.uncertain, finds)
	}
	if err != nil {
		return err
	}
	for _, r := range found.Unread {
		a.noteUnlinked(r)
	}
	if !flags.json {
		a.sumUpFinds(found.All, finds, look, len(paths) == 0)
	}
	if unread > 0 {
		return message.Classed(message.Incomplete, message.In(nil, "files-unread", "Count", unread))
	}
	return nil
}

// showFinds shows those that are certain, or the others, those last that are only
// linked somewhere.
func (a *app) showFinds(asJSON, uncertain bool, finds []setup.Find) (err error) {
	shown := slices.DeleteFunc(slices.Clone(finds), func(f setup.Find) bool { return f.Certain == uncertain })
	out := bufio.NewWriter(a.stdout)
	if asJSON {
		err = printFindLines(out, shown)
	} else {
		a.printFinds(out, shown)
	}
	return cmp.Or(err, out.Flush())
}

// keepFinds keeps what is certain, shows what is new of it, and tells the
// repositories.
func (a *app) keepFinds(ctx context.Context, s *setup.Settings, flags changeFlags, all, unknown []setup.Find) (err error) {
	if !slices.ContainsFunc(all, func(f setup.Find) bool { return f.Certain }) {
		return nil
	}
	d, err := s.Documents(ctx, true, a.warnDamaged)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	kept, err := d.KeepFound(ctx, all, unknown)
	if err != nil {
		return err
	}
	for i := range kept {
		if err := a.printKnown(d, &kept[i], flags.json); err != nil {
			return err
		}
	}
	return a.said(ctx, s, d.Catalog)
}

// ask asks servers what they are.
func (a *app) ask(ctx context.Context, found *setup.Finds, hosts []string) error {
	silent, err := found.Ask(ctx, hosts)
	for _, s := range silent {
		a.note("not-asked", "Host", s.Host, "Reason", a.words.Error(s.Err))
	}
	return err
}

// noteUnlinked says that no links were looked for in what a repository has.
func (a *app) noteUnlinked(r setup.ByName) {
	switch {
	case errors.Is(r.Err, search.ErrNone):
		a.note("unlinked-unindexed", "Repository", r.Shown)
	case errors.Is(r.Err, search.ErrNoIdentity):
		a.note("unlinked-sealed", "Repository", r.Shown)
	default:
		a.note("unlinked", "Repository", r.Shown, "Reason", a.words.Error(r.Err))
	}
}

// noteSkip says that a file was left out.
func (a *app) noteSkip(s discovery.Skip) {
	reason := a.words.Error(s.Err)
	if s.Browser == "" {
		a.note("skipped-file", "File", s.File, "Reason", reason)
		return
	}
	a.note("skipped-profile", "Browser", browserName(s.Browser, s.Profile), "File", s.File, "Reason", reason)
}

func browserName(browser, profile string) string {
	if profile == "" {
		return browser
	}
	return browser + " (" + profile + ")"
}

func printFindLines(out io.Writer, finds []setup.Find) error {
	for i := range finds {
		if err := json.NewEncoder(out).Encode(jsonlines.NewFound(&finds[i])); err != nil {
			return err
		}
	}
	return nil
}

const (
	foundRow      = "%-6s  %-10s  %s\n"
	narrowColumns = 60 // with fewer, each thing has a line
)

// printFinds shows documents to people. An address is never cut, so that it can be
// opened.
func (a *app) printFinds(out io.Writer, finds []setup.Find) {
	if len(finds) == 0 {
		return
	}
	narrow := terminal.Width(a.stdout, a.getenv) < narrowColumns
	if !narrow && !a.quiet {
		fmt.Fprintf(out, foundRow, a.text("ls-hash"), a.text("found-last"), a.text("ls-document"))
	}
	for i := range finds {
		f := &finds[i]
		last := "-"
		if !f.Last.IsZero() {
			last = f.Last.Local().Format(time.DateOnly)
		}
		lines := a.aboutFind(f)
		if narrow {
			fmt.Fprintln(out, words.Printable(f.Kind.URL(f.Base, f.ID)))
			lines = append([]string{f.Hash + "  " + last}, lines...)
		} else {
			fmt.Fprintf(out, foundRow, f.Hash, last, words.Printable(f.Kind.URL(f.Base, f.ID)))
		}
		indent := 20
		if narrow {
			indent = 2
		}
		for _, line := range lines {
			fmt.Fprintln(out, terminal.Wrap(words.Printable(line), terminal.Width(a.stdout, a.getenv), indent))
		}
	}
}

// aboutFind are lines about a document: its title, when it expires, and where it
// was found.
func (a *app) aboutFind(f *setup.Find) (lines []string) {
	if f.Title() != "" {
		lines = append(lines, f.Title())
	}
	switch warning := a.expiry(f.Expires, time.Now()); {
	case f.Expires != "" && f.Expires < time.Now().UTC().Format(time.DateOnly):
		lines = append(lines, a.text("found-expired", "Day", f.Expires))
	case warning != "":
		lines = append(lines, warning)
	}
	return append(lines, a.origins(f.Origins))
}

var placeWords = map[discovery.Place]string{
	discovery.History: "place-history", discovery.Bookmark: "place-bookmark", discovery.Tab: "place-tab", discovery.Recent: "place-recent",
}

// origins are where a document was found, each browser once.
func (a *app) origins(all []discovery.Trace) string {
	places := make(map[string][]string)
	var order []string
	for _, o := range all {
		at := cmp.Or(o.File, browserName(o.Browser, o.Profile))
		if o.Place == discovery.Saved {
			at = a.text("place-saved", "Document", cmp.Or(o.Document, "…"))
		}
		if _, known := places[at]; !known {
			order = append(order, at)
		}
		if o.Place == discovery.File || o.Place == discovery.Saved {
			places[at] = nil
			continue
		}
		places[at] = append(places[at], a.text(placeWords[o.Place]))
	}
	for i, at := range order {
		if len(places[at]) > 0 {
			order[i] = at + a.text("found-colon") + strings.Join(places[at], ", ")
		}
	}
	return strings.Join(order, a.text("found-semicolon"))
}

// sumUpFinds says how many there are that are new, and what may be more.
func (a *app) sumUpFinds(all, finds []setup.Find, look looking, browsers bool) {
	hosts, count, linked := make(map[string]int), 0, 0
	for i := range finds {
		switch f := &finds[i]; {
		case f.Certain:
		case f.Linked():
			linked++
		default:
			hosts[f.Host()]++
			count++
		}
	}
	if !look.uncertain {
		a.sumUpCertain(len(finds)-count-linked, len(all)-len(finds), look.add, browsers)
	}
	a.sumUpUncertain(hosts, count, look)
	switch {
	case linked > 0 && look.uncertain:
		a.say("found-linked", "Count", linked)
	case linked > 0:
		a.say("found-linked-next", "Count", linked)
	}
}

// sumUpUncertain counts what may be documents, by host.
func (a *app) sumUpUncertain(hosts map[string]int, count int, look looking) {
	if count == 0 {
		return
	}
	a.say("found-uncertain", "Count", count, "Servers", len(hosts))
	if look.uncertain {
		return
	}
	names := slices.SortedFunc(maps.Keys(hosts), func(x, y string) int {
		return cmp.Or(cmp.Compare(hosts[y], hosts[x]), cmp.Compare(x, y))
	})
	for _, host := range names[:min(len(names), mostHosts)] {
		a.say("found-host", "Host", host, "Number", hosts[host])
	}
	if more := len(names) - mostHosts; more > 0 {
		a.say("found-more-hosts", "Count", more)
	}
	a.say("found-uncertain-next")
}

func (a *app) sumUpCertain(found, known int, added, browsers bool) {
	switch {
	case found > 0 && added:
		a.done("found-added", "Count", found)
	case found > 0:
		a.done("found", "Count", found)
	case known > 0:
	case browsers:
		a.say("found-none-in-browsers")
	default:
		a.say("found-none")
	}
	if known > 0 {
		a.say("found-known", "Count", known)
	}
}

// mostHosts is how many unknown servers are shown.
const mostHosts = 20
