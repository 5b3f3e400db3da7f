package etherpad_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// importing gives a saved version of a rich pad and a server to import it to.
func importing(t *testing.T, from etherpadtest.Dialect, so etherpadtest.Options, a etherpad.Access,
	test func(*testing.T, *etherpadtest.Server, *etherpad.Source, *sources.Version)) {
	t.Helper()
	so.TakesImports = true
	inBubble(t, so, etherpad.Options{Access: a}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		old := etherpadtest.New(etherpadtest.Options{Dialect: from})
		old.CreateRich("réunion")
		test(t, server, s, fetch(t, open(t, old, base, etherpad.Options{}), "réunion", ""))
	})
}

func file(name, format, text string) sources.File {
	return sources.File{Name: name, Format: format, Size: int64(len(text)), SHA256: sha256.Sum256([]byte(text)), Content: strings.NewReader(text)}
}

func TestImportedPadReadsBackTheSame(t *testing.T) {
	for fromName, from := range dialects {
		for toName, to := range dialects {
			t.Run(fromName+" to "+toName, func(t *testing.T) {
				importing(t, from, etherpadtest.Options{Dialect: to}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source, v *sources.Version) {
					made, err := s.Import(t.Context(), v)
					if err != nil || made.ID != "réunion" || made.Address != base+"/p/r%C3%A9union" || made.Found || len(made.Losses) > 0 {
						t.Fatalf("%+v, %v", made, err)
					}
					after := fetch(t, s, made.ID, "")
					if *after.Facts.Revision != *v.Facts.Revision || after.Facts.Length != v.Facts.Length || !after.Modified.Equal(v.Modified) {
						t.Errorf("%+v, was %+v", after.Facts, v.Facts)
					}
					if n := server.Requests(); n != 4 {
						t.Errorf("%d requests", n)
					}
					again, err := s.Import(t.Context(), v)
					if err != nil || !again.Found || again.ID != made.ID || server.Imported() != 1 {
						t.Errorf("again: %+v, %v", again, err)
					}
				})
			})
		}
	}
}

func TestPadGetsTheIDThatIsAskedForOrNone(t *testing.T) {
	importing(t, etherpadtest.V1, etherpadtest.Options{}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source, v *sources.Version) {
		server.Create("taken", "someone else's\n")
		for _, id := range []string{"taken", "r.0123456789abcdef0123456789abcdef", "g.aaaaaaaaaaaaaaaa$x", "a$b", strings.Repeat("x", 51), "a/b", "a\x00"} {
			v.As = id
			if made, err := s.Import(t.Context(), v); !errors.Is(err, sources.ErrAs) || made != nil {
				t.Errorf("%q: %+v, %v", id, made, err)
			}
		}
		v.As = "printemps 2027"
		made, err := s.Import(t.Context(), v)
		if err != nil || made.ID != "printemps_2027" || server.Imported() != 1 {
			t.Fatalf("%+v, %v", made, err)
		}
		if again, err := s.Import(t.Context(), v); err != nil || !again.Found || again.ID != made.ID {
			t.Errorf("again: %+v, %v", again, err)
		}
	})
}

func TestNoPadWithContentIsChanged(t *testing.T) {
	importing(t, etherpadtest.V1, etherpadtest.Options{}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source, v *sources.Version) {
		server.Create("réunion", "someone else's\n")
		server.Create("réunion-2", "").Spoil(etherpadtest.Broken)
		server.Create("réunion-3", "x").Spoil(etherpadtest.NotEnabled)
		made, err := s.Import(t.Context(), v)
		if err != nil || made.ID != "réunion-4" {
			t.Fatalf("%+v, %v", made, err)
		}
		if text := ask(t, server, "/p/r%C3%A9union/export/txt"); text != "someone else's\n\n" {
			t.Errorf("the pad that was there says %q", text)
		}
		if again, err := s.Import(t.Context(), v); err != nil || !again.Found || again.ID != "réunion-4" {
			t.Errorf("again: %+v, %v", again, err)
		}
		for n := 4; n <= 9; n++ {
			server.Create(fmt.Sprint("réunion-", n), "x")
		}
		if _, err := s.Import(t.Context(), v); !errors.Is(err, etherpad.ErrTaken) || strings.Contains(err.Error(), "réunion") {
			t.Errorf("all taken: %v", err)
		}
	})
}

