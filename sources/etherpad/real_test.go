package etherpad_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// TestRealEtherpad does all with one Etherpad 1.8.14, as it takes seconds to
// start.
func TestRealEtherpad(t *testing.T) {
	server := testserver.Etherpad(t, testserver.EtherpadOptions{})
	pads := server.Seed(t)
	client := polite.New(polite.Options{})
	source, err := etherpad.New(server.URL, client, new(spool.Pool), etherpad.Options{})
	if err != nil {
		t.Fatal(err)
	}

	t.Run("pads are saved as the server gives them, and once", func(t *testing.T) {
		if len(pads) < 4 {
			t.Fatalf("only %d pads", len(pads))
		}
		for _, id := range pads {
			address, err := etherpad.ParseAddress(server.PadURL(id))
			if err != nil {
				t.Fatal(err)
			}
			v := fetch(t, source, address.ID, "")
			if got, want := read(t, v.Files[0]), server.Export(t, id, "etherpad"); got != string(want) {
				t.Errorf("%s: saved %.300q; the server says %.300q", id, got, want)
			}
			if again := fetch(t, source, address.ID, v.Validator); !again.Unchanged {
				t.Errorf("%s: changed by itself", id)
			}
			server.Append(t, id, "one more line\n")
			after := fetch(t, source, address.ID, v.Validator)
			if after.Unchanged || *after.Facts.Revision != *v.Facts.Revision+1 || after.Facts.First != v.Facts.First || after.Facts.Blank {
				t.Errorf("%s: after a change %+v; before %+v", id, after.Facts, v.Facts)
			}
		}
	})

	t.Run("its front page is known", func(t *testing.T) {
		if err := source.Front(t.Context()); err != nil {
			t.Error(err)
		}
	})

	t.Run("a missing pad is said to be, and not made", func(t *testing.T) {
		before := server.Pads(t)
		if _, err := source.Fetch(t.Context(), "never-made", ""); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v", err)
		}
		server.Create(t, "made-and-deleted", "text")
		server.Delete(t, "made-and-deleted")
		if _, err := source.Fetch(t.Context(), "made-and-deleted", ""); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v", err)
		}
		if after := server.Pads(t); !slices.Equal(before, after) {
			t.Errorf("pads %q; before %q", after, before)
		}
	})

	t.Run("a read-only address does not leak the real one", func(t *testing.T) {
		server.Create(t, "the-real-id", "text\n")
		var data struct{ ReadOnlyID string }
		server.API(t, &data, "getReadOnlyID", "padID", "the-real-id")
		with, err := etherpad.New(server.URL, client, new(spool.Pool), etherpad.Options{Formats: []string{"html", "txt"}})
		if err != nil {
			t.Fatal(err)
		}
		v := fetch(t, with, data.ReadOnlyID, "")
		if len(v.Files) != 3 {
			t.Errorf("files %q", fileNames(v))
		}
		for _, f := range v.Files {
			if strings.Contains(read(t, f), "the-real-id") {
				t.Errorf("%s has the real id", f.Name)
			}
		}
	})

	t.Run("a pad of a group is forbidden", func(t *testing.T) {
		var data struct{ GroupID, PadID string }
		server.API(t, &data, "createGroup")
		server.API(t, &data, "createGroupPad", "groupID", data.GroupID, "padName", "privé", "text", "x")
		if _, err := source.Fetch(t.Context(), data.PadID, ""); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%v", err)
		}
		server.API(t, nil, "setPublicStatus", "padID", data.PadID, "publicStatus", "true")
		fetch(t, source, data.PadID, "")
	})

	t.Run("it is known for an Etherpad", func(t *testing.T) {
		if is, err := etherpad.Probe(t.Context(), client, server.URL); !is || err != nil {
			t.Errorf("%t, %v", is, err)
		}
	})

	t.Run("the fake server answers the same", func(t *testing.T) { compareFake(t, server) })
}

