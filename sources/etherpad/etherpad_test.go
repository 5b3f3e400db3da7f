package etherpad_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

const base = "http://pad.example.org"

var (
	ann = etherpadtest.Author{ID: "a.AAAAAAAAAAAAAAAA", Name: "Ann", Color: 3}
	bob = etherpadtest.Author{ID: "a.BBBBBBBBBBBBBBBB"}

	dialects = map[string]etherpadtest.Dialect{"1.8.14": etherpadtest.V1, "3.3.1": etherpadtest.V3}
)

// inBubble runs test with a fake server and a source for it, where waiting
// takes no time. Requests that no careful client sends fail it.
func inBubble(t *testing.T, so etherpadtest.Options, o etherpad.Options, test func(*testing.T, *etherpadtest.Server, *etherpad.Source)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		so.Unasked = func(request string) { t.Errorf("unasked: %s", request) }
		server := etherpadtest.New(so)
		test(t, server, open(t, server, base, o))
	})
}

func open(t *testing.T, h http.Handler, base string, o etherpad.Options) *etherpad.Source {
	t.Helper()
	source, err := etherpad.New(base, client(t, h), new(spool.Pool), o)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func client(t *testing.T, h http.Handler) *polite.Client {
	transport, stop := sourcetest.Serve(requests.Watch(h, func(request string) { t.Errorf("not in docs/requests.md: %s", request) }))
	t.Cleanup(stop)
	return polite.New(polite.Options{Transport: transport})
}

func fetch(t *testing.T, s *etherpad.Source, id, validator string) *sources.Version {
	t.Helper()
	v, err := s.Fetch(t.Context(), id, validator)
	if err != nil {
		t.Fatalf("Fetch(%q): %v", id, err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Errorf("close %q: %v", id, err)
		}
	})
	return v
}

