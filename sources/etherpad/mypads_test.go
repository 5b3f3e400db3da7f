package etherpad_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/etherpad/mypads"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

var (
	marie = etherpad.Access{MyPadsLogin: "marie", MyPadsPassword: "hunter2 é"}
	annie = etherpad.Access{MyPadsLogin: "annie", MyPadsPassword: "hunter3"}
)

// keeper is a TokenKeeper for tests.
type keeper struct {
	mu    sync.Mutex
	token string
	kept  int
}

func (k *keeper) Token() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.token
}

func (k *keeper) Keep(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.token = token
	k.kept++
}

// withMyPads makes three groups, of which marie is an admin and annie a user,
// with a pad each.
func withMyPads(s *etherpadtest.Server) {
	s.AddAccount(etherpadtest.Account{ID: "marie-1", Login: "marie", Email: "marie@example.org", Password: "hunter2 é"})
	s.AddAccount(etherpadtest.Account{ID: "annie-1", Login: "annie", Password: "hunter3"})
	for _, v := range []etherpadtest.Visibility{etherpadtest.Restricted, etherpadtest.Private, etherpadtest.Public} {
		s.AddGroup(etherpadtest.Group{
			ID: "groupe-" + string(v), Name: "Groupe é", Visibility: v, Password: "pässword",
			Admins: []string{"marie-1"}, Users: []string{"annie-1"},
		})
		s.Create("cr-"+string(v), "text\n").Adopt(etherpadtest.Member{Name: "Compte rendu " + string(v), Group: "groupe-" + string(v)})
	}
}

// inMyPads is inBubble with a server that has MyPads.
func inMyPads(t *testing.T, so etherpadtest.Options, o etherpad.Options, test func(*testing.T, *etherpadtest.Server, *etherpad.Source)) {
	t.Helper()
	so.MyPads = true
	inBubble(t, so, o, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		withMyPads(server)
		test(t, server, s)
	})
}

func TestAccountConforms(t *testing.T) {
	inMyPads(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
		pad := server.Create("conformance", "some text é\n")
		pad.Adopt(etherpadtest.Member{Name: "<b>\u202e", Group: "groupe-restricted"})
		server.AddGroup(etherpadtest.Group{ID: "closed"})
		server.Create("closed-to-me", "x").Adopt(etherpadtest.Member{Group: "closed"})
		server.Create("été", "x")
		faults := &sourcetest.Faults{Handler: server}
		source := open(t, faults, base, etherpad.Options{Access: marie})
		list(t, source) // what goes wrong here is no document's fault
		err := sourcetest.Check(t.Context(), sourcetest.Fixture{
			Source: source, Faults: faults,
			ID: pad.ID(), Change: func() { pad.Append(ann, "more\n") },
			Missing: "not-there", Forbidden: "closed-to-me", Hostile: []string{"été"},
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestAccountsListConforms(t *testing.T) {
	inMyPads(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
		faults := &sourcetest.Faults{Handler: server}
		f := listerFixture(t, faults, marie, etherpad.Access{MyPadsLogin: "marie", MyPadsPassword: "wrong"})
		f.IDs = []string{"cr-private", "cr-public", "cr-restricted"}
		f.Add = func(id string) { server.Create(id, "x").Adopt(etherpadtest.Member{Group: "groupe-public"}) }
		if err := sourcetest.CheckLister(t.Context(), f); err != nil {
			t.Error(err)
		}
	})
}

func TestAccountHasAllPadsOfItsGroups(t *testing.T) {
	inMyPads(t, etherpadtest.Options{}, etherpad.Options{Access: marie}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.AddGroup(etherpadtest.Group{ID: "others", Visibility: etherpadtest.Public})
		server.Create("of-others", "x").Adopt(etherpadtest.Member{Group: "others"})
		server.Create("plain", "x")
		ids := list(t, s)
		if want := []string{"cr-private", "cr-public", "cr-restricted"}; !slices.Equal(ids, want) {
			t.Errorf("listed %q", ids)
		}
		if server.Requests() != 2 || server.Logins() != 1 {
			t.Errorf("%d requests, %d logins", server.Requests(), server.Logins())
		}
		for _, id := range append(ids, "of-others", "plain") {
			v := fetch(t, s, id, "")
			if v.Suspect != "" || strings.HasPrefix(id, "cr-") && v.Title != "Compte rendu "+id[3:] {
				t.Errorf("%s: %+v", id, v)
			}
			if again := fetch(t, s, id, v.Validator); !again.Unchanged || again.Title != "" {
				t.Errorf("%s again: %+v", id, again)
			}
		}
		if server.Requests() != 2+10 {
			t.Errorf("%d requests", server.Requests())
		}
	})
}

// TestTokenOutlivesTheRun: a login would end the session of the person whose
// account it is.
func TestTokenOutlivesTheRun(t *testing.T) {
	inMyPads(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
		kept := new(keeper)
		run := func(what string, logins int) {
			t.Helper()
			before, saved, began := server.Logins(), kept.kept, time.Now()
			s := open(t, server, base, etherpad.Options{Access: marie, Tokens: kept})
			for _, id := range list(t, s) {
				fetch(t, s, id, "")
			}
			if n := server.Logins() - before; n != logins || kept.kept-saved != logins {
				t.Errorf("%s: %d logins, %d tokens kept, want %d", what, n, kept.kept-saved, logins)
			}
			if time.Since(began) > 0 {
				t.Errorf("%s: waited for %v", what, time.Since(began))
			}
		}
		run("first", 1)
		run("again", 0)
		time.Sleep(100 * 24 * time.Hour)
		run("after months", 0)
		server.LogIn("marie")
		run("after the person logged in", 1)
		run("again", 0)
		server.Restart()
		run("after the server was started again", 1)
		kept.token = "garbage"
		run("with a token that is not one", 1)
		kept.token = "no token\r\nat all"
		run("with no token", 1)
	})
}

func TestTokenThatEndsIsRenewedOnce(t *testing.T) {
	kept := new(keeper)
	inMyPads(t, etherpadtest.Options{}, etherpad.Options{Access: marie, Tokens: kept}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		kept.token = server.LogIn("marie")
		fetch(t, s, "cr-restricted", "")
		if server.Logins() != 0 {
			t.Errorf("%d logins", server.Logins())
		}
		server.LogIn("marie")
		fetch(t, s, "cr-restricted", "")
		fetch(t, s, "cr-private", "")
		if server.Logins() != 1 {
			t.Errorf("%d logins after the person's", server.Logins())
		}

		kept.token = server.LogIn("marie") // by another padsync
		fetch(t, s, "cr-private", "")
		if server.Logins() != 1 {
			t.Errorf("%d logins though another run had a token", server.Logins())
		}

		server.LogIn("marie")
		for range 3 {
			if _, err := s.Fetch(t.Context(), "cr-restricted", ""); !errors.Is(err, mypads.ErrOusted) {
				t.Error(err)
			}
		}
		if server.Logins() != 1 {
			t.Errorf("%d logins, again and again", server.Logins())
		}
	})
}

