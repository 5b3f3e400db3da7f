package pollaris_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/pollaris"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/pollaristest"
)

func operator(password string) pollaris.Options {
	return pollaris.Options{User: "op", Password: password}
}

// listed are the slugs that the source lists, sorted.
func listed(ctx context.Context, s *pollaris.Source) (slugs []string, err error) {
	for slug, err := range s.List(ctx) {
		if err != nil {
			return slugs, err
		}
		slugs = append(slugs, slug)
	}
	slices.Sort(slugs)
	return slugs, nil
}

func putMany(server *pollaristest.Server, n int) (slugs []string) {
	for i := range n {
		p := lunch()
		p.ID, p.Token, p.Slug = "", "", fmt.Sprintf("poll-%03d", i)
		slugs = append(slugs, server.Put(p).Slug)
	}
	return slugs
}

func TestOperatorsListHasAllPollsWithTheirAdminLinks(t *testing.T) {
	for n, cost := range map[int]int64{0: 1, 1: 2, 25: 2, 26: 6, 80: 10} {
		inBubbles(t, pollaristest.Options{User: "op", Password: "s3cret"}, func(t *testing.T, server *pollaristest.Server) {
			want := putMany(server, n)
			s, client := openWith(t, server, operator("s3cret"))
			got, err := listed(t.Context(), s)
			if err != nil || !slices.Equal(got, want) || client.Requests() != cost+3 { // one more to be told to log in, two to do so
				t.Errorf("%d of %d polls after %d requests, %v", len(got), n, client.Requests(), err)
			}
			if n == 0 {
				return
			}
			if v := fetch(t, s, want[0], ""); v.ID != want[0] || !strings.HasSuffix(v.Private["admin"], "/admin") {
				t.Errorf("%q, %q", v.ID, v.Private)
			}
		})
	}
}

func TestOperatorsListConforms(t *testing.T) {
	inBubbles(t, pollaristest.Options{User: "op", Password: "s3cret"}, func(t *testing.T, server *pollaristest.Server) {
		faults := &sourcetest.Faults{Handler: server}
		with := func(password string) func() sources.Lister {
			return func() sources.Lister {
				s, _ := openWith(t, faults, operator(password))
				return s
			}
		}
		err := sourcetest.CheckLister(t.Context(), sourcetest.ListerFixture{
			Open: with("s3cret"), Closed: with("wrong"), Faults: faults, IDs: putMany(server, 35),
			Add: func(slug string) {
				p := lunch()
				p.ID, p.Token, p.Slug = "", "", slug
				server.Put(p)
			},
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestListIsTheOperatorsAlone(t *testing.T) {
	inBubbles(t, pollaristest.Options{User: "op", Password: "s3cret"}, func(t *testing.T, server *pollaristest.Server) {
		putMany(server, 1)
		for want, o := range map[error]pollaris.Options{pollaris.ErrNoList: {}, pollaris.ErrLogin: operator("wrong")} {
			s, _ := openWith(t, server, o)
			if got, err := listed(t.Context(), s); !errors.Is(err, want) || !errors.Is(err, fs.ErrPermission) || len(got) > 0 || strings.Contains(err.Error(), "wrong") {
				t.Errorf("%q, %v", got, err)
			}
		}
	})
}

// TestPollThatMovesIsListed: what is deleted while the list is read moves all
// behind it up.
func TestPollThatMovesIsListed(t *testing.T) {
	inBubbles(t, pollaristest.Options{User: "op", Password: "s3cret"}, func(t *testing.T, server *pollaristest.Server) {
		want := putMany(server, 60)
		newest := server.Polls()
		deleted := false
		s, _ := openWith(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery == "page=2" && !deleted {
				for _, p := range newest {
					if p.Slug == want[59] {
						server.Delete(p.ID)
					}
				}
				deleted = true
			}
			server.ServeHTTP(w, r)
		}), operator("s3cret"))
		got, err := listed(t.Context(), s)
		for _, slug := range want[:59] {
			if !slices.Contains(got, slug) {
				t.Errorf("%s is not listed, %v", slug, err)
			}
		}
	})
}

func TestDraftsAreListedWithoutAnAddressOfTheirOwn(t *testing.T) {
	inBubbles(t, pollaristest.Options{User: "op", Password: "s3cret"}, func(t *testing.T, server *pollaristest.Server) {
		p := lunch()
		p.Draft, p.Votes = true, nil
		server.Put(p)
		s, _ := openWith(t, server, operator("s3cret"))
		got, err := listed(t.Context(), s)
		if err != nil || !slices.Equal(got, []string{id}) {
			t.Fatalf("%q, %v", got, err)
		}
		if v := fetch(t, s, id, ""); v.ID != "My-slug_1" || v.Title != p.Title {
			t.Errorf("%q, %q", v.ID, v.Title)
		}
	})
}
