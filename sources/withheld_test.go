package sources_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/padsync/padsync/sources"
)

func TestPasswordIsWithheldForAWeekOrUntilItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var first sources.Withholding
		if err := first.Check("ag", "hunter2"); err != nil {
			t.Fatal(err)
		}
		var noted *sources.WithheldError
		if err := first.Broke("ag", "hunter2", io.EOF); !errors.As(err, &noted) || !errors.Is(err, io.EOF) || strings.Contains(err.Error()+noted.Key, "hunter") {
			t.Fatalf("%v", err)
		}
		for days := range 9 {
			var next sources.Withholding // of another run
			next.Remember("ag", noted.Withheld)
			var again *sources.WithheldError
			err := next.Check("ag", "hunter2")
			if errors.As(err, &again) != (days < 7) || again != nil && (again.Withheld != noted.Withheld || again.Err != nil) {
				t.Errorf("after %d days: %v", days, err)
			}
			for id, secret := range map[string]string{"ag": "another", "bureau": "hunter2"} {
				if err := next.Check(id, secret); err != nil {
					t.Errorf("%s with %s: %v", id, secret, err)
				}
			}
			time.Sleep(24 * time.Hour)
		}
	})
}

// TestTwoDocumentsWithholdAPasswordFromAll: it is the password's fault then,
// and a group may have hundreds of pads.
func TestTwoDocumentsWithholdAPasswordFromAll(t *testing.T) {
	var w sources.Withholding
	one, two := w.Broke("a", "p", io.EOF), w.Broke("b", "p", io.EOF)
	var a, b, c *sources.WithheldError
	if !errors.As(one, &a) || !errors.As(two, &b) || a.Key != b.Key {
		t.Fatalf("%v, %v", one, two)
	}
	if !errors.As(w.Check("c", "p"), &c) || c.Since != b.Since || w.Check("c", "q") != nil {
		t.Errorf("a third: %+v", c)
	}
	var next sources.Withholding
	next.Remember("a", a.Withheld)
	if next.Check("c", "p") != nil {
		t.Error("one is enough")
	}
	if next.Check("", "p") == nil {
		t.Error("one is not enough for what is of no document")
	}
	next.Remember("b", b.Withheld)
	if next.Check("c", "p") == nil {
		t.Error("a third is asked for in the next run")
	}
}

// TestWhatOtherRunsNotedIsBounded: a manifest may say anything.
func TestWhatOtherRunsNotedIsBounded(t *testing.T) {
	var w sources.Withholding
	now := time.Now()
	for _, was := range []sources.Withheld{
		{now, ""}, {now, "zz"}, {now, "00"}, {now, strings.Repeat("0", 96)}, {now.AddDate(10, 0, 0), "01"}, {time.Time{}, "02"},
	} {
		w.Remember("ag", was)
	}
	if err := w.Check("ag", "p"); err != nil {
		t.Error(err)
	}
}
