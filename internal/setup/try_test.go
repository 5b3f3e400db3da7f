package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/rclone"
	"github.com/padsync/padsync/sinks/s3"
)

var allSteps = []Step{StepWrite, StepRead, StepList, StepDelete}

// lab is a machine without a configuration.
func lab(t *testing.T) *Settings {
	t.Helper()
	t.Setenv("RCLONE_CONFIG", "")
	s, err := newSetup(t, nil).Load(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *Settings) tryAs(t *testing.T, n NewPlace) (Place, Tried, []Step, error) {
	t.Helper()
	at, err := s.setup.FindPlace(t.Context(), n)
	if err != nil {
		return at, Tried{}, nil, err
	}
	var steps []Step
	tried, err := s.Try(t.Context(), at, func(step Step) { steps = append(steps, step) })
	return at, tried, steps, err
}

func davPlace(server testserver.WebDAVServer) NewPlace {
	return NewPlace{Kind: WebDAV, Address: server.URL, User: server.User, Password: config.NewSecret(server.Password), Folder: "Mes sauvegardes/pads"}
}

func s3Place(server testserver.S3Server) NewPlace {
	return NewPlace{Kind: S3, Address: server.Endpoint, Bucket: server.Bucket, AccessKey: server.AccessKey, SecretKey: config.NewSecret(server.SecretKey), Folder: "pads"}
}

// before is a server before another, which answers some requests itself.
func before(t *testing.T, server string, answers func(w http.ResponseWriter, r *http.Request) bool) string {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = to.Scheme, to.Host, r.In.Host
		},
		ErrorLog: log.New(io.Discard, "", 0), // of requests that tests cut off
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answers(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestTrialDoesAllThatABackupNeedsAndLeavesNothing(t *testing.T) {
	s, dav, store := lab(t), testserver.WebDAV(t), testserver.S3(t)
	folder := t.TempDir()
	for name, n := range map[string]NewPlace{
		"a folder": {Kind: Local, Address: folder, Folder: "pads"},
		"WebDAV":   davPlace(dav),
		"S3":       s3Place(store),
	} {
		at, tried, steps, err := s.tryAs(t, n)
		if err != nil || tried.Keeps || !slices.Equal(steps, allSteps) {
			t.Errorf("%s: %+v, %q, %v", name, tried, steps, err)
			continue
		}
		if seen, err := s.Look(t.Context(), at); err != nil || seen.Repository != nil || seen.Other {
			t.Errorf("%s: %+v, %v", name, seen, err)
		}
	}
	for _, dir := range []string{folder, dav.Dir} {
		for _, file := range filesIn(t, dir) {
			t.Errorf("%s is left", file)
		}
	}
}

func filesIn(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// What may fail where a form is filled in, with the step and the field.
func TestFailedTrialNamesTheStepAndTheField(t *testing.T) {
	s, dav, store := lab(t), testserver.WebDAV(t), testserver.S3(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	answer := func(server, method string, status int) string {
		return before(t, server, func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == method {
				w.WriteHeader(status)
			}
			return r.Method == method
		})
	}
	otherBytes := before(t, store.Endpoint, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, trial) {
			w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
			fmt.Fprint(w, "hello")
			return true
		}
		return false
	})
	nothingListed := before(t, store.Endpoint, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Has("list-type") {
			fmt.Fprint(w, "<ListBucketResult></ListBucketResult>")
		}
		return r.URL.Query().Has("list-type")
	})
	skewed := before(t, store.Endpoint, func(w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "<Error><Code>RequestTimeTooSkewed</Code></Error>")
		return true
	})
	of := func(n NewPlace, change func(*NewPlace)) NewPlace {
		change(&n)
		return n
	}
	davAt := func(address string) NewPlace {
		return of(davPlace(dav), func(n *NewPlace) { n.Address = address + "/dav/" })
	}
	s3At := func(address string) NewPlace { return of(s3Place(store), func(n *NewPlace) { n.Address = address }) }
	for name, c := range map[string]struct {
		n     NewPlace
		step  Step // "": nothing was tried
		field string
		err   error
	}{
		"a file":                 {NewPlace{Kind: Local, Address: file}, StepWrite, FieldAddress, nil},
		"a folder of a file":     {NewPlace{Kind: Local, Address: file, Folder: "pads"}, StepWrite, FieldAddress, nil},
		"a wrong password":       {of(davPlace(dav), func(n *NewPlace) { n.Password = config.NewSecret("hunter2") }), "", FieldPassword, sinks.ErrUnauthorized},
		"no password":            {of(davPlace(dav), func(n *NewPlace) { n.Password = config.Secret{} }), "", FieldPassword, ErrEmpty},
		"a wrong path":           {of(davPlace(dav), func(n *NewPlace) { n.Address = strings.Replace(n.Address, "/dav/", "/nowhere", 1) }), "", FieldAddress, sinks.ErrNoFolder},
		"nobody there":           {of(davPlace(dav), func(n *NewPlace) { n.Address = closed.URL }), "", FieldAddress, nil},
		"another's certificate":  {of(davPlace(dav), func(n *NewPlace) { n.Address = secure.URL }), "", FieldAddress, nil},
		"a password in clear":    {of(davPlace(dav), func(n *NewPlace) { n.Address = "http://192.0.2.1/dav" }), "", FieldAddress, ErrLocation},
		"no right to write":      {davAt(answer(dav.URL, http.MethodPut, http.StatusForbidden)), StepWrite, FieldFolder, sinks.ErrForbidden},
		"no room":                {davAt(answer(dav.URL, http.MethodPut, http.StatusInsufficientStorage)), StepWrite, "", sinks.ErrQuota},
		"a wrong key":            {of(s3Place(store), func(n *NewPlace) { n.SecretKey = config.NewSecret("hunter2") }), StepWrite, FieldAccessKey, s3.ErrRefused},
		"half a key":             {of(s3Place(store), func(n *NewPlace) { n.SecretKey = config.Secret{} }), "", FieldAccessKey, ErrEmpty},
		"no bucket":              {of(s3Place(store), func(n *NewPlace) { n.Bucket = "nowhere" }), StepWrite, FieldBucket, s3.ErrNoBucket},
		"another clock":          {s3At(skewed), StepWrite, "", sinks.ErrClock},
		"other bytes":            {s3At(otherBytes), StepRead, "", ErrOther},
		"not listed":             {s3At(nothingListed), StepList, "", ErrUnlisted},
		"a delete that fails":    {s3At(answer(store.Endpoint, http.MethodDelete, http.StatusInternalServerError)), StepDelete, "", nil},
		"a folder that climbs":   {of(davPlace(dav), func(n *NewPlace) { n.Folder = "../x" }), "", FieldFolder, ErrLocation},
		"a remote that is none":  {NewPlace{Kind: Remote, Address: "nowhere"}, "", FieldAddress, rclone.ErrNoRemote},
		"options of a remote":    {NewPlace{Kind: Remote, Address: ":webdav,pass=hunter2"}, "", FieldAddress, rclone.ErrNoRemote},
		"a folder of who knows":  {NewPlace{Kind: Local, Address: "pads"}, "", FieldAddress, ErrLocation},
		"nothing":                {NewPlace{Kind: WebDAV}, "", FieldAddress, ErrEmpty},
		"a password in the link": {of(davPlace(dav), func(n *NewPlace) { n.Address = "https://me:hunter2@h/" }), "", FieldAddress, ErrLocation},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, steps, err := s.tryAs(t, c.n)
			var failed *TryError
			if errors.As(err, &failed) != (c.step != "") || c.step != "" && failed.Step != c.step {
				t.Errorf("%v after %q", err, steps)
			}
			if err == nil || FieldOf(err) != c.field || c.err != nil && !errors.Is(err, c.err) {
				t.Errorf("%v, at %q", err, FieldOf(err))
			}
			if strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Errorf("tells a secret: %v", err)
			}
		})
	}
	for _, file := range filesIn(t, dav.Dir) {
		t.Errorf("%s is left", file)
	}
}

