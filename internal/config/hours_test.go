package config

import (
	"errors"
	"testing"
	"time"
)

func TestHoursEnd(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		hours    Hours
		now, end string // "" for outside
	}{
		{"22:00-06:00", "2026-11-22 21:59:59", ""},
		{"22:00-06:00", "2026-11-22 22:00:00", "2026-11-23 06:00:00"},
		{"22:00-06:00", "2026-12-31 23:59:59", "2027-01-01 06:00:00"},
		{"22:00-06:00", "2026-11-22 05:59:59", "2026-11-22 06:00:00"},
		{"22:00-06:00", "2026-11-22 06:00:00", ""},
		{"01:30-04:00", "2026-11-22 01:29:59", ""},
		{"01:30-04:00", "2026-11-22 02:00:00", "2026-11-22 04:00:00"},
		{"01:30-04:00", "2026-11-22 04:00:00", ""},
		{"00:00-00:01", "2026-11-22 00:00:30", "2026-11-22 00:01:00"},
		// The night in which clocks are set forward has no 02:30.
		{"02:30-06:00", "2026-03-29 05:00:00", "2026-03-29 06:00:00"},
		{"22:00-06:00", "2026-10-25 02:30:00", "2026-10-25 06:00:00"},
	} {
		now, err := time.ParseInLocation(time.DateTime, c.now, paris)
		if err != nil {
			t.Fatal(err)
		}
		end, open := c.hours.End(now)
		if open != (c.end != "") || open && end.Format(time.DateTime) != c.end {
			t.Errorf("%s at %s: %v, %v", c.hours, c.now, end, open)
		}
	}
	if end, open := Hours("").End(time.Now()); !open || !end.IsZero() {
		t.Errorf("the whole day ends at %v, %v", end, open)
	}
}

func TestHoursThatAreNone(t *testing.T) {
	for _, h := range []string{"22-6", "22:00", "24:00-06:00", "22:00-22:00", "22:60-06:00", "10pm-6am", "22:00 - 06:00", "22:00-06:00\\n"} {
		_, _, err := load(t, "[[source]]\nname = \"n\"\ndocuments = [\"https://h/p/a\"]\nhours = \""+h+"\"\n")
		var e *Error
		if !errors.As(err, &e) || e.Problem != NoHours || e.Key != "source.hours" || e.Line != 4 {
			t.Errorf("%q: %v", h, err)
		}
	}
	if c, _, err := load(t, "[[source]]\ndocuments = [\"https://h/p/a\"]\nhours = \"22:00-06:00\"\n"); err != nil || c.Sources[0].Hours != "22:00-06:00" {
		t.Error(err)
	}
}
