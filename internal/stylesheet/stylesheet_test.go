package stylesheet_test

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/padsync/padsync/internal/stylesheet"
)

var token = regexp.MustCompile(`--([a-z-]+): light-dark\(#([0-9a-f]{3,6}), #([0-9a-f]{3,6})\);`)

// TestColoursCanBeRead: text on each ground as WCAG 2.2 AA wants it (1.4.3), and
// lines that mean something (1.4.11), light and dark.
func TestColoursCanBeRead(t *testing.T) {
	colours := make(map[string][2]float64)
	for _, m := range token.FindAllStringSubmatch(stylesheet.Common, -1) {
		colours[m[1]] = [2]float64{luminance(t, m[2]), luminance(t, m[3])}
	}
	check := func(on string, least float64, tokens ...string) {
		for _, name := range tokens {
			for theme := range 2 {
				a, b := colours[name][theme], colours[on][theme]
				if colours[name] == colours[on] || (max(a, b)+.05)/(min(a, b)+.05) < least {
					t.Errorf("%s on %s, theme %d: %.1f", name, on, theme, (max(a, b)+.05)/(min(a, b)+.05))
				}
			}
		}
	}
	for _, ground := range []string{"paper", "sheet", "sunk"} {
		check(ground, 4.5, "ink", "soft", "accent", "accent-strong", "safe", "look", "bad")
		check(ground, 3, "edge")
	}
	check("safe-wash", 4.5, "ink")
}

func luminance(t *testing.T, hex string) (l float64) {
	t.Helper()
	if len(hex) == 3 {
		hex = strings.Join([]string{hex[:1], hex[:1], hex[1:2], hex[1:2], hex[2:], hex[2:]}, "")
	}
	for i, weight := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		l += weight * c
	}
	return l
}

// TestStyleLoadsNothing, and is small, as each page has it.
func TestStyleLoadsNothing(t *testing.T) {
	for _, bad := range []string{"url(", "@import", "@font-face", "<", "&", "\\"} {
		if strings.Contains(stylesheet.Common, bad) {
			t.Errorf("it has %s", bad)
		}
	}
	if n := len(stylesheet.Common); n > 4<<10 {
		t.Errorf("%d bytes", n)
	}
}