// TestPadThatOnlyTheAPIShowsIsNotChanged: a proxy may say of every export that
// it is not there.
func TestPadThatOnlyTheAPIShowsIsNotChanged(t *testing.T) {
	importing(t, etherpadtest.V1, etherpadtest.Options{APIKey: key}, operator, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source, v *sources.Version) {
		server.Create("réunion", "someone else's\n")
		s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/export/") {
				http.NotFound(w, r)
				return
			}
			server.ServeHTTP(w, r)
		}), base, etherpad.Options{Access: operator})
		made, err := s.Import(t.Context(), v)
		if text := ask(t, server, "/p/r%C3%A9union/export/txt"); text != "someone else's\n\n" {
			t.Errorf("the pad that was there says %q", text)
		}
		if !errors.Is(err, sources.ErrDiffers) || made.ID != "réunion-2" {
			t.Errorf("%+v, %v", made, err)
		}
	})
}

// TestImportThatDoesNotShowIsNotRepeated: who shows no export may have taken it,
// into a pad that did not show either.
func TestImportThatDoesNotShowIsNotRepeated(t *testing.T) {
	for _, silently := range []bool{false, true} {
		importing(t, etherpadtest.V1, etherpadtest.Options{}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source, v *sources.Version) {
			lost := false
			s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case strings.Contains(r.URL.Path, "/export/"):
					http.NotFound(w, r)
				case silently && !lost:
					lost = true
					server.ServeHTTP(httptest.NewRecorder(), r)
					panic(http.ErrAbortHandler)
				default:
					server.ServeHTTP(w, r)
				}
			}), base, etherpad.Options{})
			made, err := s.Import(t.Context(), v)
			if !errors.Is(err, sources.ErrUnsure) || errors.Is(err, sources.ErrDiffers) || made != nil {
				t.Errorf("%+v, %v", made, err)
			}
			if want := map[bool]int{false: 1, true: 2}[silently]; server.Imported() != want {
				t.Errorf("%d imports", server.Imported())
			}
		})
	}
}

func TestPadMayComeUnderTheIDInBetween(t *testing.T) {
	importing(t, etherpadtest.V1, etherpadtest.Options{}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source, v *sources.Version) {
		late := &interloper{Handler: server, come: func() {
			p := server.Create("réunion", "someone was quicker\n")
			for range 12 {
				p.Append(bob, "x")
			}
		}}
		made, err := open(t, late, base, etherpad.Options{}).Import(t.Context(), v)
		if err != nil || made.ID != "réunion-2" {
			t.Errorf("%+v, %v", made, err)
		}
	})
}

func TestWhatIsRefusedComesInALesserForm(t *testing.T) {
	reduced := []sources.Loss{etherpad.LossHistory, etherpad.LossAuthors, etherpad.LossChat, etherpad.LossSaved}
	for name, c := range map[string]struct {
		fault  etherpadtest.ImportFault
		access etherpad.Access
		losses []sources.Loss
	}{
		"no history":           {etherpadtest.ImportsNoHistory, etherpad.Access{}, reduced},
		"only text":            {etherpadtest.ImportsOnlyText, etherpad.Access{}, append(slices.Clone(reduced), etherpad.LossFormatting)},
		"nothing but by API":   {etherpadtest.ImportsNothing, operator, reduced},
		"no history, operator": {etherpadtest.ImportsNoHistory, operator, reduced},
	} {
		t.Run(name, func(t *testing.T) {
			importing(t, etherpadtest.V1, etherpadtest.Options{APIKey: key}, c.access, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source, v *sources.Version) {
				server.Imports(c.fault)
				made, err := s.Import(t.Context(), v)
				if err != nil || made.ID != "réunion" || !slices.Equal(made.Losses, c.losses) {
					t.Fatalf("%+v, %v", made, err)
				}
				if text := ask(t, server, "/p/r%C3%A9union/export/txt"); !strings.Contains(text, "https://example.org/été?a=b&c=d") || !strings.Contains(text, "👩\u200d👩") {
					t.Errorf("%q", text)
				}
			})
		})
	}
}