func read(t *testing.T, f sources.File) string {
	t.Helper()
	b, err := io.ReadAll(io.NewSectionReader(f.Content, 0, f.Size))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func fileNames(v *sources.Version) (names []string) {
	for _, f := range v.Files {
		names = append(names, f.Name)
	}
	return names
}

// ask gives what the server itself says.
func ask(t *testing.T, h http.Handler, path string) string {
	t.Helper()
	transport, stop := sourcetest.Serve(h)
	defer stop()
	r, err := (&http.Client{Transport: transport}).Get(base + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestConformance(t *testing.T) {
	hostile := []string{
		"../../x", "..", "CON", "Ag", "ag", "a/b", "a\\b", "-rf", ".hidden", "100%", "what?#", "a\"b", "été", "e\u0301te\u0301",
		strings.Repeat("🎉", 25), "a\x01\x1b[31m", "\u202egnp.exe", "<script>", "$(id)", "nul\x00l", "a+b", strings.Repeat("x", 50),
	}
	// None of these two can be a pad's: one is a path, the other has a dollar.
	hostile = slices.DeleteFunc(hostile, func(id string) bool { return id == ".." || strings.Contains(id, "$") })
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			inBubble(t, etherpadtest.Options{Dialect: dialect}, etherpad.Options{Formats: []string{"html", "txt"}}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
				pad := server.Create("conformance", "some text é\n")
				server.Create("closed-to-all", "x").Spoil(etherpadtest.Forbidden)
				for _, id := range hostile {
					server.Create(id, id+"\u2028</title>\x00")
				}
				faults := &sourcetest.Faults{Handler: server}
				err := sourcetest.Check(t.Context(), sourcetest.Fixture{
					Source: open(t, faults, base, etherpad.Options{}), Faults: faults,
					ID: pad.ID(), Public: true, Change: func() { pad.Append(ann, "more\n") },
					Missing: "not-there", Forbidden: "closed-to-all", Hostile: hostile,
				})
				if err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestOnePadIsOneRequestAndSavedAsItCame(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			inBubble(t, etherpadtest.Options{Dialect: dialect}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
				server.Create("été 2026", "Bonjour\n").Append(ann, "à tous 🎉\n") // not this one
				server.Create("été_2026", "Bonjour\n").Append(ann, "à tous 🎉\n")
				v := fetch(t, s, "été 2026", "")
				if server.Requests() != 1 {
					t.Errorf("%d requests", server.Requests())
				}
				if got, want := read(t, v.Files[0]), ask(t, server, "/p/%C3%A9t%C3%A9_2026/export/etherpad"); got != want {
					t.Errorf("saved %q; the server says %q", got, want)
				}
				if got := fileNames(v); !slices.Equal(got, []string{"été_2026.etherpad"}) || v.ID != "été_2026" || v.Title != "" {
					t.Errorf("files %q of %q, titled %q", got, v.ID, v.Title)
				}
				before := server.Requests()
				if again := fetch(t, s, "été_2026", v.Validator); !again.Unchanged || server.Requests() != before+1 {
					t.Errorf("unchanged: %t, with %d requests", again.Unchanged, server.Requests()-before)
				}
			})
		})
	}
}

func TestFactsTellOfThePad(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			inBubble(t, etherpadtest.Options{Dialect: dialect}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
				p := server.Create("ag", "Welcome!\n")
				v := fetch(t, s, "ag", "")
				if f := v.Facts; !f.Blank || f.Length != 10 || *f.Revision != 0 || v.Revision != "0" {
					t.Errorf("of a new pad: %+v, revision %q", f, v.Revision)
				}
				made := v.Facts
				p.Append(ann, "été 🎉\n")
				v = fetch(t, s, "ag", "")
				if f := v.Facts; f.Blank || f.Length != 16 || *f.Revision != 1 || f.First != made.First || f.Content == made.Content || v.Revision != "1" {
					t.Errorf("of a changed pad: %+v, revision %q", f, v.Revision)
				}
				if want := time.Date(2026, 11, 1, 9, 0, 2, 0, time.UTC); !v.Modified.Equal(want) || v.Suspect != "" {
					t.Errorf("modified %v, suspect %q", v.Modified, v.Suspect)
				}
				p.Remove(bob, 9, 6)
				if f := fetch(t, s, "ag", "").Facts; !f.Blank || *f.Revision != 2 {
					t.Errorf("of a pad set back: %+v", f)
				}
				server.Create("ag", "Welcome!\n")
				if f := fetch(t, s, "ag", "").Facts; f.First == made.First || *f.Revision != 0 {
					t.Errorf("of a pad made anew: %+v; before: %+v", f, made)
				}
			})
		})
	}
}

func TestContentIgnoresVisitsOfItsAuthorsElsewhere(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			inBubble(t, etherpadtest.Options{Dialect: dialect}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
				p := server.Create("ag", "text\n")
				p.Append(ann, "more\n")
				before := fetch(t, s, "ag", "")
				server.Visit(ann, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
				after := fetch(t, s, "ag", before.Validator)
				if after.Unchanged || after.Facts.Content != before.Facts.Content {
					t.Errorf("after a visit: unchanged %t, content %s; want %s", after.Unchanged, after.Facts.Content, before.Facts.Content)
				}
				contents := []string{after.Facts.Content}
				for _, change := range []func(){
					func() { p.Say(ann, "hello") },
					func() { p.Save(bob, 1, "", "0123456789abcdef0123") },
					func() { p.Append(bob, "x") },
				} {
					change()
					contents = append(contents, fetch(t, s, "ag", "").Facts.Content)
				}
				if slices.Sort(contents); len(slices.Compact(contents)) != 4 {
					t.Errorf("chat, star and text give only %d contents", len(contents))
				}
			})
		})
	}
}

