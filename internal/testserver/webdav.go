package testserver

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"
)

// A WebDAVServer is a WebDAV server with one empty folder.
type WebDAVServer struct {
	URL, User, Password string
	Dir                 string // the folder, on this machine
}

// WebDAV starts Apache with mod_dav until the test ends.
func WebDAV(t testing.TB) WebDAVServer {
	t.Helper()
	address := freeAddress(t)
	dir := sharedDir(t)
	s := WebDAVServer{"http://" + address + "/dav/", "padsync", rand.Text(), filepath.Join(dir, "dav")}
	for _, name := range []string{s.Dir, filepath.Join(dir, "lock")} {
		if err := os.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	unprivileged := ""
	if os.Getuid() == 0 {
		unprivileged = "User www-data\nGroup www-data\n"
		giveTo(t, "www-data", s.Dir, filepath.Join(dir, "lock"))
	}
	hash := sha1.Sum([]byte(s.Password)) // the one form that Apache and this package both know
	write(t, filepath.Join(dir, "passwords"), s.User+":{SHA}"+base64.StdEncoding.EncodeToString(hash[:])+"\n")
	write(t, filepath.Join(dir, "httpd.conf"), fmt.Sprintf(webDAVConfig, dir, address, unprivileged))
	start(t, address, exec.Command(find(t, "apache2"), "-X", "-d", dir, "-f", filepath.Join(dir, "httpd.conf")))
	return s
}

const webDAVConfig = `ServerRoot %[1]q
ServerName localhost
Listen %[2]s
PidFile %[1]s/httpd.pid
ErrorLog /dev/stderr
%[3]s
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so
LoadModule authn_file_module /usr/lib/apache2/modules/mod_authn_file.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule authz_user_module /usr/lib/apache2/modules/mod_authz_user.so
LoadModule auth_basic_module /usr/lib/apache2/modules/mod_auth_basic.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
LoadModule dav_module /usr/lib/apache2/modules/mod_dav.so
LoadModule dav_fs_module /usr/lib/apache2/modules/mod_dav_fs.so
DAVLockDB %[1]s/lock/db
Alias /dav %[1]s/dav
<Directory %[1]s/dav>
	Dav On
	AuthType Basic
	AuthName padsync
	AuthUserFile %[1]s/passwords
	Require valid-user
</Directory>
`

// sharedDir is like t.TempDir, but another user may go into it.
func sharedDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "padsync-webdav-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t testing.TB, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// giveTo makes the folders belong to the user with that name.
func giveTo(t testing.TB, name string, folders ...string) {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	id, err := strconv.Atoi(u.Uid)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if err := os.Chown(folder, id, -1); err != nil {
			t.Fatal(err)
		}
	}
}
