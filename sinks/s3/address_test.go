package s3_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/padsync/padsync/sinks/s3"
)

func TestAddressesThatAreNoneAreRefused(t *testing.T) {
	for _, address := range []string{
		"", "s3.example.org/bucket", "ftp://s3.example.org/bucket", "https:///bucket", "https://s3.example.org", "https://s3.example.org/",
		"https://s3.example.org/B", "https://s3.example.org/bucket/../x", "https://s3.example.org/bucket//x",
		"https://user:hunter2@s3.example.org/bucket", "https://s3.example.org/bucket?key=hunter2", "https://s3.example.org/bucket#x", "https://hunter2%/bucket",
	} {
		_, err := s3.Open(address, s3.Options{AccessKey: "a", SecretKey: "b"})
		if err == nil || s3.Check(address) == nil {
			t.Errorf("%q: no error", address)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("tells a secret: %v", err)
		}
	}
}

func TestShownAddressHasNoSecret(t *testing.T) {
	for address, want := range map[string]string{
		"https://s3.example.org:9000/bucket/pre fix":         "https://s3.example.org:9000/bucket/pre%20fix",
		"https://user:hunter2@s3.example.org/bucket/x?k=v#f": "https://s3.example.org/bucket/x",
		"https://hunter2%/bucket":                            "(an address that cannot be read)",
		"hunter2":                                            "(an address that cannot be read)",
	} {
		if got := s3.Shown(address); got != want {
			t.Errorf("%q: %q", address, got)
		}
	}
}

func noCredentials(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	// Stands for the address of a cloud's machine roles, where nobody answers.
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/")
}

func TestMissingCredentialsAreToldByTheirName(t *testing.T) {
	noCredentials(t)
	if _, err := s3.Open("https://s3.example.org/bucket", s3.Options{}); !errors.Is(err, s3.ErrNoCredentials) {
		t.Error(err)
	}
}

func TestCredentialsFromTheEnvironment(t *testing.T) {
	noCredentials(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "FROMENV")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
	t.Setenv("AWS_REGION", "eu-test-1")
	seen := signature(t)
	if !strings.Contains(seen, "Credential=FROMENV/") || !strings.Contains(seen, "/eu-test-1/s3/") {
		t.Errorf("%q", seen)
	}
}

func TestRegionFromTheAWSTools(t *testing.T) {
	noCredentials(t)
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("; mine\n[profile other]\nregion = eu-other-1\n\n[default]\noutput=json\n region=eu-test-2 \n[profile third]\nregion = x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", config)
	t.Setenv("AWS_ACCESS_KEY_ID", "a")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	if seen := signature(t); !strings.Contains(seen, "/eu-test-2/s3/") {
		t.Errorf("%q", seen)
	}
	t.Setenv("AWS_PROFILE", "other")
	if seen := signature(t); !strings.Contains(seen, "/eu-other-1/s3/") {
		t.Errorf("%q", seen)
	}
	t.Setenv("AWS_DEFAULT_REGION", "eu-test-3")
	if seen := signature(t); !strings.Contains(seen, "/eu-test-3/s3/") {
		t.Errorf("%q", seen)
	}
}

func TestCredentialsFromAWSFiles(t *testing.T) {
	noCredentials(t)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join("testdata", "credentials"))
	t.Setenv("AWS_PROFILE", "backups")
	if seen := signature(t); !strings.Contains(seen, "Credential=FROMFILE/") {
		t.Errorf("%q", seen)
	}
}

// noting takes all that it is sent, and keeps the last request's header.
type noting struct {
	header http.Header
	url    string
}

func (n *noting) RoundTrip(r *http.Request) (*http.Response, error) {
	n.header, n.url = r.Header, r.URL.String()
	status := http.StatusOK
	if r.Method == http.MethodDelete {
		status = http.StatusNoContent
	}
	return &http.Response{StatusCode: status, Body: http.NoBody, Header: http.Header{}}, nil
}

// Over TLS the body is not signed, and some stores keep what they have of an
// upload that was cut, unless its hash was sent before.
func TestUploadsBeginWithTheirHash(t *testing.T) {
	var n noting
	s, err := s3.Open("https://s3.example.org/bucket", s3.Options{AccessKey: "a", SecretKey: "b", Transport: &n})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), "key", strings.NewReader("content"), 7); err != nil {
		t.Fatal(err)
	}
	if got := n.header.Get("Content-Md5"); got != "mgNkuembtIDdJeHwKEyFVQ==" {
		t.Errorf("%q", got)
	}
}

// signature is what a request is signed with.
func signature(t *testing.T) string {
	var n noting
	s, err := s3.Open("https://s3.example.org/bucket", s3.Options{Transport: &n})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "key"); err != nil {
		t.Error(err)
	}
	return n.header.Get("Authorization")
}