func TestFaultsOfAPad(t *testing.T) {
	const rescue, refused = "rescue", "refused"
	for _, c := range []struct {
		fault    etherpadtest.Fault
		want     string
		is       error
		requests int
	}{
		{etherpadtest.Broken, rescue, nil, 4 + 2},
		{etherpadtest.NotEnabled, rescue, nil, 1 + 2},
		{etherpadtest.NotAllowed, rescue, nil, 1 + 2},
		{etherpadtest.Forbidden, refused, fs.ErrPermission, 1},
		{etherpadtest.WrongKey, refused, sources.ErrRefused, 4},
		{etherpadtest.CutShort, refused, sources.ErrRefused, 4},
		{etherpadtest.SentAway, refused, fs.ErrPermission, 1},
	} {
		t.Run(fmt.Sprint(c.fault), func(t *testing.T) {
			inBubble(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
				p := server.Create("secret-pad", "text é\n")
				p.Append(ann, "more\n")
				p.Append(ann, "more\n")
				p.Spoil(c.fault)
				v, err := s.Fetch(t.Context(), "secret-pad", "")
				if server.Requests() != c.requests {
					t.Errorf("%d requests; want %d", server.Requests(), c.requests)
				}
				if c.want == refused {
					if !errors.Is(err, c.is) || strings.Contains(err.Error(), "secret") {
						t.Errorf("%v, %v; want %v without the pad's name", v, err, c.is)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				defer v.Close()
				if v.Suspect != sources.RescueCopy || v.Validator != "" || v.Facts.Content == "" || v.Facts.Length != 18 {
					t.Errorf("suspect %q, validator %q, facts %+v", v.Suspect, v.Validator, v.Facts)
				}
				if got := fileNames(v); !slices.Equal(got, []string{"secret-pad.txt", "secret-pad.html"}) || read(t, v.Files[0]) != p.Text() {
					t.Errorf("files %q", got)
				}
			})
		})
	}
}

// TestGapInTheHistoryCostsNoMore than that: what the server gives is kept, and
// the text is in it.
func TestGapInTheHistoryCostsNoMore(t *testing.T) {
	inBubble(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		p := server.Create("ag", "text é\n")
		p.Append(ann, "more\n")
		p.Append(ann, "more\n")
		p.Spoil(etherpadtest.Gap)
		v := fetch(t, s, "ag", "")
		if v.Suspect != "" || v.Facts.Flaw != "history" || v.Facts.Length != 18 || !slices.Equal(fileNames(v), []string{"ag.etherpad"}) {
			t.Errorf("suspect %q, facts %+v, files %q", v.Suspect, v.Facts, fileNames(v))
		}
		if again := fetch(t, s, "ag", v.Validator); !again.Unchanged || server.Requests() != 2 {
			t.Errorf("unchanged %t, after %d requests", again.Unchanged, server.Requests())
		}
	})
}

// TestExportWithoutATextIsKept beside the other forms, which are asked for once.
func TestExportWithoutATextIsKept(t *testing.T) {
	for name, c := range map[string]struct {
		fault    etherpadtest.Fault
		files    []string
		requests int
	}{
		"with its text beside it":      {etherpadtest.None, []string{"ag.etherpad", "ag.txt", "ag.html"}, 3},
		"or one that the server gives": {etherpadtest.NoMarkup, []string{"ag.etherpad", "ag.txt"}, 3},
		"or alone":                     {etherpadtest.OnlyEtherpad, []string{"ag.etherpad"}, 1 + 4},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
				p := server.Create("ag", "text é\n")
				p.Append(ann, "more\n")
				const export = `{"pad:ag":{"atext":null,"head":1},"pad:ag:revs:1":null}`
				p.Exports([]byte(export))
				p.Spoil(c.fault)
				v := fetch(t, s, "ag", "")
				if v.Suspect != sources.Unreadable || !slices.Equal(fileNames(v), c.files) || read(t, v.Files[0]) != export || server.Requests() != c.requests {
					t.Errorf("suspect %q, files %q, after %d requests", v.Suspect, fileNames(v), server.Requests())
				}
				if length := v.Facts.Length; len(c.files) > 1 && length != int64(len("text é\nmore\n")) {
					t.Errorf("%d characters", length)
				}
				if again := fetch(t, s, "ag", v.Validator); !again.Unchanged || server.Requests() != c.requests+1 {
					t.Errorf("unchanged %t, after %d requests", again.Unchanged, server.Requests())
				}
			})
		})
	}
}

