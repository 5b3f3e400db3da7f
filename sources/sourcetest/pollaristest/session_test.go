package pollaristest

import (
	"net/http"
	"strings"
	"testing"
)

const (
	secretID = "/polls/0123456789abcdef0123"
	adminOf  = secretID + "/fedcba98765432100123"
)

func TestTokensAreMaskedAndOfOneSession(t *testing.T) {
	s := New(Options{Now: then})
	s.Put(garden())
	v, other := visitor(t, s), visitor(t, s)
	first, second := v.token(secretID, "comment[_token]"), v.token(secretID, "comment[_token]")
	if first == second || first == "" {
		t.Errorf("%q, then %q", first, second)
	}
	post := func(b *browser, token string) int {
		return b.do(http.MethodPost, secretID, encoded("comment[authorName]", "Eve", "comment[content]", "Hi", "comment[_token]", token)).Code
	}
	// One may be used again, but by nobody else, and for no other form.
	for i, c := range []struct {
		by    *browser
		token string
		want  int
	}{
		{v, first, http.StatusFound}, {v, first, http.StatusFound}, {v, second, http.StatusFound},
		{other, first, http.StatusUnprocessableEntity}, {visitor(t, s), second, http.StatusUnprocessableEntity},
		{v, v.token(secretID, "vote[_token]"), http.StatusUnprocessableEntity}, {v, "a.b.c", http.StatusUnprocessableEntity}, {v, "", http.StatusUnprocessableEntity},
	} {
		if got := post(c.by, c.token); got != c.want {
			t.Errorf("%d: %d, want %d", i, got, c.want)
		}
	}
	if p, _ := s.Poll(garden().ID); len(p.Comments) != 1+3 {
		t.Errorf("%d comments", len(p.Comments))
	}
}

func TestEachFetchDiffersAndNothingTellsThatAPageIsUnchanged(t *testing.T) {
	for _, closes := range []string{"", "1999-01-01"} { // a closed poll's page has no tokens
		s := New(Options{Now: then})
		p := garden()
		p.Closes = closes
		s.Put(p)
		v := visitor(t, s)
		one, two := v.get(secretID), v.get(secretID)
		if one.Body.String() == two.Body.String() {
			t.Error("two pages are one")
		}
		for _, name := range []string{"Etag", "Last-Modified", "Vary"} {
			if one.Header().Get(name) != "" {
				t.Errorf("%s is told", name)
			}
		}
		if closed := closes != ""; (v.cookie == "") != closed {
			t.Errorf("closed: %v, and the cookie is %q", closed, v.cookie)
		}
	}
}

func TestHiddenResultsAreShownToASessionThatSawTheAdminPage(t *testing.T) {
	s := New(Options{Now: then})
	p := garden()
	p.Hidden = true
	s.Put(p)
	v := visitor(t, s)
	page := v.get(secretID).Body.String()
	for _, gone := range []string{"Bob", ".csv", `id="results"`, "/admin"} {
		if strings.Contains(page, gone) {
			t.Errorf("%s is shown", gone)
		}
	}
	if !strings.Contains(page, "Dora") {
		t.Error("comments are hidden")
	}
	if got := v.get(secretID + ".csv").Code; got != http.StatusNotFound {
		t.Errorf("the table: %d", got)
	}
	v.get(adminOf + "/admin")
	page = v.get(secretID).Body.String()
	for _, shown := range []string{"Bob", secretID + ".csv", `href="` + adminOf + `/admin"`, "/votes/297ae4ca2c25fc6f4c75/edit"} {
		if !strings.Contains(page, shown) {
			t.Errorf("%s is not shown", shown)
		}
	}
	if got := v.get(secretID + ".csv"); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "Bob") {
		t.Errorf("the table: %d", got.Code)
	}
	if strings.Contains(visitor(t, s).get(secretID).Body.String(), "Bob") {
		t.Error("others see the results, too")
	}
}

func TestAPasswordOpensAPollForItsSessionAndTheAdminLinkDoesNot(t *testing.T) {
	s := New(Options{Now: then})
	p := garden()
	p.Password = "s3cret é"
	s.Put(p)
	v := visitor(t, s)
	closed := func() {
		t.Helper()
		for _, address := range []string{secretID, secretID + ".csv", secretID + "/votes/297ae4ca2c25fc6f4c75/edit"} {
			if got := v.get(address); got.Code != http.StatusFound || got.Header().Get("Location") != secretID+"/authenticate" || got.Body.Len() > 0 {
				t.Errorf("%s: %d to %s", address, got.Code, got.Header().Get("Location"))
			}
		}
	}
	closed()
	if got := v.get(adminOf + "/admin"); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "Nil") {
		t.Errorf("the admin page: %d", got.Code)
	}
	closed()
	const field = "poll_authentication[password]"
	for _, c := range []struct{ form, wrong string }{
		{encoded(field, "no", "poll_authentication[_token]", v.token(secretID+"/authenticate", "poll_authentication[_token]")), "poll_authentication_password_error"},
		{encoded(field, "s3cret é", "poll_authentication[_token]", "a.b.c"), "poll_authentication_error"},
	} {
		got := v.do(http.MethodPost, secretID+"/authenticate", c.form)
		if got.Code != http.StatusUnprocessableEntity || len(find(t, got.Body.Bytes(), "p", "id", c.wrong)) != 1 {
			t.Errorf("%s: %d", c.wrong, got.Code)
		}
	}
	closed()
	if got := v.send(secretID+"/authenticate", "poll_authentication", field, "s3cret é"); got.Code != http.StatusFound || got.Header().Get("Location") != secretID {
		t.Errorf("the password: %d to %s", got.Code, got.Header().Get("Location"))
	}
	for _, address := range []string{secretID, secretID + ".csv"} {
		got := v.get(address)
		if !strings.Contains(got.Body.String(), "Bob") || (address == secretID) != strings.Contains(got.Body.String(), "notification") {
			t.Errorf("%s: %d", address, got.Code)
		}
	}
	s.Change(p.ID, func(p *Poll) { p.Password = "an0ther" })
	closed()
}
