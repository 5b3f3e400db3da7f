// Command bench measures padsync against what it is to be compared with, on
// real servers, and prints the table of docs/performance.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"testing"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == measureWord {
		if err := measure(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	only := flag.String("only", "abcdefghi", "the parts to measure")
	tags := flag.String("tags", "", "build tags of padsync: small compiles faster")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if !run(ctx, func(t testing.TB) { printTable(t, build(t, *tags), *only) }) {
		os.Exit(1)
	}
}

// A part measures one line of the table or a few that belong together.
type part struct {
	letters string
	measure func(testing.TB, *program) []row
}

var parts = []part{
	{"a", pads},
	{"bcd", storage},
	{"e", memory},
	{"f", simulation},
	{"g", histories},
	{"h", searches},
	{"i", discoveries},
	{"j", moments},
}

// A row is one line of the table.
type row struct {
	letter, what, measured, goal string
	met                          bool
}

func printTable(t testing.TB, p *program, only string) {
	fmt.Printf("\n| | what | measured | goal | met |\n|---|---|---|---|---|\n")
	missed := 0
	for _, part := range parts {
		if !strings.ContainsAny(part.letters, only) {
			continue
		}
		for _, r := range part.measure(t, p) {
			met := "yes"
			if !r.met {
				met = "**no**"
				missed++
			}
			fmt.Printf("| %s | %s | %s | %s | %s |\n", r.letter, r.what, r.measured, r.goal, met)
		}
	}
	fmt.Printf("\n%s\n", machine())
	if missed > 0 {
		t.Errorf("%d goals were missed", missed)
	}
}
