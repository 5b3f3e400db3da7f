package setup

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sinks"
)

// configured loads a configuration, beside which there are these files, and
// gives what is told.
func configured(t *testing.T, text string, files map[string]string, o Options) (*Settings, *[]message.Message, error) {
	t.Helper()
	dir := t.TempDir()
	o.Config = filepath.Join(dir, "padsync.toml")
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(o.Config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var told []message.Message
	s := &Setup{
		Kinds: AllKinds(), Tell: func(m message.Message) { told = append(told, m) },
		Getenv: func(name string) string { return map[string]string{stateVariable: dir, dataVariable: dir}[name] },
	}
	settings, err := s.Load(o)
	return settings, &told, err
}

func TestStoreIsOpenedByWhatTheConfigurationSaysOfIt(t *testing.T) {
	t.Setenv("RCLONE_CONFIG", "")
	t.Setenv("AWS_ACCESS_KEY_ID", "another")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "and-its-secret")
	dav, store := testserver.WebDAV(t), testserver.S3(t)
	text := `
[[repository]]
address = "webdav:` + dav.URL + `Backups/pads"
user = "` + dav.User + `"
password-file = "password.txt"

[[repository]]
address = "s3:` + store.Address("pads") + `"
access-key-file = "key.txt"
`
	files := map[string]string{"password.txt": dav.Password + "\n", "key.txt": store.AccessKey + "\n" + store.SecretKey + "\n"}
	s, _, err := configured(t, text, files, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range s.Repositories {
		if err := put(t, s, place); err != nil {
			t.Errorf("%s: %v", place.Shown, err)
		}
	}
	// What is named on the command line is opened by the same.
	s, _, err = configured(t, text, files, Options{Repositories: []string{"webdav:" + dav.URL + "Backups/pads/"}})
	if err != nil || len(s.Repositories) != 1 {
		t.Fatal(err)
	}
	if err := put(t, s, s.Repositories[0]); err != nil {
		t.Error(err)
	}
}

func put(t *testing.T, s *Settings, at Place) error {
	t.Helper()
	sink, err := s.openStore(t.Context(), at)
	if err != nil {
		return err
	}
	return sink.Put(t.Context(), "key", strings.NewReader("x"), 1)
}

func TestKeyOfAStoreIsNeverTold(t *testing.T) {
	t.Setenv("RCLONE_CONFIG", "")
	dav := testserver.WebDAV(t)
	text := "[[repository]]\naddress = \"webdav:" + dav.URL + "\"\nuser = \"" + dav.User + "\"\npassword-file = \"p\"\n"
	s, told, err := configured(t, text, map[string]string{"p": "hunter2"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(s.Config.Repositories[0].PasswordFile, 0o644); err != nil {
		t.Fatal(err)
	}
	err = put(t, s, s.Repositories[0])
	if !errors.Is(err, sinks.ErrUnauthorized) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
	exposed := false
	for _, m := range *told {
		exposed = exposed || m.ID == "key-exposed"
	}
	if !exposed {
		t.Error("nobody is told that others can read the file")
	}
}

func TestWhatIsNoAccessKeyIsToldAsSuch(t *testing.T) {
	text := "[[repository]]\naddress = \"s3:https://s3.example.org/bucket\"\naccess-key-file = \"k\"\n"
	s, _, err := configured(t, text, map[string]string{"k": "hunter2"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.openStore(t.Context(), s.Repositories[0]); !errors.Is(err, ErrAccessKey) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}
