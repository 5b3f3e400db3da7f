package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

func testApp(t *testing.T, env map[string]string) *app {
	t.Helper()
	getenv := func(name string) string { return env[name] }
	words, err := newWords(getenv)
	if err != nil {
		t.Fatal(err)
	}
	return &app{
		getenv: getenv, words: words,
		stdin: strings.NewReader(""), stdout: new(bytes.Buffer), stderr: new(bytes.Buffer),
	}
}

func TestAddressOfARepository(t *testing.T) {
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	for _, c := range []struct{ address, kind, value, shown string }{
		{"~/pads", "local", home + "/pads", home + "/pads"},
		{"file:~/pads", "local", home + "/pads", home + "/pads"},
		{"./~/pads", "local", here + "/~/pads", here + "/~/pads"},
		{"archive", "local", here + "/archive", here + "/archive"},
		{"./with:colon", "local", here + "/with:colon", here + "/with:colon"},
		{"file:archive:1", "local", here + "/archive:1", here + "/archive:1"},
		{"/srv/pads", "local", "/srv/pads", "/srv/pads"},
		{"s3:https://s3.example.org/bucket", "s3", "https://s3.example.org/bucket", "s3:https://s3.example.org/bucket"},
		{"s3:http://127.0.0.1:7070/pads/p/q", "s3", "http://127.0.0.1:7070/pads/p/q", "s3:http://127.0.0.1:7070/pads/p/q"},
		{"rclone:nextcloud:Backups/pads", "rclone", "nextcloud:Backups/pads", "rclone:nextcloud:Backups/pads"},
		{"rclone:nextcloud,pass=hunter2:pads", "rclone", "nextcloud,pass=hunter2:pads", "rclone:nextcloud:pads"},
		{"rclone::webdav,url='https://me:hunter2@h/',pass=hunter2:pads", "rclone",
			":webdav,url='https://me:hunter2@h/',pass=hunter2:pads", "rclone::webdav:pads"},
	} {
		got, err := testApp(t, nil).parseLocation(c.address)
		if want := (location{c.kind, c.value, c.shown}); err != nil || got != want {
			t.Errorf("%s: %+v, %v", c.address, got, err)
		}
	}
}

func TestWhatIsNoRepositoryIsRefused(t *testing.T) {
	for _, address := range []string{
		"", "file:", "nextcloud:Backups", "sftp:host:hunter2", ":webdav,pass=hunter2:x", "https://s3.example.org/bucket", "s3:bucket",
		"s3:https://s3.example.org", "s3:https://s3.example.org/", "s3:https://me:hunter2@s3.example.org/b",
		"s3:https://h/b?secret=hunter2", "s3:ftp://h/b", "s3:https://h/%zzhunter2", "rclone:Backups", "rclone:", "rclone::webdav,url=https://h/x,pass=hunter2:pads", "rclone:a,b='hunter2:x",
	} {
		a := testApp(t, nil)
		got, err := a.parseLocation(address)
		if !errors.Is(err, errLocation) || exitCode(err) != exitUsage {
			t.Errorf("%q: %+v, %v", address, got, err)
			continue
		}
		if len(a.hints(err)) == 0 || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: error %v, hints %v", address, err, a.hints(err))
		}
	}
}
