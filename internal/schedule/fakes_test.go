package schedule

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A fake is a host whose programs are scripts that note what they are asked, and do
// what those of a system do as far as it shows.
type fake struct {
	Host
	t   *testing.T
	dir string
}

// newFake is a host of this system with no program but what is installed.
func newFake(t *testing.T, system string) *fake {
	t.Helper()
	dir := t.TempDir()
	f := &fake{t: t, dir: dir}
	f.Host = Host{OS: system, Getenv: os.Getenv, Home: filepath.Join(dir, "home"), State: filepath.Join(dir, "state"), User: "marie", UID: 4711, Root: filepath.Join(dir, "system")}
	for _, folder := range []string{"bin", "home", "system/proc/1", "system/proc/70"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	f.set("system/proc/1/comm", "init\n")
	f.set("system/proc/70/comm", "cron\n")
	for _, name := range []string{"XDG_RUNTIME_DIR", "container", "KUBERNETES_SERVICE_HOST", "CI"} {
		t.Setenv(name, "")
	}
	t.Setenv("FAKE", dir)
	if os.Getenv("REAL") == "" { // the first fake of the test
		t.Setenv("REAL", os.Getenv("PATH"))
	}
	t.Setenv("PATH", filepath.Join(dir, "bin"))
	return f
}

// program installs one; calls is the log that all of them write to.
func (f *fake) program(name, script string) {
	f.t.Helper()
	text := "#!/bin/sh\nPATH=$REAL\nprintf '%s\\n' \"" + name + " $*\" >> \"$FAKE/calls\"\n" + script
	if err := os.WriteFile(filepath.Join(f.dir, "bin", name), []byte(text), 0o700); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fake) set(file, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, file), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// get is a file's text, "" if it is not there.
func (f *fake) get(file string) string {
	f.t.Helper()
	text, err := os.ReadFile(filepath.Join(f.dir, file))
	if err != nil && !os.IsNotExist(err) {
		f.t.Fatal(err)
	}
	return string(text)
}

// calls are the commands that were run since the last time, of programs that change
// something or not.
func (f *fake) calls() []string {
	text := f.get("calls")
	f.set("calls", "")
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// tree are the files and folders below the home folder.
func (f *fake) tree() (all []string) {
	f.t.Helper()
	err := filepath.WalkDir(f.Home, func(path string, _ os.DirEntry, err error) error {
		if rest, _ := filepath.Rel(f.Home, path); rest != "." {
			all = append(all, rest)
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return all
}

func (f *fake) find() *System {
	f.t.Helper()
	s, err := Find(f.t.Context(), f.Host)
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

// install plans and does it.
func (f *fake) install(j Job) *Plan {
	f.t.Helper()
	p, err := f.find().Install(f.t.Context(), j)
	if err == nil {
		err = p.Do(f.t.Context())
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

func (f *fake) remove() *Plan {
	f.t.Helper()
	p, err := f.find().Remove(f.t.Context())
	if err == nil {
		err = p.Do(f.t.Context())
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

func (f *fake) status() *Status {
	f.t.Helper()
	s, err := f.find().Status(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

// systemd installs a manager of the user's.
func (f *fake) systemd() {
	f.program("systemctl", `
test ! -e "$FAKE/refuse-$2" || { echo "no $2 here" >&2; exit 1; }
wants=$FAKE/home/.config/systemd/user/timers.target.wants
case "$2" in
show)
	case "$*" in
	*UnitPath*) echo "/run/user/4711/systemd/transient $FAKE/home/.config/systemd/user /etc/systemd/user" ;;
	*padsync.timer*) cat "$FAKE/timer" ;;
	*padsync.service*) cat "$FAKE/service" ;;
	esac ;;
enable) mkdir -p "$wants"; ln -sf ../padsync.timer "$wants/padsync.timer" ;;
disable)
	test -e "$FAKE/home/.config/systemd/user/padsync.timer" || { echo "Unit file padsync.timer does not exist." >&2; exit 1; }
	rm -f "$wants/padsync.timer"; rmdir "$wants" ;;
esac
`)
	f.program("loginctl", `
mkdir -p "$FAKE/system/var/lib/systemd/linger"
case "$1" in
enable-linger) : > "$FAKE/system/var/lib/systemd/linger/marie" ;;
disable-linger) rm "$FAKE/system/var/lib/systemd/linger/marie" ;;
esac
`)
	f.set("timer", "ActiveState=active\nUnitFileState=enabled\nNextElapseUSecRealtime=Wed 2026-12-02 02:47:11 UTC\nLastTriggerUSec=\n")
	f.set("service", "ActiveState=inactive\nResult=success\nExecMainStatus=0\nExecMainStartTimestamp=\nExecMainExitTimestamp=\n")
}

// cron installs a cron whose table is the file table, and which is as strict as
// Debian's.
func (f *fake) cron() {
	f.program("crontab", `
case "$1" in
-l)
	test ! -e "$FAKE/refuse" || { cat "$FAKE/refuse" >&2; exit 1; }
	test -e "$FAKE/table" || { echo "no crontab for marie" >&2; exit 1; }
	cat "$FAKE/table" ;;
-r) rm "$FAKE/table" ;;
-)
	cat > "$FAKE/new"
	test "$(tail -c 1 "$FAKE/new" | od -An -tx1)" = " 0a" || { echo "new crontab file is missing newline before EOF, can't install." >&2; exit 1; }
	test ! -e "$FAKE/refuse-new" || { echo "errors in crontab file, can't install." >&2; exit 1; }
	mv "$FAKE/new" "$FAKE/table" ;;
esac
`)
}

// job is one whose program is there.
func (f *fake) job() Job {
	f.t.Helper()
	program := filepath.Join(f.dir, "bin", "padsync")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700); err != nil {
		f.t.Fatal(err)
	}
	return Job{Program: program, Args: []string{"backup", "-q", "--config", "/home/marie/Mes pads/padsync.toml"}, Environment: []string{"LANG=fr_FR.UTF-8"}, At: Clock{2, 41}}
}

// noted says that a message is among those.
func (p *Plan) noted(id string) bool   { return slices.Contains(ids(p.Notes), id) }
func (s *Status) noted(id string) bool { return slices.Contains(ids(s.Notes), id) }