func TestServerThatTakesNothingIsSaidTo(t *testing.T) {
	importing(t, etherpadtest.V3, etherpadtest.Options{}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source, v *sources.Version) {
		server.Imports(etherpadtest.ImportsNothing)
		if made, err := s.Import(t.Context(), v); !errors.Is(err, fs.ErrPermission) || made != nil {
			t.Errorf("%+v, %v", made, err)
		}
		server.Imports(etherpadtest.ImportsNowhere)
		if made, err := s.Import(t.Context(), v); err == nil || errors.Is(err, sources.ErrDiffers) {
			t.Errorf("%+v, %v", made, err)
		}
	})
}

func TestWhatReadsBackDifferentlyIsSaidTo(t *testing.T) {
	importing(t, etherpadtest.V1, etherpadtest.Options{}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source, v *sources.Version) {
		server.Imports(etherpadtest.ImportsLess)
		made, err := s.Import(t.Context(), v)
		if !errors.Is(err, sources.ErrDiffers) || made == nil || made.ID != "réunion" {
			t.Errorf("%+v, %v", made, err)
		}
	})
}

func TestServerThatWritesLateIsGivenTime(t *testing.T) {
	importing(t, etherpadtest.V1, etherpadtest.Options{}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source, v *sources.Version) {
		server.Imports(etherpadtest.ImportsSlowly)
		if made, err := s.Import(t.Context(), v); err != nil || made.ID != "réunion" {
			t.Errorf("%+v, %v", made, err)
		}
	})
}

func TestLostAnswerIsLookedUp(t *testing.T) {
	importing(t, etherpadtest.V1, etherpadtest.Options{}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source, v *sources.Version) {
		server.Imports(etherpadtest.ImportsSilently)
		made, err := s.Import(t.Context(), v)
		if err != nil || made.ID != "réunion" || made.Found || server.Imported() != 1 {
			t.Errorf("%+v, %v, %d imports", made, err, server.Imported())
		}
	})
}

func TestLimitIsSharedByImportsAndExports(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := etherpadtest.New(etherpadtest.Options{Dialect: dialect, Limit: 10, TakesImports: true})
				s := open(t, server, base, etherpad.Options{})
				old := etherpadtest.New(etherpadtest.Options{Dialect: dialect, Synthetic: 12})
				from := open(t, old, base, etherpad.Options{})
				begin := time.Now()
				for n := range 12 {
					if _, err := s.Import(t.Context(), fetch(t, from, etherpadtest.SyntheticID(n), "")); err != nil {
						t.Fatal(err)
					}
				}
				took, least := time.Since(begin), s.ImportTime(12)
				if server.Overrun() > 0 || took < least || took > least+10*time.Second {
					t.Errorf("%d requests over the limit, took %v, said %v", server.Overrun(), took, least)
				}
			})
		})
	}
}

func TestOnlyWholePadsAreImported(t *testing.T) {
	importing(t, etherpadtest.V1, etherpadtest.Options{}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source, v *sources.Version) {
		whole := read(t, v.Files[0])
		for name, text := range map[string]string{
			"cut short": whole[:len(whole)/2], "another pad": strings.ReplaceAll(whole, "pad:réunion", "pad:autre"),
			"empty": "", "no pad": "{}",
		} {
			broken := &sources.Version{ID: v.ID, Files: []sources.File{file("x.etherpad", "etherpad", text)}}
			if made, err := s.Import(t.Context(), broken); !errors.Is(err, sources.ErrRefused) || made != nil {
				t.Errorf("%s: %+v, %v", name, made, err)
			}
		}
		if server.Requests() > 0 {
			t.Errorf("%d requests", server.Requests())
		}
	})
}

