// Command demo shows what padsync does, in a few seconds and on this computer
// only: it backs up a small pad and poll server of its own, changes what is on
// it, backs it up again, and restores what was lost. With --page, it ends with
// what it saved as pages in the browser.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	say := speak(os.Getenv)
	page := flag.Bool("page", false, say.pageFlag)
	flag.Parse()
	var show func(context.Context, *town, *safe) error
	if *page {
		show = func(ctx context.Context, t *town, s *safe) error { return showPage(ctx, say, t, s) }
	}
	if err := run(ctx, os.Stdout, say, show); err != nil {
		fmt.Fprintln(os.Stderr, "padsync demo:", err)
		os.Exit(1)
	}
}

// run tells the story on w, and shows what it saved with show, if not nil. It
// leaves nothing behind.
func run(ctx context.Context, w io.Writer, say words, show func(context.Context, *town, *safe) error) (err error) {
	dir, err := os.MkdirTemp("", "padsync-demo-")
	if err != nil {
		return err
	}
	defer func() {
		if removed := os.RemoveAll(dir); err == nil {
			err = removed
		}
	}()
	fmt.Fprintf(w, say.intro, dir)

	town, err := open(say)
	if err != nil {
		return err
	}
	defer town.close()
	fmt.Fprintf(w, say.server, town.address)
	quote(w, town.pad.Text())
	fmt.Fprintf(w, say.poll, say.question, 2)

	safe, err := newSafe(dir, town.address, town.now)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, say.first, safe.folder)
	before, err := safe.backup(ctx, w, say)
	if err != nil {
		return err
	}

	town.work(say)
	fmt.Fprint(w, say.second)
	if _, err := safe.backup(ctx, w, say); err != nil {
		return err
	}

	town.mishap()
	fmt.Fprint(w, say.third)
	if _, err := safe.backup(ctx, w, say); err != nil {
		return err
	}

	fmt.Fprint(w, say.restored)
	if err := safe.show(ctx, w, say, "", "etherpad", "framadate"); err != nil {
		return err
	}
	fmt.Fprint(w, say.asBefore)
	if err := safe.show(ctx, w, say, before, "etherpad"); err != nil {
		return err
	}
	if show != nil {
		return show(ctx, town, safe)
	}
	fmt.Fprint(w, say.end)
	return nil
}
