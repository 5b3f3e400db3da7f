package schedule

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// cron is the user's table of cron.
type cron struct{ host Host }

func findCron(h Host) *cron {
	if _, err := exec.LookPath("crontab"); err != nil {
		return nil
	}
	return &cron{h}
}

func (c *cron) kind() Kind { return Cron }

const (
	// tag ends a line of ours: to the shell that runs the line it is a comment.
	tag = " # padsync schedule: "

	// mostLine is what cronie and Debian's cron take of a command, and more than
	// most need.
	mostLine = 998
)

// table is the user's table, "" if there is none. What else goes wrong is an error:
// a table that cannot be read must not be replaced.
func (c *cron) table(ctx context.Context) (string, error) {
	text, err := c.host.run(ctx, "", "crontab", "-l")
	if e, is := errors.AsType[*CommandError](err); is {
		said := strings.ToLower(e.Said)
		// The second is what busybox says.
		if strings.Contains(said, "no crontab") || strings.Contains(said, "can't open") && strings.Contains(said, "no such file") {
			return "", nil
		}
	}
	return text, err
}

func (c *cron) entry(ctx context.Context) (*Entry, error) {
	text, err := c.table(ctx)
	if err != nil {
		return nil, err
	}
	e := &Entry{Kind: Cron, Places: []string{Crontab}}
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); ours(line) {
			e.lines = append(e.lines, line)
		}
	}
	switch len(e.lines) {
	case 0:
		return nil, nil
	case 1:
		c.read(e, e.lines[0])
	default:
		c.read(e, e.lines[0])
		e.Changed = true
	}
	return e, nil
}

// ours says that a line was made here.
func ours(line string) bool {
	at := strings.LastIndex(line, tag)
	return at >= 0 && len(line) == at+len(tag)+len(sum(""))
}

// read takes from a line what an entry says.
func (c *cron) read(e *Entry, line string) {
	at := strings.LastIndex(line, tag)
	line, was := line[:at], line[at+len(tag):]
	e.Changed = e.Changed || was != sum(line)
	fields := strings.SplitN(line, " ", 6)
	if len(fields) < 6 || strings.HasPrefix(line, "#") {
		return // switched off
	}
	if at, err := time.Parse("4 15 * * *", strings.Join(fields[:5], " ")); err == nil {
		e.At, e.Daily = Clock{at.Hour(), at.Minute()}, true
	}
	words, ok := shellWords(fields[5])
	for len(words) > 0 && assigns(words[0]) {
		words = words[1:]
	}
	if ok && len(words) > 0 {
		e.Program, e.Args = words[0], words[1:]
	}
}

// assigns says that a word sets a variable. A path has a / before any =.
func assigns(word string) bool {
	name, _, found := strings.Cut(word, "=")
	return found && !strings.Contains(name, "/")
}

// cronLine is the line of a job.
func cronLine(j Job) string {
	at := j.At.Add(j.Shift)
	var words []string
	for _, variable := range j.Environment {
		name, value, _ := strings.Cut(variable, "=")
		words = append(words, name+"="+shellWord(value))
	}
	for _, word := range j.command() {
		words = append(words, shellWord(word))
	}
	line := fmt.Sprintf("%d %d * * * %s", at.Minute, at.Hour, strings.Join(words, " "))
	return line + tag + sum(line)
}

// percent stands for %, which ends the command in a line of cron. Some crons have
// \% for it and others do not; all have a shell.
const percent = `'"$(printf '\045')"'`

// shellWord is a word as a shell takes it from a line of cron.
func shellWord(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+:,./@") == "" {
		return word
	}
	return "'" + strings.NewReplacer(`'`, `'\''`, `%`, percent).Replace(word) + "'"
}

