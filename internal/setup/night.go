package setup

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/schedule"
)

// A Night is what a person says of the backup that is to be made every night.
type Night struct {
	At     *schedule.Clock // nil: a time of this machine's own between 2 and 5
	Linger bool            // also while the person is not logged in

	// Program is the path of padsync; "": as schedule.Program has it.
	Program string

	// These are options of backup, besides those that all commands have.
	DocumentsFiles []string
	Formats        []string
	MaxDuration    time.Duration // 0: it ends before the next night
}

// usualNight is how long a backup may take before the next one begins.
const usualNight = 20 * time.Hour

var (
	// ErrAttended is for settings that ask somebody, which nobody answers at night.
	ErrAttended = errors.New("it would have to ask somebody")

	// ErrInput is for a list from standard input, which a night has not.
	ErrInput = errors.New("standard input at night")

	// ErrSecretOption is for an option with a secret in it: an entry is no place
	// for one.
	ErrSecretOption = errors.New("a secret in an option")
)

// Nightly is the job that makes a backup with these settings every night, with no
// terminal and without the variables of now: what options and variables say is
// frozen into it, with absolute paths. Notes say what a person should know of it.
//
// The error matches ErrAttended if a key would ask for a passphrase, ErrNotSealed
// if nobody can read what would be stored, ErrInput or ErrSecretOption for options
// that cannot be kept, and is that of NothingWanted if there is nothing to back up.
// A program in a temporary folder is schedule.ErrTemporary.
func (s *Settings) Nightly(ctx context.Context, n Night) (schedule.Job, []message.Message, error) {
	program := n.Program
	if program == "" {
		var err error
		if program, err = schedule.Program(); err != nil {
			return schedule.Job{}, nil, message.Of(message.Usage, err, "schedule-temporary", "Program", program)
		}
	}
	args, err := s.frozen(n)
	if err != nil {
		return schedule.Job{}, nil, err
	}
	if err := s.atNight(ctx, n); err != nil {
		return schedule.Job{}, nil, err
	}
	owner := fmt.Sprintf("%s %d", HostName(), os.Getuid())
	job := schedule.Job{Program: program, Args: args, At: schedule.Night(owner), Linger: n.Linger}
	if n.At != nil {
		job.At, job.Shift = *n.At, schedule.Shift(owner)
	}
	var notes []message.Message
	job.Environment, notes = s.nightVariables()
	return job, append(s.outside(job.At), notes...), nil
}

// outside are notes of the servers that may not be asked at that time of day.
func (s *Settings) outside(at schedule.Clock) (notes []message.Message) {
	for i := range s.Sources {
		hours := s.Sources[i].Hours
		if _, within := hours.End(at.Next(time.Now())); !within {
			notes = append(notes, message.New("schedule-hours", "Place", s.place("source[%d].hours", i), "Hours", string(hours), "Time", at.String()))
		}
	}
	return notes
}

// asleep is who is asked at night.
type asleep struct{}

func (asleep) Prompt(string) crypto.Prompt { return crypto.Prompt{} }

func (asleep) Output(context.Context, []string) ([]byte, error) { return nil, ErrAttended }

// atNight checks that a backup can be made as it will be at night.
func (s *Settings) atNight(ctx context.Context, n Night) error {
	alone := *s.setup
	alone.Asker, alone.Input, alone.Tell, alone.Attended = asleep{}, strings.NewReader(""), func(message.Message) {}, false
	alone.Getenv = func(name string) string {
		if secretVariable(name) {
			return ""
		}
		return s.setup.Getenv(name)
	}
	t := *s
	t.setup = &alone
	if _, err := t.sealing(false); errors.Is(err, crypto.ErrPassphrase) {
		return message.Of(message.Usage, ErrAttended, "schedule-attended")
	} else if err != nil {
		return err
	}
	known := t.Known(ctx)
	defer known.Close()
	all, bad := t.Wanted(nil, n.DocumentsFiles, known)
	switch {
	case len(all) > 0:
		return nil
	case bad.Count > 0:
		return bad.Alone()
	}
	return t.NothingWanted(len(n.DocumentsFiles) > 0)
}

