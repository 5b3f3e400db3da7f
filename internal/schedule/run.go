package schedule

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/internal/message"
)

// A CommandError is a command of the system that failed. It matches ErrCommand.
type CommandError struct {
	Command []string
	Said    string // on standard error, shortened
	Err     error
}

// Error implements error.
func (e *CommandError) Error() string {
	return fmt.Sprintf("%s: %v: %s", strings.Join(e.Command, " "), e.Err, e.Said)
}

// Unwrap gives what it matches.
func (e *CommandError) Unwrap() []error { return []error{ErrCommand, e.Err} }

const (
	patience  = time.Minute // for one command
	mostSaid  = 300         // bytes of what it says of a failure
	mostBytes = 1 << 20     // that are read of a file or a command's output
)

// run runs a command of the system and gives what it prints. Its messages and times
// are those that programs read: English, in UTC.
func (h Host) run(ctx context.Context, input string, command ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin = strings.NewReader(input)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	if runtime := filepath.Join(h.Root, "run/user", strconv.Itoa(h.UID)); h.Getenv("XDG_RUNTIME_DIR") == "" && h.OS != "windows" {
		// As after su, or in a job of cron: the user's manager may be there all the same.
		if _, err := os.Stat(runtime); err == nil {
			cmd.Env = append(cmd.Env, "XDG_RUNTIME_DIR="+runtime)
		}
	}
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	if err == nil && out.Len() > mostBytes {
		err = errors.New("it prints too much")
	}
	if err != nil {
		text := strings.TrimSpace(said.String())
		return "", &CommandError{command, text[:min(len(text), mostSaid)], err}
	}
	return out.String(), nil
}

// A step is one thing that a plan does. If a later one fails, it is undone.
type step struct {
	do   func(context.Context) error
	undo func(context.Context) // may be nil
}

// Do does what is planned. After an error, all is as it was before, as far as that
// is possible. An error matches ErrCommand if a command of the system failed.
func (p *Plan) Do(ctx context.Context) error {
	for i, one := range p.steps {
		err := one.do(ctx)
		if err == nil {
			continue
		}
		ctx = context.WithoutCancel(ctx)
		for ; i >= 0; i-- {
			if undo := p.steps[i].undo; undo != nil {
				undo(ctx)
			}
		}
		return err
	}
	return nil
}

// undone has the plan run a command if a later step fails, after that is undone.
func (p *Plan) undone(h Host, command ...string) {
	p.steps = append(p.steps, step{
		func(context.Context) error { return nil },
		func(ctx context.Context) { _, _ = h.run(ctx, "", command...) },
	})
}

// tell has the plan run a command of the system, and another one, if any is given,
// if a later step fails.
func (p *Plan) tell(h Host, undo []string, command ...string) {
	p.Commands = append(p.Commands, command)
	p.steps = append(p.steps, step{
		func(ctx context.Context) error {
			_, err := h.run(ctx, "", command...)
			return err
		},
		func(ctx context.Context) {
			if undo != nil {
				_, _ = h.run(ctx, "", undo...)
			}
		},
	})
}

// try has the plan run a command whose failure does no harm.
func (p *Plan) try(h Host, command ...string) {
	p.Commands = append(p.Commands, command)
	p.steps = append(p.steps, step{do: func(ctx context.Context) error {
		_, _ = h.run(ctx, "", command...)
		return ctx.Err()
	}})
}

// read is the text of a file, and whether it is there. One that is larger than any
// of ours is a ForeignError.
func read(file string) (string, bool, error) {
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err == nil && len(text) > mostBytes {
		err = &ForeignError{file}
	}
	return string(text), true, err
}

func write(file, text string) error {
	root, err := durable.OpenRoot(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer root.Close()
	return durable.Replace(root, filepath.Base(file), func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// missing are the folders that writing into a folder makes, innermost first.
func missing(folder string) (all []string) {
	for ; ; folder = filepath.Dir(folder) {
		if _, err := os.Lstat(folder); !errors.Is(err, os.ErrNotExist) || filepath.Dir(folder) == folder {
			return all
		}
		all = append(all, folder)
	}
}

// write has the plan write a file, and the folders that are missing.
func (p *Plan) write(file, text string, folders []string) {
	p.Writes = append(p.Writes, Text{Place: file, Text: text})
	var before string
	var there bool
	p.steps = append(p.steps, step{
		func(context.Context) (err error) {
			if before, there, err = read(file); err != nil {
				return err
			}
			if err = write(file, text); err != nil {
				err = message.In(err, "at", "Place", file)
			}
			return err
		},
		func(context.Context) {
			if there {
				_ = write(file, before)
				return
			}
			_ = os.Remove(file)
			emptyFolders(folders)
		},
	})
}

// remove has the plan take a file away.
func (p *Plan) remove(file string) error {
	text, there, err := read(file)
	if err != nil || !there {
		return err
	}
	p.Removes = append(p.Removes, Text{Place: file, Text: text})
	p.steps = append(p.steps, step{
		func(context.Context) error { return os.Remove(file) },
		func(context.Context) { _ = write(file, text) },
	})
	return nil
}

// tidy has the plan take away, without a word of it, what is left of a file.
func (p *Plan) tidy(file string) {
	p.steps = append(p.steps, step{do: func(context.Context) error {
		_ = os.Remove(file)
		return nil
	}})
}

// discard has the plan take a log away, if there is one, whatever is in it.
func (p *Plan) discard(file string) {
	if _, err := os.Lstat(file); err != nil {
		return
	}
	p.Removes = append(p.Removes, Text{Place: file})
	p.steps = append(p.steps, step{do: func(context.Context) error { return os.Remove(file) }})
}

// empty has the plan take folders away that nothing else is in by then.
func (p *Plan) empty(folders []string) {
	for _, f := range folders {
		p.Removes = append(p.Removes, Text{Place: f, Folder: true})
	}
	p.steps = append(p.steps, step{do: func(context.Context) error { emptyFolders(folders); return nil }})
}

func emptyFolders(folders []string) {
	for _, f := range folders {
		_ = os.Remove(f) // a folder that is not empty stays
	}
}
