package framadate

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/sourcetest"
)

func TestListThatNeverEndsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		transport, stop := sourcetest.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests++
			w.Header().Set("Content-Type", "text/html; charset=UTF-8")
			fmt.Fprintf(w, `<html><body><form><table class="table-polls"><tr>
				<td><a href="http://polls.example.org/Poll%012[1]dAdmin123/admin">-</a></td>
				<td><button name="delete_poll" value="Poll%012[1]d">-</button></td></tr></table></form></body></html>`, requests)
		}))
		defer stop()
		s, err := New("http://polls.example.org", polite.New(polite.Options{Transport: transport}), new(spool.Pool), Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.maxPages = 100 // the real one takes too long
		for id, err := range s.List(t.Context()) {
			if id != "" || !errors.Is(err, sources.ErrRefused) || requests != 100 {
				t.Errorf("%v, after %d requests", err, requests)
			}
		}
		if requests != 100 {
			t.Errorf("%d requests", requests)
		}
	})
}
