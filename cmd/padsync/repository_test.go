package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/words"
)

func testApp(t *testing.T, env map[string]string) *app {
	t.Helper()
	getenv := func(name string) string { return env[name] }
	catalogue, err := words.Load(errorRows())
	if err != nil {
		t.Fatal(err)
	}
	return &app{
		getenv: getenv, catalogue: catalogue, kinds: setup.AllKinds(), words: catalogue.In(words.Language(getenv)),
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
	for _, c := range []struct {
		address, kind, value, shown string
		s3                          s3Options
	}{
		{"~/pads", "local", home + "/pads", home + "/pads", s3Options{}},
		{"file:~/pads", "local", home + "/pads", home + "/pads", s3Options{}},
		{"./~/pads", "local", here + "/~/pads", here + "/~/pads", s3Options{}},
		{"archive", "local", here + "/archive", here + "/archive", s3Options{}},
		{"file", "local", here + "/file", here + "/file", s3Options{}},
		{"./with:colon", "local", here + "/with:colon", here + "/with:colon", s3Options{}},
		{"file:archive:1", "local", here + "/archive:1", here + "/archive:1", s3Options{}},
		{"/srv/pads", "local", "/srv/pads", "/srv/pads", s3Options{}},
		{"s3:https://s3.example.org/bucket", "s3", "https://s3.example.org/bucket", "s3:https://s3.example.org/bucket", s3Options{}},
		{"s3:http://127.0.0.1:7070/pads/p/q", "s3", "http://127.0.0.1:7070/pads/p/q", "s3:http://127.0.0.1:7070/pads/p/q", s3Options{}},
		{"rclone:nextcloud:Backups/pads", "rclone", "nextcloud:Backups/pads", "rclone:nextcloud:Backups/pads", s3Options{}},
		{"rclone:nextcloud,pass=hunter2:pads", "rclone", "nextcloud,pass=hunter2:pads", "rclone:nextcloud:pads", s3Options{}},
		{"rclone::webdav,url='https://me:hunter2@h/',pass=hunter2:pads", "rclone",
			":webdav,url='https://me:hunter2@h/',pass=hunter2:pads", "rclone::webdav:pads", s3Options{}},
		{"s3,bucket-in-host,region=eu-west-3:https://h/bucket/x", "s3", "https://h/bucket/x", "s3,bucket-in-host,region=eu-west-3:https://h/bucket/x", s3Options{"eu-west-3", true}},
		{"a,b", "local", here + "/a,b", here + "/a,b", s3Options{}},
	} {
		got, err := testApp(t, nil).parseLocation(c.address)
		if want := (location{kind: c.kind, value: c.value, shown: c.shown, s3: c.s3}); err != nil || got != want {
			t.Errorf("%s: %+v, %v", c.address, got, err)
		}
	}
}

func TestWhatIsNoRepositoryIsRefused(t *testing.T) {
	for _, address := range []string{
		"", "file:", "nextcloud:Backups", "sftp:host:hunter2", ":webdav,pass=hunter2:x", "https://s3.example.org/bucket", "s3:bucket",
		"s3:https://s3.example.org", "s3:https://s3.example.org/", "s3:https://me:hunter2@s3.example.org/b",
		"s3:https://h/b?secret=hunter2", "s3:ftp://h/b", "s3,secret=hunter2:https://h/b", "s3,region=:https://h/b", "rclone,x:hunter2:y", "s3:https://h/%zzhunter2", "rclone:Backups", "rclone:", "rclone::webdav,url=https://h/x,pass=hunter2:pads", "rclone:a,b='hunter2:x",
	} {
		a := testApp(t, nil)
		got, err := a.parseLocation(address)
		if !errors.Is(err, errLocation) || testApp(t, nil).exitCode(err) != exitUsage {
			t.Errorf("%q: %+v, %v", address, got, err)
			continue
		}
		if len(a.words.Hints(err)) == 0 || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: error %v, hints %v", address, err, a.words.Hints(err))
		}
	}
}