// TestServerThatIsStartedAgainIsLoggedInToAgain: that ends all tokens, and is
// nobody's login.
func TestServerThatIsStartedAgainIsLoggedInToAgain(t *testing.T) {
	inMyPads(t, etherpadtest.Options{}, etherpad.Options{Access: marie, Tokens: new(keeper)}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		for n := range 3 {
			fetch(t, s, "cr-restricted", "")
			fetch(t, s, "cr-private", "")
			if server.Logins() != n+1 {
				t.Errorf("%d logins, the server was started %d times", server.Logins(), n+1)
			}
			server.Restart()
		}
	})
	// A server that knows none of the tokens that it gives is not asked for
	// one again and again.
	inMyPads(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
		forgets := false
		s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if server.ServeHTTP(w, r); forgets {
				server.Restart()
			}
		}), base, etherpad.Options{Access: marie, Tokens: new(keeper)})
		fetch(t, s, "cr-restricted", "")
		forgets = true
		server.Restart()
		for range 5 {
			if _, err := s.Fetch(t.Context(), "cr-restricted", ""); err == nil {
				t.Error("no error")
			}
		}
		if server.Logins() != 2 {
			t.Errorf("%d logins", server.Logins())
		}
	})
}

func TestFetchesAtOnceLogInOnce(t *testing.T) {
	inMyPads(t, etherpadtest.Options{}, etherpad.Options{Access: marie}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		both := func() {
			var done sync.WaitGroup
			for n := range 12 {
				done.Go(func() {
					v, err := s.Fetch(t.Context(), []string{"cr-restricted", "cr-private"}[n%2], "")
					if err != nil {
						t.Error(err)
						return
					}
					v.Close()
				})
			}
			done.Wait()
		}
		if both(); server.Logins() != 1 || server.Requests() != 2+12 {
			t.Errorf("%d logins, %d requests", server.Logins(), server.Requests())
		}
	})
	inMyPads(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
		s := open(t, server, base, etherpad.Options{Access: marie, Tokens: &keeper{token: server.LogIn("marie")}})
		list(t, s)
		server.LogIn("marie")
		before := server.Requests()
		var done sync.WaitGroup
		for range 12 {
			done.Go(func() {
				v, err := s.Fetch(t.Context(), "cr-restricted", "")
				if err != nil {
					t.Error(err)
					return
				}
				v.Close()
			})
		}
		done.Wait()
		// Each is refused and let in; one looks for the token, logs in and lists.
		if n := server.Requests() - before; server.Logins() != 1 || n > 12*2+3 {
			t.Errorf("%d logins after the token ended, %d requests", server.Logins(), n)
		}
	})
}

