package etherpad_test

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/etherpad/mypads"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// intoGroup gives a saved pad "réunion" with the title "Réunion de juin", and
// an account's source that imports into the group.
func intoGroup(t *testing.T, a etherpad.Access, group string, test func(*testing.T, *etherpadtest.Server, func() *etherpad.Source, *sources.Version)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := etherpadtest.New(etherpadtest.Options{MyPads: true, OnlyMyPads: true, TakesImports: true, Unasked: func(r string) { t.Errorf("unasked: %s", r) }})
		withMyPads(server)
		kept := new(keeper)
		source := func() *etherpad.Source {
			return open(t, server, base, etherpad.Options{Access: a, Group: group, Tokens: kept, Passwords: map[string]string{"groupe-private": "pässword"}})
		}
		old := etherpadtest.New(etherpadtest.Options{})
		old.CreateRich("réunion")
		v := fetch(t, open(t, old, base, etherpad.Options{}), "réunion", "")
		v.Title = "Réunion de juin"
		test(t, server, source, v)
	})
}

func TestPadIsImportedIntoAGroup(t *testing.T) {
	for _, c := range []struct {
		access etherpad.Access
		group  string
	}{{marie, "groupe-restricted"}, {annie, "groupe-restricted"}, {marie, "groupe-private"}, {annie, "groupe-private"}, {annie, "groupe-public"}} {
		intoGroup(t, c.access, c.group, func(t *testing.T, server *etherpadtest.Server, source func() *etherpad.Source, v *sources.Version) {
			s := source()
			made, err := s.Import(t.Context(), v)
			if err != nil || made.Found || len(made.Losses) > 0 || !strings.HasPrefix(made.ID, "r-union-de-juin-") {
				t.Fatalf("%+v, %v", made, err)
			}
			if a, err := etherpad.ParseAddress(made.Address); err != nil || a.ID != made.ID || a.Base != base || !strings.Contains(made.Address, "/mypads/group/"+c.group+"/pad/view/") {
				t.Errorf("address %q: %+v, %v", made.Address, a, err)
			}
			later := source()
			after := fetch(t, later, made.ID, "")
			if *after.Facts.Revision != *v.Facts.Revision || after.Facts.Length != v.Facts.Length || after.Title != "Réunion de juin" {
				t.Errorf("%q: %+v, was %+v", after.Title, after.Facts, v.Facts)
			}
			again, err := later.Import(t.Context(), v)
			if err != nil || !again.Found || again.ID != made.ID || server.Imported() != 1 || server.Logins() != 1 {
				t.Errorf("again: %+v, %v; %d imports, %d logins", again, err, server.Imported(), server.Logins())
			}
			if server.Deaths() > 0 {
				t.Errorf("the server died %d times", server.Deaths())
			}
			if _, err := open(t, server, base, etherpad.Options{}).Fetch(t.Context(), made.ID, ""); c.group != "groupe-public" && !errors.Is(err, fs.ErrPermission) {
				t.Errorf("everyone may read it: %v", err)
			}
		})
	}
}

func TestPadOfAGroupIsNamedAfterItsTitleOrID(t *testing.T) {
	intoGroup(t, marie, "groupe-restricted", func(t *testing.T, _ *etherpadtest.Server, source func() *etherpad.Source, v *sources.Version) {
		for title, want := range map[string]string{"a\x00b\n" + strings.Repeat("é", 300): "a b " + strings.Repeat("é", 196), "": "réunion"} {
			v.Title = title
			made, err := source().Import(t.Context(), v)
			if err != nil {
				t.Fatal(err)
			}
			if after := fetch(t, source(), made.ID, ""); after.Title != want {
				t.Errorf("%q is called %q", title, after.Title)
			}
		}
	})
}

