package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/padsync/padsync/internal/terminal"
)

// showPage shows what is in the safe as pages, until ctx is done. The demo itself
// stays small, so the program is compiled for it. It has a home of its own: it reads
// no browser of the person, and no configuration.
func showPage(ctx context.Context, say words, t *town, s *safe) error {
	fmt.Print(say.building)
	program := filepath.Join(s.dir, "padsync")
	build := exec.CommandContext(ctx, "go", "build", "-tags", "small", "-o", program, "github.com/padsync/padsync/cmd/padsync")
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		return ended(ctx, fmt.Errorf("compile padsync: %w", err))
	}
	home := filepath.Join(s.dir, "home")
	config := filepath.Join(home, "padsync.toml")
	text := fmt.Sprintf("[[repository]]\naddress = %q\n\n[encryption]\nidentity-file = %q\nrecipients = [%q]\n", s.folder, s.key, s.public)
	if err := errors.Join(os.Mkdir(home, 0o700), os.WriteFile(config, []byte(text), 0o600)); err != nil {
		return err
	}
	padsync := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, program, append(args, "--config", config)...)
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME=", "XDG_DATA_HOME=", "XDG_STATE_HOME=", "XDG_CACHE_HOME=")
		cmd.Stdin, cmd.Stderr = os.Stdin, os.Stderr
		return cmd
	}
	// This machine joins what another one wrote: once, it needs the key.
	chosen := []string{t.address + "/pads/p/" + padID, t.address + "/polls/" + pollID}
	for _, args := range [][]string{append([]string{"describe", "--choice", "automatic"}, chosen...), {"backup"}} {
		cmd := padsync(append(args, "--identity", s.key)...)
		cmd.Stderr = nil
		if output, err := cmd.CombinedOutput(); err != nil {
			return ended(ctx, fmt.Errorf("padsync %s: %w\n%s", args[0], err, output))
		}
	}
	serve := padsync("serve", "--no-browser")
	output, err := serve.StdoutPipe()
	if err != nil {
		return err
	}
	if err := serve.Start(); err != nil {
		return err
	}
	told(output, say)
	return ended(ctx, serve.Wait())
}

// told passes on what is printed, and opens the first address of it.
func told(output io.Reader, say words) {
	opened := false
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		line := lines.Text()
		fmt.Println("   " + line)
		at := strings.Index(line, "http://127.0.0.1:")
		if opened || at < 0 {
			continue
		}
		opened = true
		fmt.Print(say.page)
		if !terminal.Is(os.Stdout) || os.Getenv("SSH_CONNECTION") != "" {
			continue
		}
		address, _, _ := strings.Cut(line[at:], " ")
		command := terminal.Browser(os.Getenv("BROWSER"), address)
		if err := exec.Command(command[0], command[1:]...).Start(); err != nil {
			continue // the address is there to be copied
		}
	}
}

// ended is the error of what was to go on until ctx is done.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