// TestRefusedLoginIsNotRepeated: servers lock accounts.
func TestRefusedLoginIsNotRepeated(t *testing.T) {
	for _, access := range []etherpad.Access{{MyPadsLogin: "marie", MyPadsPassword: "hunter"}, {MyPadsLogin: "hunter", MyPadsPassword: "x"}, {MyPadsLogin: "marie"}} {
		kept := &keeper{token: "old"}
		inMyPads(t, etherpadtest.Options{}, etherpad.Options{Access: access, Tokens: kept}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
			for _, id := range []string{"cr-restricted", "cr-public", "cr-private", "plain"} {
				_, err := s.Fetch(t.Context(), id, "")
				if !errors.Is(err, mypads.ErrLogin) || !errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "hunter") {
					t.Errorf("%s: %v", id, err)
				}
			}
			for _, err := range s.List(t.Context()) {
				if !errors.Is(err, mypads.ErrLogin) {
					t.Error(err)
				}
			}
			if server.Logins() != 1 || server.Requests() != 2 || kept.kept > 0 {
				t.Errorf("%d logins, %d requests, %d tokens kept", server.Logins(), server.Requests(), kept.kept)
			}
		})
	}
}

// TestNothingOfAnAccountGoesElsewhere: the token is in addresses, as MyPads
// wants it, and nowhere else; the password goes to the login only.
func TestNothingOfAnAccountGoesElsewhere(t *testing.T) {
	inMyPads(t, etherpadtest.Options{RootURL: "http://elsewhere.example.org"}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
		server.AddGroup(etherpadtest.Group{ID: "closed"})
		server.Create("closed-to-me", "x").Adopt(etherpadtest.Member{Group: "closed"})
		token := server.LogIn("marie")
		var asked []string
		watch := func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.Host+r.URL.Path)
				for key, values := range r.Header {
					if strings.Contains(fmt.Sprint(values), token) {
						t.Errorf("%s: %s has the token", r.URL.Path, key)
					}
				}
				if q := r.URL.Query(); q.Get("auth_token") != token || len(q) != 1 {
					t.Errorf("%s: query %s", r.URL.Path, r.URL.RawQuery)
				}
				h.ServeHTTP(w, r)
			})
		}
		s := open(t, watch(server), base, etherpad.Options{Access: marie, Tokens: &keeper{token: token}, Formats: []string{"html"}})
		v := fetch(t, s, "cr-restricted", "")
		for _, kept := range []string{v.Validator, fmt.Sprint(v.Private), v.Title, v.Facts.Content, read(t, v.Files[0]), read(t, v.Files[1])} {
			if strings.Contains(kept, token) || strings.Contains(kept, "hunter") {
				t.Errorf("kept: %s", kept)
			}
		}
		if _, err := s.Fetch(t.Context(), "closed-to-me", ""); !errors.Is(err, mypads.ErrMembers) || strings.Contains(err.Error(), token) {
			t.Error(err)
		}
		for _, where := range asked {
			if !strings.HasPrefix(where, "pad.example.org/") {
				t.Errorf("asked %s", where)
			}
		}
		if len(asked) != 1+2+2 { // the refused pad costs a look whether the token is good
			t.Errorf("asked %q", asked)
		}

		for name, fault := range map[string]http.HandlerFunc{
			"redirects elsewhere": func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://elsewhere.example.org"+r.URL.RequestURI(), http.StatusFound)
			},
			"tells what it was asked": func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", r.URL.RawQuery)
				w.Header().Set("ETag", `"`+r.URL.RawQuery+`"`)
				io.WriteString(w, r.URL.RequestURI())
			},
			"breaks off": func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", "10000")
				w.WriteHeader(http.StatusOK)
			},
		} {
			faulty := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Host != "pad.example.org" {
					t.Errorf("%s: asked %s", name, r.Host)
				}
				if strings.HasPrefix(r.URL.Path, "/p/") {
					fault(w, r)
					return
				}
				server.ServeHTTP(w, r)
			}), base, etherpad.Options{Access: marie, Tokens: &keeper{token: token}})
			if _, err := faulty.Fetch(t.Context(), "cr-restricted", ""); err == nil || strings.Contains(err.Error(), token[:20]) || strings.Contains(err.Error(), "cr-") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestOnlyWhatNeededNoMoreThanTheAddressIsPublic, whatever else the source
