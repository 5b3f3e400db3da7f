package rclone_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7/pkg/signer"
	_ "github.com/rclone/rclone/backend/s3" // the tag small leaves it out
	rclonefs "github.com/rclone/rclone/fs"
	"github.com/rclone/rclone/fs/config/obscure"

	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/rclone"
	"github.com/padsync/padsync/sinks/sinktest"
)

// TestMain is also the child process of TestConfigurations and
// TestNothingHappensBeforeMain.
func TestMain(m *testing.M) {
	if _, ok := os.LookupEnv("PADSYNC_TEST_ENVIRONMENT"); ok {
		all := os.Environ()
		slices.Sort(all)
		for _, variable := range all {
			if strings.HasPrefix(variable, "RCLONE_") {
				fmt.Println(variable)
			}
		}
		return
	}
	if address, ok := os.LookupEnv("PADSYNC_TEST_OPEN"); ok {
		s, err := rclone.Open(context.Background(), address, rclone.Options{Warn: func(text string) { fmt.Printf("warned: %s\n", text) }})
		for range 2 {
			rclonefs.Errorf(nil, "Failed to save config after %d tries: %s of %s is\nread-only", 10, os.Getenv("PADSYNC_TEST_SECRET"), "https://me:hunter2@example.org/x?hunter2")
			rclonefs.Infof(nil, "nothing that matters")
		}
		if err == nil {
			err = s.Put(context.Background(), "key", strings.NewReader("content"), 7)
		}
		fmt.Printf("opened: %v\n", err)
		return
	}
	if err := os.Setenv("RCLONE_CONFIG", ""); err != nil { // none but that of each address
		panic(err)
	}
	os.Exit(m.Run())
}

func open(t *testing.T, address string) *rclone.Sink {
	t.Helper()
	s, err := rclone.Open(t.Context(), address, rclone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func check(t *testing.T, address string) {
	t.Helper()
	s := open(t, address)
	if err := sinktest.Check(t.Context(), s); err != nil {
		t.Error(err)
	}
}

func hidden(t *testing.T, password string) string {
	t.Helper()
	text, err := obscure.Obscure(password)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestOnAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	check(t, dir)
	noLeftovers(t, dir)
}

func TestOnAFolderThroughCrypt(t *testing.T) {
	t.Parallel()
	check(t, fmt.Sprintf(":crypt,remote='%s',password='%s':", t.TempDir(), hidden(t, "hunter2")))
}

func TestOnWebDAV(t *testing.T) {
	t.Parallel()
	server := testserver.WebDAV(t)
	address := func(password string) string {
		return fmt.Sprintf(":webdav,url='%s',vendor=other,user=%s,pass='%s':Backups/pads", server.URL, server.User, hidden(t, password))
	}
	check(t, address(server.Password))
	noLeftovers(t, server.Dir)
	isForbidden(t, address("hunter2"))
}

// Some servers, and proxies before them, take no notice of ranges.
func TestOnWebDAVWithoutRanges(t *testing.T) {
	t.Parallel()
	server := testserver.WebDAV(t)
	proxy := proxyOf(t, server.URL, func(r *http.Request) { r.Header.Del("Range") })
	check(t, fmt.Sprintf(":webdav,url='%s/dav/',vendor=other,user=%s,pass='%s':Backups/pads", proxy, server.User, hidden(t, server.Password)))
}

func TestOnS3WithoutRanges(t *testing.T) {
	t.Parallel()
	server := testserver.S3(t)
	proxy := proxyOf(t, server.Endpoint, func(r *http.Request) {
		if r.Header.Get("Range") != "" {
			r.Header.Del("Range")
			*r = *signer.SignV4(*r, server.AccessKey, server.SecretKey, "", "us-east-1")
		}
	})
	check(t, fmt.Sprintf(":s3,provider=Other,endpoint='%s',access_key_id=%s,secret_access_key=%s:%s/pre/fix", proxy, server.AccessKey, server.SecretKey, server.Bucket))
}

// proxyOf is a server before another, which changes requests.
func proxyOf(t *testing.T, server string, change func(*http.Request)) string {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = to.Scheme, to.Host, r.In.Host
			change(r.Out)
		},
		ErrorLog: log.New(io.Discard, "", 0), // of requests that tests cut off
	})
	t.Cleanup(proxy.Close)
	return proxy.URL
}

