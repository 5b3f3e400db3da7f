package etherpadtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// recorded opens the answers of real servers, which not every checkout has.
func recorded(t *testing.T) fs.FS {
	t.Helper()
	return os.DirFS(testserver.Recorded(t, "etherpad"))
}

// TestExportsAreTheRecordedOnes does to a pad what was done to the recorded
// one, and compares all three exports byte by byte.
func TestExportsAreTheRecordedOnes(t *testing.T) {
	files := recorded(t)
	for dir, dialect := range map[string]etherpadtest.Dialect{"1.8.14": etherpadtest.V1, "3.3.1": etherpadtest.V3} {
		t.Run(dir, func(t *testing.T) {
			read := func(format string) []byte {
				b, err := fs.ReadFile(files, dir+"/riche.1."+format)
				if err != nil {
					t.Fatal(err)
				}
				return b
			}
			server := replay(t, dialect, read("etherpad"))
			for _, format := range []string{"etherpad", "txt", "html"} {
				got := get(server, "/p/riche/export/"+format).Body.String()
				if diff := cmp.Diff(string(read(format)), got); diff != "" {
					t.Errorf("%s (-recorded +ours):\n%s", format, diff)
				}
			}
		})
	}
}

func replay(t *testing.T, dialect etherpadtest.Dialect, export []byte) *etherpadtest.Server {
	t.Helper()
	var riche struct {
		Head           int
		ChatHead       int
		SavedRevisions []struct {
			RevNum               int
			SavedByID, Label, ID string
			Timestamp            int64
		}
	}
	records := map[string]json.RawMessage{}
	decode(t, export, &records)
	decode(t, records["pad:riche"], &riche)

	var now int64
	server := etherpadtest.New(etherpadtest.Options{Dialect: dialect, Now: func() time.Time { return time.UnixMilli(now) }})
	author := func(id string) etherpadtest.Author {
		var a struct {
			Name    string
			ColorID int
		}
		if record := records["globalAuthor:"+id]; record != nil {
			decode(t, record, &a)
		}
		return etherpadtest.Author{ID: id, Name: a.Name, Color: a.ColorID}
	}
	var p *etherpadtest.Pad
	for n := range riche.Head + 1 {
		var r struct {
			Changeset string
			Meta      struct {
				Author    string
				Timestamp int64
			}
		}
		decode(t, records[fmt.Sprintf("pad:riche:revs:%d", n)], &r)
		_, bank, _ := strings.Cut(r.Changeset, "$")
		if now = r.Meta.Timestamp; n == 0 {
			p = server.Create("riche", bank)
		} else {
			p.Insert(author(r.Meta.Author), 0, bank)
		}
	}
	for n := range riche.ChatHead + 1 {
		var m struct {
			Text, UserID string
			Time         int64
		}
		decode(t, records[fmt.Sprintf("pad:riche:chat:%d", n)], &m)
		now = m.Time
		p.Say(author(m.UserID), m.Text)
	}
	for _, s := range riche.SavedRevisions {
		now = s.Timestamp
		p.Save(etherpadtest.Author{ID: s.SavedByID}, s.RevNum, s.Label, s.ID)
	}
	for key, record := range records {
		if id, found := strings.CutPrefix(key, "globalAuthor:"); found {
			var a struct{ Timestamp int64 }
			decode(t, record, &a)
			server.Visit(author(id), time.UnixMilli(a.Timestamp))
		}
	}
	return server
}

func decode(t *testing.T, b []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%v in %.100q", err, b)
	}
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestOverTheLimitIsTheRecordedAnswer(t *testing.T) {
	raw, err := fs.ReadFile(recorded(t), "1.8.14/429.txt")
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	server := etherpadtest.New(etherpadtest.Options{Limit: 10})
	for range 10 {
		if got := get(server, "/p/absent/export/txt"); got.Code != http.StatusNotFound {
			t.Fatalf("status %d within the limit", got.Code)
		}
	}
	got := get(server, "/p/absent/export/txt")
	if got.Code != http.StatusTooManyRequests || got.Body.String() != body {
		t.Errorf("%d %q; want 429 %q", got.Code, got.Body, body)
	}
	for _, line := range strings.Split(head, "\r\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "Content-Type", "Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining":
			if got.Header().Get(key) != value {
				t.Errorf("%s: %q; want %q", key, got.Header().Get(key), value)
			}
		}
	}
}

