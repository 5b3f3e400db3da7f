package etherpad_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// TestRealEtherpadTakesPadsBack moves pads from one Etherpad 1.8.14 to
// another.
func TestRealEtherpadTakesPadsBack(t *testing.T) {
	old, target := testserver.Etherpad(t, testserver.EtherpadOptions{}), testserver.Etherpad(t, testserver.EtherpadOptions{})
	pads := old.Seed(t)
	pool := new(spool.Pool)
	from, err := etherpad.New(old.URL, polite.New(polite.Options{}), pool, etherpad.Options{})
	if err != nil {
		t.Fatal(err)
	}
	into, err := etherpad.New(target.URL, polite.New(polite.Options{}), pool, etherpad.Options{})
	if err != nil {
		t.Fatal(err)
	}

	t.Run("with all that is in them", func(t *testing.T) {
		for _, id := range pads {
			v := fetch(t, from, id, "")
			made, err := into.Import(t.Context(), v)
			if err != nil || made.ID != id || len(made.Losses) > 0 {
				t.Fatalf("%s: %+v, %v", id, made, err)
			}
			if was, is := members(t, old.Export(t, id, "etherpad")), members(t, target.Export(t, id, "etherpad")); !reflect.DeepEqual(was, is) {
				t.Errorf("%s: %v\nwas %v", id, is, was)
			}
		}
	})

	t.Run("into the same server, where they are or beside what changed", func(t *testing.T) {
		v := fetch(t, from, pads[0], "")
		if made, err := from.Import(t.Context(), v); err != nil || !made.Found || made.ID != pads[0] {
			t.Errorf("%+v, %v", made, err)
		}
		old.Append(t, pads[0], "later\n")
		made, err := from.Import(t.Context(), v)
		if err != nil || made.ID != pads[0]+"-2" {
			t.Fatalf("%+v, %v", made, err)
		}
		is := strings.ReplaceAll(string(old.Export(t, made.ID, "etherpad")), made.ID, pads[0])
		if was := read(t, v.Files[0]); !reflect.DeepEqual(members(t, []byte(is)), members(t, []byte(was))) {
			t.Errorf("%s\nwas %s", is, was)
		}
	})

	t.Run("as HTML or text where that is refused", func(t *testing.T) {
		for _, refuses := range []string{"etherpad", "etherpad html"} {
			fresh := testserver.Etherpad(t, testserver.EtherpadOptions{})
			front := httptest.NewServer(refusing(t, fresh.URL, strings.Fields(refuses)))
			defer front.Close()
			into, err := etherpad.New(front.URL, polite.New(polite.Options{}), pool, etherpad.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range pads[:2] {
				made, err := into.Import(t.Context(), fetch(t, from, id, ""))
				if err != nil || made.ID != id || len(made.Losses) < 2 {
					t.Errorf("%s, refusing %s: %+v, %v\n%s\nwas\n%s", id, refuses, made, err, fresh.Export(t, id, "txt"), old.Export(t, id, "txt"))
				}
			}
		}
	})

	t.Run("the fake server answers the same", func(t *testing.T) { compareFakeImports(t, target, read(t, fetch(t, from, pads[0], "").Files[0])) })

	t.Run("by the API where imports are closed", func(t *testing.T) {
		closed := testserver.Etherpad(t, testserver.EtherpadOptions{})
		front := httptest.NewServer(refusing(t, closed.URL, []string{"etherpad", "html", "txt"}))
		defer front.Close()
		into, err := etherpad.New(front.URL, polite.New(polite.Options{}), pool, etherpad.Options{Access: etherpad.Access{APIKey: closed.APIKey()}})
		if err != nil {
			t.Fatal(err)
		}
		var v *sources.Version
		for _, id := range pads[:2] {
			v = fetch(t, from, id, "")
			if made, err := into.Import(t.Context(), v); err != nil || made.ID != id {
				t.Errorf("%s: %+v, %v", id, made, err)
			}
		}
	})
}

// compareFakeImports sends the same imports to the real server and the fake
// one, and reads what came of them.
func compareFakeImports(t *testing.T, server *testserver.EtherpadServer, export string) {
	fake := etherpadtest.New(etherpadtest.Options{TakesImports: true})
	front := httptest.NewServer(fake)
	defer front.Close()
	server.Create(t, "little", "x\n")
	fake.Create("little", "x\n")
	for _, c := range []struct{ id, field, name, content string }{
		{"whole", "file", "x.etherpad", export}, {"whole", "file", "x.etherpad", export}, {"little", "file", "x.etherpad", export},
		{"cut", "file", "x.etherpad", export[:len(export)/2]}, {"gap", "file", "x.etherpad", strings.Replace(export, ":revs:50\"", ":revs:5000\"", 1)},
		{"text", "file", "x.txt", "Bonjour\n"}, {"html", "file", "x.html", "<html><body>Bonjour<br>à tous</body></html>"}, {"odd", "file", "x.json", "{}"},
		{"field", "other", "x.txt", "x"}, {"r.0123456789abcdef0123456789abcdef", "file", "x.txt", "x"}, {"g.0123456789abcdef$x", "file", "x.txt", "x"},
	} {
		post := func(base string) (string, string) {
			var form bytes.Buffer
			w := multipart.NewWriter(&form)
			f, err := w.CreateFormFile(c.field, c.name)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(f, c.content)
			w.Close()
			r, err := http.Post(base+"/p/"+url.PathEscape(c.id)+"/import", w.FormDataContentType(), &form)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			after, err := http.Get(base + "/p/" + url.PathEscape(c.id) + "/export/etherpad")
			if err != nil {
				t.Fatal(err)
			}
			after.Body.Close()
			return fmt.Sprint(r.StatusCode, " ", string(answer)), fmt.Sprint(after.StatusCode)
		}
		real, realAfter := post(server.URL)
		ours, oursAfter := post(front.URL)
		if ours != real || oursAfter != realAfter {
			t.Errorf("%s as %s into %s: %s, then %s; the real one says %s, then %s", c.name, c.field, c.id, ours, oursAfter, real, realAfter)
		}
	}
}

// refusing is a proxy that lets no import of these formats through.
func refusing(t *testing.T, address string, formats []string) http.Handler {
	to, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/import") {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			for _, format := range formats {
				if bytes.Contains(body[:400], []byte("pad."+format)) {
					http.Error(w, "too large", http.StatusRequestEntityTooLarge)
					return
				}
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		proxy.ServeHTTP(w, r)
	})
}

// members is an export without what changes when its authors look at a pad.
func members(t *testing.T, export []byte) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(export, &all); err != nil {
		t.Fatal(err)
	}
	for key, value := range all {
		if strings.HasPrefix(key, "globalAuthor:") {
			delete(value.(map[string]any), "timestamp")
			delete(value.(map[string]any), "padIDs")
		}
	}
	return all
}