func TestOnSFTP(t *testing.T) {
	t.Parallel()
	server := testserver.SFTP(t)
	check(t, fmt.Sprintf(":sftp,host=%s,port=%s,user=%s,key_file='%s',known_hosts_file='%s':%s",
		server.Host, server.Port, server.User, server.KeyFile, server.KnownHosts, server.Dir))
	noLeftovers(t, server.Dir)
}

func TestOnS3(t *testing.T) {
	t.Parallel()
	server := testserver.S3(t)
	address := func(secret string) string {
		return fmt.Sprintf(":s3,provider=Other,endpoint='%s',access_key_id=%s,secret_access_key=%s:%s/pre/fix", server.Endpoint, server.AccessKey, secret, server.Bucket)
	}
	check(t, address(server.SecretKey))
	isForbidden(t, address("hunter2"))
}

// rclone itself would ask for the next page for ever.
func TestListThatNeverEndsIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		objects  string
		patience time.Duration
	}{
		"objects that come round": {objects: strings.Repeat("<Contents><Key>packs/x</Key><Size>1</Size><LastModified>2027-01-11T09:30:00Z</LastModified></Contents>", 100)},
		"pages without objects":   {patience: time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>%s</ListBucketResult>", c.objects)
			}))
			defer server.Close()
			s, err := rclone.Open(t.Context(), fmt.Sprintf(":s3,provider=Other,endpoint='%s',access_key_id=a,secret_access_key=b:bucket", server.URL), rclone.Options{Patience: c.patience})
			if err != nil {
				t.Fatal(err)
			}
			var got error
			for _, err := range s.List(t.Context(), "packs/") {
				got = err
			}
			if !errors.Is(got, sinks.ErrEndless) {
				t.Error(got)
			}
		})
	}
}

func TestRefusalsAreKnownByTheirCodes(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]error{
		"<Error><Code>RequestTimeTooSkewed</Code><Message>so it is</Message></Error>": sinks.ErrClock,
		"<Error><Code>QuotaExceeded</Code><Message>so it is</Message></Error>":        sinks.ErrQuota,
		"": sinks.ErrWebPage,
	} {
		t.Run(want.Error(), func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if answer == "" {
					w.Header().Set("Content-Type", "text/html")
					fmt.Fprint(w, "<!DOCTYPE html><title>Nextcloud</title><p>Log in")
					return
				}
				w.Header().Set("Content-Type", "application/xml")
				w.WriteHeader(http.StatusForbidden)
				fmt.Fprint(w, answer)
			}))
			defer server.Close()
			address := fmt.Sprintf(":s3,provider=Other,endpoint='%s',access_key_id=a,secret_access_key=b:bucket", server.URL)
			if answer == "" {
				address = fmt.Sprintf(":webdav,vendor=nextcloud,url='%s/remote.php/dav/files/me',user=me:Backups", server.URL)
			}
			err := open(t, address).Put(t.Context(), "key", strings.NewReader("x"), 1)
			if !errors.Is(err, want) || errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), `put "key": `) {
				t.Errorf("%v", err)
			}
		})
	}
}

// noLeftovers finds temporary files of uploads that failed.
func noLeftovers(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("%s is left", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func isForbidden(t *testing.T, address string) {
	t.Helper()
	s, err := rclone.Open(t.Context(), address, rclone.Options{})
	if err == nil {
		err = s.Put(t.Context(), "key", strings.NewReader("x"), 1)
	}
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v", err)
	}
	if strings.Contains(fmt.Sprint(err), "hunter2") || strings.Contains(fmt.Sprint(err), hidden(t, "hunter2")) {
		t.Errorf("tells a secret: %v", err)
	}
}

func TestLeftoversAreNoObjects(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "X"+sinks.TemporarySuffix), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for o, err := range open(t, dir).List(t.Context(), "") {
		t.Error(o, err)
	}
}

func TestWhatIsStoredIsNotOverwritten(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "key")
	if err := os.WriteFile(name, []byte("stored"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	if err := s.Put(t.Context(), "key", strings.NewReader("other"), 5); err == nil {
		t.Error("no error")
	}
	if err := s.Put(t.Context(), "key", strings.NewReader("stored"), 6); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(name); string(got) != "stored" {
		t.Errorf("%q, %v", got, err)
	}
}