// TestExportOfNoPadIsRescuedAtOnce: it is whole, and would be the same again.
func TestExportOfNoPadIsRescuedAtOnce(t *testing.T) {
	for _, export := range []string{`{}`, `{"pad:ag":null}`, `{"pad:ag":[]}`} {
		inBubble(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
			server.Create("ag", "text é\n").Exports([]byte(export))
			if v := fetch(t, s, "ag", ""); v.Suspect != sources.RescueCopy || server.Requests() != 3 {
				t.Errorf("%s: suspect %q, %d requests", export, v.Suspect, server.Requests())
			}
		})
	}
}

func TestRescueNeedsTextAndHTML(t *testing.T) {
	inBubble(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("ag", "text\n").Spoil(etherpadtest.OnlyText)
		v, err := s.Fetch(t.Context(), "ag", "")
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v, %v", v, err)
		}
	})
}

// TestRescueThatFailsSaysWhyThereIsNone: not that the pad is missing, though
// its other exports are.
func TestRescueThatFailsSaysWhyThereIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/etherpad") {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			w.WriteHeader(http.StatusNotFound)
		}), base, etherpad.Options{})
		if _, err := s.Fetch(t.Context(), "ag", ""); errors.Is(err, fs.ErrNotExist) || !errors.Is(err, sources.ErrRefused) {
			t.Errorf("%v", err)
		}
	})
}

func TestReadOnlyAddressDoesNotLeakTheRealOne(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			inBubble(t, etherpadtest.Options{Dialect: dialect, Converter: true}, etherpad.Options{Formats: []string{"html", "txt", "pdf", "docx"}},
				func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
					p := server.Create("real-id", "text\n")
					p.Append(ann, "more\n")
					p.Say(bob, "hi")
					v := fetch(t, s, p.ReadOnlyID(), "")
					if v.ID != p.ReadOnlyID() || v.Files[0].Name != p.ReadOnlyID()+".etherpad" {
						t.Errorf("id %q, files %q", v.ID, fileNames(v))
					}
					wantFormats := map[etherpadtest.Dialect]int{etherpadtest.V1: 3, etherpadtest.V3: 5}[dialect]
					if len(v.Files) != wantFormats {
						t.Errorf("files %q", fileNames(v))
					}
					for _, f := range v.Files {
						if strings.Contains(read(t, f), "real-id") {
							t.Errorf("%s has the real id: %s", f.Format, read(t, f))
						}
					}
					export := read(t, v.Files[0])
					for _, key := range []string{"", ":revs:0", ":revs:1", ":chat:0"} {
						if !strings.Contains(export, `"pad:`+p.ReadOnlyID()+key+`":`) {
							t.Errorf("no record %q in %s", key, export)
						}
					}
					if !strings.Contains(export, `"padIDs":"`+p.ReadOnlyID()+`"`) {
						t.Errorf("authors are not of the read-only id: %s", export)
					}
					if again := fetch(t, s, p.ReadOnlyID(), v.Validator); !again.Unchanged {
						t.Error("not unchanged the second time")
					}
				})
		})
	}
}

func TestPublishedPadOfAGroupIsAnybodysToRead(t *testing.T) {
	inBubble(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		id := etherpadtest.GroupPadID("one", "privé")
		p := server.Create(id, "text\n")
		if _, err := s.Fetch(t.Context(), id, ""); !errors.Is(err, fs.ErrPermission) {
			t.Error(err)
		}
		p.Publish()
		if v := fetch(t, s, id, ""); v.ID != id || v.Suspect != "" {
			t.Errorf("%+v", v)
		}
	})
}

