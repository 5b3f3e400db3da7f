package backup_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/sources"
)

// A fleeting source deletes documents after some days without a change.
type fleeting struct {
	odd
	days map[string]int // by id; 0: it keeps them
}

func (f fleeting) Expires(id string, modified time.Time) string {
	if f.days[id] == 0 {
		return ""
	}
	return modified.AddDate(0, 0, f.days[id]).Format(time.DateOnly)
}

// TestWhatExpiresBeforeTheNextRunComesFirst, and after it what was looked at
// longest ago.
func TestWhatExpiresBeforeTheNextRunComesFirst(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	modified := time.Now().AddDate(0, 0, -100)
	w := oddly(t, nil)
	w.plan.Sources[0].Parallel = 1
	w.plan.Sources[0].Client = fleeting{func(id, validator string) (*sources.Version, error) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, id)
		v := oddVersion(id, id)
		v.Modified, v.Unchanged = modified, validator != ""
		if v.Unchanged {
			v = &sources.Version{ID: id, Validator: validator, Unchanged: true}
		}
		return v, nil
	}, map[string]int{"b": 400, "c": 101, "d": 80, "e": 101}}
	for _, id := range []string{"c", "e", "a", "b", "d"} { // looked at one after the other
		w.backup(backup.Document{ID: id})
	}
	asked = nil
	var told []backup.Event
	w.plan.Observe = func(e backup.Event) { told = append(told, e) }
	w.backup(backup.Document{ID: "a"}, backup.Document{ID: "b"}, backup.Document{ID: "c"}, backup.Document{ID: "d"}, backup.Document{ID: "e"})
	if got := fmt.Sprint(asked[:2]); got != "[c e]" {
		t.Errorf("asked for %q", asked)
	}
	for _, e := range told {
		if want := map[string]string{"b": modified.AddDate(0, 0, 400).Format(time.DateOnly)}[e.ID]; e.ID == "b" && e.Expires != want || e.ID == "a" && e.Expires != "" {
			t.Errorf("%s, which did not change, expires on %q", e.ID, e.Expires)
		}
	}
}