// TestPadsOfTheSameNameAreLeftAlone but for one without any text, which an
// import left that broke off.
func TestPadsOfTheSameNameAreLeftAlone(t *testing.T) {
	intoGroup(t, marie, "groupe-restricted", func(t *testing.T, server *etherpadtest.Server, source func() *etherpad.Source, v *sources.Version) {
		other := server.Create("other", "someone else's\n")
		other.Adopt(etherpadtest.Member{Name: v.Title, Group: "groupe-restricted"})
		server.Create("elsewhere", "x").Adopt(etherpadtest.Member{Name: v.Title, Group: "groupe-public"})
		server.Create("archived", "x").Adopt(etherpadtest.Member{Name: v.Title, Group: "groupe-restricted", ReadOnly: new(true)})
		server.Imports(etherpadtest.ImportsNothing)
		if made, err := source().Import(t.Context(), v); err == nil || strings.Contains(err.Error(), "union") {
			t.Fatalf("%+v, %v", made, err)
		}
		left := list(t, source())
		server.Imports(etherpadtest.ImportsAll)
		elsewhere := etherpadtest.New(etherpadtest.Options{})
		elsewhere.Create("réunion", "another one\n")
		second := fetch(t, open(t, elsewhere, base, etherpad.Options{}), "réunion", "")
		second.Title = v.Title
		both, made := []*sources.Version{v, second}, [2]*sources.Imported{}
		s := source()
		var done sync.WaitGroup
		for n := range made {
			done.Go(func() {
				var err error
				if made[n], err = s.Import(t.Context(), both[n]); err != nil {
					t.Error(err)
				}
			})
		}
		done.Wait()
		if made[0].ID == made[1].ID || !slices.Contains(left, made[0].ID) && !slices.Contains(left, made[1].ID) {
			t.Errorf("made %q and %q; %q were left", made[0].ID, made[1].ID, left)
		}
		if other.Text() != "someone else's\n\n" {
			t.Errorf("the other one says %q", other.Text())
		}
	})
}

// TestPadThatMayHaveBeenMadeIsFound: the next import fills it, and makes no other.
func TestPadThatMayHaveBeenMadeIsFound(t *testing.T) {
	intoGroup(t, marie, "groupe-restricted", func(t *testing.T, server *etherpadtest.Server, source func() *etherpad.Source, v *sources.Version) {
		s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			server.ServeHTTP(w, r)
			if strings.HasSuffix(r.URL.Path, "/api/pad") {
				panic(http.ErrAbortHandler)
			}
		}), base, etherpad.Options{Access: marie, Group: "groupe-restricted"})
		if made, err := s.Import(t.Context(), v); !errors.Is(err, sources.ErrUnsure) || made != nil {
			t.Errorf("%+v, %v", made, err)
		}
		made, err := source().Import(t.Context(), v)
		if err != nil || len(list(t, source())) != 4 {
			t.Errorf("%+v, %v, pads %q", made, err, list(t, source()))
		}
	})
}

func TestImportSurvivesTheEndOfItsToken(t *testing.T) {
	intoGroup(t, marie, "groupe-restricted", func(t *testing.T, server *etherpadtest.Server, source func() *etherpad.Source, v *sources.Version) {
		list(t, source())
		s := source() // another run
		list(t, s)
		server.LogIn("marie")
		if made, err := s.Import(t.Context(), v); err != nil || server.Logins() != 2 {
			t.Errorf("%+v, %v, %d logins", made, err, server.Logins())
		}
	})
}

