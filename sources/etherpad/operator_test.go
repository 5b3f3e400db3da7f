package etherpad_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

const key = "5f2b9c-the-key"

var operator = etherpad.Access{APIKey: key}

// inOperatorBubble is inBubble with a server that the API key opens.
func inOperatorBubble(t *testing.T, so etherpadtest.Options, a etherpad.Access, test func(*testing.T, *etherpadtest.Server, *etherpad.Source)) {
	t.Helper()
	if so.ClientID == "" {
		so.APIKey = key
	}
	inBubble(t, so, etherpad.Options{Access: a}, test)
}

func list(t *testing.T, s sources.Lister) []string {
	t.Helper()
	var ids []string
	for id, err := range s.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func TestOperatorConforms(t *testing.T) {
	inOperatorBubble(t, etherpadtest.Options{}, operator, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
		pad := server.Create("conformance", "some text é\n")
		server.Create("closed-to-all", "x").Spoil(etherpadtest.Forbidden)
		server.Create("été", "x")
		server.Create("old name", "x") // which servers would change today
		faults := &sourcetest.Faults{Handler: server}
		err := sourcetest.Check(t.Context(), sourcetest.Fixture{
			Source: open(t, faults, base, etherpad.Options{Access: operator}), Faults: faults,
			ID: pad.ID(), Change: func() { pad.Append(ann, "more\n") },
			Missing: "not-there", Forbidden: "closed-to-all", Hostile: []string{"old name", "été"},
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestOperatorsListConforms(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			inOperatorBubble(t, etherpadtest.Options{Dialect: dialect}, operator, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
				faults := &sourcetest.Faults{Handler: server}
				f := listerFixture(t, faults, operator, etherpad.Access{APIKey: "wrong"})
				f.IDs = []string{"été", "old name", etherpadtest.GroupPadID("one", "pad"), "a\x01\x1b[31m", strings.Repeat("x", 50)}
				f.Add = func(id string) { server.Create(id, "x") }
				for _, id := range f.IDs {
					f.Add(id)
				}
				if err := sourcetest.CheckLister(t.Context(), f); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func listerFixture(t *testing.T, faults *sourcetest.Faults, right, wrong etherpad.Access) sourcetest.ListerFixture {
	with := func(a etherpad.Access) func() sources.Lister {
		return func() sources.Lister { return open(t, faults, base, etherpad.Options{Access: a}) }
	}
	return sourcetest.ListerFixture{Open: with(right), Closed: with(wrong), Faults: faults}
}

func TestOperatorComparesAsPromised(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			inOperatorBubble(t, etherpadtest.Options{Dialect: dialect}, operator, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
				pad := server.Create("conformance", "text\n")
				server.Create("another", "text\n")
				faults := &sourcetest.Faults{Handler: server}
				err := sourcetest.CheckComparer(t.Context(), sourcetest.ComparerFixture{
					Comparer: open(t, faults, base, etherpad.Options{Access: operator}), Faults: faults,
					ID: pad.ID(), Other: "another",
					Changes: map[string]func(){
						"text":           func() { pad.Append(bob, "x") },
						"text taken":     func() { pad.Remove(ann, 0, 1) },
						"chat":           func() { pad.Say(ann, "hello") },
						"saved revision": func() { pad.Save(ann, 1, "star", "0123456789abcdef0123") },
						"made anew, with as many revisions": func() {
							old := pad.Head()
							for pad = server.Create(pad.ID(), "other\n"); pad.Head() < old; {
								pad.Append(bob, "y")
							}
						},
					},
					Delete:  func() { server.Delete(pad.ID()) },
					Fetches: func() int { return server.Requests() - server.Calls() },
				})
				if err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestUnchangedPadOfAnOperatorCostsNoExport(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			inOperatorBubble(t, etherpadtest.Options{Dialect: dialect, Limit: 10}, operator, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
				pad := server.Create("pad", "text\n")
				pad.Append(ann, "more\n")
				v := fetch(t, s, "pad", "")
				exports := func() int { return server.Requests() - server.Calls() }
				before, began := exports(), time.Now()
				for range 100 {
					if again := fetch(t, s, "pad", v.Validator); !again.Unchanged || again.Validator != v.Validator {
						t.Fatalf("%+v", again)
					}
				}
				if n := exports() - before; n != 0 || time.Since(began) > time.Second {
					t.Errorf("%d exports in %v", n, time.Since(began))
				}
			})
		})
	}
}

// TestErasedAuthorIsAChange though all numbers of the pad stay.
func TestErasedAuthorIsAChange(t *testing.T) {
	inOperatorBubble(t, etherpadtest.Options{Dialect: etherpadtest.V3}, operator, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("pad", "text\n").Append(ann, "more\n")
		server.Create("other", "text\n").Append(bob, "more\n")
		pad, other := fetch(t, s, "pad", ""), fetch(t, s, "other", "")
		server.Erase(ann)
		next := open(t, server, base, etherpad.Options{Access: operator}) // as the next run makes it
		if again := fetch(t, next, "pad", pad.Validator); again.Unchanged || again.Facts.Content == pad.Facts.Content {
			t.Errorf("%+v", again)
		}
		if again := fetch(t, next, "other", other.Validator); !again.Unchanged {
			t.Error("a pad that she did not write in changed, too")
		}
	})
}

// TestAuthorOfManyPadsIsAskedForOnce in a run.
func TestAuthorOfManyPadsIsAskedForOnce(t *testing.T) {
	inOperatorBubble(t, etherpadtest.Options{}, operator, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		validators := make(map[string]string)
		for _, id := range []string{"a", "b", "c", "d"} {
			server.Create(id, "text\n").Append(ann, "more\n")
			validators[id] = fetch(t, s, id, "").Validator
		}
		before := server.Calls()
		next := open(t, server, base, etherpad.Options{Access: operator})
		for id, validator := range validators {
			if !fetch(t, next, id, validator).Unchanged {
				t.Error("it changed")
			}
		}
		if n := server.Calls() - before; n != 4*5+1 {
			t.Errorf("%d calls for 4 pads of one author", n)
		}
	})
}

func TestValidatorsOfVisitorsAndOperatorsMix(t *testing.T) {
	inOperatorBubble(t, etherpadtest.Options{}, operator, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("pad", "text\n")
		public := open(t, server, base, etherpad.Options{})
		v := fetch(t, public, "pad", "")
		mine := fetch(t, s, "pad", v.Validator)
		if !mine.Unchanged || mine.Validator == v.Validator {
			t.Errorf("an operator after a visitor: %+v", mine)
		}
		if again := fetch(t, public, "pad", mine.Validator); !again.Unchanged || again.Validator != v.Validator {
			t.Errorf("a visitor after an operator: %+v", again)
		}
		html := open(t, server, base, etherpad.Options{Formats: []string{"html"}, Access: operator})
		if more := fetch(t, html, "pad", mine.Validator); more.Unchanged || len(more.Files) != 2 {
			t.Errorf("with one more format: %+v", more)
		}
	})
}

func TestListIsStreamed(t *testing.T) {
	for _, n := range []int{0, 10_000, 100_000} {
		inOperatorBubble(t, etherpadtest.Options{Synthetic: n}, operator, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
			var before, during runtime.MemStats
			seen, most := 0, uint64(0)
			for id, err := range s.List(t.Context()) {
				if err != nil || id != etherpadtest.SyntheticID(seen) {
					t.Fatal(id, err)
				}
				if seen == 0 {
					runtime.GC()
					runtime.ReadMemStats(&before)
				}
				if seen++; seen%20_000 == 0 {
					runtime.GC()
					runtime.ReadMemStats(&during)
					most = max(most, during.HeapAlloc-min(before.HeapAlloc, during.HeapAlloc))
				}
			}
			if seen != n || most > 1<<20 {
				t.Errorf("%d of %d ids, %d bytes more in use", seen, n, most)
			}
			if server.Requests() != 1 {
				t.Errorf("%d requests", server.Requests())
			}
		})
	}
}

func TestListThatIsNoneIsRefused(t *testing.T) {
	for answer, want := range map[string]error{
		`{"code":1,"message":"no","data":null}`:                                       sources.ErrRefused,
		`{"code":4,"message":"no or wrong API Key","data":null}`:                      etherpad.ErrCredentials,
		`{"code":2,"message":"internal error","data":null}`:                           sources.ErrRefused,
		`{"code":0,"message":"ok","data":{"padIDs":["a","b"`:                          sources.ErrRefused,
		`{"code":0,"message":"ok","data":{"padIDs":["a"]}`:                            sources.ErrRefused,
		`{"code":0,"message":"ok","data":{"padIDs":[1]}}`:                             sources.ErrRefused,
		`{"code":0,"message":"ok","data":{"padIDs":{"hunter2":1}}}`:                   sources.ErrRefused,
		`{"code":0,"message":"ok","data":null}`:                                       sources.ErrRefused,
		`{"code":0,"message":"ok","data":{}}`:                                         sources.ErrRefused,
		`{"data":{"padIDs":["a"]}}`:                                                   sources.ErrRefused,
		`{"data":{"padIDs":["a"]},"code":1,"message":"hunter2"}`:                      sources.ErrRefused,
		"{\"code\":0,\"message\":\"ok\",\"data\":{\"padIDs\":[\"hunter2\xff\"]}}":     sources.ErrRefused,
		`<!DOCTYPE html><html>hunter2</html>`:                                         sources.ErrRefused,
		``:                                                                            sources.ErrRefused,
		`{"code":0,"message":"ok","data":{"padIDs":["a","\ud800",".","..","a","b"]}}`: nil,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, answer) }), base, etherpad.Options{Access: operator})
			var last error
			var ids []string
			for id, err := range s.List(t.Context()) {
				if last = err; err == nil {
					ids = append(ids, id)
				}
			}
			if !errors.Is(last, want) || last != nil && strings.Contains(last.Error(), "hunter2") {
				t.Errorf("%s: %v", answer, last)
			}
			if want == nil && !slices.Equal(ids, []string{"a", "\ufffd", ".", "..", "a", "b"}) {
				t.Errorf("ids %q", ids)
			}
		})
	}
	for _, err := range open(t, http.NotFoundHandler(), base, etherpad.Options{}).List(t.Context()) {
		if !errors.Is(err, etherpad.ErrNoList) {
			t.Error(err)
		}
	}
}

