package setup

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/schedule"
)

const program = "/usr/local/bin/padsync"

// nightOf makes settings in a folder that becomes the working folder.
func nightOf(t *testing.T, env map[string]string, o Options) *Settings {
	t.Helper()
	t.Chdir(t.TempDir())
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("padsync.toml", "[[source]]\nkind = \"etherpad\"\nurl = \"https://pads.example.org\"\ndocuments = [\"ag\"]\n")
	write("pads.txt", "https://pads.example.org/p/ag\n")
	id, err := crypto.Generate(false)
	if err != nil {
		t.Fatal(err)
	}
	recipient, err := crypto.RecipientOf(id)
	if err != nil {
		t.Fatal(err)
	}
	write("recipients.txt", recipient.String()+"\n")
	var key bytes.Buffer
	if err := crypto.WriteIdentity(&key, id, time.Now()); err != nil {
		t.Fatal(err)
	}
	write("key.txt", key.String())
	scrypt, err := age.NewScryptRecipient("a long passphrase")
	if err != nil {
		t.Fatal(err)
	}
	scrypt.SetWorkFactor(4)
	var locked bytes.Buffer
	w, err := age.Encrypt(&locked, scrypt)
	if err == nil {
		_, err = w.Write(key.Bytes())
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	write("locked.age", locked.String())
	if o.Config == "" {
		o.Config = "padsync.toml"
	}
	s, err := newSetup(t, env).Load(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNightKeepsWhatWasSaidWithAbsolutePaths(t *testing.T) {
	s := nightOf(t, map[string]string{"LC_ALL": "fr_FR.UTF-8", "HTTPS_PROXY": "http://proxy.example.org:3128", "RCLONE_CONFIG": "/home/marie/rclone.conf", "XDG_DATA_HOME": "relative"}, Options{
		Repositories: []string{"pads", "rclone:nextcloud:Sauvegardes/pads", "s3:https://s3.example.org/association/pads"}, RecipientsFiles: []string{"recipients.txt"}, IdentityFiles: []string{"key.txt"},
	})
	at := schedule.Clock{Hour: 1, Minute: 30}
	job, notes, err := s.Nightly(t.Context(), Night{Program: program, At: &at, Linger: true, DocumentsFiles: []string{"pads.txt"}, Formats: []string{"txt", "html"}, MaxDuration: 90 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	want := []string{
		"backup", "-q", "--config", in("padsync.toml"), "--repository", in("pads"), "--repository", "rclone:nextcloud:Sauvegardes/pads", "--repository", "s3:https://s3.example.org/association/pads",
		"--identity", in("key.txt"), "--recipients-file", in("recipients.txt"), "--documents-file", in("pads.txt"), "--formats", "txt,html", "--max-duration", "1h30m",
	}
	if !slices.Equal(job.Args, want) || job.Program != program || job.At != at || !job.Linger {
		t.Errorf("%+v", job)
	}
	for _, variable := range []string{"LANG=fr_FR.UTF-8", "HTTPS_PROXY=http://proxy.example.org:3128", "RCLONE_CONFIG=/home/marie/rclone.conf"} {
		if !slices.Contains(job.Environment, variable) {
			t.Errorf("there is no %s in %q", variable, job.Environment)
		}
	}
	if strings.Contains(strings.Join(job.Environment, " "), "relative") || noted(notes, "schedule-lacks") != "" {
		t.Errorf("%q %v", job.Environment, notes)
	}
}

func noted(all []message.Message, id string) string {
	for _, m := range all {
		if m.ID == id {
			return strings.TrimSpace(strings.Join(texts(m.Data), " "))
		}
	}
	return ""
}

func texts(data []any) (all []string) {
	for _, d := range data {
		text, _ := d.(string)
		all = append(all, text)
	}
	return all
}

func TestNightHasATimeOfItsOwnAndAnEnd(t *testing.T) {
	s := nightOf(t, nil, Options{})
	job, _, err := s.Nightly(t.Context(), Night{Program: program})
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := s.Nightly(t.Context(), Night{Program: program})
	if err != nil || job.At != again.At || job.At.Hour < 2 || job.At.Hour > 4 || job.Shift != 0 {
		t.Errorf("%+v, then %+v, %v", job, again, err)
	}
	if n := len(job.Args); job.Args[n-2] != "--max-duration" || job.Args[n-1] != "20h" {
		t.Errorf("%q", job.Args)
	}
}

func TestNightWithoutAProgramThatStaysIsRefused(t *testing.T) {
	if _, _, err := nightOf(t, nil, Options{}).Nightly(t.Context(), Night{}); !errors.Is(err, schedule.ErrTemporary) { // as a test is in a temporary folder
		t.Error(err)
	}
}

// answering knows the passphrase.
type answering struct{ nobody }

func (answering) Prompt(string) crypto.Prompt {
	return crypto.Prompt{Passphrase: func() (string, error) { return "a long passphrase", nil }}
}

func TestNightThatWouldAskIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		options Options
		env     map[string]string
		want    error
	}{
		"a key with a passphrase":       {options: Options{IdentityFiles: []string{"locked.age"}}, want: ErrAttended},
		"and recipients":                {options: Options{IdentityFiles: []string{"locked.age"}, RecipientsFiles: []string{"recipients.txt"}}, want: ErrAttended},
		"a key":                         {options: Options{IdentityFiles: []string{"key.txt"}, Repositories: []string{"rclone:nextcloud:pads"}}},
		"recipients":                    {options: Options{RecipientsFiles: []string{"recipients.txt"}, Repositories: []string{"rclone:nextcloud:pads"}}},
		"nobody to seal to":             {options: Options{Repositories: []string{"rclone:nextcloud:pads"}}, want: ErrNotSealed},
		"nobody, though it is not said": {options: Options{Repositories: []string{"rclone:nextcloud:pads"}, Unencrypted: true}},
	} {
		s := nightOf(t, c.env, c.options)
		if _, _, err := s.Nightly(t.Context(), Night{Program: program}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Who answers now does not at night.
	s := nightOf(t, nil, Options{IdentityFiles: []string{"locked.age"}})
	s.setup.Asker = answering{}
	if _, _, err := s.Nightly(t.Context(), Night{Program: program}); !errors.Is(err, ErrAttended) {
		t.Errorf("somebody answers: %v", err)
	}
	// What is in a variable now is not at night.
	key, err := os.ReadFile("key.txt")
	if err != nil {
		t.Fatal(err)
	}
	s = nightOf(t, map[string]string{"PADSYNC_IDENTITY": string(key)}, Options{Repositories: []string{"rclone:nextcloud:pads"}})
	if _, _, err := s.Nightly(t.Context(), Night{Program: program}); !errors.Is(err, ErrNotSealed) {
		t.Errorf("a key in a variable: %v", err)
	}
}

func TestNightOfNothingIsRefused(t *testing.T) {
	s := nightOf(t, nil, Options{})
	if err := os.WriteFile("padsync.toml", []byte("language = \"fr\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := s.setup.Load(Options{Config: "padsync.toml"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Nightly(t.Context(), Night{Program: program}); !errors.Is(err, ErrNoDocuments) {
		t.Error(err)
	}
	if _, _, err := s.Nightly(t.Context(), Night{Program: program, DocumentsFiles: []string{"-"}}); !errors.Is(err, ErrInput) {
		t.Errorf("a list from standard input: %v", err)
	}
}

func TestShowingANightMakesNothing(t *testing.T) {
	s := nightOf(t, nil, Options{RecipientsFiles: []string{"recipients.txt"}})
	if _, _, err := s.Nightly(t.Context(), Night{Program: program}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.Machine.Folder()); err == nil {
		t.Error("the state folder is made")
	}
}

func TestNoSecretIsInAnEntry(t *testing.T) {
	t.Setenv("RCLONE_CONFIG_NEXTCLOUD_PASS", "hunter2-remote")
	env := map[string]string{
		"AWS_SECRET_ACCESS_KEY": "hunter2-aws", "RCLONE_CONFIG_PASS": "hunter2-rclone", "RCLONE_CONFIG_NEXTCLOUD_PASS": "hunter2-remote",
		"https_proxy": "http://marie:hunter2-proxy@proxy.example.org", "http_proxy": "marie:hunter2-bare@proxy.example.org:3128",
	}
	s := nightOf(t, env, Options{})
	job, notes, err := s.Nightly(t.Context(), Night{Program: program})
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(append(job.Args, job.Environment...), " "); strings.Contains(all, "hunter2") {
		t.Errorf("there is a secret in %s", all)
	}
	lacks := noted(notes, "schedule-lacks")
	for name := range env {
		if !strings.Contains(lacks, name) {
			t.Errorf("nothing says that %s is missing at night: %s", name, lacks)
		}
	}
	if strings.Contains(lacks, "hunter2") {
		t.Error("and a secret is said")
	}
	s = nightOf(t, nil, Options{Repositories: []string{"rclone::webdav,url='https://cloud.example.org',pass=hunter2:pads"}, Unencrypted: true})
	if _, _, err := s.Nightly(t.Context(), Night{Program: program}); !errors.Is(err, ErrSecretOption) || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
}

func TestCommandsOfTheConfigurationFindTheirPrograms(t *testing.T) {
	s := nightOf(t, map[string]string{"PATH": "/home/marie/bin:/usr/bin"}, Options{})
	job, notes, err := s.Nightly(t.Context(), Night{Program: program})
	if err != nil || strings.Contains(strings.Join(job.Environment, " "), "PATH=") || noted(notes, "schedule-commands") != "" {
		t.Errorf("no command: %q, %v", job.Environment, err)
	}
	s.Sources[0].PasswordsCommand = []string{"pass", "show", "polls"}
	job, notes, err = s.Nightly(t.Context(), Night{Program: program})
	if err != nil || !slices.Contains(job.Environment, "PATH=/home/marie/bin:/usr/bin") || noted(notes, "schedule-commands") != "Programs pass" {
		t.Errorf("%q, %v, %v", job.Environment, notes, err)
	}
}

func TestLastRunIsThatOfTheConfiguration(t *testing.T) {
	s := nightOf(t, nil, Options{})
	if run, err := s.LastRun(t.Context()); run != nil || err != nil {
		t.Errorf("without a catalogue: %v, %v", run, err)
	}
	c, err := s.setup.OpenCatalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	file, err := filepath.Abs("padsync.toml")
	if err != nil {
		t.Fatal(err)
	}
	for i, configuration := range []string{file, "padsync.toml", "/elsewhere/padsync.toml"} {
		now := time.Date(2026, 12, 1, 2, i, 0, 0, time.UTC)
		if err := c.Record(t.Context(), catalog.Run{Configuration: configuration, Started: now, Ended: now, Saved: i + 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if run, err := s.LastRun(t.Context()); err != nil || run == nil || run.Saved != 2 {
		t.Errorf("%+v, %v", run, err)
	}
}

func TestNightOutsideOfAServersHoursIsSaid(t *testing.T) {
	s := nightOf(t, nil, Options{})
	for hours, want := range map[string]bool{"22:00-06:00": false, "": false, "12:00-13:00": true, "02:30-02:29": false, "02:31-02:30": true} {
		s.Sources[0].Hours = config.Hours(hours)
		_, notes, err := s.Nightly(t.Context(), Night{Program: program, At: &schedule.Clock{Hour: 2, Minute: 30}})
		if said := noted(notes, "schedule-hours"); err != nil || (said != "") != want {
			t.Errorf("%s: %q, %v", hours, said, err)
		}
	}
}
