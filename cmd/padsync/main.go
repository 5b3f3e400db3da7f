// Command padsync backs up pads and polls, and gives them back.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/padsync/padsync/internal/background"
)

func main() {
	// Where that is not allowed, as in many sandboxes, nothing is lost but
	// courtesy.
	_ = background.Enter()
	var ballast []byte
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		// What is kept of a hundred thousand documents is small; the garbage
		// need not be as much again.
		debug.SetGCPercent(60)
		// Nor need garbage be collected while it is only some megabytes: this
		// counts as kept, and takes no memory, as nobody ever writes to it.
		ballast = make([]byte, 48<<20)
	}
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	runtime.KeepAlive(ballast)
	os.Exit(code)
}