// frozen are the arguments of the backup.
func (s *Settings) frozen(n Night) ([]string, error) {
	args := []string{"backup", "-q"}
	var err error
	file := func(option, name string) {
		path, fails := filepath.Abs(name)
		err = errors.Join(err, fails)
		args = append(args, option, path)
	}
	if s.Found {
		file("--config", s.File)
	}
	for _, address := range s.options.Repositories {
		l, parsed := ParseLocation(address)
		switch {
		case parsed != nil:
			return nil, parsed
		case l.Kind == Local:
			address = l.Value
		case l.Kind == "rclone" && l.Shown != "rclone:"+l.Value:
			return nil, message.Of(message.Usage, ErrSecretOption, "schedule-secret", "Option", "--repository")
		}
		args = append(args, "--repository", address)
	}
	if s.options.Unencrypted {
		args = append(args, "--unencrypted")
	}
	for _, name := range s.options.IdentityFiles {
		file("--identity", name)
	}
	for _, text := range s.options.Recipients {
		args = append(args, "--recipient", text)
	}
	for _, name := range s.options.RecipientsFiles {
		file("--recipients-file", name)
	}
	for _, name := range n.DocumentsFiles {
		if name == "-" {
			return nil, message.Of(message.Usage, ErrInput, "schedule-input", "Option", "--documents-file")
		}
		file("--documents-file", name)
	}
	if len(n.Formats) > 0 {
		args = append(args, "--formats", strings.Join(n.Formats, ","))
	}
	if n.MaxDuration == 0 {
		n.MaxDuration = usualNight
	}
	return append(args, "--max-duration", shortDuration(n.MaxDuration)), err
}

// shortDuration is 20h for 20h0m0s.
func shortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// keptVariables say where things are, and hold no secret.
var keptVariables = []string{
	configVariable, dataVariable, stateVariable,
	"RCLONE_CONFIG", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "SSL_CERT_FILE", "SSL_CERT_DIR",
}

// proxyVariables are addresses, which may have a password in them.
var proxyVariables = []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"}

// secretVariables are, or give access to, secrets.
var secretVariables = []string{
	identityVariable, runnerVariable, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "RCLONE_CONFIG_PASS",
}

// secretVariable says that a variable is, or may be, a secret.
func secretVariable(name string) bool {
	return slices.Contains(secretVariables, name) || strings.HasPrefix(name, "RCLONE_") && !slices.Contains(keptVariables, name)
}

// nightVariables are those of now that the night gets, and what it does not get.
func (s *Settings) nightVariables() (kept []string, notes []message.Message) {
	keep := func(name, value string) { kept = append(kept, name+"="+value) }
	for _, name := range keptVariables {
		value := s.setup.Getenv(name)
		if value != "" && (filepath.IsAbs(value) || name == "AWS_PROFILE") {
			keep(name, value)
		}
	}
	var lacking []string
	for _, name := range proxyVariables {
		value := s.setup.Getenv(name)
		if value == "" {
			continue
		}
		if u, err := url.Parse(value); strings.EqualFold(name, "no_proxy") || err == nil && u.User == nil && !strings.Contains(value, "@") {
			keep(name, value)
		} else {
			lacking = append(lacking, name)
		}
	}
	if s.Language == "" {
		// As words.Language has it; the night has none of its own.
		for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
			if value := s.setup.Getenv(name); value != "" {
				keep("LANG", value)
				break
			}
		}
	}
	commands := s.commands()
	if path := s.setup.Getenv("PATH"); len(commands) > 0 && path != "" {
		keep("PATH", path)
		notes = append(notes, message.New("schedule-commands", "Programs", strings.Join(commands, ", ")))
	}
	named := slices.Clone(secretVariables)
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); secretVariable(name) && !slices.Contains(named, name) {
			named = append(named, name) // a remote of rclone's may be all variables
		}
	}
	for _, name := range named {
		if s.setup.Getenv(name) != "" {
			lacking = append(lacking, name)
		}
	}
	if len(lacking) > 0 {
		slices.Sort(lacking)
		notes = append(notes, message.New("schedule-lacks", "Variables", strings.Join(lacking, ", ")))
	}
	if s.setup.Getenv("SUDO_USER") != "" {
		notes = append(notes, message.New("schedule-sudo"))
	}
	slices.Sort(kept)
	return kept, append(notes, message.New("schedule-network"))
}

// commands are the programs that the configuration has print a secret.
func (s *Settings) commands() (names []string) {
	add := func(command []string) {
		if len(command) > 0 && !slices.Contains(names, command[0]) {
			names = append(names, command[0])
		}
	}
	for i := range s.Sources {
		of := &s.Sources[i]
		for _, command := range [][]string{of.PasswordsCommand, of.PasswordCommand, of.CookieCommand, of.APIKeyCommand, of.ClientSecretCommand, of.MyPadsPasswordCommand} {
			add(command)
		}
	}
	return names
}

// LastRun is the last backup of these settings that this machine's catalogue knows;
// nil if it knows none. Without a catalogue, none is known.
func (s *Settings) LastRun(ctx context.Context) (*catalog.Run, error) {
	c, err := s.setup.OpenCatalog(ctx)
	if errors.Is(err, ErrHomeless) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if !c.Exists() {
		return nil, nil
	}
	runs, err := c.Runs(ctx, 0)
	for i := range runs {
		if sameConfiguration(runs[i].Configuration, s.File) {
			return &runs[i], err
		}
	}
	return nil, err
}

// sameConfiguration compares files that may be named from a folder.
func sameConfiguration(a, b string) bool {
	one, err1 := filepath.Abs(a)
	other, err2 := filepath.Abs(b)
	return a == b || err1 == nil && err2 == nil && one == other
}
