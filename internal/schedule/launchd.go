package schedule

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// launchd starts agents of the user's, on macOS. What is written is checked
// everywhere; macOS itself has not been asked.
type launchd struct{ host Host }

const label = "io.github.padsync.backup"

func (l *launchd) kind() Kind { return Launchd }

func (l *launchd) file() string {
	return filepath.Join(l.host.Home, "Library/LaunchAgents", label+".plist")
}

func (l *launchd) log() string { return filepath.Join(l.host.Home, "Library/Logs/padsync.log") }

// domain is that of the user's own login.
func (l *launchd) domain() string { return "gui/" + strconv.Itoa(l.host.UID) }

func xmlText(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}

// agent is the property list of a job (launchd.plist(5)).
func agent(j Job, log string, m made) string {
	var b strings.Builder
	b.WriteString(xml.Header)
	b.WriteString("<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n")
	key := func(name string) { fmt.Fprintf(&b, "\t<key>%s</key>\n", name) }
	text := func(indent, value string) { fmt.Fprintf(&b, "%s<string>%s</string>\n", indent, xmlText(value)) }
	key("Label")
	text("\t", label)
	key("ProgramArguments")
	b.WriteString("\t<array>\n")
	for _, word := range j.command() {
		text("\t\t", word)
	}
	b.WriteString("\t</array>\n")
	if len(j.Environment) > 0 {
		key("EnvironmentVariables")
		b.WriteString("\t<dict>\n")
		for _, variable := range j.Environment {
			name, value, _ := strings.Cut(variable, "=")
			fmt.Fprintf(&b, "\t\t<key>%s</key>\n", xmlText(name))
			text("\t\t", value)
		}
		b.WriteString("\t</dict>\n")
	}
	at := j.At.Add(j.Shift)
	key("StartCalendarInterval")
	fmt.Fprintf(&b, "\t<dict>\n\t\t<key>Hour</key>\n\t\t<integer>%d</integer>\n\t\t<key>Minute</key>\n\t\t<integer>%d</integer>\n\t</dict>\n", at.Hour, at.Minute)
	for _, name := range []string{"StandardOutPath", "StandardErrorPath"} {
		key(name)
		text("\t", log)
	}
	key("ProcessType")
	text("\t", "Background")
	b.WriteString("</dict>\n</plist>\n")
	remembered := ""
	if len(m.Folders) > 0 {
		if folders, err := json.Marshal(m); err == nil {
			// Two hyphens end a comment.
			remembered = "<!-- padsync made: " + strings.ReplaceAll(string(folders), "-", `\u002d`) + " -->\n"
		}
	}
	body := remembered + b.String()[len(xml.Header):]
	return xml.Header + "<!-- Made by padsync schedule install; padsync schedule remove takes it away. -->\n<!-- padsync schedule: " + sum(body) + " -->\n" + body
}

func (l *launchd) entry(context.Context) (*Entry, error) {
	text, there, err := read(l.file())
	if err != nil || !there {
		return nil, err
	}
	_, rest, ours := strings.Cut(text, "<!-- padsync schedule: ")
	if !ours {
		return nil, &ForeignError{l.file()}
	}
	was, body, _ := strings.Cut(rest, " -->\n")
	e := &Entry{Kind: Launchd, Places: []string{l.file()}, Changed: was != sum(body)}
	if _, rest, found := strings.Cut(body, "<!-- padsync made: "); found {
		text, _, _ := strings.Cut(rest, " -->")
		_ = json.Unmarshal([]byte(text), &e.made)
	}
	var list struct {
		Program []string `xml:"dict>array>string"`
		Numbers []int    `xml:"dict>dict>integer"`
	}
	if xml.Unmarshal([]byte(text), &list) == nil && len(list.Program) > 0 && len(list.Numbers) == 2 {
		e.Program, e.Args = list.Program[0], list.Program[1:]
		e.At, e.Daily = Clock{list.Numbers[0], list.Numbers[1]}, true
	}
	return e, nil
}

func (l *launchd) install(_ context.Context, j Job, before *Entry) (*Plan, error) {
	p := &Plan{Kind: Launchd, At: j.At.Add(j.Shift)}
	m := made{Folders: missing(filepath.Dir(l.file()))}
	if before != nil {
		m.Folders = append(m.Folders, before.made.Folders...)
		if before.Changed {
			p.note("schedule-replaces", "Place", l.file())
		}
		p.try(l.host, "launchctl", "bootout", l.domain()+"/"+label)
	}
	p.write(l.file(), agent(j, l.log(), m), m.Folders)
	p.tell(l.host, nil, "launchctl", "bootstrap", l.domain(), l.file())
	if j.Shift > 0 {
		p.note("schedule-shift", "System", Launchd.Name(), "Time", p.At.String())
	}
	p.note("schedule-launchd-missed")
	p.note("schedule-logged-in-only")
	p.note("schedule-log", "File", l.log())
	p.note("schedule-battery")
	return p, nil
}

func (l *launchd) remove(_ context.Context, e *Entry) (*Plan, error) {
	p := &Plan{Kind: Launchd}
	p.try(l.host, "launchctl", "bootout", l.domain()+"/"+label)
	if err := p.remove(l.file()); err != nil {
		return nil, err
	}
	p.discard(l.log())
	p.empty(e.made.Folders)
	return p, nil
}

func (l *launchd) status(ctx context.Context, e *Entry, s *Status) error {
	out, err := l.host.run(ctx, "", "launchctl", "print", l.domain()+"/"+label)
	if errors.Is(err, ErrCommand) {
		s.note("schedule-inactive", "Unit", label)
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	s.Active, s.Next = true, e.At.Next(time.Now())
	for line := range strings.Lines(out) {
		s.Running = s.Running || strings.TrimSpace(line) == "state = running"
	}
	return nil
}
