package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAccessIsUnderstood(t *testing.T) {
	c, dir, err := load(t, `[[source]]
kind = "etherpad"
url = "https://pads.example.org"
all = true
user = "marie"
password-file = "password.txt"
cookie-command = ["pass", "cookie"]
api-key-file = "/etc/APIKEY.txt"

[[source]]
kind = "etherpad"
url = "https://pads.example.net"
all = true
client-id = "padsync"
client-secret-command = ["pass", "client"]
mypads-login = "marie"
mypads-password-file = "mypads.txt"
`)
	if err != nil {
		t.Fatal(err)
	}
	a, b := c.Sources[0], c.Sources[1]
	got := []string{fmt.Sprint(a.All, b.All), a.User, a.PasswordFile, fmt.Sprint(a.CookieCommand), a.APIKeyFile, b.ClientID, fmt.Sprint(b.ClientSecretCommand), b.MyPadsLogin, b.MyPadsPasswordFile}
	want := []string{"true true", "marie", filepath.Join(dir, "password.txt"), "[pass cookie]", filepath.FromSlash("/etc/APIKEY.txt"), "padsync", "[pass client]", "marie", filepath.Join(dir, "mypads.txt")}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAccessThatMeansNothingIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"all = true": "source.kind: missing or empty",
		"kind = 'etherpad'\nurl = ''\nall = true": "source.url: missing or empty",
		"user = 'x'":                                  "source.password-file: missing or empty",
		"password-file = 'x'":                         "source.user: missing or empty",
		"client-id = 'x'":                             "source.client-secret-file: missing or empty",
		"client-secret-file = 'x'":                    "source.client-id: missing or empty",
		"mypads-login = 'x'":                          "source.mypads-password-file: missing or empty",
		"mypads-password-command = ['x']":             "source.mypads-login: missing or empty",
		"mypads-password = 'hunter2'":                 "source.mypads-password: unknown key",
		"api-key-command = ['']":                      "source.api-key-command: missing or empty",
		"api-key-file = 'x'\napi-key-command = ['y']": "source.api-key-command: there already",
		"api-key-file = 'x'\nclient-id = 'x'\nclient-secret-file = 'x'": "source.client-id: there already",
		"api-key = 'hunter2'":  "source.api-key: unknown key",
		"password = 'hunter2'": "source.password: unknown key",
	} {
		_, _, err := load(t, "[[source]]\nurl = 'https://h'\ndocuments = ['https://h/p/a']\n"+text+"\n")
		if strings.Contains(text, "url") {
			_, _, err = load(t, "[[source]]\n"+text+"\n")
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestStoreIsOpenedByItsOwnKeysAlone(t *testing.T) {
	for text, want := range map[string]string{
		"address = 'webdav:https://h/'\nuser = 'x'\npassword-file = 'f'":                         "",
		"address = 'webdav:https://h/'\nuser = 'x'\npassword-command = ['f']":                    "",
		"address = 's3:https://h/bucket'\naccess-key-file = 'f'":                                 "",
		"address = 's3,region=x:https://h/bucket'\naccess-key-command = ['f']":                   "",
		"address = 'webdav:https://h/'\nuser = 'hunter2'":                                        ".password-file: missing or empty",
		"address = 'webdav:https://h/'\npassword-file = 'hunter2'":                               ".user: missing or empty",
		"address = 'webdav:https://h/'\nuser = 'x'\npassword-file = 'f'\npassword-command=['f']": ".password-command: there already",
		"address = 'webdav:https://x:hunter2@h/'":                                                ".address: there is a user name or a password in the address",
		"address = 'webdav:https://h/'\naccess-key-file = 'hunter2'":                             ".access-key-file: " + string(NotOfAddress),
		"address = 's3:https://h/bucket'\nuser = 'x'\npassword-file = 'hunter2'":                 ".user: " + string(NotOfAddress),
		"address = 'folder'\naccess-key-command = ['hunter2']":                                   ".access-key-file: " + string(NotOfAddress),
	} {
		for table, rest := range map[string]string{"repository": "", "mirror": "\nunencrypted = true\nall = true"} {
			_, _, err := load(t, "[["+table+"]]\n"+text+rest)
			switch {
			case want == "" && err != nil:
				t.Errorf("%s: %v", text, err)
			case want != "" && (err == nil || !strings.HasSuffix(err.Error(), table+want)):
				t.Errorf("%s: %v, want %s", text, err, want)
			}
		}
	}
}

func TestFilesOfStoresAreBesideTheConfiguration(t *testing.T) {
	c, dir, err := load(t, "[[repository]]\naddress = 'webdav:https://h/'\nuser = 'x'\npassword-file = 'p'\n[[mirror]]\naddress = 's3:https://h/bucket'\naccess-key-file = 'k'\nunencrypted = true\nall = true\n")
	if err != nil {
		t.Fatal(err)
	}
	password, key := c.Repositories[0].PasswordFile, c.Mirrors[0].AccessKeyFile
	if password != filepath.Join(dir, "p") || key != filepath.Join(dir, "k") || c.LineOfFile(key) != 7 {
		t.Errorf("%q, %q, line %d", password, key, c.LineOfFile(key))
	}
}
