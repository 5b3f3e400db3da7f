package setup

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/padsync/padsync/internal/message"
)

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
		{"webdav:https://cloud.example.org/remote.php/dav/files/marie/Mes%20pads/", "webdav", "https://cloud.example.org/remote.php/dav/files/marie/Mes%20pads",
			"webdav:https://cloud.example.org/remote.php/dav/files/marie/Mes%20pads", s3Options{}},
		{"webdav:http://127.0.0.1:8080/dav", "webdav", "http://127.0.0.1:8080/dav", "webdav:http://127.0.0.1:8080/dav", s3Options{}},
		{"webdav:http://[::1]/", "webdav", "http://[::1]", "webdav:http://[::1]", s3Options{}},
		{"a,b", "local", here + "/a,b", here + "/a,b", s3Options{}},
	} {
		got, err := ParseLocation(c.address)
		if want := (Location{Kind: c.kind, Value: c.value, Shown: c.shown, s3: c.s3}); err != nil || got != want {
			t.Errorf("%s: %+v, %v", c.address, got, err)
		}
	}
}

func TestWhatIsNoRepositoryIsRefused(t *testing.T) {
	for _, address := range []string{
		"", "file:", "nextcloud:Backups", "sftp:host:hunter2", ":webdav,pass=hunter2:x", "https://s3.example.org/bucket", "s3:bucket",
		"s3:https://s3.example.org", "s3:https://s3.example.org/", "s3:https://me:hunter2@s3.example.org/b",
		"s3:https://h/b?secret=hunter2", "s3:ftp://h/b", "s3,secret=hunter2:https://h/b", "s3,region=:https://h/b", "rclone,x:hunter2:y", "s3:https://h/%zzhunter2", "rclone:Backups", "rclone:", "webdav:", "webdav:cloud.example.org", "webdav:http://cloud.example.org/hunter2", "webdav:http://localhost.example.org/hunter2", "webdav:https://me:hunter2@h/", "webdav:https://h/?hunter2", "webdav:ftp://h/",
		"rclone::webdav,url=https://h/x,pass=hunter2:pads", "rclone:a,b='hunter2:x",
	} {
		got, err := ParseLocation(address)
		if !errors.Is(err, ErrLocation) || message.ClassOf(err) != message.Usage {
			t.Errorf("%q: %+v, %v", address, got, err)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
