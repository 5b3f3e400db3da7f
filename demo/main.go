// Command demo shows what padsync does, in a few seconds and on this computer
// only: it backs up a small pad and poll server of its own, changes what is on
// it, backs it up again, and restores what was lost.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, speak(os.Getenv)); err != nil {
		fmt.Fprintln(os.Stderr, "padsync demo:", err)
		os.Exit(1)
	}
}

// run tells the story on w. It leaves nothing behind.
func run(ctx context.Context, w io.Writer, say words) (err error) {
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

	safe, err := newSafe(dir, town.address)
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
	fmt.Fprint(w, say.end)
	return nil
}
