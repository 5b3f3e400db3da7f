package e2e

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A pad that somebody opens in a browser is found while that runs, and so is what
// its server keeps there. The browser does not notice: it goes on, and its profile
// is its own.
func TestPadsAreFoundWhileTheBrowserRuns(t *testing.T) {
	t.Parallel()
	for _, browser := range []struct {
		name, program, profile string
		args                   []string
	}{
		{"Firefox", "firefox-esr", ".mozilla/firefox", []string{"--headless"}},
		{"Chromium", "chromium", ".config/chromium", []string{
			"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		}},
	} {
		t.Run(browser.name, func(t *testing.T) {
			t.Parallel()
			installed, err := exec.LookPath(browser.program)
			if err != nil {
				t.Fatalf("%s is not installed: run ./test.sh once", browser.program)
			}
			server := newPadsWithPages(t)
			m := newMachine(t)
			m.keepSecret("oncology", "2026-clinic")
			args := browser.args
			if browser.name == "Chromium" {
				args = append(args, "--user-data-dir="+m.path(browser.profile))
			}
			open := m.browse(installed, append(args, server.URL+"/oncology/2026-clinic")...)

			want := []string{"réunion_du_3 history " + browser.name, "déjà-vu recent " + browser.name}
			found := m.discoverUntil(open, want)
			for _, one := range found {
				if one.Source != server.URL || !one.Certain || one.Kind != "etherpad" {
					t.Errorf("found %+v", one)
				}
			}
			// Nobody writes there any more but padsync, if it did.
			open.end()
			before := snapshot(t, m.path(browser.profile))
			if len(before) < 10 {
				t.Fatalf("there is no profile: %q", before)
			}
			m.discoverUntil(nil, want)
			if after := snapshot(t, m.path(browser.profile)); !slices.Equal(before, after) {
				t.Errorf("the profile was\n%s\nand is\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
			}
		})
	}
}

// newPadsWithPages starts a server with pages as those of an Etherpad, whose front
// page keeps a list of recent pads in the browser, and a page that leads there.
func newPadsWithPages(t *testing.T) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		name, isPad := strings.CutPrefix(r.URL.Path, "/p/")
		if !isPad {
			fmt.Fprint(w, `<!doctype html><title>oncology</title><script>onload = () => setTimeout(() => location.href = "/p/réunion du 3")</script>`)
			return
		}
		if clean := strings.ReplaceAll(name, " ", "_"); clean != name {
			http.Redirect(w, r, url.PathEscape(clean), http.StatusFound)
			return
		}
		fmt.Fprintf(w, `<!doctype html><html><head><title>%s | Etherpad</title></head><body><script>
			localStorage.setItem("recentPads", JSON.stringify([{"name": "déjà-vu", "timestamp": new Date().toISOString(), "members": 1}]));
			</script></body></html>`, html.EscapeString(name))
	}))
	t.Cleanup(server.Close)
	return server
}

// A browsing is a browser that runs.
type browsing struct {
	cmd   *exec.Cmd
	said  *output
	ended chan struct{}
}

// browse opens addresses in a browser of the machine, until the test ends.
func (m *machine) browse(program string, args ...string) *browsing {
	m.t.Helper()
	b := &browsing{exec.Command(program, args...), newOutput(), make(chan struct{})}
	b.cmd.Dir, b.cmd.Env = m.home, m.env
	b.cmd.Stdout, b.cmd.Stderr = b.said, b.said
	b.cmd.WaitDelay = time.Second
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with all its processes
	if err := b.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	go func() {
		b.cmd.Wait()
		close(b.ended)
	}()
	m.t.Cleanup(b.end)
	return b
}

// end kills the browser, as nothing tells a headless one to end, and waits for it.
func (b *browsing) end() {
	syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL)
	<-b.ended
	for tooLate := time.Now().Add(10 * time.Second); syscall.Kill(-b.cmd.Process.Pid, 0) == nil && time.Now().Before(tooLate); {
		syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL) // those that it started are not ours to wait for
	}
}

// A discovered document is a line of discover --json.
type discovered struct {
	Source, Kind, ID, Title string
	Certain                 bool
	Origins                 []struct{ Place, Browser string }
}

// discoverUntil looks until all that is wanted is found: browsers write when they
// like.
func (m *machine) discoverUntil(b *browsing, want []string) []discovered {
	m.t.Helper()
	for tooLate := time.Now().Add(time.Minute); ; {
		o := m.padsync("discover", "--json").exits(0)
		all := decode[discovered](o)
		var found []string
		for _, one := range all {
			for _, at := range one.Origins {
				found = append(found, one.ID+" "+at.Place+" "+at.Browser)
			}
		}
		missing := slices.ContainsFunc(want, func(one string) bool { return !slices.Contains(found, one) })
		if !missing {
			return all
		}
		if b == nil || time.Now().After(tooLate) {
			m.t.Fatalf("found are %q, want %q\n%s", found, want, o)
		}
		select {
		case <-b.ended:
			m.t.Fatalf("the browser ended: %s", b.said)
		case <-time.After(time.Second / 2): // leave it the time to write
		}
	}
}

// snapshot has a line for each file below a folder.
func snapshot(t testing.TB, dir string) (all []string) {
	t.Helper()
	for name, content := range files(t, dir) {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s %v %d %x", name, info.Mode(), info.ModTime().UnixNano(), []byte(content)))
	}
	slices.Sort(all)
	return all
}