// could have sent.
func TestOnlyWhatNeededNoMoreThanTheAddressIsPublic(t *testing.T) {
	for name, c := range map[string]struct {
		options etherpad.Options
		id      string
		want    bool
	}{
		"a visitor":                   {etherpad.Options{}, "cr-public", true},
		"a visitor who knows more":    {etherpad.Options{Passwords: map[string]string{"": "pässword"}}, "cr-public", true},
		"with the pad's password":     {etherpad.Options{Passwords: map[string]string{"": "pässword"}}, "cr-private", false},
		"by an account":               {etherpad.Options{Access: marie}, "cr-restricted", false},
		"by an account, though open":  {etherpad.Options{Access: marie}, "cr-public", false},
		"with a cookie":               {etherpad.Options{Access: etherpad.Access{Cookie: "a=b"}}, "cr-public", false},
		"with a user of the server's": {etherpad.Options{Access: etherpad.Access{User: "u", Password: "p"}}, "cr-public", false},
	} {
		t.Run(name, func(t *testing.T) {
			inMyPads(t, etherpadtest.Options{}, c.options, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
				first := fetch(t, s, c.id, "")
				again := fetch(t, s, c.id, first.Validator)
				if first.Public != c.want || again.Public != c.want || !again.Unchanged {
					t.Errorf("at first %v, then %v", first.Public, again.Public)
				}
			})
		})
	}
}

func TestPasswordsOpenPrivatePads(t *testing.T) {
	for name, c := range map[string]struct {
		access    etherpad.Access
		passwords map[string]string
		want      error
		requests  int // for the pad
	}{
		"an admin needs none":       {marie, nil, nil, 1},
		"a user has the group's":    {annie, map[string]string{"groupe-private": "pässword"}, nil, 1},
		"or for the pad":            {annie, map[string]string{"cr-private": "pässword", "groupe-private": "x", "": "y"}, nil, 1},
		"or for all":                {annie, map[string]string{"": "pässword", "other": "x"}, nil, 1},
		"a wrong one":               {annie, map[string]string{"": "hunter2"}, mypads.ErrWrongPassword, 2},
		"none":                      {annie, nil, mypads.ErrMembers, 1},
		"a visitor has the group's": {etherpad.Access{}, map[string]string{"groupe-private": "pässword"}, nil, 2},
		"a visitor, a wrong one":    {etherpad.Access{}, map[string]string{"": "hunter2"}, mypads.ErrWrongPassword, 2},
		"a visitor, none":           {etherpad.Access{}, nil, mypads.ErrMembers, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inMyPads(t, etherpadtest.Options{}, etherpad.Options{Access: c.access, Passwords: c.passwords}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
				if c.access.MyPadsLogin != "" {
					list(t, s)
				}
				before := server.Requests()
				v, err := s.Fetch(t.Context(), "cr-private", "")
				if !errors.Is(err, c.want) || err != nil && (!errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "hunter") || strings.Contains(err.Error(), "cr-")) {
					t.Errorf("%v, want %v", err, c.want)
				}
				if n := server.Requests() - before; n != c.requests || server.Deaths() > 0 {
					t.Errorf("%d requests, want %d; the server died %d times", n, c.requests, server.Deaths())
				}
				v.Close()
			})
		})
	}
}

func TestPadHasAPasswordOfItsOwn(t *testing.T) {
	passwords := map[string]string{"groupe-public": "x", "own": "pad's"}
	inMyPads(t, etherpadtest.Options{}, etherpad.Options{Access: annie, Passwords: passwords}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("own", "x").Adopt(etherpadtest.Member{Group: "groupe-public", Visibility: etherpadtest.Private, Password: "pad's"})
		server.Create("shown", "x").Adopt(etherpadtest.Member{Group: "groupe-private", Visibility: etherpadtest.Public})
		before := server.Requests()
		fetch(t, s, "own", "")
		fetch(t, s, "shown", "")
		if n := server.Requests() - before; n != 2+2 {
			t.Errorf("%d requests", n)
		}
	})
}

