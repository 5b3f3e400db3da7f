package sourcetest_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/sources/sourcetest"
)

const listOfRequests = "# Requests\n\n## One\n\n| request | a client |\n|---|---|\n" +
	"| `GET /p/PAD/export/FORMAT?token&word` | a |\n" +
	"| `POST /form.php` `[key] name choices [hidden mail]` | b |\n" +
	"| `POST /setHTML` `login` | c |\n\n## Other\n\n| `GET /other` | d |\n"

func TestRequestsAreThoseOfTheList(t *testing.T) {
	for _, c := range []struct {
		method, address, kind, body string
		listed                      bool
	}{
		{"GET", "/p/ag/export/txt?word=x&token=y", "", "", true},
		{"GET", "/folder/p/a%2Fb/export/txt?word=x&token=y", "", "", true},
		{"GET", "/p/ag/export/txt?token=y", "", "", false},
		{"GET", "/p/ag/export/txt?word=x&token=y&more=", "", "", false},
		{"HEAD", "/p/ag/export/txt?word=x&token=y", "", "", false},
		{"GET", "/p/a/b/export/txt?word=x&token=y", "", "", false},
		{"GET", "/p/ag/export/txt?word=x&token=y", "", "body", false},
		{"POST", "/form.php", "application/x-www-form-urlencoded", "name=x&choices[]=1&choices[]=2", true},
		{"POST", "/form.php", "application/x-www-form-urlencoded", "name=x&choices1[]=1&mail=m&key=k", true},
		{"POST", "/form.php", "application/x-www-form-urlencoded", "name=x", false},
		{"POST", "/form.php", "application/x-www-form-urlencoded", "name=x&choices=1&delete=1", false},
		{"POST", "/setHTML", "application/json", `{"login":1}`, true},
		{"POST", "/setText", "application/json", `{"login":1}`, false},
		{"POST", "/setHTML", "application/json", `{"login":1,"password":2}`, false},
		{"POST", "/setHTML", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"login\"\r\n\r\nx\r\n--b--\r\n", true},
		{"POST", "/setHTML", "text/plain", "login", false},
		{"GET", "/other", "", "", false},
	} {
		requests, err := sourcetest.ReadRequests(strings.NewReader(listOfRequests), "One")
		if err != nil {
			t.Fatal(err)
		}
		told := ""
		h := requests.Watch(http.NotFoundHandler(), func(request string) { told = request })
		r := httptest.NewRequest(c.method, c.address, strings.NewReader(c.body))
		if c.kind != "" {
			r.Header.Set("Content-Type", c.kind)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		if (told == "") != c.listed || (len(requests.Unseen()) == 2) != c.listed {
			t.Errorf("%s %s %s: told %q, unseen %q", c.method, c.address, c.body, told, requests.Unseen())
		}
		told = ""
		r.Header.Set("X-Forwarded-For", "127.0.0.1")
		if h.ServeHTTP(httptest.NewRecorder(), r); !strings.Contains(told, "X-Forwarded-For") {
			t.Errorf("a header: %q", told)
		}
	}
}

// TestAListThatIsNoneIsAnError: a row that is misspelt would allow nothing, or
// anything.
func TestAListThatIsNoneIsAnError(t *testing.T) {
	for _, text := range []string{"", "## One\n", "## Two\n| `GET /x` |\n", "## One\n| `GET` | x |\n", "## One\n| `get /x` | x |\n", "## One\n| `GET /x` and more | x |\n"} {
		if r, err := sourcetest.ReadRequests(strings.NewReader(text), "One"); err == nil {
			t.Errorf("%q: %q", text, r.Unseen())
		}
	}
	r, err := sourcetest.ReadRequests(strings.NewReader(listOfRequests), "One", "Other")
	if err != nil || len(r.Unseen()) != 4 || !slices.Contains(r.Unseen(), "`GET /other`") {
		t.Errorf("%v, %v", r, err)
	}
}