func TestListMayBeLeft(t *testing.T) {
	inOperatorBubble(t, etherpadtest.Options{Synthetic: 10}, operator, func(t *testing.T, _ *etherpadtest.Server, s *etherpad.Source) {
		for _, err := range s.List(t.Context()) {
			if err != nil {
				t.Error(err)
			}
			break
		}
	})
}

func TestWrongKeyIsToldAsSuch(t *testing.T) {
	inOperatorBubble(t, etherpadtest.Options{}, etherpad.Access{APIKey: "wrong-hunter2"}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("pad", "text")
		_, err := s.Fetch(t.Context(), "pad", "")
		if !errors.Is(err, etherpad.ErrCredentials) || !errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "hunter2") {
			t.Error(err)
		}
		for _, err := range s.List(t.Context()) {
			if !errors.Is(err, etherpad.ErrCredentials) {
				t.Error(err)
			}
		}
		if server.Requests() != 2 {
			t.Errorf("%d requests", server.Requests())
		}
	})
}

func TestCodesComeWithStatus200(t *testing.T) {
	for answer, want := range map[string]error{
		`{"code":1,"message":"padID does not exist","data":null}`: fs.ErrNotExist,
		`{"code":1,"message":"padID hunter2 is odd","data":null}`: sources.ErrRefused,
		`{"code":2,"message":"internal error","data":null}`:       sources.ErrRefused,
		`{"code":4,"message":"no or wrong API Key","data":null}`:  etherpad.ErrCredentials,
		`{"message":"ok"}`: sources.ErrRefused,
		`{"code":0,"message":"ok","data":{"revisions":"hunter2"}}`: sources.ErrRefused,
		`<html>hunter2</html>`: sources.ErrRefused,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, answer) }), base, etherpad.Options{Access: operator})
			_, err := s.Fetch(t.Context(), "pad", "")
			if !errors.Is(err, want) || strings.Contains(err.Error(), "hunter2") || want != fs.ErrNotExist && errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", answer, err)
			}
		})
	}
}