func TestStoreThatLetsNothingBeDeletedPasses(t *testing.T) {
	s, dav, store := lab(t), testserver.WebDAV(t), testserver.S3(t)
	refuse := func(status int) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodDelete {
				w.WriteHeader(status)
			}
			return r.Method == http.MethodDelete
		}
	}
	forbidden, locked, pretends := s3Place(store), davPlace(dav), s3Place(store)
	forbidden.Address = before(t, store.Endpoint, refuse(http.StatusForbidden))
	locked.Address = before(t, dav.URL, refuse(http.StatusLocked)) + "/dav/"
	pretends.Address = before(t, store.Endpoint, refuse(http.StatusNoContent))
	for name, n := range map[string]NewPlace{"forbids it": forbidden, "locks": locked, "does nothing": pretends} {
		at, tried, steps, err := s.tryAs(t, n)
		if err != nil || !tried.Keeps || !slices.Equal(steps, allSteps) {
			t.Errorf("%s: %+v, %q, %v", name, tried, steps, err)
			continue
		}
		// What the trial left is no reason to go elsewhere.
		if seen, err := s.Look(t.Context(), at); err != nil || seen.Other || seen.Repository != nil {
			t.Errorf("%s: %+v, %v", name, seen, err)
		}
	}
}

// A store may take a request and never answer.
func TestTrialEndsWhenItIsGivenUp(t *testing.T) {
	s, store := lab(t), testserver.S3(t)
	hangs := make(chan struct{})
	n := s3Place(store)
	n.Address = before(t, store.Endpoint, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			_, _ = io.Copy(io.Discard, r.Body) // else it is not seen that the client left
			close(hangs)
			<-r.Context().Done()
			return true
		}
		return false
	})
	at, err := s.setup.FindPlace(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-hangs; cancel() }()
	if _, err := s.Try(ctx, at, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	// Nor is it waited for what takes no notice.
	err = within(t.Context(), 1, func(context.Context) error { select {} })
	if !errors.Is(err, ErrSlow) {
		t.Errorf("%v", err)
	}
}