// TestCompressedAnswerIsNotTakenForThePad: proxies compress what was not asked
// for so.
func TestCompressedAnswerIsNotTakenForThePad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := etherpadtest.New(etherpadtest.Options{})
		server.Create("ag", "text\n")
		s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := httptest.NewRecorder()
			server.ServeHTTP(answer, r)
			maps.Copy(w.Header(), answer.Header())
			w.Header().Del("Content-Length")
			w.Header().Set("Content-Encoding", "gzip")
			zipped := gzip.NewWriter(w)
			answer.Body.WriteTo(zipped)
			zipped.Close()
		}), base, etherpad.Options{})
		if v, err := s.Fetch(t.Context(), "ag", ""); !errors.Is(err, sources.ErrRefused) {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

func TestOtherPadsOfAuthorsAreNotKept(t *testing.T) {
	inBubble(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		p := server.Create("ag", "text\n")
		p.Append(ann, "more\n")
		p.Spoil(etherpadtest.OtherPads)
		export := read(t, fetch(t, s, "ag", "").Files[0])
		if strings.Contains(export, "another-pad") || !strings.Contains(export, `"padIDs":{"ag":1}`) || !strings.Contains(export, `"name":"Ann"`) {
			t.Errorf("saved %s", export)
		}
	})
}

// TestFolderThatIsMissingHereIsNoMissingPad, nor the server's fault: large
// exports go into a temporary one.
func TestFolderThatIsMissingHereIsNoMissingPad(t *testing.T) {
	inBubble(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source) {
		server.Create("ag", "text\n")
		s, err := etherpad.New(base, client(t, server), spool.New(t.TempDir()+"/none", 1), etherpad.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := s.Fetch(t.Context(), "ag", ""); err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, sources.ErrRefused) {
			t.Error(v, err)
		}
	})
}

func TestExtraFormats(t *testing.T) {
	for name, c := range map[string]struct {
		dialect etherpadtest.Dialect
		fault   etherpadtest.Fault
		formats []string
		want    []string
	}{
		"1.8.14":           {etherpadtest.V1, etherpadtest.None, []string{"pdf", "txt", "html", "odt", "docx", "doc"}, []string{"etherpad", "txt", "html"}},
		"with LibreOffice": {etherpadtest.V1, etherpadtest.None, []string{"pdf", "odt", "docx", "doc"}, []string{"etherpad", "pdf", "odt", "doc"}},
		"3.3.1":            {etherpadtest.V3, etherpadtest.None, []string{"pdf", "txt", "html", "odt", "docx", "etherpad"}, []string{"etherpad", "txt", "html", "pdf", "docx"}},
		"html not enabled": {etherpadtest.V1, etherpadtest.NoMarkup, []string{"html", "txt"}, []string{"etherpad", "txt"}},
		"txt cut short":    {etherpadtest.V1, etherpadtest.TextCutShort, []string{"html", "txt"}, []string{"etherpad", "html"}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, etherpadtest.Options{Dialect: c.dialect, Converter: name == "with LibreOffice"}, etherpad.Options{Formats: c.formats}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
				p := server.Create("ag", "text é\n")
				p.Spoil(c.fault)
				v := fetch(t, s, "ag", "")
				var got []string
				for _, f := range v.Files {
					got = append(got, f.Format)
				}
				if !slices.Equal(got, c.want) || v.Suspect != "" {
					t.Errorf("formats %q; want %q", got, c.want)
				}
				lacking := slices.DeleteFunc(slices.Clone(c.formats), func(f string) bool { return slices.Contains(c.want, f) })
				slices.Sort(v.Lacking)
				slices.Sort(lacking)
				if !slices.Equal(v.Lacking, lacking) {
					t.Errorf("lacking %q; want %q", v.Lacking, lacking)
				}
				if c.fault == etherpadtest.TextCutShort {
					if v.Validator != "" {
						t.Error("what failed for now would not be asked for again")
					}
					return
				}
				requests := server.Requests()
				if again := fetch(t, s, "ag", v.Validator); !again.Unchanged || server.Requests() != requests+1 || len(again.Lacking) != len(lacking) {
					t.Errorf("second time: unchanged %t, %d requests, lacking %q", again.Unchanged, server.Requests()-requests, again.Lacking)
				}
			})
		})
	}
}