// TestChangeShowsThoughTheAPITellsNoNumbers: an answer without one is no pad
// with nothing in it.
func TestChangeShowsThoughTheAPITellsNoNumbers(t *testing.T) {
	for _, said := range []string{`null`, `{}`, `{"revisions":null}`, `{"revisions":1,"lastEdited":1,"chatHead":-1}`} {
		inOperatorBubble(t, etherpadtest.Options{}, operator, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
			pad := server.Create("pad", "text\n")
			s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/api/") {
					fmt.Fprintf(w, `{"code":0,"message":"ok","data":%s}`, said)
					return
				}
				server.ServeHTTP(w, r)
			}), base, etherpad.Options{Access: operator})
			v := fetch(t, s, "pad", "")
			if again := fetch(t, s, "pad", v.Validator); !again.Unchanged {
				t.Errorf("%s: an export does not tell that it is unchanged", said)
			}
			pad.Append(ann, "more\n")
			if same, err := s.Unchanged(t.Context(), "pad", v.Validator); same || err != nil {
				t.Errorf("%s: %t, %v", said, same, err)
			}
			if again := fetch(t, s, "pad", v.Validator); again.Unchanged {
				t.Errorf("%s: the change is not seen", said)
			}
		})
	}
}

func TestGroupPadsAreReadInOneSessionThatIsTakenAway(t *testing.T) {
	inOperatorBubble(t, etherpadtest.Options{}, operator, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		var ids []string
		for n := range 5 {
			id := etherpadtest.GroupPadID("one", fmt.Sprint("pad", n))
			server.Create(id, "text")
			ids = append(ids, id)
		}
		other := etherpadtest.GroupPadID("two", "é")
		server.Create(other, "text")
		for _, id := range append(ids, other) {
			if v := fetch(t, s, id, ""); v.ID != id || v.Suspect != "" {
				t.Errorf("%+v", v)
			}
		}
		if n := server.Sessions(); n != 2 {
			t.Errorf("%d sessions for two groups", n)
		}
		time.Sleep(24 * time.Hour)
		fetch(t, s, other, "")
		if _, err := s.Fetch(t.Context(), etherpadtest.GroupPadID("three", "none"), ""); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a pad of no group: %v", err)
		}
		if err := s.Close(t.Context()); err != nil || server.Sessions() != 0 {
			t.Errorf("%d sessions are left, %v", server.Sessions(), err)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestSessionThatIsGoneNeedsNoTakingAway: a call whose answer was lost is sent
// again.
func TestSessionThatIsGoneNeedsNoTakingAway(t *testing.T) {
	inOperatorBubble(t, etherpadtest.Options{}, operator, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
		id := etherpadtest.GroupPadID("one", "pad")
		server.Create(id, "text")
		lost := false
		s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/deleteSession") && !lost {
				lost = true
				server.ServeHTTP(httptest.NewRecorder(), r)
				panic(http.ErrAbortHandler)
			}
			server.ServeHTTP(w, r)
		}), base, etherpad.Options{Access: operator})
		fetch(t, s, id, "")
		if err := s.Close(t.Context()); err != nil || !lost || server.Sessions() != 0 {
			t.Errorf("%v, %d sessions are left", err, server.Sessions())
		}
	})
}