// TestOddPadsAreSentAsTheyAre, and come back so from 1.8.14; but for what would
// end its process, and for what it could not show.
func TestOddPadsAreSentAsTheyAre(t *testing.T) {
	for name, c := range map[string]struct {
		was, is string
		err     error
		losses  int
	}{
		"an author that is null":       {`{"pad:r`, `{"globalAuthor:":null,"pad:r`, nil, 0},
		"pool keys that are no number": {`"numToAttrib":{`, `"numToAttrib":{"x":[],`, nil, 0},
		"a time that is a string":      {`"time":1793523`, `"time":"1","n":1793523`, nil, 0},
		"a name that is a number":      {`"name":"Élodie"`, `"name":7`, nil, 0},
		"a revision that is a word":    {`:revs:50":{`, `:revs:50":"lost","x":{`, nil, 0},
		"an attribute that is null":    {`"0":["author"`, `"99":null,"0":["author"`, nil, 0},
		"no attributes":                {`"pool":{"numToAttrib":{`, `"pool":{"n":{`, nil, 0},
		"a pool that is null":          {`"pool":{`, `"pool":null,"p":{`, nil, 0},
		"an attribution of too few":    {`"attribs":"`, `"attribs":"+1","a":"`, sources.ErrDiffers, 0},
		"a text that is not one":       {`"text":"`, `"text":null,"t":"`, sources.ErrDiffers, 0},
		"a pad without text at all":    {`"atext":{`, `"a":{`, sources.ErrDiffers, 0},
		"messages that are missing":    {`:chat:0":`, `:chat:9":`, sources.ErrDiffers, 0},
		"a head that is a word":        {`"head":`, `"head":"x","h":`, nil, 0},
		"a head far beyond":            {`"head":`, `"head":1e15,"h":`, sources.ErrDiffers, 0},
		"a head that spells one":       {`"head":`, `"head":["1000000000000000"],"h":`, sources.ErrDiffers, 0},
		"a head above all numbers":     {`"head":`, `"head":1e999,"h":`, sources.ErrDiffers, 0},
		"a chat that goes far beyond":  {`"chatHead":`, `"chatHead":"1e15","c":`, sources.ErrDiffers, 0},
		"a star that is not one":       {`"savedRevisions":[`, `"savedRevisions":[7,`, nil, 0},
		"revisions without an order":   {`{"pad:réunion":`, `{"pad:réunion:revs:1":null,"pad:réunion":`, nil, 0},
	} {
		importing(t, etherpadtest.V1, etherpadtest.Options{}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source, v *sources.Version) {
			whole := read(t, v.Files[0])
			odd := strings.Replace(whole, c.was, c.is, 1)
			if odd == whole {
				t.Fatalf("%s: nothing was changed in %s", name, whole)
			}
			made, err := s.Import(t.Context(), &sources.Version{ID: v.ID, Files: []sources.File{file("x.etherpad", "etherpad", odd)}})
			if c.err == nil && err != nil || !errors.Is(err, c.err) || made == nil || made.ID != v.ID || len(made.Losses) > 1 {
				t.Errorf("%s: %+v, %v", name, made, err)
			}
			if alive := ask(t, server, "/p/"+v.ID+"/export/etherpad"); !strings.HasPrefix(alive, "{") {
				t.Errorf("%s: %s", name, alive)
			}
		})
	}
}

func TestNewIDs(t *testing.T) {
	for id, want := range map[string]string{
		"été":                       "été",
		"a b::c":                    "a_b_c",
		"old$name":                  "old_name",
		"g.0123456789abcdef$privé":  "privé-0123456789abcdef",
		"g.0123456789abcdef$a name": "a_name-0123456789abcdef",
		strings.Repeat("🎉", 30):     strings.Repeat("🎉", 25),
		"g.0123456789abcdef$" + strings.Repeat("x", 50): strings.Repeat("x", 32) + "-0123456789abcdef",
	} {
		importing(t, etherpadtest.V1, etherpadtest.Options{}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source, v *sources.Version) {
			text := strings.ReplaceAll(read(t, v.Files[0]), "pad:réunion", "pad:"+strings.ReplaceAll(id, ":", "_"))
			named := &sources.Version{ID: strings.ReplaceAll(id, ":", "_"), Files: []sources.File{file("x.etherpad", "etherpad", text)}}
			made, err := s.Import(t.Context(), named)
			if err != nil || made.ID != strings.ReplaceAll(want, ":", "_") && id != "a b::c" {
				t.Errorf("%q: %+v, %v", id, made, err)
			}
			if protected := strings.HasPrefix(id, "g."); protected != slices.Contains(losses(t, s, named), etherpad.LossProtection) {
				t.Errorf("%q: losses %q", id, losses(t, s, named))
			}
		})
	}
}