func TestAnotherSetOfFormatsIsFetchedAgain(t *testing.T) {
	inBubble(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("ag", "text\n")
		before := fetch(t, s, "ag", "")
		more := open(t, server, base, etherpad.Options{Formats: []string{"html"}})
		after := fetch(t, more, "ag", before.Validator)
		if after.Unchanged || len(after.Files) != 2 || after.Facts.Content != before.Facts.Content {
			t.Errorf("with html: unchanged %t, files %q, content %s", after.Unchanged, fileNames(after), after.Facts.Content)
		}
		less := fetch(t, s, "ag", after.Validator)
		if !less.Unchanged || less.Validator != after.Validator {
			t.Error("without html, the pad seems to have changed")
		}
		if again := fetch(t, more, "ag", less.Validator); !again.Unchanged {
			t.Error("with html again, the pad seems to have changed")
		}
		other := open(t, server, base, etherpad.Options{Formats: []string{"txt"}})
		if v := fetch(t, other, "ag", after.Validator); v.Unchanged || len(v.Files) != 2 {
			t.Error("txt was not asked for before, and is not fetched")
		}
	})
}

func TestUnknownFormatIsAnError(t *testing.T) {
	for _, format := range []string{"markdown", "md", "", "../html", "HTML", "json"} {
		if _, err := etherpad.New(base, polite.New(polite.Options{}), new(spool.Pool), etherpad.Options{Formats: []string{format}}); err == nil {
			t.Errorf("%q is taken", format)
		}
	}
}

func TestWithoutETagTheValidatorIsWhatItWouldBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var validators []string
		for _, noETag := range []bool{false, true} {
			server := etherpadtest.New(etherpadtest.Options{NoETag: noETag})
			var all []string
			for n := range 20 {
				id := fmt.Sprint("pad-", n)
				server.Create(id, "text é\n")
				all = append(all, fetch(t, open(t, server, base, etherpad.Options{}), id, "").Validator)
			}
			validators = append(validators, strings.Join(all, " "))
		}
		if validators[0] != validators[1] || strings.Count(validators[0], "W/") != 20 {
			t.Errorf("validators %q", validators)
		}
	})
}

// TestLimitIsNeverOverrun: over the limit, 3.3.1 does not answer at all.
func TestLimitIsNeverOverrun(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			inBubble(t, etherpadtest.Options{Dialect: dialect, Limit: 10, Synthetic: 35}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
				start := time.Now()
				var wg sync.WaitGroup
				for i := range 35 {
					wg.Go(func() {
						v, err := s.Fetch(t.Context(), etherpadtest.SyntheticID(i), "")
						if err != nil {
							t.Error(err)
							return
						}
						v.Close()
					})
				}
				wg.Wait()
				if took := time.Since(start); took < 270*time.Second || took > 290*time.Second || server.Overrun() > 0 {
					t.Errorf("35 pads at 10 per 90 s took %v, with %d requests over the limit", took, server.Overrun())
				}
			})
		})
	}
}

