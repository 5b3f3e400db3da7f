package rclone_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/sinks/rclone"
)

// Neither a broken nor an encrypted configuration may end the process, or
// make it ask something: each is tried in a process of its own, whose
// standard input never ends.
func TestConfigurations(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	good := write("good.conf", "[store]\ntype = alias-of-nothing\n\n[here]\ntype = local\n\n[asks]\ntype = sftp\nhost = 127.0.0.1\nport = 1\nask_password = true\n")
	broken := write("broken.conf", "[here]\ntype = local\nhunter2 hunter2\n")
	cut := write("cut.conf", "RCLONE_ENCRYPT_V0:\nhunter2\n")
	encrypted := filepath.Join("testdata", "encrypted.conf") // [here] type = local, password "padsync"
	folder := t.TempDir()

	for name, c := range map[string]struct {
		config, address string
		env             []string
		want            string
	}{
		"good":               {good, "here:" + folder, nil, "opened: <nil>"},
		"missing":            {filepath.Join(dir, "none"), "here:" + folder, nil, rclone.ErrNoRemote.Error()},
		"none needed":        {filepath.Join(dir, "none"), folder, nil, "opened: <nil>"},
		"remote is missing":  {good, "there:" + folder, nil, rclone.ErrNoRemote.Error()},
		"remote from env":    {good, "there:" + folder, []string{"RCLONE_CONFIG_THERE_TYPE=local"}, "opened: <nil>"},
		"kind is missing":    {good, "store:" + folder, nil, "no such kind of remote"},
		"password is asked":  {good, "asks:" + folder, nil, "opened: open"},
		"password is plain":  {good, ":webdav,url='http://127.0.0.1:1',pass=hunter2:", nil, "option pass: " + rclone.ErrNotObscured.Error()},
		"broken":             {broken, "here:" + folder, nil, rclone.ErrConfig.Error()},
		"a folder":           {dir, "here:" + folder, nil, rclone.ErrConfig.Error()},
		"encrypted":          {encrypted, "here:" + folder, nil, rclone.ErrEncrypted.Error()},
		"wrong password":     {encrypted, "here:" + folder, []string{"RCLONE_CONFIG_PASS=hunter2"}, rclone.ErrEncrypted.Error()},
		"right password":     {encrypted, "here:" + folder, []string{"RCLONE_CONFIG_PASS=padsync"}, "opened: <nil>"},
		"password command":   {encrypted, "here:" + folder, []string{"RCLONE_PASSWORD_COMMAND=echo padsync"}, "opened: <nil>"},
		"encrypted and cut":  {cut, "here:" + folder, []string{"RCLONE_CONFIG_PASS=padsync"}, rclone.ErrEncrypted.Error()},
		"no certificates":    {good, "here:" + folder, []string{"RCLONE_CA_CERT=" + broken}, rclone.ErrConfig.Error()},
		"no client key":      {good, "here:" + folder, []string{"RCLONE_CLIENT_CERT=" + broken}, rclone.ErrConfig.Error()},
		"odd variable":       {good, "here:" + folder, []string{"RCLONE_TRANSFERS=hunter2"}, rclone.ErrConfig.Error()},
		"odd duration":       {good, "here:" + folder, []string{"RCLONE_TIMEOUT=hunter2"}, rclone.ErrConfig.Error()},
		"command that fails": {encrypted, "here:" + folder, []string{"RCLONE_PASSWORD_COMMAND=false"}, rclone.ErrEncrypted.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := openInChild(t, c.address, append(c.env, "RCLONE_CONFIG="+c.config))
			if !strings.Contains(said, c.want) || !strings.Contains("\n"+said, "\nopened: ") {
				t.Errorf("%q", said)
			}
			if strings.Contains(said, "hunter2") {
				t.Errorf("tells a secret: %q", said)
			}
		})
	}
}

// A token that could not be kept makes tomorrow's run fail.
func TestWarningsReachThePersonOnce(t *testing.T) {
	secret := hidden(t, "hunter2")
	said := openInChild(t, fmt.Sprintf(":webdav,url='http://127.0.0.1:1',pass='%s':", secret), []string{"PADSYNC_TEST_SECRET=hunter2", "RCLONE_CONFIG="})
	if n := strings.Count(said, "warned: Failed to save config after 10 tries: … of https://example.org/… is read-only\n"); n != 1 || strings.Count(said, "warned: ") != 1 {
		t.Errorf("%q", said)
	}
}

// TestNothingHappensBeforeMain: a program that only links rclone makes no
// folder, is not ended over a variable, and has its environment.
func TestNothingHappensBeforeMain(t *testing.T) {
	home := t.TempDir()
	env := []string{"HOME=" + home, "XDG_CONFIG_HOME=", "RCLONE_TRANSFERS=odd", "RCLONE_CONFIG_THERE_TYPE=local", "PADSYNC_TEST_ENVIRONMENT=1"}
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "PATH=") || strings.HasPrefix(variable, "TMPDIR=") {
			env = append(env, variable)
		}
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(program)
	child.Env = env
	said, err := child.CombinedOutput()
	if want := "RCLONE_CONFIG_THERE_TYPE=local\nRCLONE_TRANSFERS=odd\n"; err != nil || string(said) != want {
		t.Errorf("%v: %q, want %q", err, said, want)
	}
	if made, err := os.ReadDir(home); len(made) > 0 || err != nil {
		t.Errorf("%v, %v", made, err)
	}
}

func openInChild(t *testing.T, address string, env []string) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, program)
	child.Env = append(os.Environ(), append(env, "PADSYNC_TEST_OPEN="+address)...)
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	said, err := child.CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, said)
	}
	return string(said)
}

func TestShownAddressHasNoSecret(t *testing.T) {
	for address, want := range map[string]string{
		"nextcloud:Backups/pads":                                            "nextcloud:Backups/pads",
		"nextcloud,user=hunter2,pass='hunter2:x':Backups/pads":              "nextcloud:Backups/pads",
		":webdav,url='https://hunter2@cloud.example.org/',vendor=other:a/b": ":webdav:a/b",
		":http:https://me:hunter2@example.org/a@b":                          ":http:https://example.org/a@b",
		"/var/backups":            "/var/backups",
		"nextcloud,pass='hunter2": "(an address that cannot be read)",
		"":                        "(an address that cannot be read)",
	} {
		if got := rclone.Shown(address); got != want {
			t.Errorf("%q: %q", address, got)
		}
	}
}

func TestErrorsHideSecrets(t *testing.T) {
	secret := hidden(t, "hunter2-revealed")
	for _, address := range []string{
		"nextcloud,pass='hunter2", "hunter2,pass=x:/", ":nothing,key=hunter2:path",
		":webdav,url='http://me:hunter2@127.0.0.1:1/hunter2?key=hunter2',pass='" + secret + "':path",
		":webdav,url='http://hunter2%/':path",
		":sftp,host=127.0.0.1,port=1,user=hunter2,pass='" + secret + "':path",
	} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			s, err := rclone.Open(t.Context(), address, rclone.Options{})
			if err == nil {
				_, err = s.Get(t.Context(), "key", 0, -1)
			}
			if err == nil {
				t.Errorf("%s: no error", address)
			}
			if text := fmt.Sprint(err); strings.Contains(text, "hunter2") && !strings.HasPrefix(address, "hunter2") || strings.Contains(text, secret) {
				t.Errorf("tells a secret: %v", err)
			}
		})
	}
}