func TestGroupThatTakesNoPads(t *testing.T) {
	for group, access := range map[string]etherpad.Access{"none": marie, "of-others": marie, "archived": marie} {
		intoGroup(t, access, group, func(t *testing.T, server *etherpadtest.Server, source func() *etherpad.Source, v *sources.Version) {
			server.AddGroup(etherpadtest.Group{ID: "of-others"})
			server.AddGroup(etherpadtest.Group{ID: "archived", Admins: []string{"marie-1"}, ReadOnly: true})
			if made, err := source().Import(t.Context(), v); !errors.Is(err, mypads.ErrNoGroup) || server.Imported() > 0 || server.Requests() != 2 {
				t.Errorf("%s: %+v, %v after %d requests", group, made, err, server.Requests())
			}
		})
	}
	intoGroup(t, marie, "groupe-restricted", func(t *testing.T, server *etherpadtest.Server, _ func() *etherpad.Source, v *sources.Version) {
		for status, want := range map[int]error{400: mypads.ErrNoGroup, 401: mypads.ErrNoGroup, 500: sources.ErrRefused} {
			s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/api/pad") {
					w.WriteHeader(status)
					return
				}
				server.ServeHTTP(w, r)
			}), base, etherpad.Options{Access: marie, Group: "groupe-restricted"})
			if made, err := s.Import(t.Context(), v); !errors.Is(err, want) {
				t.Errorf("status %d: %+v, %v", status, made, err)
			}
		}
		for _, key := range []string{`""`, `"cr-restricted"`, `".."`, `"a b"`, `7`, `null`} {
			s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/api/pad") {
					io.WriteString(w, `{"success":true,"key":`+key+`}`)
					return
				}
				server.ServeHTTP(w, r)
			}), base, etherpad.Options{Access: marie, Group: "groupe-restricted"})
			if made, err := s.Import(t.Context(), v); !errors.Is(err, sources.ErrRefused) || server.Imported() > 0 {
				t.Errorf("key %s: %+v, %v", key, made, err)
			}
		}
	})
}

func TestImportIntoMyPadsWithoutAnAccountIsRefused(t *testing.T) {
	intoGroup(t, marie, "groupe-restricted", func(t *testing.T, server *etherpadtest.Server, _ func() *etherpad.Source, v *sources.Version) {
		server.Delete("cr-restricted")
		v.ID = "cr-restricted"
		s := open(t, server, base, etherpad.Options{})
		if made, err := s.Import(t.Context(), v); err == nil || !errors.Is(err, fs.ErrPermission) && made != nil {
			t.Errorf("%+v, %v", made, err)
		}
	})
	for _, o := range []etherpad.Options{{Group: "g"}, {Group: "g/x", Access: marie}} {
		if _, err := etherpad.New(base, client(t, http.NotFoundHandler()), nil, o); !errors.Is(err, mypads.ErrNoGroup) {
			t.Error(err)
		}
	}
}

func TestParseGroup(t *testing.T) {
	for raw, want := range map[string][2]string{
		base + "/mypads/?/mypads/group/groupe-e-3u8/view":               {base, "groupe-e-3u8"},
		base + "/mypads/index.html?/mypads/group/g-1/view":              {base, "g-1"},
		base + "/mypads/index.html?/mypads/group/g-1":                   {base, "g-1"},
		"HTTP://Pad.Example.ORG/x/mypads/?/mypads/group/g-1/view?a=b#c": {base + "/x", "g-1"},
	} {
		server, group, err := mypads.ParseGroup(raw)
		if err != nil || server != want[0] || group != want[1] {
			t.Errorf("%s: %q, %q, %v", raw, server, group, err)
		}
		if again, same, err := mypads.ParseGroup(mypads.GroupURL(server, group)); err != nil || again != server || same != group {
			t.Errorf("%s: %q, %q, %v the second time", raw, again, same, err)
		}
	}
	for _, raw := range []string{
		"", "secret", base, base + "/p/secret", base + "/mypads/", base + "/mypads/?/mypads/group/", base + "/mypads/?/mypads/group//view",
		base + "/mypads/?/mypads/group/secret/pad/view/secret", base + "/mypads/?/mypads/group/sec%20ret/view", base + "/mypads/?/mypads/group/sé/view",
		base + "/x?/mypads/group/secret/view", "ftp://secret/mypads/?/mypads/group/secret/view", base + "/mypads/?/mypads/group/secret/edit",
	} {
		if server, group, err := mypads.ParseGroup(raw); !errors.Is(err, sources.ErrAddress) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %q, %q, %v", raw, server, group, err)
		}
	}
}