// TestTokenAndPasswordGoTogetherOnlyToAPadThatIsPrivateItself: that is what
// MyPads' page does, too. Of the pads of a private group it dies.
func TestTokenAndPasswordGoTogetherOnlyToAPadThatIsPrivateItself(t *testing.T) {
	for _, passwords := range []map[string]string{{"": "pässword"}, {"": "wrong"}, {"own": "pad's", "": "pässword"}} {
		inMyPads(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
			server.Create("own", "x").Adopt(etherpadtest.Member{Group: "groupe-private", Visibility: etherpadtest.Private, Password: "pad's"})
			server.Create("was-private", "x").Adopt(etherpadtest.Member{Group: "groupe-private", Password: "pad's"})
			alone := make(map[string]bool)
			s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch q := r.URL.Query(); {
				case !q.Has("mypadspassword"):
				case !q.Has("auth_token"):
					alone[r.URL.Path] = true
				case !alone[r.URL.Path], !strings.HasPrefix(r.URL.Path, "/p/own/"):
					t.Errorf("token and password for %s", r.URL.Path)
				}
				server.ServeHTTP(w, r)
			}), base, etherpad.Options{Access: annie, Passwords: passwords})
			for _, id := range append(list(t, s), server.Create("later", "x").ReadOnlyID()) {
				v, err := s.Fetch(t.Context(), id, "")
				if id == "own" && passwords["own"] != "" && err != nil {
					t.Error(err)
				}
				v.Close()
			}
			// What the list did not have, or has under another id.
			late := server.Create("late", "x")
			late.Adopt(etherpadtest.Member{Group: "groupe-private"})
			for _, id := range []string{"late", late.ReadOnlyID()} {
				if v, err := s.Fetch(t.Context(), id, ""); (err == nil) != (passwords[""] == "pässword") {
					t.Errorf("%s: %v", id, err)
				} else {
					v.Close()
				}
			}
			if server.Deaths() > 0 {
				t.Errorf("the server died %d times", server.Deaths())
			}
		})
	}
}

func TestServerThatShowsAllPadsToAllAccounts(t *testing.T) {
	inMyPads(t, etherpadtest.Options{AllForAccounts: true}, etherpad.Options{Access: annie, Passwords: map[string]string{"": "pässword"}}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("own", "x").Adopt(etherpadtest.Member{Group: "groupe-public", Visibility: etherpadtest.Private, Password: "pad's"})
		for _, id := range list(t, s) {
			fetch(t, s, id, "")
		}
	})
}

// TestServerThatMayHaveDiedOfAPasswordIsNotSentItAgain, neither at once, nor in
// the nights that follow.
func TestServerThatMayHaveDiedOfAPasswordIsNotSentItAgain(t *testing.T) {
	inMyPads(t, etherpadtest.Options{Supervised: true}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
		server.Create("deadly", "x").Adopt(etherpadtest.Member{Group: "groupe-private", Visibility: etherpadtest.Private})
		var noted *sources.WithheldError
		night := func(password string, deaths int) {
			t.Helper()
			s := open(t, server, base, etherpad.Options{Access: annie, Passwords: map[string]string{"": "pässword", "deadly": password}})
			if noted != nil {
				s.Withhold("deadly", noted.Withheld)
			}
			before, since := server.Deaths(), time.Now()
			for range 2 {
				_, err := s.Fetch(t.Context(), "deadly", "")
				if !errors.As(err, &noted) || errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "hunter") {
					t.Errorf("%v", err)
				}
			}
			fetch(t, s, "cr-private", "")
			if n := server.Deaths() - before; n != deaths || deaths == 1 && noted.Since.Before(since) {
				t.Errorf("with %s: it died %d times, want %d", password, n, deaths)
			}
		}
		night("hunter2", 1)
		for range 6 {
			time.Sleep(24 * time.Hour)
			night("hunter2", 0)
		}
		night("hunter3", 1)
		time.Sleep(7 * 24 * time.Hour)
		night("hunter3", 1)
	})
}

// TestDeadlyPasswordOfAGroupCostsTwoDeaths, not one for each of its pads.
func TestDeadlyPasswordOfAGroupCostsTwoDeaths(t *testing.T) {
	inMyPads(t, etherpadtest.Options{Supervised: true}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
		server.AddGroup(etherpadtest.Group{ID: "deadly", Visibility: etherpadtest.Private, Users: []string{"annie-1"}})
		s := open(t, server, base, etherpad.Options{Passwords: map[string]string{"deadly": "hunter2"}})
		for n := range 10 {
			id := fmt.Sprint("cr-", n)
			server.Create(id, "x").Adopt(etherpadtest.Member{Group: "deadly"})
		}
		var fetches sync.WaitGroup
		for n := range 10 {
			fetches.Go(func() {
				var withheld *sources.WithheldError
				if _, err := s.Fetch(t.Context(), fmt.Sprint("cr-", n), ""); !errors.As(err, &withheld) {
					t.Error(err)
				}
			})
		}
		fetches.Wait()
		if server.Deaths() != 2 {
			t.Errorf("it died %d times", server.Deaths())
		}
	})
}

