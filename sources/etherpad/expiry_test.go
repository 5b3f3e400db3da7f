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
			v := fetch(t, open(t, server, host, etherpad.Options{}), "ag", "")
			want := ""
			if days > 0 {
				want = v.Modified.UTC().AddDate(0, 0, days).Format(time.DateOnly)
			}
			if v.Facts.Expires != want || v.Modified.IsZero() {
				t.Errorf("%s: %q, want %q", host, v.Facts.Expires, want)
			}
		}
	})
}
