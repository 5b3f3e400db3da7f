package polite

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestUncountedRequestsDoNotWaitForTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limited := &etherpad{max: 2, window: 90 * time.Second, over: hang}
		calls := 0
		c := New(Options{Transport: script(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/api") {
				calls++
				return answer(200, "ok"), nil
			}
			return limited.RoundTrip(r)
		})})
		begin := time.Now()
		for range 2 {
			if err := c.Do(t.Context(), get("http://h/p"), wantStatus(200)); err != nil {
				t.Fatal(err)
			}
		}
		call := func() {
			t.Helper()
			if err := c.Do(Uncounted(t.Context()), get("http://h/api"), wantStatus(200)); err != nil {
				t.Fatal(err)
			}
		}
		for range 100 {
			call()
		}
		if took := time.Since(begin); took > 0 || calls != 100 {
			t.Errorf("%d calls took %v in a window that is spent", calls, took)
		}
		if err := c.Do(t.Context(), get("http://h/p"), wantStatus(200)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took < 90*time.Second || limited.refused > 0 {
			t.Errorf("the next that counts came after %v; %d refused", took, limited.refused)
		}
	})
}