func TestLoginThatMayHaveKilledTheServerIsNotRepeated(t *testing.T) {
	inMyPads(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
		logins := 0
		s := open(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			logins++
			panic(http.ErrAbortHandler)
		}), base, etherpad.Options{Access: marie})
		for range 10 {
			if _, err := s.Fetch(t.Context(), "cr", ""); err == nil {
				t.Error("no error")
			}
		}
		if logins != 3 {
			t.Errorf("%d logins to a server that may be away", logins)
		}

		logins = 0
		deadly := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				logins++
				panic(http.ErrAbortHandler)
			}
			server.ServeHTTP(w, r)
		})
		kept := &keeper{token: "old"}
		list(t, open(t, server, base, etherpad.Options{Access: marie, Tokens: kept}))
		server.LogIn("marie")
		for range 2 {
			for _, err := range open(t, deadly, base, etherpad.Options{Access: marie, Tokens: kept}).List(t.Context()) {
				var withheld *sources.WithheldError
				if !errors.As(err, &withheld) || logins != 1 {
					t.Errorf("list: %v, %d logins", err, logins)
				}
			}
		}
		logins = 0

		noted := make(map[string]*sources.WithheldError)
		for run := range 2 {
			s := open(t, deadly, base, etherpad.Options{Access: marie, Tokens: &keeper{token: "old"}})
			for id, was := range noted {
				s.Withhold(id, was.Withheld)
			}
			for _, id := range []string{"cr-restricted", "cr-private"} {
				_, err := s.Fetch(t.Context(), id, "")
				if withheld := noted[id]; !errors.As(err, &withheld) {
					t.Error(err)
				} else {
					noted[id] = withheld
				}
			}
			if logins != 1 {
				t.Errorf("run %d: %d logins", run, logins)
			}
		}
	})
}

// TestPasswordGoesOnlyWhereOneIsAskedFor: addresses end in logs.
func TestPasswordGoesOnlyWhereOneIsAskedFor(t *testing.T) {
	inMyPads(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
		server.Create("plain", "x")
		for _, access := range []etherpad.Access{marie, annie, {}} {
			s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Has("mypadspassword") {
					t.Errorf("%q: the password went to %s", access.MyPadsLogin, r.URL.Path)
				}
				server.ServeHTTP(w, r)
			}), base, etherpad.Options{Access: access, Passwords: map[string]string{"": "pässword"}})
			fetch(t, s, "cr-public", "")
			fetch(t, s, "plain", "")
			if access.MyPadsLogin != "" {
				fetch(t, s, "cr-restricted", "")
			}
		}
	})
}

func TestArchivedPadIsARescueCopyOfItsPage(t *testing.T) {
	for name, o := range map[string]etherpad.Options{"account": {Access: marie, Formats: []string{"txt"}}, "visitor": {}} {
		t.Run(name, func(t *testing.T) {
			inMyPads(t, etherpadtest.Options{}, o, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
				p := server.Create("cr-archived", "Ordre du jour <é>\n")
				server.AddGroup(etherpadtest.Group{ID: "old", Visibility: etherpadtest.Public, Admins: []string{"marie-1"}, ReadOnly: true})
				p.Adopt(etherpadtest.Member{Name: "Vieux", Group: "old"})
				v := fetch(t, s, "cr-archived", "")
				if v.Suspect != etherpad.Archived || v.Validator != "" || v.Facts.Length != 19 || v.Facts.Content == "" || v.Facts.Revision != nil {
					t.Errorf("%+v", v)
				}
				if got := fileNames(v); !slices.Equal(got, []string{"cr-archived.txt", "cr-archived.html"}) || read(t, v.Files[0]) != p.Text() || !strings.Contains(read(t, v.Files[1]), "&lt;&#233;&gt;") {
					t.Errorf("files %q", got)
				}
				if name == "account" && v.Title != "Vieux" {
					t.Errorf("title %q", v.Title)
				}
				if again := fetch(t, s, "cr-archived", v.Validator); again.Facts.Content != v.Facts.Content {
					t.Error("it is another one the second time")
				}
				p.Adopt(etherpadtest.Member{Group: "old", ReadOnly: new(false)})
				if v := fetch(t, s, "cr-archived", ""); v.Suspect != "" || v.Files[0].Format != "etherpad" {
					t.Errorf("when it is open again: %+v", v)
				}
			})
		})
	}
}

