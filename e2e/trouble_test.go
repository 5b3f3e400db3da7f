package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/rclone/rclone/fs/config"

	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// fakePads serves n pads, and says where in a list.
func fakePads(t testing.TB, m *machine, n int) (fake *etherpadtest.Server, pads []*etherpadtest.Pad) {
	fake = etherpadtest.New(etherpadtest.Options{Unasked: func(request string) { t.Errorf("asked for %s", request) }})
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("délibération-%d", i))
		pads = append(pads, fake.Create(ids[i], fmt.Sprintf("Texte %d\n", i)))
	}
	m.write("pads.txt", list(server.URL, ids))
	m.keepSecret(ids...)
	return fake, pads
}

// A store that refuses half of its writes gets all of them in the end, or the
// run says that nothing is safe; and the next one goes on.
func TestStoreThatRefusesHalfOfItsWrites(t *testing.T) {
	t.Parallel()
	s3 := testserver.S3(t)
	for name, c := range map[string]struct {
		status int
		kept   bool // the refused write was done all the same
		odd    int  // which of the writes
		code   int
	}{
		"busy":                        {http.StatusServiceUnavailable, false, 0, 0},
		"busy, says so after writing": {http.StatusInternalServerError, true, 0, 0},
		"forbids":                     {http.StatusForbidden, false, 1, 1},
		"forbids the first":           {http.StatusForbidden, false, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			fakePads(t, m, 3)
			direct := s3Store(s3, strings.ReplaceAll(name, " ", "-"))
			direct.use(m)
			front := refusing(t, s3.Endpoint, c.status, c.kept, c.odd)
			through := strings.Replace(direct.address, s3.Endpoint, front, 1)
			backup := []string{"backup", "--json", "--unencrypted", "--documents-file", "pads.txt", "-r"}

			o := m.padsync(append(backup, through)...).exits(c.code)
			if broken := o.summary().Repositories[0].Error != ""; broken != (c.code == 1) {
				t.Errorf("%s", o)
			}
			if c.code == 1 {
				o.says("NOT SAFE: what is new is not in s3:" + front)
			}
			m.padsync(append(backup, direct.address)...).exits(0)
			m.padsync("check", "--read-data", "-r", direct.address).exits(0)
			m.padsync("restore", "--target", "out", "-r", direct.address).exits(0).says("3 documents restored")
		})
	}
}

// refusing is a proxy that answers every second write with an error.
func refusing(t testing.TB, server string, status int, kept bool, odd int) string {
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host // it is signed
	}}
	var mu sync.Mutex
	writes := 0
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		refuse := r.Method == http.MethodPut && writes%2 == odd
		if r.Method == http.MethodPut {
			writes++
		}
		mu.Unlock()
		if !refuse {
			proxy.ServeHTTP(w, r)
			return
		}
		if kept {
			proxy.ServeHTTP(httptest.NewRecorder(), r)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(front.Close)
	return front.URL
}

// Of two repositories, one that fails costs only itself, and the exit says so.
func TestOneOfTwoRepositoriesFails(t *testing.T) {
	t.Parallel()
	s3 := testserver.S3(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	for name, broken := range map[string]string{
		"away":         "s3:http://" + l.Addr().String() + "/bucket/pads",
		"no bucket":    "s3:" + s3.Endpoint + "/no-such-bucket/pads",
		"fails midway": "s3:" + strings.Replace(s3.Address("midway"), s3.Endpoint, refusing(t, s3.Endpoint, http.StatusForbidden, false, 1), 1),
		"no folder":    "/dev/null/archive",
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			s3Store(s3, "").use(m)
			fake, _ := fakePads(t, m, 3)
			m.write("padsync.toml", fmt.Sprintf(`
[[source]]
documents-file = "pads.txt"

[[repository]]
address = %q
unencrypted = true

[[repository]]
address = "archive"
`, broken))
			o := m.padsync("backup", "--json", "--config", "padsync.toml").exits(1)
			s := o.says("NOT SAFE: what is new is not in ").says("safe: 3 documents in ").summary()
			s.found(t, 3, 0, 0, 0)
			for _, r := range s.Repositories {
				if bad := r.Repository != m.path("archive"); bad != (r.Error != "") || bad == (r.Manifest != "") {
					t.Errorf("%+v", r)
				}
			}
			if n := fake.Requests(); n != 3 {
				t.Errorf("%d requests for 3 pads", n)
			}
			m.padsync("restore", "-r", "archive", "--target", "out").exits(0).says("3 documents restored")
		})
	}
}

