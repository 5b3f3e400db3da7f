package schedule

import (
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"howett.net/plist"
)

var update = flag.Bool("update", false, "write the files of testdata")

// golden compares a text with a file.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || text != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("%s: it is\n%s", name, text)
	}
}

func oddJob() Job {
	return Job{Program: "/Users/marie/Mes outils/padsync", Args: []string{"backup", "-q", "--config", `/Users/marie/a & b <"c'>.toml`}, Environment: []string{"LANG=fr_FR.UTF-8", "A=<&>"}, At: Clock{23, 55}, Shift: 9}
}

func TestAgentOfLaunchdIsAPropertyList(t *testing.T) {
	j := oddJob()
	text := agent(j, "/Users/marie/Library/Logs/padsync.log", made{Folders: []string{"/Users/marie/Library/Launch--Agents"}})
	golden(t, "launchd.plist", text)
	var list struct {
		Label                 string
		ProgramArguments      []string
		EnvironmentVariables  map[string]string
		StartCalendarInterval struct{ Hour, Minute int }
	}
	if _, err := plist.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(list.ProgramArguments, j.command()) || list.Label != label || list.EnvironmentVariables["A"] != "<&>" || list.StartCalendarInterval.Hour != 0 || list.StartCalendarInterval.Minute != 4 {
		t.Errorf("%+v", list)
	}
	for _, word := range odd {
		j.Args, list.ProgramArguments = []string{word, word}, nil
		if _, err := plist.Unmarshal([]byte(agent(j, word, made{Folders: []string{word}})), &list); err != nil || !slices.Equal(list.ProgramArguments[1:], j.Args) {
			t.Errorf("%q: %v %q", word, err, list.ProgramArguments)
		}
	}
}

func TestTaskOfWindowsIsXML(t *testing.T) {
	j := oddJob()
	j.Program = `C:\Program Files\padsync & co\padsync.exe`
	text := task(j, made{Folders: []string{`C:\Users\marie\--`}})
	golden(t, "task.xml", strings.ReplaceAll(text, "\r\n", "\n"))
	file := utf16File(text)
	if !strings.HasPrefix(file, "\xff\xfe<\x00?\x00") || ofUTF16(file) != text {
		t.Errorf("the file begins with %q", file[:8])
	}
	for _, word := range odd {
		j.Args = []string{word, word}
		var list struct {
			Arguments string `xml:"Actions>Exec>Arguments"`
		}
		_, body, _ := strings.Cut(task(j, made{Folders: []string{word}}), "?>")
		if err := xml.Unmarshal([]byte(body), &list); err != nil || !slices.Equal(argv(list.Arguments), j.Args) {
			t.Errorf("%q: %v, %q", word, err, list.Arguments)
		}
	}
	f := newFake(t, "windows")
	for _, word := range []string{"%TEMP%", "$(Arg0)"} {
		if _, err := f.find().Install(t.Context(), Job{Program: `C:\padsync.exe`, Args: []string{word}}); err != ErrUnwritable {
			t.Errorf("%s: %v", word, err)
		}
	}
}

func TestLaunchdAndWindowsAreToldInTurn(t *testing.T) {
	f := newFake(t, "darwin")
	f.program("launchctl", `test "$1" != print || { echo "	state = running"; }`)
	f.install(f.job())
	f.install(f.job())
	file := filepath.Join(f.Home, "Library/LaunchAgents", label+".plist")
	if s := f.status(); !s.Active || !s.Running || s.Next.IsZero() {
		t.Errorf("%+v", s)
	}
	f.set("home/Library/LaunchAgents/"+label+".plist", strings.Replace(f.get("home/Library/LaunchAgents/"+label+".plist"), "<string>backup<", "<string>check<", 1))
	if s := f.status(); !s.noted("schedule-changed") || s.Entries[0].Args[0] != "check" {
		t.Errorf("%+v", s)
	}
	if err := os.MkdirAll(filepath.Join(f.Home, "Library/Logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	f.set("home/Library/Logs/padsync.log", strings.Repeat("x", mostBytes+1))
	f.remove()
	if tree := f.tree(); !slices.Equal(tree, []string{"Library", "Library/Logs"}) {
		t.Errorf("left are %q", tree)
	}
	domain := "gui/4711"
	want := []string{
		"launchctl bootstrap " + domain + " " + file, "launchctl bootout " + domain + "/" + label, "launchctl bootstrap " + domain + " " + file,
		"launchctl print " + domain + "/" + label, "launchctl print " + domain + "/" + label, "launchctl bootout " + domain + "/" + label,
	}
	if calls := f.calls(); !slices.Equal(calls, want) {
		t.Errorf("%q", calls)
	}

	f = newFake(t, "windows")
	f.program("schtasks", "")
	f.install(f.job())
	f.status()
	f.program("schtasks", "exit 1")
	if s := f.status(); s.Sound() || !s.noted("schedule-inactive") {
		t.Errorf("somebody deleted it: %+v", s)
	}
	f.program("schtasks", "")
	f.remove()
	file = filepath.Join(f.State, "schedule.xml")
	want = []string{"schtasks /create /tn padsync /xml " + file + " /f", "schtasks /query /tn padsync", "schtasks /query /tn padsync", "schtasks /delete /tn padsync /f"}
	if calls := f.calls(); !slices.Equal(calls, want) {
		t.Errorf("%q", calls)
	}
}

func TestFileThatIsInThePlaceOfTheAgentIsLeft(t *testing.T) {
	f := newFake(t, "darwin")
	f.program("launchctl", "")
	if err := os.MkdirAll(filepath.Join(f.Home, "Library/LaunchAgents"), 0o700); err != nil {
		t.Fatal(err)
	}
	name := "home/Library/LaunchAgents/" + label + ".plist"
	f.set(name, "<plist/>")
	if _, err := f.find().Install(t.Context(), f.job()); err == nil {
		t.Error("it is replaced")
	}
	if p := f.remove(); !p.Empty() || f.get(name) != "<plist/>" {
		t.Errorf("%+v", p)
	}
}