func TestChangesetsLeadToTheText(t *testing.T) {
	for _, dialect := range []etherpadtest.Dialect{etherpadtest.V1, etherpadtest.V3} {
		server := etherpadtest.New(etherpadtest.Options{Dialect: dialect})
		ann, bob := etherpadtest.Author{ID: "a.AAAAAAAAAAAAAAAA", Name: "Ann"}, etherpadtest.Author{ID: "a.BBBBBBBBBBBBBBBB"}
		p := server.Create("été", "Hello\nworld\n")
		for range 120 {
			p.Insert(ann, 3, "🎉 é\nx", etherpadtest.Attribute{"bold", "true"})
			p.Append(bob, "last\n")
			p.Remove(ann, 4, 2)
		}
		export := get(server, "/p/%C3%A9t%C3%A9/export/etherpad").Body.Bytes()
		text := get(server, "/p/%C3%A9t%C3%A9/export/txt").Body.String()
		if text != p.Text() || p.Head() != 360 {
			t.Fatalf("text %q, head %d", text, p.Head())
		}
		if got := replayChangesets(t, export); got != text {
			t.Errorf("changesets lead to %.200q; want %.200q", got, text)
		}
	}
}

func TestSyntheticPadsAreAlikeInEveryRunAndOfTheSizesSaid(t *testing.T) {
	const n = 2000
	a := etherpadtest.New(etherpadtest.Options{Synthetic: n})
	b := etherpadtest.New(etherpadtest.Options{Synthetic: n})
	total := 0
	for i := range n {
		path := "/p/" + etherpadtest.SyntheticID(i) + "/export/etherpad"
		got := get(a, path)
		size := got.Body.Len()
		total += size
		if size < 1300 || size > 50000 {
			t.Errorf("pad %d has %d bytes", i, size)
		}
		if i%100 != 0 {
			continue
		}
		if !bytes.Equal(got.Body.Bytes(), get(b, path).Body.Bytes()) {
			t.Errorf("pad %d is another in another server", i)
		}
		text := get(a, strings.TrimSuffix(path, "etherpad")+"txt").Body.String()
		if replayed := replayChangesets(t, got.Body.Bytes()); replayed != text {
			t.Errorf("pad %d: changesets lead to %.100q; want %.100q", i, replayed, text)
		}
	}
	if mean := total / n; mean < 12900 || mean > 13900 {
		t.Errorf("the mean is %d bytes; want 13400", mean)
	}
	if got := get(a, "/p/"+etherpadtest.SyntheticID(n)+"/export/etherpad"); got.Code != http.StatusNotFound {
		t.Errorf("one more than there are: status %d", got.Code)
	}
}

func TestTouchingChangesOneSyntheticPad(t *testing.T) {
	server := etherpadtest.New(etherpadtest.Options{Synthetic: 2})
	paths := []string{"/p/" + etherpadtest.SyntheticID(0) + "/export/etherpad", "/p/" + etherpadtest.SyntheticID(1) + "/export/etherpad"}
	var before []string
	for _, p := range paths {
		before = append(before, get(server, p).Header().Get("ETag"))
	}
	server.Touch(0)
	for i, p := range paths {
		r := httptest.NewRequest(http.MethodGet, p, nil)
		r.Header.Set("If-None-Match", before[i])
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		if want := []int{200, 304}[i]; w.Code != want {
			t.Errorf("pad %d: status %d; want %d", i, w.Code, want)
		}
		if i == 0 {
			replayChangesets(t, w.Body.Bytes())
		}
	}
}

// replayChangesets applies all changesets of an export to an empty pad. It
// knows no more of them than these servers write.
func replayChangesets(t *testing.T, export []byte) string {
	t.Helper()
	text := []uint16{'\n'}
	n := 0
	for m, err := range pad.Members(bytes.NewReader(export)) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Kind != pad.RevisionMember {
			continue
		}
		if m.Number != n {
			t.Fatalf("revision %d after %d", m.Number, n-1)
		}
		n++
		var r struct{ Changeset string }
		decode(t, m.Value, &r)
		text = apply(t, text, r.Changeset)
	}
	return decodeUTF16(text)
}

func TestUnaskedRequestsAreTold(t *testing.T) {
	for _, request := range []string{
		"GET /socket.io/?EIO=3", "POST /p/a/import", "GET /p/a", "GET /p/a/timeslider", "GET /p/a/export/markdown",
		"GET /p/a/3/export/txt", "POST /", "GET /ro/r.x", "POST /api/1/createPad",
	} {
		var told []string
		server := etherpadtest.New(etherpadtest.Options{Unasked: func(r string) { told = append(told, r) }})
		method, path, _ := strings.Cut(request, " ")
		server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, nil))
		if len(told) != 1 {
			t.Errorf("%s: told %q", request, told)
		}
	}
}

func BenchmarkSynthetic(b *testing.B) {
	server := etherpadtest.New(etherpadtest.Options{Synthetic: 10000})
	i := 0
	for b.Loop() {
		b.SetBytes(int64(get(server, "/p/"+etherpadtest.SyntheticID(i%10000)+"/export/etherpad").Body.Len()))
		i++
	}
}