// A disk that is full (here: takes no more of a file) costs what does not fit,
// which is told; what was there before stays whole, and there is no half file.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	_, pads := fakePads(t, m, 2)
	backup := []string{"backup", "--json", "-r", "archive", "--documents-file", "pads.txt"}
	m.padsync(backup...).exits(0)

	// The repository's.
	pads[1].Append(etherpadtest.Author{ID: "a.Ada"}, noise(70<<10))
	o := m.run(full(m.command(backup...))).exits(1).says("file too large").says("NOT SAFE: what is new is not in ")
	if o.summary().Repositories[0].Error == "" {
		t.Errorf("%s", o)
	}
	m.padsync("check", "-r", "archive", "--read-data").exits(0)
	m.padsync(backup...).exits(0).summary().found(t, 1, 1, 0, 0)

	// That of temporary files.
	pads[1].Append(etherpadtest.Author{ID: "a.Ada"}, noise(1<<20))
	o = m.run(full(m.command(backup...))).exits(1).says("the folder for temporary files: ").says("file too large").says("hint: make room in it")
	if s := o.summary(); s.Documents.Failed+s.Documents.Missing > 0 {
		t.Errorf("it counts against a document: %+v", s.Documents)
	}
	if left := files(t, m.temp); len(left) > 0 {
		t.Errorf("%d temporary files are left", len(left))
	}

	// That of who restores. (The other pad may have been looked at.)
	if s := m.padsync(backup...).exits(0).summary(); s.Documents.Saved != 1 || s.Documents.Failed > 0 {
		t.Errorf("%+v", s.Documents)
	}
	m.padsync("check", "-r", "archive", "--read-data").exits(0)
	m.run(full(m.command("restore", "-r", "archive", "--target", "out"))).exits(3).says("1 document restored")
	if got := files(t, m.path("out")); len(got) != 1 {
		t.Errorf("%d files, want the small one", len(got))
	}
	m.padsync("restore", "-r", "archive", "--target", "out", "--overwrite").exits(0)
}

// full makes a command that can write no file of more than 40 KiB.
func full(cmd *exec.Cmd) *exec.Cmd {
	limited := exec.Command("bash", append([]string{"-c", `ulimit -f 40; exec "$@"`, "bash"}, cmd.Args...)...)
	limited.Dir, limited.Env = cmd.Dir, cmd.Env
	return limited
}

// An encrypted configuration of rclone is opened with its password, and
// nobody is ever asked for one.
func TestEncryptedConfigurationOfRclone(t *testing.T) {
	t.Parallel()
	dav := testserver.WebDAV(t)
	m := newMachine(t)
	fakePads(t, m, 2)
	if err := config.SetConfigPassword("hunter2"); err != nil {
		t.Fatal(err)
	}
	defer config.ClearConfigPassword()
	var encrypted strings.Builder
	if err := config.Encrypt(strings.NewReader(rcloneConfig(t, dav, testserver.SFTPServer{})), &encrypted); err != nil {
		t.Fatal(err)
	}
	m.set("RCLONE_CONFIG", m.write("rclone.conf", encrypted.String()))
	backup := []string{"backup", "--json", "--unencrypted", "-r", "rclone:dav:pads", "--documents-file", "pads.txt"}
	m.padsync(backup...).exits(1).says("hint: set RCLONE_CONFIG_PASS")
	m.set("RCLONE_CONFIG_PASS", "hunter3")
	m.padsync(backup...).exits(1)
	m.set("RCLONE_CONFIG_PASS", "hunter2")
	m.padsync(backup...).exits(0).summary().found(t, 2, 0, 0, 0)
	if now, err := os.ReadFile(m.path("rclone.conf")); err != nil || string(now) != encrypted.String() {
		t.Errorf("the configuration was changed, or: %v", err)
	}
}
