package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// usage is what a command took.
type usage struct {
	Wall, CPU time.Duration
	Peak      int64 // bytes of memory
}

// measured runs a command and returns what it took and printed. The kernel
// counts a parent's memory as its child's until the child is another program,
// so a small process stands between: this program, started as measureWord.
func measured(ctx context.Context, env []string, name string, args ...string) (usage, []byte, error) {
	self, err := os.Executable()
	if err != nil {
		return usage{}, nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return usage{}, nil, err
	}
	defer r.Close()
	var output, messages bytes.Buffer
	cmd := exec.CommandContext(ctx, self, append([]string{measureWord, name}, args...)...)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = append(os.Environ(), env...), &output, &messages, []*os.File{w}
	err = cmd.Run()
	w.Close()
	if err != nil {
		return usage{}, nil, fmt.Errorf("%s %q: %w\n%s", name, args, err, messages.Bytes())
	}
	var u usage
	return u, output.Bytes(), json.NewDecoder(r).Decode(&u)
}

const measureWord = "measure-this-command"

// measure runs the command in args and writes its usage to file descriptor 3.
func measure(args []string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return err
	}
	u := usage{Wall: time.Since(start), CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	u.Peak = cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss * 1024 // Linux counts in KiB
	return json.NewEncoder(os.NewFile(3, "usage")).Encode(u)
}
