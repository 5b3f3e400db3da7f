package rclone_test

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/rclone"
	"github.com/padsync/padsync/sinks/sinktest"
)

func TestOnWebDAVByAddressAndAccount(t *testing.T) {
	t.Parallel()
	server := testserver.WebDAV(t)
	account := rclone.WebDAV{User: server.User, Password: server.Password}
	s, err := rclone.OpenWebDAV(t.Context(), server.URL+"Mes%20sauvegardes/pads", account, rclone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), "first", strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	if found, err := filepath.Glob(filepath.Join(server.Dir, "Mes sauvegardes", "pads", "first")); err != nil || len(found) != 1 {
		t.Errorf("%q, %v", found, err)
	}
	if err := errors.Join(s.Delete(t.Context(), "first"), sinktest.Check(t.Context(), s)); err != nil {
		t.Error(err)
	}
	noLeftovers(t, server.Dir)
}

func TestRefusedAccountIsToldWithoutThePassword(t *testing.T) {
	t.Parallel()
	server := testserver.WebDAV(t)
	s, err := rclone.OpenWebDAV(t.Context(), server.URL, rclone.WebDAV{User: server.User, Password: "hunter2"}, rclone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Put(t.Context(), "key", strings.NewReader("x"), 1)
	if !errors.Is(err, sinks.ErrUnauthorized) || strings.Contains(fmt.Sprintf("%v %+v", err, s), "hunter2") {
		t.Errorf("%v", err)
	}
	_, err = rclone.FindWebDAV(t.Context(), server.URL, rclone.WebDAV{User: server.User, Password: "hunter2"})
	if !errors.Is(err, sinks.ErrUnauthorized) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

// nextcloud answers as a Nextcloud does whose account u-7 logs in with a mail
// address, below the path sub.
func nextcloud(t *testing.T, sub string) (address string, account rclone.WebDAV) {
	t.Helper()
	account = rclone.WebDAV{User: "marie@example.org", Password: "app password"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		path, below := strings.CutPrefix(r.URL.Path, sub+"/remote.php/")
		switch {
		case !below:
			http.Redirect(w, r, sub+"/index.php/login", http.StatusFound)
		case user != account.User || password != account.Password:
			w.WriteHeader(http.StatusUnauthorized)
		case r.Method == "PROPFIND" && path == "dav/":
			w.WriteHeader(http.StatusMultiStatus)
			fmt.Fprintf(w, `%s<d:multistatus xmlns:d="DAV:"><d:response><d:href>%[2]s/remote.php/dav/</d:href><d:propstat><d:prop>`+
				`<d:current-user-principal><d:href>%[2]s/remote.php/dav/principals/users/u%%207/</d:href></d:current-user-principal>`+
				`</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>`, xml.Header, sub)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + sub, account
}

func TestNextcloudIsFoundByWhatPeoplePaste(t *testing.T) {
	t.Parallel()
	for _, sub := range []string{"", "/nuage"} {
		base, account := nextcloud(t, sub)
		files := base + "/remote.php/dav/files/u%207"
		for pasted, want := range map[string]string{
			"":      files,
			"/":     files,
			"/apps": files,
			"/index.php/apps/files/?dir=/Notes&fileid=3":            files,
			"/apps/files/files/12?dir=/":                            files,
			"/login":                                                files,
			"/remote.php/webdav":                                    files,
			"/remote.php/webdav/Notes/":                             files + "/Notes",
			"/remote.php/dav":                                       files,
			"/remote.php/dav/files/somebody/Notes/":                 base + "/remote.php/dav/files/somebody/Notes",
			"/index.php/settings/user/security#app-password":        files,
			"/remote.php/dav/files/u%207?downloadStartSecret=other": files,
		} {
			if got, err := rclone.FindWebDAV(t.Context(), base+pasted, account); err != nil || got != want {
				t.Errorf("%s%s: %s, %v", sub, pasted, got, err)
			}
		}
	}
}

func TestOtherWebDAVIsFoundAtItsOwnAddress(t *testing.T) {
	t.Parallel()
	server := testserver.WebDAV(t)
	got, err := rclone.FindWebDAV(t.Context(), server.URL, rclone.WebDAV{User: server.User, Password: server.Password})
	if want := strings.TrimSuffix(server.URL, "/"); err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
}

// The password is for one server: it does not go where that leads.
func TestWhatIsNoWebDAVIsNotTaken(t *testing.T) {
	t.Parallel()
	account := rclone.WebDAV{User: "marie", Password: "hunter2"}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("another server is asked for %s", r.URL)
	}))
	defer other.Close()
	for name, answer := range map[string]http.HandlerFunc{
		"a website": func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<!DOCTYPE html><p>Welcome") },
		"leads away": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusPermanentRedirect)
		},
		"nothing": http.NotFound,
		"answers noise": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(207)
			fmt.Fprint(w, strings.Repeat("<a>", 1000))
		},
		"an account that is a path": func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, "/remote.php/") {
				http.NotFound(w, r)
				return
			}
			w.WriteHeader(http.StatusMultiStatus)
			fmt.Fprint(w, `<d:multistatus xmlns:d="DAV:"><d:response><d:propstat><d:prop><d:current-user-principal><d:href>/principals/users/..%2F..</d:href></d:current-user-principal></d:prop></d:propstat></d:response></d:multistatus>`)
		},
	} {
		server := httptest.NewServer(answer)
		defer server.Close()
		for _, path := range []string{"", "/cloud/index.php/apps/files"} {
			got, err := rclone.FindWebDAV(t.Context(), server.URL+path, account)
			if !errors.Is(err, sinks.ErrNoFolder) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: %s, %v", name, got, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := rclone.FindWebDAV(ctx, other.URL, account); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