func TestServerThatWantsHTTPSIsAskedByHTTPS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := etherpadtest.New(etherpadtest.Options{})
		server.Create("ag", "text\n")
		var requests []string
		redirect := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests = append(requests, r.Header.Get("Scheme")+r.URL.Path)
			if r.Header.Get("Scheme") == "https" {
				server.ServeHTTP(w, r)
				return
			}
			http.Redirect(w, r, "https://pad.example.org"+r.URL.EscapedPath(), http.StatusMovedPermanently)
		})
		transport, stop := sourcetest.Serve(redirect)
		defer stop()
		// The connections in memory have no TLS: the scheme goes in a header.
		c := polite.New(polite.Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			sent := r.Clone(r.Context())
			sent.Header.Set("Scheme", r.URL.Scheme)
			sent.URL.Scheme = "http"
			answer, err := transport.RoundTrip(sent)
			if answer != nil {
				answer.Request = r
			}
			return answer, err
		})})
		s, err := etherpad.New(base, c, new(spool.Pool), etherpad.Options{})
		if err != nil {
			t.Fatal(err)
		}
		fetch(t, s, "ag", "")
		fetch(t, s, "ag", "")
		if want := []string{"http/p/ag/export/etherpad", "https/p/ag/export/etherpad", "https/p/ag/export/etherpad"}; !slices.Equal(requests, want) {
			t.Errorf("requests %q; want %q", requests, want)
		}
		if is, err := etherpad.Probe(t.Context(), c, base); !is || err != nil {
			t.Errorf("Probe: %t, %v", is, err)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRedirectsOfExportsAreNotFollowed(t *testing.T) {
	for location, tries := range map[string]int{
		"elsewhere": 4, "/": 4, "": 4,
		"https://other.example.org/p/secret-pad/export/etherpad": 1, "https://pad.example.org/login?secret-pad": 1, // the next one says the same
	} {
		synctest.Test(t, func(t *testing.T) {
			var paths []string
			s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				paths = append(paths, r.Host+r.URL.Path)
				w.Header().Set("Location", location)
				w.WriteHeader(http.StatusFound)
			}), base, etherpad.Options{})
			_, err := s.Fetch(t.Context(), "secret-pad", "")
			if !errors.Is(err, sources.ErrRefused) || strings.Contains(err.Error(), "secret") {
				t.Errorf("to %q: %v", location, err)
			}
			if len(paths) != tries {
				t.Errorf("to %q: %d requests", location, len(paths))
			}
			slices.Sort(paths)
			if got := slices.Compact(paths); !slices.Equal(got, []string{"pad.example.org/p/secret-pad/export/etherpad"}) {
				t.Errorf("to %q: asked for %q", location, got)
			}
		})
	}
}

func TestSubPathIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := etherpadtest.New(etherpadtest.Options{Prefix: "/a/pads", Unasked: func(r string) { t.Error(r) }})
		server.Create("ag", "text\n")
		fetch(t, open(t, server, base+"/a/pads", etherpad.Options{}), "ag", "")
	})
}

func TestIDThatCanBeNoPadIsNotAskedFor(t *testing.T) {
	inBubble(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		for _, id := range []string{"", "\xff", strings.Repeat("secret", 100)} {
			_, err := s.Fetch(t.Context(), id, "")
			if !errors.Is(err, sources.ErrAddress) || strings.Contains(err.Error(), "secret") {
				t.Errorf("Fetch(%q): %v", id, err)
			}
		}
		if server.Requests() > 0 {
			t.Errorf("%d requests", server.Requests())
		}
	})
}

func TestProbeTellsAnEtherpad(t *testing.T) {
	page := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	for name, c := range map[string]struct {
		server http.Handler
		is     bool
		fails  bool
	}{
		"1.8.14":        {etherpadtest.New(etherpadtest.Options{}), true, false},
		"3.3.1":         {etherpadtest.New(etherpadtest.Options{Dialect: etherpadtest.V3}), true, false},
		"another page":  {page(200, "<html>"), false, false},
		"another API":   {page(200, `{"version":"1"}`), false, false},
		"no such page":  {page(404, "Not Found"), false, false},
		"a redirect":    {http.RedirectHandler("/login", http.StatusFound), false, false},
		"a server down": {page(503, ""), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				is, err := etherpad.Probe(t.Context(), client(t, c.server), base)
				if is != c.is || (err != nil) != c.fails {
					t.Errorf("%t, %v; want %t", is, err, c.is)
				}
			})
		})
	}
}

func TestClosedVersionLeavesNothing(t *testing.T) {
	inBubble(t, etherpadtest.Options{}, etherpad.Options{Formats: []string{"html"}}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("ag", "text\n")
		v, err := s.Fetch(context.Background(), "ag", "")
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Close(); err != nil {
			t.Error(err)
		}
		for _, f := range v.Files {
			if _, err := f.Content.ReadAt(make([]byte, 1), 0); err == nil {
				t.Errorf("%s can be read after Close", f.Name)
			}
		}
	})
}