// shellWords are the words of a line that shellWord wrote; not ok for any other.
func shellWords(line string) (words []string, ok bool) {
	line = strings.ReplaceAll(line, percent, "%")
	var word strings.Builder
	quoted, any := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\'':
			quoted, any = !quoted, true
		case quoted:
			word.WriteByte(c)
		case c == ' ':
			if any {
				words = append(words, word.String())
			}
			word.Reset()
			any = false
		case c == '\\' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
			any = true
		case strings.IndexByte("\"$`;&|<>()*?#~", c) >= 0:
			return nil, false // somebody else's
		default:
			word.WriteByte(c)
			any = true
		}
	}
	if any {
		words = append(words, word.String())
	}
	return words, !quoted
}

// without is a table without the lines of ours. It ends with a line end, which
// crontab asks for.
func without(table string) string {
	var b strings.Builder
	for line := range strings.Lines(table) {
		if bare := strings.TrimSuffix(line, "\n"); !ours(bare) {
			b.WriteString(bare + "\n")
		}
	}
	return b.String()
}

func (c *cron) install(ctx context.Context, j Job, before *Entry) (*Plan, error) {
	line := cronLine(j)
	if len(line) > mostLine {
		return nil, ErrLong
	}
	p := &Plan{Kind: Cron, At: j.At.Add(j.Shift), Writes: []Text{{Place: Crontab, Text: line}}}
	if before != nil {
		for _, old := range before.lines {
			if old != line {
				p.Removes = append(p.Removes, Text{Place: Crontab, Text: old})
			}
		}
		if before.Changed {
			p.note("schedule-replaces", "Place", Crontab)
		}
	}
	c.change(p, func(table string) string {
		return without(table) + line + "\n"
	})
	if j.Shift > 0 {
		p.note("schedule-shift", "System", Cron.Name(), "Time", p.At.String())
	}
	p.note("schedule-cron-missed")
	p.note("schedule-cron-mail")
	if !c.daemon() {
		p.note("schedule-cron-asleep")
	}
	return p, nil
}

// change has the plan replace the table by what to makes of it.
func (c *cron) change(p *Plan, to func(table string) string) {
	p.Commands = append(p.Commands, []string{Crontab, "-"})
	var before string
	set := func(ctx context.Context, table string) error {
		if table == "" {
			_, err := c.host.run(ctx, "", "crontab", "-r")
			return err
		}
		_, err := c.host.run(ctx, table, "crontab", "-")
		return err
	}
	p.steps = append(p.steps, step{
		func(ctx context.Context) (err error) {
			// As it is now: somebody may have changed it since the plan was shown.
			if before, err = c.table(ctx); err != nil {
				return err
			}
			return set(ctx, to(before))
		},
		func(ctx context.Context) {
			if now, err := c.table(ctx); err == nil && now != before {
				_ = set(ctx, before)
			}
		},
	})
}

func (c *cron) remove(_ context.Context, e *Entry) (*Plan, error) {
	p := &Plan{Kind: Cron}
	for _, line := range e.lines {
		p.Removes = append(p.Removes, Text{Place: Crontab, Text: line})
	}
	c.change(p, without)
	return p, nil
}

func (c *cron) status(_ context.Context, e *Entry, s *Status) error {
	if e.Program == "" {
		return nil // what it does is not known
	}
	if s.Active = true; e.Daily {
		s.Next = e.At.Next(time.Now())
	}
	if !c.daemon() {
		s.Active = false
		s.note("schedule-cron-asleep")
	}
	return nil
}

// daemon says whether a cron runs, as far as one can see.
func (c *cron) daemon() bool {
	if _, err := os.Stat(filepath.Join(c.host.Root, "proc/1/comm")); err != nil {
		return true // not a system that shows everybody's programs
	}
	names, _ := filepath.Glob(filepath.Join(globbed(c.host.Root), "proc/[0-9]*/comm"))
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		switch strings.TrimSpace(string(text)) {
		case "cron", "crond", "fcron", "dcron":
			return true
		}
	}
	return false
}
