package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
)

// run calls f with what the servers for tests want, and tells whether it ended
// without a failure. What f started is stopped when it returns.
func run(ctx context.Context, f func(testing.TB)) (ok bool) {
	r := &runner{ctx: ctx, ok: true}
	defer func() {
		if problem := recover(); problem != nil && problem != any(r) {
			panic(problem)
		}
		for _, cleanup := range slices.Backward(r.cleanups) {
			cleanup()
		}
		ok = r.ok
	}()
	f(r)
	return r.ok
}

// A runner is as much of a testing.TB as is needed outside of go test.
type runner struct {
	testing.TB // nil: its other methods are not called

	ctx      context.Context
	cleanups []func()
	ok       bool
}

func (r *runner) Helper()                  {}
func (r *runner) Name() string             { return "bench" }
func (r *runner) Context() context.Context { return r.ctx }
func (r *runner) Cleanup(f func())         { r.cleanups = append(r.cleanups, f) }
func (r *runner) Failed() bool             { return !r.ok }

func (r *runner) Log(args ...any)            { fmt.Fprintln(os.Stderr, args...) }
func (r *runner) Logf(f string, args ...any) { fmt.Fprintf(os.Stderr, f+"\n", args...) }

func (r *runner) Error(args ...any) {
	r.ok = false
	r.Log(args...)
}

func (r *runner) Errorf(f string, args ...any) { r.Error(fmt.Sprintf(f, args...)) }

func (r *runner) Fatal(args ...any) {
	r.Error(args...)
	panic(r)
}

func (r *runner) Fatalf(f string, args ...any) { r.Fatal(fmt.Sprintf(f, args...)) }

func (r *runner) TempDir() string {
	dir, err := os.MkdirTemp("", "padsync-bench-")
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