func TestTokensAreRenewed(t *testing.T) {
	so := etherpadtest.Options{Dialect: etherpadtest.V3, ClientID: "padsync", ClientSecret: "hunter2", TokenLife: time.Hour}
	inOperatorBubble(t, so, etherpad.Access{ClientID: "padsync", ClientSecret: "hunter2"}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("pad", "text")
		tokens := func() int { return server.Requests() - server.Calls() }
		for range 10 {
			list(t, s)
		}
		if tokens() != 1 {
			t.Errorf("%d tokens for ten calls", tokens())
		}
		time.Sleep(time.Hour - 30*time.Second)
		list(t, s)
		if tokens() != 2 {
			t.Errorf("%d tokens when the first is about to end", tokens())
		}
		server.Revoke()
		fetch(t, s, "pad", "")
		if tokens() != 4 { // one of them is the export
			t.Errorf("%d tokens after the server forgot them", tokens())
		}
	})
	for name, access := range map[string]etherpad.Access{
		"wrong secret":   {ClientID: "padsync", ClientSecret: "hunter3"},
		"unknown client": {ClientID: "hunter3", ClientSecret: "hunter2"},
	} {
		t.Run(name, func(t *testing.T) {
			inOperatorBubble(t, so, access, func(t *testing.T, _ *etherpadtest.Server, s *etherpad.Source) {
				for _, err := range s.List(t.Context()) {
					if !errors.Is(err, etherpad.ErrCredentials) || strings.Contains(err.Error(), "hunter") {
						t.Error(err)
					}
				}
			})
		})
	}
}

