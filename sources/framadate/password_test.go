package framadate_test

import (
	"errors"
	"io/fs"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

func TestPasswordOpensThePollAndItsTable(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		p := meeting()
		p.Password = "s3cret é&=+"
		id, admin := server.Add(p)
		p.Password = "shared"
		other, _ := server.Add(p)
		s, client := openWith(t, server, framadate.Options{Passwords: map[string]string{id: "s3cret é&=+", "": "shared"}})
		first := fetch(t, s, id, "")
		if got := decode(t, first); len(got.Votes) != 4 || !*got.Settings.Password || *got.Settings.PublicResults || first.Suspect != "" || len(first.Files) != 3 {
			t.Errorf("%+v, %+v", first, got)
		}
		if client.Requests() != 3 || server.Sessions() != 1 {
			t.Errorf("%d requests in %d sessions", client.Requests(), server.Sessions())
		}
		if v := fetch(t, s, id, first.Validator); !v.Unchanged || client.Requests() != 4 {
			t.Errorf("%+v after %d requests", v, client.Requests())
		}
		if v := fetch(t, s, id, ""); !reflect.DeepEqual(v.Facts, first.Facts) {
			t.Error("the poll is another one the second time")
		}
		if v := fetch(t, s, other, ""); len(decode(t, v).Votes) != 4 {
			t.Errorf("%+v", v)
		}
		for _, f := range first.Files {
			if strings.Contains(file(t, first, f.Name), "s3cret") {
				t.Errorf("the password is in %s", f.Name)
			}
		}
		again, _ := openWith(t, server, framadate.Options{Passwords: map[string]string{id: "s3cret é&=+"}})
		if v := fetch(t, again, id, first.Validator); !v.Unchanged {
			t.Errorf("in another session: %+v", v)
		}
		if got := decode(t, fetch(t, s, admin+"/admin", "")); len(got.Votes) != 4 {
			t.Errorf("%+v", got)
		}
	})
}

// TestOnlyWhatNeededNoMoreThanTheLinkIsPublic, whatever else the source could
// have sent.
func TestOnlyWhatNeededNoMoreThanTheLinkIsPublic(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		p := meeting()
		open, admin := server.Add(p)
		p.Password = "s3cret"
		closed, closedAdmin := server.Add(p)
		known := framadate.Options{Passwords: map[string]string{"": "s3cret"}}
		s, _ := openWith(t, server, known)
		user, _ := openWith(t, server, framadate.Options{User: "u", Password: "p"})
		listed, _ := openWith(t, server, known)
		for _, err := range listed.List(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
		}
		for name, c := range map[string]struct {
			source  *framadate.Source
			locator string
			want    bool
		}{
			"by the public link": {s, open, true}, "by the admin link": {s, admin + "/admin", false},
			"with its password": {s, closed, false}, "with a password, by the admin link": {s, closedAdmin + "/admin", false},
			"behind a password of the server": {user, open, false}, "by an admin link of the list": {listed, open, false},
		} {
			first := fetch(t, c.source, c.locator, "")
			again := fetch(t, c.source, c.locator, first.Validator)
			if first.Public != c.want || again.Public != c.want || !again.Unchanged {
				t.Errorf("%s: at first %v, then %v", name, first.Public, again.Public)
			}
		}
		if v := fetch(t, s, open, ""); !v.Public {
			t.Error("a session that opened another poll makes this one private")
		}
		if v, err := s.Fetch(t.Context(), strings.ToUpper(closed), ""); err == nil && v.Public {
			t.Error("a session that opened the poll shows it as public under another spelling")
		}
	})
}

// TestPasswordAtWhichTheConnectionBrokeIsNotSentAgain, neither at once, nor in
// the nights that follow.
func TestPasswordAtWhichTheConnectionBrokeIsNotSentAgain(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		p := meeting()
		p.Password, p.Fault = "s3cret", framadatetest.Deadly
		id, admin := server.Add(p)
		p.Fault = framadatetest.None
		other, _ := server.Add(p)
		var noted *sources.WithheldError
		night := func(password string, deaths int) {
			t.Helper()
			s, _ := openWith(t, server, framadate.Options{Passwords: map[string]string{id: password, "": "s3cret"}})
			if noted != nil {
				s.Withhold(id, noted.Withheld)
			}
			before := server.Deaths()
			for range 2 {
				_, err := s.Fetch(t.Context(), id, "")
				if !errors.As(err, &noted) || errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "cret") || strings.Contains(err.Error(), id) {
					t.Error(err)
				}
			}
			fetch(t, s, other, "")
			fetch(t, s, admin+"/admin", "")
			if n := server.Deaths() - before; n != deaths {
				t.Errorf("with %s: %d connections broke, want %d", password, n, deaths)
			}
		}
		night("s3cret", 1)
		for range 6 {
			time.Sleep(24 * time.Hour)
			night("s3cret", 0)
		}
		night("another s3cret", 1)
		time.Sleep(7 * 24 * time.Hour)
		night("another s3cret", 1)
	})
}

func TestWrongPasswordIsToldFromNone(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		p := meeting()
		p.Password = "s3cret"
		id, _ := server.Add(p)
		s, client := openWith(t, server, framadate.Options{Passwords: map[string]string{id: "wrong", "": "s3cret"}})
		v, err := s.Fetch(t.Context(), id, "")
		if !errors.Is(err, framadate.ErrWrongPassword) || !errors.Is(err, fs.ErrPermission) || errors.Is(err, framadate.ErrPassword) || client.Requests() != 2 {
			t.Error(v, err, client.Requests())
		}
		if strings.Contains(err.Error(), id) {
			t.Error(err)
		}
		server.Change(id, func(p *framadatetest.Poll) { p.Password = "" })
		if v := fetch(t, s, id, ""); *decode(t, v).Settings.Password {
			t.Error("a password that is there no more")
		}
	})
}

func TestPollsWithPasswordsAreFetchedOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := framadatetest.New(framadatetest.Options{Dialect: framadatetest.HEAD11, Prefix: "/sub"})
		var now, most atomic.Int32
		slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(100 * time.Millisecond)
			server.ServeHTTP(w, r)
			now.Add(-1)
		})
		s, _ := openWith(t, slow, framadate.Options{Passwords: map[string]string{"": "s3cret"}})
		var all sync.WaitGroup
		for range 5 {
			p := meeting()
			p.Password = "s3cret"
			id, _ := server.Add(p)
			all.Go(func() {
				v, err := s.Fetch(t.Context(), id, "")
				if err != nil || v.Suspect != "" {
					t.Error(v, err)
				}
				if err := v.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if most.Load() != 1 || server.Sessions() != 1 {
			t.Errorf("%d requests at once, %d sessions", most.Load(), server.Sessions())
		}
	})
}
