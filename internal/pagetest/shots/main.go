// Shots makes pictures of every page of padsync in both languages, light and dark,
// wide and narrow:
//
//	go run -tags small ./internal/pagetest/shots FOLDER [NAME…]
//
// With names, only of those pages.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/padsync/padsync/internal/pagetest"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: go run -tags small ./internal/pagetest/shots FOLDER [NAME…]")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "shots:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, into string, names []string) error {
	folder, err := os.MkdirTemp("", "padsync-shots-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	w, err := pagetest.New(folder)
	if err != nil {
		return err
	}
	defer w.Close()
	if err := w.Live(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	link, done, err := w.Serve(ctx)
	if err != nil {
		cancel()
		return err
	}
	defer func() { cancel(); <-done }()
	browser, end, err := pagetest.Browse(ctx, filepath.Join(folder, "chromium"), func(text string) { fmt.Fprintln(os.Stderr, text) })
	if err != nil {
		return err
	}
	defer end()
	first := link()
	if err := pagetest.Visit(browser, first); err != nil {
		return err
	}
	base := first[:strings.LastIndex(first, "/")]
	pages, err := pagetest.Pages(browser, base)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(into, 0o755); err != nil {
		return err
	}
	for _, look := range pagetest.Looks() {
		if err := pagetest.As(browser, look); err != nil {
			return err
		}
		for _, page := range pages {
			if len(names) > 0 && !slices.Contains(names, page.Name) {
				continue
			}
			if err := pagetest.Visit(browser, base+page.Path); err != nil {
				return err
			}
			picture, err := pagetest.Picture(browser)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(into, page.Name+"-"+look.String()+".png"), picture, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
