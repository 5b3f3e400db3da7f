package etherpad_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

func TestServersThatNameTheirPadsLifeTellWhenItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := etherpadtest.New(etherpadtest.Options{})
		server.Create("ag", "Bonjour\n").Append(ann, "à tous\n")
		for host, days := range map[string]int{"http://mensuel.framapad.org": 30, "https://annuel.framapad.org": 365, base: 0, "http://annuel.framapad.org.example.org": 0} {
			s := open(t, server, host, etherpad.Options{})
			v := fetch(t, s, "ag", "")
			want := ""
			if days > 0 {
				want = v.Modified.UTC().AddDate(0, 0, days).Format(time.DateOnly)
			}
			if v.Facts.Expires != want || v.Modified.IsZero() || s.Expires("ag", v.Modified) != want {
				t.Errorf("%s: %q, want %q", host, v.Facts.Expires, want)
			}
		}
	})
}

func TestPadsLifeIsAsItIsGivenOrKnown(t *testing.T) {
	modified := time.Date(2026, 11, 1, 23, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		base  string
		after int
		id    string
		want  string
	}{
		{"https://pads.example.org", 0, "ag", ""},
		{"https://pads.example.org/sub", 30, "ag", "2026-12-01"},
		{"https://mensuel.framapad.org", 0, "ag", "2026-12-01"},
		{"https://mensuel.framapad.org", 7, "ag", "2026-11-08"},
		{"https://mensuel.framapad.org", etherpad.Never, "ag", ""},
		{"https://pad.riseup.net", 0, "ag", "2026-12-01"},
		{"https://pad.riseup.net", 0, "ag-keep", ""},
		{"https://annuel2.framapad.org", 0, "ag-keep", "2027-11-01"},
	} {
		if got := etherpad.Expires(c.base, c.after, c.id, modified); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	if got := etherpad.Expires("https://mensuel.framapad.org", 0, "ag", time.Time{}); got != "" {
		t.Errorf("of a pad whose last change is not known: %q", got)
	}
}