// compareFake sends the same requests to the real server and the fake one.
func compareFake(t *testing.T, server *testserver.EtherpadServer) {
	fake := etherpadtest.New(etherpadtest.Options{})
	for _, id := range []string{"compared", "été_à_part", "a+b", "Ag", strings.Repeat("é", 50)} {
		fake.Create(id, "Bonjour <à> \"tous\" & l'été\nligne 2\n\n")
		server.Create(t, id, "Bonjour <à> \"tous\" & l'été\nligne 2\n\n")
	}
	front := httptest.NewServer(fake)
	defer front.Close()
	direct := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(base, path string) (*http.Response, string) {
		r, err := direct.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r, string(b)
	}
	for _, path := range []string{
		"/p/compared/export/etherpad", "/p/compared/export/txt", "/p/compared/export/html", "/p/compared/export/pdf", "/p/compared/export/odt",
		"/p/compared/export/doc", "/p/compared/export/docx", "/p/compared/export/TXT", "/p/compared/export/json",
		"/p/%C3%A9t%C3%A9%20%C3%A0%20part/export/txt", "/p/e%CC%81te%CC%81/export/txt", "/p/autre%20pad:1/export/txt", "/p/a+b/export/txt",
		"/p/ag/export/txt", "/p/Ag/export/txt", "/p/" + strings.Repeat("%C3%A9", 50) + "/export/txt", "/p/" + strings.Repeat("x", 51) + "/export/txt",
		"/p/a%2Fb/export/txt", "/p/a$b/export/txt", "/p/absent/export/etherpad", "/p/absent/export/txt", "/p/absent/export/pdf",
		"/p/r.0123456789abcdef0123456789abcdef/export/txt", "/p/g.0123456789abcdef$x/export/etherpad", "/p/%FF/export/txt", "/api",
	} {
		real, realBody := ask(server.URL, path)
		ours, oursBody := ask(front.URL, path)
		if ours.StatusCode != real.StatusCode {
			t.Errorf("%s: status %d; the real one says %d", path, ours.StatusCode, real.StatusCode)
			continue
		}
		for _, key := range []string{"Content-Disposition", "Location", "Content-Type"} {
			if ours.Header.Get(key) != real.Header.Get(key) && real.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: %s %q; the real one says %q", path, key, ours.Header.Get(key), real.Header.Get(key))
			}
		}
		// The times of changes differ, and with them what follows.
		if real.StatusCode < 300 && !strings.HasSuffix(path, "/etherpad") && (oursBody != realBody || ours.Header.Get("ETag") != real.Header.Get("ETag")) {
			t.Errorf("%s: %q; the real one says %q", path, oursBody, realBody)
		}
	}
}

// TestRealLimitIsWaitedFor: with a short window, as the real time passes.
func TestRealLimitIsWaitedFor(t *testing.T) {
	server := testserver.Etherpad(t, testserver.EtherpadOptions{Limit: 3, Window: time.Second})
	fake := etherpadtest.New(etherpadtest.Options{Synthetic: 1})
	w := httptest.NewRecorder()
	fake.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/p/"+etherpadtest.SyntheticID(0)+"/export/etherpad", nil))
	server.Import(t, "imported", w.Body.Bytes())
	for _, id := range []string{"a", "b", "c", "d"} {
		server.Create(t, id, "text of "+id)
	}
	client := polite.New(polite.Options{})
	source, err := etherpad.New(server.URL, client, new(spool.Pool), etherpad.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"imported", "a", "b", "c", "d"} {
		v := fetch(t, source, id, "")
		if id == "imported" && !bytes.Contains(w.Body.Bytes(), []byte(`"head":`+v.Revision+`,`)) {
			t.Errorf("imported with revision %s", v.Revision)
		}
	}
	if client.Requests() > 6 {
		t.Errorf("%d requests for 5 pads", client.Requests())
	}
}
