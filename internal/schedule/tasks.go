package schedule

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf16"
)

// tasks is the task scheduler of Windows. Its task is made of a file that stays
// where the machine keeps things, which says what the task is. What is written is
// checked everywhere; Windows itself has not been asked.
type tasks struct{ host Host }

const taskName = "padsync"

func (t *tasks) kind() Kind { return Tasks }

func (t *tasks) file() string { return filepath.Join(t.host.State, "schedule.xml") }

// task is the definition of a job (the schema of the Task Scheduler, version 1.2).
func task(j Job, m made) string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n")
	memory, _ := json.Marshal(m)
	say := func(format string, values ...any) { fmt.Fprintf(&b, format+"\r\n", values...) }
	say(`<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">`)
	say(`  <RegistrationInfo>`)
	say(`    <Description>Back up pads and polls every night. Made by padsync schedule install; padsync schedule remove takes it away.</Description>`)
	say(`    <Documentation>%s</Documentation>`, xmlText(manual))
	say(`  </RegistrationInfo>`)
	say(`  <!-- padsync made: %s -->`, strings.ReplaceAll(string(memory), "-", `\u002d`))
	say(`  <Triggers>`)
	say(`    <CalendarTrigger>`)
	say(`      <StartBoundary>2026-01-01T%s:00</StartBoundary>`, j.At)
	say(`      <Enabled>true</Enabled>`)
	say(`      <RandomDelay>PT%dM</RandomDelay>`, MaxDelay)
	say(`      <ScheduleByDay>`)
	say(`        <DaysInterval>1</DaysInterval>`)
	say(`      </ScheduleByDay>`)
	say(`    </CalendarTrigger>`)
	say(`  </Triggers>`)
	say(`  <Settings>`)
	say(`    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>`)
	say(`    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>`)
	say(`    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>`)
	say(`    <StartWhenAvailable>true</StartWhenAvailable>`)
	say(`    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>`)
	say(`  </Settings>`)
	say(`  <Actions>`)
	say(`    <Exec>`)
	say(`      <Command>%s</Command>`, xmlText(j.Program))
	say(`      <Arguments>%s</Arguments>`, xmlText(windowsLine(j.Args)))
	say(`    </Exec>`)
	say(`  </Actions>`)
	say(`</Task>`)
	return b.String()
}

// windowsLine is a line that CommandLineToArgvW takes apart into these words.
func windowsLine(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		if quoted[i] = word; word != "" && !strings.ContainsAny(word, " \t\"") {
			continue
		}
		var b strings.Builder
		slashes := 0
		for _, c := range []byte(word) {
			switch c {
			case '\\':
				slashes++
			case '"':
				b.WriteString(strings.Repeat(`\`, slashes+1))
				slashes = 0
			default:
				slashes = 0
			}
			b.WriteByte(c)
		}
		quoted[i] = `"` + b.String() + strings.Repeat(`\`, slashes) + `"`
	}
	return strings.Join(quoted, " ")
}

// utf16File is a text as schtasks reads it.
func utf16File(text string) string {
	units := utf16.Encode([]rune("\ufeff" + text))
	b := make([]byte, 0, 2*len(units))
	for _, u := range units {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// ofUTF16 is the text of such a file, "" if it is none.
func ofUTF16(file string) string {
	var units []uint16
	for b := []byte(file); len(b) > 1; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	text, _ := strings.CutPrefix(string(utf16.Decode(units)), "\ufeff")
	return text
}

func (t *tasks) entry(context.Context) (*Entry, error) {
	raw, there, err := read(t.file())
	if err != nil || !there {
		return nil, err
	}
	text := ofUTF16(raw)
	e := &Entry{Kind: Tasks, Places: []string{t.file()}, Delay: MaxDelay}
	var list struct {
		Start   string `xml:"Triggers>CalendarTrigger>StartBoundary"`
		Command string `xml:"Actions>Exec>Command"`
	}
	_, body, _ := strings.Cut(text, "?>") // it is UTF-8 by now
	if xml.Unmarshal([]byte(body), &list) == nil {
		if at, err := time.Parse("2006-01-02T15:04:05", list.Start); err == nil {
			e.At, e.Daily, e.Program = Clock{at.Hour(), at.Minute()}, true, list.Command
		}
	}
	if _, rest, found := strings.Cut(text, "<!-- padsync made: "); found {
		memory, _, _ := strings.Cut(rest, " -->")
		_ = json.Unmarshal([]byte(memory), &e.made)
	}
	return e, nil
}

func (t *tasks) install(_ context.Context, j Job, before *Entry) (*Plan, error) {
	for _, word := range append([]string{j.Program}, j.Args...) {
		// The task scheduler puts variables and its own arguments in place of these.
		if strings.Contains(word, "%") || strings.Contains(word, "$(") {
			return nil, ErrUnwritable
		}
	}
	p := &Plan{Kind: Tasks, At: j.At, Delay: MaxDelay}
	m := made{Folders: missing(t.host.State)}
	if before != nil {
		m.Folders = append(m.Folders, before.made.Folders...)
	}
	p.write(t.file(), utf16File(task(j, m)), m.Folders)
	p.Writes[0].Text = strings.ReplaceAll(task(j, m), "\r\n", "\n")
	p.tell(t.host, nil, "schtasks", "/create", "/tn", taskName, "/xml", t.file(), "/f")
	p.note("schedule-tasks-missed")
	p.note("schedule-logged-in-only")
	p.note("schedule-battery")
	if len(j.Environment) > 0 {
		names := make([]string, len(j.Environment))
		for i, variable := range j.Environment {
			names[i], _, _ = strings.Cut(variable, "=")
		}
		p.note("schedule-no-variables", "Variables", strings.Join(names, ", "))
	}
	return p, nil
}

func (t *tasks) remove(_ context.Context, e *Entry) (*Plan, error) {
	p := &Plan{Kind: Tasks}
	p.tell(t.host, nil, "schtasks", "/delete", "/tn", taskName, "/f")
	if err := p.remove(t.file()); err != nil {
		return nil, err
	}
	p.Removes[0].Text = strings.ReplaceAll(ofUTF16(p.Removes[0].Text), "\r\n", "\n")
	p.empty(e.made.Folders)
	return p, nil
}

func (t *tasks) status(ctx context.Context, e *Entry, s *Status) error {
	_, err := t.host.run(ctx, "", "schtasks", "/query", "/tn", taskName)
	if errors.Is(err, ErrCommand) {
		s.note("schedule-inactive", "Unit", taskName)
		return ctx.Err()
	}
	s.Active, s.Next = err == nil, e.At.Next(time.Now())
	return err
}