func TestClosedServerIsOpenedByItsPassword(t *testing.T) {
	so := etherpadtest.Options{User: "marie", Password: "p:é"}
	inBubble(t, so, etherpad.Options{Access: etherpad.Access{User: "marie", Password: "p:é"}, Formats: []string{"html"}}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("pad", "text")
		if v := fetch(t, s, "pad", ""); len(v.Files) != 2 {
			t.Errorf("files %q", fileNames(v))
		}
		before := server.Requests()
		for _, access := range []etherpad.Access{{}, {User: "marie", Password: "hunter2"}} {
			_, err := open(t, server, base, etherpad.Options{Access: access}).Fetch(t.Context(), "pad", "")
			if !errors.Is(err, etherpad.ErrCredentials) || strings.Contains(err.Error(), "hunter2") {
				t.Error(err)
			}
		}
		if n := server.Requests() - before; n != 2 {
			t.Errorf("%d requests with two wrong passwords", n)
		}
	})
}

// TestNothingGoesElsewhere: whatever a server redirects to, what opens it
// stays with it.
func TestNothingGoesElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var elsewhere, here int
		s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Host != "pad.example.org" {
				elsewhere++
				return
			}
			here++
			if user, password, ok := r.BasicAuth(); !ok || user != "marie" || password != "hunter2" || r.Header.Get("Cookie") != "sessionID=s.1" {
				t.Errorf("asked with %q", r.Header)
			}
			if r.URL.RawQuery != "" {
				t.Errorf("asked with the query %q", r.URL.RawQuery)
			}
			http.Redirect(w, r, "http://elsewhere.example.org"+r.URL.Path, http.StatusTemporaryRedirect)
		}), base, etherpad.Options{Access: etherpad.Access{User: "marie", Password: "hunter2", Cookie: "sessionID=s.1", APIKey: "hunter3"}})
		if _, err := s.Fetch(t.Context(), "pad", ""); err == nil || strings.Contains(err.Error(), "hunter") {
			t.Error(err)
		}
		for _, err := range s.List(t.Context()) {
			if err == nil || strings.Contains(err.Error(), "hunter") {
				t.Error(err)
			}
		}
		if elsewhere > 0 || here == 0 {
			t.Errorf("%d requests elsewhere, %d here", elsewhere, here)
		}
	})
}

func TestAccessThatCannotBeIsRefused(t *testing.T) {
	for _, access := range []etherpad.Access{{Cookie: "a\r\nb: hunter2"}, {APIKey: "hunter2", ClientID: "x"}} {
		_, err := etherpad.New(base, polite.New(polite.Options{}), new(spool.Pool), etherpad.Options{Access: access})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Error(err)
		}
	}
}

