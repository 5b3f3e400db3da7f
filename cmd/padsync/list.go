package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/library"
	"github.com/spf13/cobra"
)

type listFlags struct {
	commonFlags
	choices, tags, services []string
	isNew                   bool
}

func (a *app) listCommand() *cobra.Command {
	var flags listFlags
	cmd := &cobra.Command{
		Use:     "list [DOCUMENT…]",
		Short:   a.text("list"),
		Long:    a.text("list-long"),
		Example: a.text("list-example"),
		RunE: a.action(func(ctx context.Context, args []string) error {
			return a.listKnown(ctx, flags, args)
		}),
	}
	flags.add(a, cmd)
	flags.addJSON(a, cmd)
	a.completesDocuments(cmd, &flags.commonFlags, manyDocuments)
	cmd.Flags().StringSliceVar(&flags.choices, "choice", nil, a.text("flag-list-choice"))
	cmd.Flags().StringArrayVar(&flags.tags, "tag", nil, a.text("flag-list-tag"))
	cmd.Flags().StringArrayVar(&flags.services, "service", nil, a.text("flag-list-service"))
	cmd.Flags().BoolVar(&flags.isNew, "new", false, a.text("flag-list-new"))
	return cmd
}

// listKnown lists what the catalogue and the repository know.
func (a *app) listKnown(ctx context.Context, flags listFlags, args []string) (err error) {
	for _, choice := range flags.choices {
		if _, err := choiceOf(choice, catalog.Automatic, catalog.Manual, catalog.Ignored, setup.New, setup.Elsewhere); err != nil {
			return err
		}
	}
	if flags.isNew {
		flags.choices = append(flags.choices, setup.New)
	}
	n, err := a.name(ctx, flags.commonFlags, false, args)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.documents.Close()) }()
	out := bufio.NewWriter(a.stdout)
	table := a.newKnownTable(out)
	for i := range n.chosen {
		l := jsonlines.NewKnown(a.setup.Kinds, n.documents, &n.chosen[i])
		if !flags.has(&l) {
			continue
		}
		if flags.json {
			err = json.NewEncoder(out).Encode(l)
		} else {
			err = table.row(a, &n.chosen[i], l)
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(out.Flush(), a.tellUnfound(n.selection))
}

// has says whether a document passes the filters.
func (f *listFlags) has(l *jsonlines.Known) bool {
	if len(f.choices) > 0 && !slices.Contains(f.choices, l.Choice) {
		return false
	}
	for _, tag := range f.tags {
		if !slices.ContainsFunc(l.Tags, func(t string) bool { return library.Fold(t) == library.Fold(tag) }) {
			return false
		}
	}
	return len(f.services) == 0 || slices.ContainsFunc(f.services, func(service string) bool { return serves(service, l) })
}

// serves says whether a document is of a service: a host, or a kind of server.
func serves(service string, l *jsonlines.Known) bool {
	u, err := url.Parse(l.Source)
	return service == l.Kind || strings.TrimRight(service, "/") == l.Source || err == nil && (strings.EqualFold(u.Host, service) || strings.EqualFold(u.Hostname(), service))
}

// A knownTable is a table of documents: a line for each, or several where that
// would be too long.
type knownTable struct {
	out    io.Writer
	width  int // columns
	cut    bool
	header bool // to be written first
}

// leastTable is how many columns a line for each document takes.
const leastTable = 60

func (a *app) newKnownTable(out io.Writer) *knownTable {
	width := terminal.Width(a.stdout, a.getenv)
	return &knownTable{out: out, width: width, cut: terminal.Is(a.stdout) || a.getenv("COLUMNS") != "", header: !a.quiet && width >= leastTable}
}

func (t *knownTable) row(a *app, one *catalog.Document, l jsonlines.Known) error {
	if t.header {
		t.header = false
		if err := t.line(a.text("ls-hash"), a.text("list-choice"), a.text("ls-state"), a.text("ls-saved"), a.text("ls-document")); err != nil {
			return err
		}
	}
	saved, _ := time.Parse(time.RFC3339, l.Saved)
	day := "—"
	if !saved.IsZero() {
		day = saved.Local().Format(time.DateOnly)
	}
	state := "—"
	if l.State != "" {
		state = a.words.State(l.State)
	}
	var parts []string
	if l.Name != "" {
		parts = append(parts, l.Name)
	}
	if len(l.Tags) > 0 {
		parts = append(parts, "["+strings.Join(l.Tags, " ")+"]")
	}
	parts = append(parts, l.URL)
	if warning := a.expiry(l.Expires, time.Now()); warning != "" {
		parts = append(parts, "("+warning+")")
	}
	return t.line(l.Hash, a.choice(one, l), state, day, parts...)
}

// line writes a document; where that is narrow, each part has a line, and none is
// cut, so that an address can be opened.
func (t *knownTable) line(hash, choice, state, saved string, parts ...string) error {
	head := fmt.Sprintf("%-6s  %-11s  %-9s  %-10s", hash, choice, state, saved)
	if t.width < leastTable {
		lines := strings.Join(strings.Fields(head), " ") + "\n"
		for _, part := range parts {
			lines += "  " + words.Printable(part) + "\n"
		}
		_, err := io.WriteString(t.out, lines)
		return err
	}
	name := words.Printable(strings.Join(parts, "  "))
	_, err := fmt.Fprintf(t.out, "%s  %s\n", head, t.fit(name, t.width-utf8.RuneCountInString(head)-2))
	return err
}

// fit cuts a text to so many columns, where it would break a line.
func (t *knownTable) fit(text string, columns int) string {
	if runes := []rune(text); t.cut && len(runes) > columns {
		return string(runes[:columns-1]) + "…"
	}
	return text
}