func TestReadOnlyPadGetsAnIDThatNobodyCanGuess(t *testing.T) {
	importing(t, etherpadtest.V1, etherpadtest.Options{}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source, v *sources.Version) {
		const id = "r.0123456789abcdef0123456789abcdef"
		saved := &sources.Version{ID: id, Files: []sources.File{file("x.etherpad", "etherpad", strings.ReplaceAll(read(t, v.Files[0]), "pad:réunion", "pad:"+id))}}
		one, err := s.Import(t.Context(), saved)
		two, err2 := s.Import(t.Context(), saved)
		if err != nil || err2 != nil || one.ID == two.ID || len(one.ID) < 20 || strings.Contains(one.ID, "0123456789abcdef") {
			t.Errorf("%+v %v, %+v %v", one, err, two, err2)
		}
	})
}

func TestRescueCopyIsImported(t *testing.T) {
	html := func() sources.File {
		return file("x.html", "html", "<!doctype html>\n<html><head><title>x</title></head><body>Bonjour<br>à tous<br></body></html>")
	}
	text := func() sources.File { return file("x.txt", "txt", "Bonjour\nà tous\n\n") }
	for fault, access := range map[etherpadtest.ImportFault]etherpad.Access{0: {}, etherpadtest.ImportsNothing: operator} {
		importing(t, etherpadtest.V1, etherpadtest.Options{APIKey: key}, access, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source, v *sources.Version) {
			server.Imports(fault)
			for id, files := range map[string][]sources.File{"both": {text(), html()}, "text": {text()}} {
				rescued := &sources.Version{ID: id, Files: files}
				made, err := s.Import(t.Context(), rescued)
				if err != nil || made.ID != id || !slices.Equal(made.Losses, losses(t, s, rescued)) || len(made.Losses) < 4 {
					t.Errorf("%s: %+v, %v", id, made, err)
				}
				if got := strings.TrimSpace(ask(t, server, "/p/"+id+"/export/txt")); got != "Bonjour\nà tous" {
					t.Errorf("%s: %q", id, got)
				}
				if again, err := s.Import(t.Context(), rescued); err != nil || !again.Found {
					t.Errorf("%s again: %+v, %v", id, again, err)
				}
			}
		})
	}
}

func TestPluginsDataIsNotSent(t *testing.T) {
	importing(t, etherpadtest.V1, etherpadtest.Options{}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source, v *sources.Version) {
		text := read(t, v.Files[0])
		text = strings.TrimSuffix(text, "}") + `,"comments:réunion":{"c-1":{"text":"a comment"}}}`
		made, err := s.Import(t.Context(), &sources.Version{ID: v.ID, Files: []sources.File{file("x.etherpad", "etherpad", text)}})
		if err != nil || !slices.Equal(made.Losses, []sources.Loss{etherpad.LossPlugins}) {
			t.Errorf("%+v, %v", made, err)
		}
	})
}

func TestCancelledImportEnds(t *testing.T) {
	importing(t, etherpadtest.V1, etherpadtest.Options{}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source, v *sources.Version) {
		server.Imports(etherpadtest.ImportsSilently)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if made, err := s.Import(ctx, v); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%+v, %v", made, err)
		}
	})
}

// An interloper makes a pad just before the first import.
type interloper struct {
	http.Handler
	once sync.Once
	come func()
}

func (i *interloper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		i.once.Do(i.come)
	}
	i.Handler.ServeHTTP(w, r)
}

func TestImporterConforms(t *testing.T) {
	for name, dialect := range dialects {
		importing(t, etherpadtest.V1, etherpadtest.Options{Dialect: dialect}, etherpad.Access{}, func(t *testing.T, server *etherpadtest.Server, _ *etherpad.Source, v *sources.Version) {
			faults := &sourcetest.Faults{Handler: server}
			text := read(t, v.Files[0])
			err := sourcetest.CheckImporter(t.Context(), sourcetest.ImportFixture{
				Importer: open(t, faults, base, etherpad.Options{}), Faults: faults, Version: v, Requests: server.Requests,
				Broken: &sources.Version{ID: v.ID, Files: []sources.File{file("x.etherpad", "etherpad", text[:len(text)/2])}},
			})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// losses are those that a plan tells.
func losses(t *testing.T, s *etherpad.Source, v *sources.Version) []sources.Loss {
	t.Helper()
	found, err := s.Losses(t.Context(), v)
	if err != nil {
		t.Error(err)
	}
	return found
}
