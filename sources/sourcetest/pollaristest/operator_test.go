package pollaristest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func loggedIn(t *testing.T, s *Server) *browser {
	t.Helper()
	v := visitor(t, s)
	token := v.token("/login", "_csrf_token")
	got := v.do(http.MethodPost, "/login", encoded("_username", "op", "_password", "s3cret", "_csrf_token", token))
	if got.Code != 302 || got.Header().Get("Location") != "/admin" || got.Header().Get("Set-Cookie") == "" {
		t.Fatalf("%d to %s, %s", got.Code, got.Header().Get("Location"), got.Header())
	}
	return v
}

func TestTheOperatorsListEndsWithItsLastPage(t *testing.T) {
	s := New(Options{Now: then, User: "op", Password: "s3cret"})
	for i := range 60 {
		s.Put(Poll{Title: fmt.Sprint("P", i), Created: time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC), Proposals: []Proposal{{Label: "A"}}, Draft: i == 59})
	}
	v := loggedIn(t, s)
	titles := func(query string) (list []string) {
		for _, n := range find(t, v.get("/admin"+query).Body.Bytes(), "h3", "", "") {
			list = append(list, text(n))
		}
		return list
	}
	first, last := titles(""), titles("?page=3")
	if len(first) != 25 || first[0] != "P59" || first[24] != "P35" || len(last) != 10 || last[9] != "P0" {
		t.Error(first, last)
	}
	if !slices.Equal(last, titles("?page=4")) || !slices.Equal(first, titles("?page=0")) {
		t.Error("what is beyond the end is no last page")
	}
	if got := titles("?q=p5"); len(got) != 11 {
		t.Error(got)
	}
	page := v.get("/admin").Body.String()
	polls := s.Polls()
	if !strings.Contains(page, "/polls/"+polls[59].ID+"/"+polls[59].Token+"/admin") || strings.Contains(page, `/polls/`+polls[59].ID+`"`) || !strings.Contains(page, `/polls/`+polls[58].ID+`"`) {
		t.Error("the links are others: a draft has only its admin's")
	}
}

func TestAnOperatorLeavesWithAToken(t *testing.T) {
	s := New(Options{Now: then, User: "op", Password: "s3cret"})
	v := loggedIn(t, s)
	token := v.token("/admin", "_csrf_token")
	for _, c := range []struct {
		token string
		want  int
	}{{"a.b.c", 200}, {token, 302}} {
		v.do(http.MethodPost, "/logout", encoded("_csrf_token", c.token))
		if got := v.get("/admin"); got.Code != c.want {
			t.Errorf("after %q the list is %d", c.token, got.Code)
		}
	}
}

func TestAWrongLoginIsARedirectToo(t *testing.T) {
	s := New(Options{Now: then, User: "op", Password: "s3cret"})
	s.Put(garden())
	v := visitor(t, s)
	for _, pairs := range [][]string{{"_username", "op", "_password", "no"}, {"_username", "op", "_password", "s3cret", "_csrf_token", "a.b.c"}} {
		token := v.token("/login", "_csrf_token")
		if len(pairs) == 4 {
			pairs = append(pairs, "_csrf_token", token)
		}
		if got := v.do(http.MethodPost, "/login", encoded(pairs...)); got.Code != 302 || got.Header().Get("Location") != "/login" {
			t.Errorf("%q: %d", pairs, got.Code)
		}
		if got := v.get("/login").Body.String(); !strings.Contains(got, "form__error") {
			t.Error("the page after it does not say so")
		}
		if got := v.get("/admin"); got.Code != 302 || strings.Contains(got.Body.String(), "Garden") {
			t.Errorf("the list: %d", got.Code)
		}
	}
	nobody := New(Options{Now: then})
	if got := visitor(t, nobody).do(http.MethodPost, "/login", encoded("_username", "", "_password", "")); got.Header().Get("Location") != "/login" {
		t.Error("a server without an operator has one")
	}
}