// TestRealOperator does with an Etherpad 1.8.14 that is closed to all but a
// user what an operator does.
func TestRealOperator(t *testing.T) {
	server := testserver.Etherpad(t, testserver.EtherpadOptions{User: "marie", Password: "p:é"})
	client := polite.New(polite.Options{})
	source := func(a etherpad.Access) *etherpad.Source {
		s, err := etherpad.New(server.URL, client, new(spool.Pool), etherpad.Options{Access: a})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := source(etherpad.Access{User: "marie", Password: "p:é", APIKey: server.APIKey()})
	server.Create(t, "pad", "text\n")
	server.CreateHTML(t, "autre_pad", "<p>text</p>")
	var group struct{ GroupID, PadID string }
	server.API(t, &group, "createGroup")
	server.API(t, &group, "createGroupPad", "groupID", group.GroupID, "padName", "privé", "text", "x")
	want := server.Pads(t)
	if slices.Sort(want); len(want) != 3 || !slices.Equal(list(t, s), want) {
		t.Errorf("listed %q, want %q", list(t, s), want)
	}

	for _, id := range want {
		v := fetch(t, s, id, "")
		before := client.Requests()
		if again := fetch(t, s, id, v.Validator); !again.Unchanged || client.Requests()-before != 5 {
			t.Errorf("%q: unchanged %t, %d requests", id, again.Unchanged, client.Requests()-before)
		}
		for what, change := range map[string]func(){
			"text": func() { server.Append(t, id, "more\n") },
			"chat": func() {
				server.API(t, nil, "appendChatMessage", "padID", id, "text", "hello", "authorID", author(t, server))
			},
			"saved": func() { server.API(t, nil, "saveRevision", "padID", id) },
		} {
			change()
			after := fetch(t, s, id, v.Validator)
			if after.Unchanged {
				t.Errorf("%q: %s not seen", id, what)
			}
			v = after
		}
	}
	var sessions map[string]any
	server.API(t, &sessions, "listSessionsOfGroup", "groupID", group.GroupID)
	if len(sessions) != 1 {
		t.Errorf("%d sessions", len(sessions))
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	var left map[string]any
	server.API(t, &left, "listSessionsOfGroup", "groupID", group.GroupID)
	for id, session := range left {
		if session != nil {
			t.Errorf("session %s is left", id)
		}
	}

	if _, err := s.Fetch(t.Context(), "never-made", ""); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if now := server.Pads(t); len(now) != len(want) {
		t.Errorf("pads %q", now)
	}
	for _, a := range []etherpad.Access{{}, {User: "marie", Password: "wrong"}, {User: "marie", Password: "p:é", APIKey: "wrong"}} {
		if _, err := source(a).Fetch(t.Context(), "pad", ""); !errors.Is(err, etherpad.ErrCredentials) {
			t.Error(err)
		}
	}
	compareCalls(t, server)
}

func author(t *testing.T, server *testserver.EtherpadServer) string {
	t.Helper()
	var data struct{ AuthorID string }
	server.API(t, &data, "createAuthorIfNotExistsFor", "authorMapper", "someone")
	return data.AuthorID
}

// compareCalls sends the same calls to the real server and the fake one.
func compareCalls(t *testing.T, server *testserver.EtherpadServer) {
	fake := etherpadtest.New(etherpadtest.Options{APIKey: server.APIKey()})
	fake.Create("pad", "text\n")
	front := httptest.NewServer(fake)
	defer front.Close()
	ask := func(base, function, form string) (int, string, string) {
		r, err := http.Post(base+"/api/1.2.11/"+function, "application/x-www-form-urlencoded", strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, r.Header.Get("Content-Type"), string(b)
	}
	right := "apikey=" + server.APIKey()
	for _, call := range []struct{ function, form string }{
		{"getRevisionsCount", right + "&padID=never-made"}, {"getRevisionsCount", "apikey=wrong&padID=pad"}, {"getRevisionsCount", "padID=pad"},
		{"noSuchFunction", right}, {"getSavedRevisionsCount", right + "&padID=fresh"}, {"getChatHead", right + "&padID=fresh"},
		{"getRevisionsCount", right + "&padID=fresh"},
		{"createSession", right + "&groupID=g.0123456789abcdef&authorID=a.0123456789abcdef&validUntil=9999999999"},
		{"deleteSession", right + "&sessionID=s.none"},
	} {
		fake.Create("fresh", "text")
		if !slices.Contains(server.Pads(t), "fresh") {
			server.Create(t, "fresh", "text")
		}
		status, kind, body := ask(server.URL, call.function, call.form)
		if s, k, b := ask(front.URL, call.function, call.form); s != status || k != kind || b != body {
			t.Errorf("%s: %d %s %s; the real one says %d %s %s", call.function, s, k, b, status, kind, body)
		}
	}
}
