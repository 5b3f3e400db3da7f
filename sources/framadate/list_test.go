package framadate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// listed are the ids that the source lists, sorted.
func listed(ctx context.Context, s *framadate.Source) (ids []string, err error) {
	for id, err := range s.List(ctx) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, nil
}

func addMany(server *framadatetest.Server, n int) (ids []string) {
	for i := range n {
		p := pizza()
		p.Title = fmt.Sprintf("Poll %03d", i)
		id, _ := server.Add(p)
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func TestOperatorsListHasAllPolls(t *testing.T) {
	for _, n := range []int{0, 1, 30, 95} {
		for _, o := range []framadatetest.Options{{}, {Scripts: true, NoFrench: true}, {Protected: "/", User: "op", Password: "s3cret"}, {Protected: "/admin/", User: "op", Password: "s3cret"}} {
			inBubbles(t, o, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
				want := addMany(server, n)
				s, client := openWith(t, server, framadate.Options{User: "op", Password: "s3cret"})
				got, err := listed(t.Context(), s)
				if err != nil || !slices.Equal(got, want) || client.Requests() != int64((n+29)/30+1) {
					t.Errorf("%d of %d polls after %d requests, %v", len(got), n, client.Requests(), err)
				}
			})
		}
	}
}

func TestOperatorsListConforms(t *testing.T) {
	inBubbles(t, framadatetest.Options{Protected: "/admin/", User: "op", Password: "s3cret"}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		faults := &sourcetest.Faults{Handler: server}
		with := func(password string) func() sources.Lister {
			return func() sources.Lister {
				s, _ := openWith(t, faults, framadate.Options{User: "op", Password: password})
				return s
			}
		}
		err := sourcetest.CheckLister(t.Context(), sourcetest.ListerFixture{
			Open: with("s3cret"), Closed: with("wrong"), Faults: faults, IDs: addMany(server, 35),
			Add: func(id string) {
				p := pizza()
				p.ID = id
				server.Add(p)
			},
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestListedPollsAreFetchedAsTheAdminSeesThem(t *testing.T) {
	inBubbles(t, framadatetest.Options{Protected: "/admin/", User: "op", Password: "s3cret"}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		p := meeting()
		p.ID, p.Password, p.Settings.Hidden = "Custom24CustomCustom0024", "unknown", is(true)
		id, admin := server.Add(p)
		s, _ := openWith(t, server, framadate.Options{User: "op", Password: "s3cret"})
		if _, err := listed(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		v := fetch(t, s, id, "")
		if got := decode(t, v); v.ID != id || len(got.Votes) != 4 || got.Settings.Mail == "" || v.Suspect != "" || !strings.HasSuffix(v.Private["admin"], admin) {
			t.Errorf("%+v, %+v", v, got)
		}
		server.Delete(id)
		if v, err := s.Fetch(t.Context(), id, ""); !errors.Is(err, fs.ErrNotExist) {
			t.Error(v, err)
		}
	})
}

func TestListTellsWhyItIsNone(t *testing.T) {
	inBubbles(t, framadatetest.Options{Protected: "/admin/", User: "op", Password: "s3cret"}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		addMany(server, 40)
		for _, o := range []framadate.Options{{}, {User: "op", Password: "wrong"}} {
			s, _ := openWith(t, server, o)
			if ids, err := listed(t.Context(), s); len(ids) > 0 || !errors.Is(err, framadate.ErrCredentials) || !errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "wrong") {
				t.Error(ids, err)
			}
		}
		for _, fault := range []sourcetest.Fault{sourcetest.Down, sourcetest.Cut, sourcetest.CutCleanly, sourcetest.Empty, sourcetest.NotUTF8, sourcetest.ErrorPage} {
			faults := &sourcetest.Faults{Handler: server}
			faults.Set(fault)
			s, _ := openWith(t, faults, framadate.Options{User: "op", Password: "s3cret"})
			if ids, err := listed(t.Context(), s); len(ids) > 0 || err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %d polls, %v", fault, len(ids), err)
			}
		}
		blog, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<html><body><form><table><tr><td>x</table></form></body></html>")
		}))
		if ids, err := listed(t.Context(), blog); len(ids) > 0 || !errors.Is(err, sources.ErrRefused) {
			t.Error(ids, err)
		}
	})
}

// When a poll goes, those behind it move up, and one from the next page to a
// page that was read.
func TestPollThatMovesWhileTheListIsReadIsNotLost(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		ids := addMany(server, 62)
		pages := 0
		s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if pages++; pages == 2 {
				server.Delete(ids[0])
				server.Delete(ids[1])
			}
			server.ServeHTTP(w, r)
		}))
		got, err := listed(t.Context(), s)
		if err != nil || !slices.Equal(got, ids[2:]) || pages != 3+3 {
			t.Errorf("%d polls after %d pages, %v", len(got), pages, err)
		}
	})
}