func TestArchivedPadIsImported(t *testing.T) {
	inMyPads(t, etherpadtest.Options{TakesImports: true}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("cr-archived", "Ordre du jour\n1 é\n").Adopt(etherpadtest.Member{Group: "groupe-public", ReadOnly: new(true)})
		v := fetch(t, s, "cr-archived", "")
		elsewhere := etherpadtest.New(etherpadtest.Options{TakesImports: true})
		made, err := open(t, elsewhere, base, etherpad.Options{}).Import(t.Context(), v)
		if err != nil || !slices.Contains(made.Losses, etherpad.LossHistory) {
			t.Fatalf("%+v, %v", made, err)
		}
		if text := ask(t, elsewhere, "/p/cr-archived/export/txt"); !strings.HasPrefix(text, "Ordre du jour\n1 é\n") {
			t.Errorf("%q", text)
		}
	})
}

// TestPageThatIsNoPadsIsRefused: a form to log in comes with status 200 too.
func TestPageThatIsNoPadsIsRefused(t *testing.T) {
	const frame = "<!DOCTYPE HTML><html><body>"
	for page, archived := range map[string]bool{
		frame + "text</body></html>":                            true,
		frame + "text":                                          false, // cut short
		frame + "<form>text</form></body></html>":               false,
		frame + "<SCRIPT>x</script></body></html>":              false,
		frame + "\xff</body></html>":                            false,
		"<!doctype html><html><body>text</body></html>":         false,
		"<html><body>Please log in: https://</body></html>":     false,
		"This export is not enabled at this Etherpad instance.": false,
		"": false,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				io.WriteString(w, page)
			}), base, etherpad.Options{})
			v, err := s.Fetch(t.Context(), "ag", "")
			if archived != (err == nil) || err != nil && !errors.Is(err, sources.ErrRefused) {
				t.Errorf("%q: %v", page, err)
			}
			v.Close()
		})
	}
	// What an account says is archived may have another frame.
	inMyPads(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
		server.Create("cr", "x").Adopt(etherpadtest.Member{Group: "groupe-restricted", ReadOnly: new(true)})
		s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/p/") {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				io.WriteString(w, "<html>text</html>")
				return
			}
			server.ServeHTTP(w, r)
		}), base, etherpad.Options{Access: marie})
		if v := fetch(t, s, "cr", ""); v.Suspect != etherpad.Archived {
			t.Errorf("%+v", v)
		}
	})
}

