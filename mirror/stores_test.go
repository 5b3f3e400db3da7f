package mirror_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rclone/rclone/fs/config/obscure"

	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/mirror"
	"github.com/padsync/padsync/mirror/mirrortest"
	"github.com/padsync/padsync/sinks/local"
	"github.com/padsync/padsync/sinks/rclone"
	"github.com/padsync/padsync/sinks/s3"
)

func TestMain(m *testing.M) {
	if err := os.Setenv("RCLONE_CONFIG", ""); err != nil { // none but that of each address
		panic(err)
	}
	os.Exit(m.Run())
}

func folder(t *testing.T) (mirror.Store, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := local.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func webDAV(t *testing.T) (mirror.Store, string) {
	t.Helper()
	server := testserver.WebDAV(t)
	password, err := obscure.Obscure(server.Password)
	if err != nil {
		t.Fatal(err)
	}
	s, err := rclone.Open(t.Context(), ":webdav,url='"+server.URL+"',vendor=other,pacer_min_sleep=0,user="+server.User+",pass='"+password+"':Pads", rclone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s, filepath.Join(server.Dir, "Pads")
}

func TestStoresKeepTheirPromises(t *testing.T) {
	for name, open := range map[string]func(*testing.T) mirror.Store{
		"folder": func(t *testing.T) mirror.Store { s, _ := folder(t); return s },
		"WebDAV": func(t *testing.T) mirror.Store { s, _ := webDAV(t); return s },
		"folder by rclone": func(t *testing.T) mirror.Store {
			s, err := rclone.Open(t.Context(), ":local:"+t.TempDir(), rclone.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		"S3": func(t *testing.T) mirror.Store {
			server := testserver.S3(t)
			s, err := s3.Open(server.Address("Pads"), s3.Options{AccessKey: server.AccessKey, SecretKey: server.SecretKey})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := mirrortest.Check(t.Context(), open(t)); err != nil {
				t.Error(err)
			}
		})
	}
}
