package repository

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestEscape(t *testing.T) {
	for name, want := range map[string]string{
		"ag-2026":            "ag-2026",
		"ag.etherpad":        "ag.etherpad",
		"été":                "été",
		"../../x":            "%2E.%2F..%2Fx",
		"..":                 "%2E%2E",
		".":                  "%2E",
		".etherpad":          "%2Eetherpad",
		"con":                "%63on",
		"con.etherpad":       "%63on.etherpad",
		"con.x y":            "%63on.x y",
		"-rf":                "%2Drf",
		"a/b:c":              "a%2Fb%3Ac",
		"g.x$privé":          "g.x%24privé",
		"127.0.0.1:9001":     "127.0.0.1%3A9001",
		"a~0123456789abcdef": "a%7E0123456789abcdef",
		"Ag":                 "Ag~b1ddc63a5a9ef3e8",
		"e\u0301":            "é~c2bc1edbbd5a2b2c",
		"x. ":                "x.%20",
	} {
		got := Escape(name)
		if hash := strings.LastIndexByte(want, '~'); hash >= 0 {
			want, got = want[:hash], strings.TrimRight(got, "0123456789abcdef")
			want += "~"
		}
		if got != want {
			t.Errorf("Escape(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestEscapedNamesAreSafeAndUnique(t *testing.T) {
	seen := map[string]string{}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(
			rapid.StringMatching(`[aAsSſkK.\- ~%/\\:]{1,6}`),
			rapid.StringOfN(rapid.RuneFrom([]rune{'e', 'é', '\u0301', 'E', '.', 'ß', '漢', '😀', 'ς', 'σ', 'ı', 'i'}), 1, 60, -1),
			rapid.StringN(1, 80, 300),
		).Draw(t, "name")
		got := Escape(name)
		if len(got) == 0 || len(got) > 200 || strings.ContainsAny(got, "/\\:*?\"<>|\x00") || reserved.MatchString(got) ||
			strings.HasPrefix(got, ".") || strings.HasPrefix(got, "-") || strings.HasSuffix(got, ".") || strings.HasSuffix(got, " ") {
			t.Fatalf("Escape(%q) = %q", name, got)
		}
		folded := strings.ToLower(strings.ToUpper(norm.NFC.String(got)))
		if other, ok := seen[folded]; ok && other != name {
			t.Fatalf("Escape(%q) and Escape(%q) are both %q", name, other, got)
		}
		seen[folded] = name
	})
}