func TestLookTellsWhatIsThere(t *testing.T) {
	s, other, dav, store := lab(t), lab(t), testserver.WebDAV(t), testserver.S3(t)
	folder := t.TempDir()
	for name, n := range map[string]NewPlace{
		"a folder": {Kind: Local, Address: folder},
		"WebDAV":   davPlace(dav),
		"S3":       s3Place(store),
	} {
		at, err := s.setup.FindPlace(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		at.Unencrypted = true
		if seen, err := s.Look(t.Context(), at); err != nil || seen.Other || seen.Repository != nil {
			t.Errorf("%s: %+v, %v", name, seen, err)
		}
		sink, err := s.openStore(t.Context(), at)
		if err == nil {
			err = sink.Put(t.Context(), "Photos/été.jpg", strings.NewReader("x"), 1)
		}
		if err != nil {
			t.Fatal(err)
		}
		seen, err := s.Look(t.Context(), at)
		if err != nil || !seen.Other || seen.Repository != nil || seen.Own.Shown != at.Shown+"/padsync" {
			t.Errorf("%s: %+v, %v", name, seen, err)
		}
		at = seen.Own
		sink, err = s.openStore(t.Context(), at)
		if err == nil {
			_, err = repository.Create(t.Context(), sink, repository.Options{Pool: new(spool.Pool)})
		}
		if err != nil {
			t.Fatal(err)
		}
		repo, err := s.OpenToWrite(t.Context(), at, repository.Options{}, new(spool.Pool), nil)
		if err != nil {
			t.Fatal(err)
		}
		for whose, settings := range map[bool]*Settings{true: s, false: other} {
			seen, err := settings.Look(t.Context(), at)
			r := seen.Repository
			if err != nil || seen.Other || r == nil || r.ID != repo.ID() || r.Sealed || r.Created.IsZero() || r.Known != whose {
				t.Errorf("%s: %+v, %v", name, seen, err)
			}
		}
	}
}

func TestPlacesAreKeptWithWhatOpensThem(t *testing.T) {
	dav, store := testserver.WebDAV(t), testserver.S3(t)
	s := lab(t)
	var places []Place
	for _, n := range []NewPlace{davPlace(dav), s3Place(store), {Kind: Local, Address: t.TempDir(), Unencrypted: true}} {
		at, err := s.setup.FindPlace(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := s.PlaceLines(at)
		if err != nil || strings.Contains(lines, dav.Password) || strings.Contains(lines, store.SecretKey) {
			t.Errorf("%s, %v", lines, err)
		}
		places = append(places, at)
	}
	if err := s.AddPlaces(places...); err != nil {
		t.Fatal(err)
	}
	loaded, err := s.setup.Load(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range loaded.Repositories {
		if at.Location != places[i].Location || at.Unencrypted != places[i].Unencrypted {
			t.Errorf("%+v, not %+v", at, places[i])
		}
		if _, err := loaded.Try(t.Context(), at, nil); err != nil {
			t.Errorf("%s: %v", at.Shown, err)
		}
	}
	text, err := os.ReadFile(s.File)
	if err != nil || len(loaded.Repositories) != 3 || strings.Contains(string(text), dav.Password) || strings.Contains(string(text), store.SecretKey) {
		t.Errorf("%d places, %v:\n%s", len(loaded.Repositories), err, text)
	}
	for _, file := range filesIn(t, filepath.Dir(s.File)) {
		if info, err := os.Stat(file); err != nil || Exposed(info) {
			t.Errorf("others can read %s: %v", file, err)
		}
	}
	// Once more, or beside a mistake, it changes nothing.
	files := len(filesIn(t, filepath.Dir(s.File)))
	if err := loaded.AddPlaces(places[0]); !errors.Is(err, ErrConfigured) || FieldOf(err) != FieldAddress {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(s.File, append(text, "oops = 1\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	var wrong *config.Error
	if err := s.AddPlaces(places[0]); !errors.As(err, &wrong) {
		t.Errorf("%v", err)
	}
	if now := filesIn(t, filepath.Dir(s.File)); len(now) != files {
		t.Errorf("%q are left", now)
	}
}

// Whoever configured no place has copies in the usual folder, which would be
// saved to no more.
func TestUsualFolderStaysAPlace(t *testing.T) {
	s := lab(t)
	usual := s.Repositories[0]
	if _, err := s.OpenOrCreate(t.Context(), usual, repository.Options{}, new(spool.Pool), nil, false); err != nil {
		t.Fatal(err)
	}
	at, err := s.setup.FindPlace(t.Context(), NewPlace{Kind: Local, Address: t.TempDir()})
	if err == nil {
		err = s.AddPlaces(at)
	}
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := s.setup.Load(Options{})
	if err != nil || len(loaded.Repositories) != 2 || loaded.Repositories[0].Location != usual.Location || loaded.Repositories[1].Location != at.Location {
		t.Errorf("%+v, %v", loaded.Repositories, err)
	}
}

func TestRemotesAreOfferedByTheirExactNames(t *testing.T) {
	// rclone has one configuration for a process, which was read before this test.
	t.Setenv("RCLONE_CONFIG_BOITE_TYPE", "webdav")
	s := lab(t)
	names, err := rclone.Remotes()
	if err != nil || !slices.Contains(names, "BOITE") && !slices.Contains(names, "boite") {
		t.Fatalf("%q, %v", names, err)
	}
	name := names[slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, "boite") })]
	at, err := s.setup.FindPlace(t.Context(), NewPlace{Kind: Remote, Address: name, Folder: "Mes pads"})
	if err != nil || at.Shown != "rclone:"+name+":Mes pads" {
		t.Errorf("%+v, %v", at, err)
	}
}
