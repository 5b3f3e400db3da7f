package sources_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/padsync/padsync/sources"
)

func TestOneServerHasOneBase(t *testing.T) {
	for given, want := range map[string]string{
		"https://Pad.Example.ORG":                   "https://pad.example.org",
		"HTTPS://pad.example.org/":                  "https://pad.example.org",
		"https://pad.example.org:443/":              "https://pad.example.org",
		"https://pad.example.org.":                  "https://pad.example.org",
		"http://pad.example.org:80":                 "http://pad.example.org",
		"http://pad.example.org:443":                "http://pad.example.org:443",
		"https://pad.example.org:8443/a/":           "https://pad.example.org:8443/a",
		"https://me:secret@pad.example.org/a?b=c#d": "https://pad.example.org/a",
		"https://pad.example.org//a/./b//":          "https://pad.example.org/a/b",
		"https://pad.example.org/%C3%A9t%C3%A9":     "https://pad.example.org/%C3%A9t%C3%A9",
		"https://pad.example.org/été":               "https://pad.example.org/%C3%A9t%C3%A9",
		"https://Été.example.org":                   "https://xn--t-9fab.example.org",
		"https://xn--t-9fab.example.org":            "https://xn--t-9fab.example.org",
		"http://[::1]:9001/":                        "http://[::1]:9001",
		"http://my_pads.local/":                     "http://my_pads.local",
		"  https://pad.example.org\n":               "https://pad.example.org",
	} {
		got, err := sources.Normalize(given)
		if err != nil || got != want {
			t.Errorf("Normalize(%q) = %q, %v; want %q", given, got, err, want)
		}
		if again, err := sources.Normalize(got); err != nil || again != got {
			t.Errorf("Normalize(%q) = %q, %v: not stable", got, again, err)
		}
	}
}

func TestNoBaseIsAnErrorThatRepeatsNothing(t *testing.T) {
	for _, given := range []string{
		"", "secret", "secret.org", "/secret", "ftp://secret.org", "mailto:secret@example.org",
		"https://", "https:///secret", "https://sec ret.org", "https://secret.org/%zz", "javascript:secret",
		"https://secret.org:port", "https://[secret]/", "https://secret.org/\x00",
	} {
		got, err := sources.Normalize(given)
		if !errors.Is(err, sources.ErrAddress) {
			t.Errorf("Normalize(%q) = %q, %v; want ErrAddress", given, got, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("Normalize(%q): the error repeats it: %v", given, err)
		}
	}
}
