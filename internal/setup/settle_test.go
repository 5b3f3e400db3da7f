package setup

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
	"github.com/padsync/padsync/sources/sourcetest/pollaristest"
)

// TestEachAddressIsAskedForWhereItMayBe: what is at BASE/polls/NAME is a poll of a
// Pollaris at BASE, or of a Framadate at BASE/polls, whatever another address of the
// same host turned out to be; and where one of them gives no answer, the other may.
func TestEachAddressIsAskedForWhereItMayBe(t *testing.T) {
	below := framadatetest.New(framadatetest.Options{Prefix: "/polls"})
	within, _ := below.Add(framadatetest.Poll{Poll: poll.Poll{Title: "When", Kind: poll.Date, Choices: []poll.Choice{{Date: "2027-01-05"}}}})
	atRoot := framadatetest.New(framadatetest.Options{})
	plain, _ := atRoot.Add(framadatetest.Poll{Poll: poll.Poll{Title: "Where", Kind: poll.Date, Choices: []poll.Choice{{Date: "2027-01-05"}}}})
	both := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/polls/") {
			below.ServeHTTP(w, r)
			return
		}
		atRoot.ServeHTTP(w, r)
	}))
	defer both.Close()
	pollaris := httptest.NewServer(pollaristest.New(pollaristest.Options{Unasked: func(request string) { t.Errorf("unasked: %s", request) }}))
	defer pollaris.Close()
	barred := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/preferences" {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, `<html><script src="/cdn-cgi/challenge-platform/x"></script></html>`)
			return
		}
		below.ServeHTTP(w, r)
	}))
	defer barred.Close()

	given := []string{
		both.URL + "/polls/" + within, both.URL + "/" + plain, both.URL + "/polls/other", pollaris.URL + "/polls/ag", pollaris.URL + "/AbCdEf1234567890",
		barred.URL + "/polls/" + within,
	}
	want := []string{
		"framadate " + both.URL + "/polls " + within, "framadate " + both.URL + " " + plain, "framadate " + both.URL + "/polls other", "pollaris " + pollaris.URL + " ag",
		"framadate " + barred.URL + "/polls " + within,
	}
	load, err := newSetup(t, nil).Load(Options{Repositories: []string{filepath.Join(t.TempDir(), "repository")}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // in whichever order
		wanted, bad := load.Wanted(given, nil, nil)
		servers, err := load.Servers(t.Context(), wanted, nil)
		if err != nil {
			t.Fatal(err)
		}
		wanted, err = servers.Settle(t.Context(), wanted, bad)
		if err != nil || bad.Count != 1 { // an old address of what is a Pollaris now
			t.Fatalf("%d mistakes, %v", bad.Count, err)
		}
		var got []string
		for _, w := range wanted {
			got = append(got, fmt.Sprint(w.kind, " ", w.base, " ", w.locator))
		}
		if !slices.Equal(got, want) {
			t.Errorf("settled are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		slices.Reverse(given)
		slices.Reverse(want)
	}
}
