package e2e

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/rclone/rclone/fs/config/obscure"

	"github.com/padsync/padsync/internal/testserver"
)

// A store is where a repository is.
type store struct {
	name    string
	address string
	sealed  bool
	use     func(*machine)                // sets the machine up for it
	objects func(testing.TB) (dir string) // all that it holds, as a folder
}

// stores starts all kinds of them.
func stores(t *testing.T) []store {
	plain, sealed := filepath.Join(t.TempDir(), "plain"), filepath.Join(t.TempDir(), "sealed")
	s3, dav, sftp := testserver.S3(t), testserver.WebDAV(t), testserver.SFTP(t)
	nothing := func(*machine) {}
	at := func(dir string) func(testing.TB) string { return func(testing.TB) string { return dir } }
	useRclone := func(m *machine) { m.set("RCLONE_CONFIG", m.write("rclone.conf", rcloneConfig(t, dav, sftp))) }
	return []store{
		{"plain folder", plain, false, nothing, at(plain)},
		{"sealed folder", "file:" + sealed, true, nothing, at(sealed)},
		s3Store(s3, "deep/er"),
		{"WebDAV through rclone", "rclone:dav:Backups/pads", true, useRclone, at(filepath.Join(dav.Dir, "Backups/pads"))},
		{"SFTP through rclone", "rclone:files:" + sftp.Dir + "/pads", true, useRclone, at(filepath.Join(sftp.Dir, "pads"))},
	}
}

func rcloneConfig(t testing.TB, dav testserver.WebDAVServer, sftp testserver.SFTPServer) string {
	t.Helper()
	password, err := obscure.Obscure(dav.Password)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`[dav]
type = webdav
url = %s
vendor = other
user = %s
pass = %s

[files]
type = sftp
host = %s
port = %s
user = %s
key_file = %s
known_hosts_file = %s
`, dav.URL, dav.User, password, sftp.Host, sftp.Port, sftp.User, sftp.KeyFile, sftp.KnownHosts)
}

func s3Store(server testserver.S3Server, prefix string) store {
	return store{
		name: "S3", address: "s3:" + server.Address(prefix), sealed: true,
		use: func(m *machine) {
			m.set("AWS_ACCESS_KEY_ID", server.AccessKey)
			m.set("AWS_SECRET_ACCESS_KEY", server.SecretKey)
		},
		objects: func(t testing.TB) string { return download(t, server, prefix) },
	}
}

// download copies what is under prefix into a folder.
func download(t testing.TB, server testserver.S3Server, prefix string) (dir string) {
	t.Helper()
	client, err := minio.New(server.Endpoint[len("http://"):], &minio.Options{
		Creds: credentials.NewStaticV4(server.AccessKey, server.SecretKey, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for o := range client.ListObjects(t.Context(), server.Bucket, minio.ListObjectsOptions{Prefix: prefix + "/", Recursive: true}) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		object, err := client.GetObject(t.Context(), server.Bucket, o.Key, minio.GetObjectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(object)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, o.Key[len(prefix)+1:])
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