func TestPadsOfNoGroup(t *testing.T) {
	inMyPads(t, etherpadtest.Options{}, etherpad.Options{Access: marie}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("plain", "x")
		server.Create("été", "x")
		fetch(t, s, "plain", "")
		fetch(t, s, "été", "")
		if _, err := s.Fetch(t.Context(), "absent", ""); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	})
	inMyPads(t, etherpadtest.Options{OnlyMyPads: true}, etherpad.Options{Access: marie}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("plain", "x")
		server.Create("été", "x")
		fetch(t, s, "été", "")
		fetch(t, s, "cr-public", "")
		before := server.Requests()
		for _, id := range []string{"plain", "absent", "é"} {
			if _, err := s.Fetch(t.Context(), id, ""); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", id, err)
			}
		}
		if n := server.Requests() - before; n != 3 {
			t.Errorf("%d requests", n)
		}
		server.Delete("cr-public") // it was listed
		if _, err := s.Fetch(t.Context(), "cr-public", ""); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	})
	// With more in it, the answer is about the server's trouble.
	synctest.Test(t, func(t *testing.T) {
		s := open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"error":"BACKEND.ERROR.PERMISSION.UNEXPECTED","extra":{"errno":5}}`)
		}), base, etherpad.Options{})
		if _, err := s.Fetch(t.Context(), "ag", ""); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	})
}

func TestReadOnlyAddressOfAMember(t *testing.T) {
	inMyPads(t, etherpadtest.Options{}, etherpad.Options{Access: marie}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		p := server.Create("cr", "x")
		p.Adopt(etherpadtest.Member{Name: "Compte rendu", Group: "groupe-restricted"})
		if v := fetch(t, s, p.ReadOnlyID(), ""); v.ID != p.ReadOnlyID() || strings.Contains(read(t, v.Files[0]), `"pad:cr"`) {
			t.Errorf("%+v", v)
		}
		server.Delete("cr")
		if _, err := s.Fetch(t.Context(), p.ReadOnlyID(), ""); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("of one that is gone: %v", err)
		}
	})
}

// TestMyPadsTroubleIsNoPadThatIsGone: only of a read-only id does it say of
// which pad Etherpad knows nothing.
func TestMyPadsTroubleIsNoPadThatIsGone(t *testing.T) {
	const readOnly = "r.0123456789abcdef0123456789abcdef"
	for extra, c := range map[string]struct {
		id   string
		gone bool
	}{
		`{"name":"apierror"}`: {readOnly, true},
		`{"name":"apierror","message":"padID does not exist","stack":"at x"}`: {readOnly, true},
		`{"name":"apierror","message":"the database is down"}`:                {readOnly, false},
		`{"name": "apierror"}`:  {"ag", false},
		`{"name":  "apierror"}`: {"r.deadbeef", false},
		`{"errno":5}`:           {readOnly, false},
		`"apierror"`:            {readOnly, false},
		`{}`:                    {readOnly, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusUnauthorized)
				io.WriteString(w, `{"error":"BACKEND.ERROR.PERMISSION.UNEXPECTED","extra":`+extra+`}`)
			}), base, etherpad.Options{})
			if _, err := s.Fetch(t.Context(), c.id, ""); err == nil || errors.Is(err, fs.ErrNotExist) != c.gone {
				t.Errorf("%s of %s: %v", extra, c.id, err)
			}
		})
	}
}

func TestAccountBehindAPasswordOfTheServer(t *testing.T) {
	closed := marie
	closed.User, closed.Password = "bob", "p:é"
	inMyPads(t, etherpadtest.Options{User: "bob", Password: "p:é"}, etherpad.Options{Access: closed}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		for _, id := range list(t, s) {
			fetch(t, s, id, "")
		}
		_, err := open(t, server, base, etherpad.Options{Access: marie}).Fetch(t.Context(), "cr-public", "")
		if !errors.Is(err, etherpad.ErrCredentials) || errors.Is(err, mypads.ErrLogin) {
			t.Error(err)
		}
	})
}

// TestOperatorWithAnAccount sees by the API what changed, and is let in to
// export it.
func TestOperatorWithAnAccount(t *testing.T) {
	both := marie
	both.APIKey = key
	inMyPads(t, etherpadtest.Options{APIKey: key}, etherpad.Options{Access: both}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("plain", "x")
		if ids := list(t, s); len(ids) != 4 {
			t.Errorf("listed %q", ids)
		}
		v := fetch(t, s, "cr-restricted", "")
		if same, err := s.Unchanged(t.Context(), "cr-restricted", v.Validator); !same || err != nil || v.Title == "" {
			t.Errorf("%t, %v, title %q", same, err, v.Title)
		}
	})
}

func TestServerWithoutMyPads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			http.NotFound(w, r)
		}), base, etherpad.Options{Access: marie})
		for range 3 {
			if _, err := s.Fetch(t.Context(), "ag", ""); !errors.Is(err, sources.ErrRefused) || !strings.Contains(err.Error(), "has no MyPads") {
				t.Error(err)
			}
		}
		if asked != 1 {
			t.Errorf("%d requests", asked)
		}
	})
}

func TestAnswersOfMyPadsThatAreNoneAreRefused(t *testing.T) {
	good := `{"success":true,"token":"hunter2"}`
	for _, c := range []struct{ login, groups string }{
		{"", ""}, {"<html>hunter2</html>", ""}, {`{"success":true}`, ""}, {`{"token":["hunter2"]}`, ""},
		{`{"token":"hunter2\r\n"}`, ""}, {`{"token":"` + strings.Repeat("x", 5000) + `"}`, ""},
		{good, ""}, {good, "<html>hunter2</html>"}, {good, `{}`}, {good, `{"value":{}}`}, {good, `{"value":null}`},
		{good, `{"value":{"groups":{},"pads":["hunter2"]}}`}, {good, `{"value":{"pads":{"a":"hunter2"}}}`},
		{good, `{"value":{"pads":{"a":{"name":["hunter2"]}}}}`}, {good, `{"value":{"pads":{"a":{}`},
		{good, `{"value":{"pads":{"a":{}},"groups":{"g":{"admins":{"hunter2":1}}}}}`},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					io.WriteString(w, c.login)
					return
				}
				io.WriteString(w, c.groups)
			}), base, etherpad.Options{Access: marie})
			_, err := s.Fetch(t.Context(), "ag", "")
			if !errors.Is(err, sources.ErrRefused) || errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "hunter") {
				t.Errorf("%q, %q: %v", c.login, c.groups, err)
			}
		})
	}
	// A server in trouble is none that refuses.
	for _, status := range []int{429, 500, 502, 503} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }), base, etherpad.Options{Access: marie})
			if _, err := s.Fetch(t.Context(), "ag", ""); err == nil || errors.Is(err, fs.ErrPermission) {
				t.Errorf("status %d: %v", status, err)
			}
		})
	}
}
