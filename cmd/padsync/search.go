package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/search"
	"github.com/spf13/cobra"
)

// usualHits is how many documents a person reads at once.
const usualHits = 10

func (a *app) searchCommand() *cobra.Command {
	var flags commonFlags
	limit := usualHits
	cmd := &cobra.Command{
		Use:     "search " + a.text("help-words") + "…",
		Short:   a.text("search"),
		Long:    a.text("search-long"),
		Example: a.text("search-example"),
		Args:    a.takes(1, manyDocuments),
		RunE: a.action(func(ctx context.Context, args []string) error {
			return a.search(ctx, flags, strings.Join(args, " "), limit)
		}),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	flags.add(a, cmd)
	flags.addJSON(a, cmd)
	cmd.Flags().IntVar(&limit, "limit", usualHits, a.text("flag-limit"))
	return cmd
}

func (a *app) search(ctx context.Context, flags commonFlags, typed string, limit int) error {
	s, err := a.settings(flags)
	if err != nil {
		return err
	}
	q := search.Ask(typed, time.Local)
	for _, unclear := range q.Unclear {
		a.note("search-unclear", "Words", unclear)
	}
	if q.IsEmpty() {
		a.note("search-no-words")
		return nil
	}
	f, err := s.Find(ctx, q, max(limit, 1), a.warnDamaged)
	if err != nil {
		return err
	}
	for _, r := range f.ByName {
		a.byName(s, r)
	}
	out := bufio.NewWriter(a.stdout)
	for i, h := range f.Hits {
		l := jsonlines.NewHit(a.setup.Kinds, h, f.Names)
		switch {
		case flags.json:
			err = json.NewEncoder(out).Encode(l)
		case i > 0:
			fmt.Fprintln(out)
			fallthrough
		default:
			err = a.printHit(out, h, l)
		}
		if err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	switch n := len(f.Hits); {
	case n == 0:
		a.note("search-nothing", "Count", f.Documents)
	case n < f.Total && !a.quiet:
		a.note("search-more", "Shown", n, "Count", f.Total)
	}
	return f.Problem
}

// byName says why only names were searched.
func (a *app) byName(s *setup.Settings, r setup.ByName) {
	switch {
	case errors.Is(r.Err, search.ErrNoIdentity):
		a.note("search-sealed", "Repository", r.Shown)
	case errors.Is(r.Err, search.ErrDamaged):
		a.note("search-damaged", "Repository", r.Shown)
	case s.MayIndex():
		a.note("search-unindexed", "Repository", r.Shown)
	default:
		a.note("search-refused", "Repository", r.Shown)
	}
}

// hitIndent is before what stands below a document's name.
const hitIndent = 4

// printHit writes a hit for people: what it is called, its address, what it says,
// and for what it says no more, the command that shows it.
func (a *app) printHit(w io.Writer, h search.Hit, l jsonlines.Hit) error {
	width := terminal.Width(a.stdout, a.getenv)
	fmt.Fprintln(w, words.Printable(wrapAfterHash(l.Hash+"  "+h.Called, width, 0)))
	fmt.Fprintf(w, "%*s%s\n", hitIndent, "", words.Printable(l.URL))
	if len(h.Snippet) == 0 {
		return nil
	}
	text := ""
	if h.In == documents.InChat {
		text = a.text("search-chat", "When", h.Since) + " "
	}
	fmt.Fprintln(w, a.marked(text, h.Snippet, width))
	if h.In != documents.InPast {
		return nil
	}
	said, point := a.text("search-past", "Since", h.Since, "Until", h.Until), []string{"--rev", strconv.Itoa(h.Revision)}
	switch {
	case h.Version != "" && h.Whole:
		said, point = a.text("search-version", "Saved", h.Until), []string{"--at", h.Version}
	case h.Version != "" && h.Until.IsZero():
		point = []string{"--at", h.Version}
	case h.Version != "":
		point = []string{"--at", h.Until.Add(-time.Second).Format(time.RFC3339)}
	}
	fmt.Fprintln(w, terminal.Wrap(said, width, hitIndent))
	_, err := fmt.Fprintf(w, "%*s%s\n", hitIndent, "", terminal.CommandLine(append([]string{"padsync", "show", l.Hash}, point...)))
	return err
}

// wrapAfterHash is terminal.Wrap, which leaves two spaces after a hash.
func wrapAfterHash(text string, width, indent int) string {
	hash, rest, _ := strings.Cut(text, "  ")
	wrapped := terminal.Wrap(strings.Repeat("x", len(hash)+1)+" "+rest, width, indent)
	return hash + "  " + wrapped[len(hash)+2:]
}

// Signs for the beginning and the end of a hit, which no text has that was made
// printable.
const hitBegins, hitEnds = "\x01", "\x02"

// marked is a snippet in lines: hits are bold on a terminal, else in brackets.
func (a *app) marked(before string, snippet []search.Piece, width int) string {
	text := before
	for _, p := range snippet {
		if p.Hit {
			text += hitBegins + words.Printable(p.Text) + hitEnds
		} else {
			text += words.Printable(p.Text)
		}
	}
	begins, ends := "[", "]"
	if terminal.Is(a.stdout) && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb" {
		begins, ends = "\x1b[1m", "\x1b[0m"
	}
	return strings.NewReplacer(hitBegins, begins, hitEnds, ends).Replace(terminal.Wrap(text, width, hitIndent))
}
