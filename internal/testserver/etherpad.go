package testserver

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// EtherpadOptions describe an EtherpadServer.
type EtherpadOptions struct {
	// Limit is how many exports and imports a window allows; 0: no limit.
	// Window is Etherpad's own 90 s if 0.
	Limit  int
	Window time.Duration

	// User and Password close all but the API by HTTP Basic authentication,
	// unless User is "".
	User, Password string
}

// An EtherpadServer is an Etherpad 1.8.14.
type EtherpadServer struct {
	URL    string // "http://127.0.0.1:…"
	apiKey string
	start  func(testing.TB) (kill func())
	kill   func()
}

// Etherpad starts an Etherpad without pads, which ends with the test.
func Etherpad(t testing.TB, o EtherpadOptions) *EtherpadServer {
	t.Helper()
	root := filepath.Join(cache(t), "etherpad-1.8.14")
	if _, err := os.Stat(filepath.Join(root, "installed")); err != nil {
		t.Fatalf("Etherpad is not installed: run ./test.sh once (%v)", err)
	}
	if o.Limit == 0 {
		o.Limit = math.MaxInt32
	}
	if o.Window == 0 {
		o.Window = 90 * time.Second
	}
	address, port := freePort(t)
	dir, key := t.TempDir(), "0123456789abcdef"
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	users := map[string]any{}
	if o.User != "" {
		users[o.User] = map[string]any{"password": o.Password, "is_admin": false}
	}
	settings, err := json.Marshal(map[string]any{
		"users": users, "requireAuthentication": o.User != "",
		"ip": "127.0.0.1", "port": port, "loglevel": "WARN", "skinName": "colibris",
		"dbType": "dirty", "dbSettings": map[string]any{"filename": filepath.Join(dir, "dirty.db")},
		"suppressErrorsInPadText":  true, // else warnings are written into new pads
		"importExportRateLimiting": map[string]any{"windowMs": o.Window.Milliseconds(), "max": o.Limit},
		"commitRateLimiting":       map[string]any{"duration": 1, "points": 1_000_000},
	})
	if err != nil {
		t.Fatal(err)
	}
	arguments := []string{
		"src/node/server.js", "--settings", file("settings.json", string(settings)),
		"--apikey", file("APIKEY.txt", key), "--sessionkey", file("SESSIONKEY.txt", key),
	}
	e := &EtherpadServer{URL: "http://" + address, apiKey: key, start: func(t testing.TB) func() {
		t.Helper()
		server := exec.Command(find(t, "node"), arguments...)
		server.Dir = root
		server.Env = append(os.Environ(), "NODE_ENV=production")
		return start(t, address, server)
	}}
	e.Start(t)
	return e
}

// Start starts the server again, with its pads.
func (e *EtherpadServer) Start(t testing.TB) {
	t.Helper()
	e.kill = e.start(t)
}

// Kill ends the server in the middle of what it does.
func (e *EtherpadServer) Kill() { e.kill() }

// APIKey opens the HTTP API.
func (e *EtherpadServer) APIKey() string { return e.apiKey }

// rich is the pad of etherpadtest's CreateRich.
//
//go:embed rich.etherpad
var rich []byte

// Seed makes pads of several kinds and returns their ids: with authors, chat,
// lists, emoji, accents and a long history; with nested lists made from HTML;
// with nothing but the default text; and empty.
func (e *EtherpadServer) Seed(t testing.TB) []string {
	t.Helper()
	e.Import(t, "réunion-d'été", rich)
	e.CreateHTML(t, "ordre_du_jour", "<html><body><h1>Ordre du jour</h1><ul><li>un<ul><li><b>gras</b> et <i>italique</i></li></ul></li></ul>"+
		"<ol><li>premier</li><li>second</li></ol><p>œuvre 🎉</p></body></html>")
	e.API(t, nil, "createPad", "padID", "neuf")
	e.Create(t, "🎉", "")
	return []string{"réunion-d'été", "ordre_du_jour", "neuf", "🎉"}
}

// API calls a function of the HTTP API with names and values, and decodes
// the answer's data into result unless that is nil.
func (e *EtherpadServer) API(t testing.TB, result any, function string, parameters ...string) {
	t.Helper()
	form := url.Values{"apikey": {e.apiKey}}
	for i := 0; i+1 < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	r, err := http.PostForm(e.URL+"/api/1.2.15/"+function, form)
	if err != nil {
		t.Fatal(err)
	}
	var envelope struct {
		Code    int
		Message string
		Data    json.RawMessage
	}
	if err := json.Unmarshal(body(t, r), &envelope); err != nil || envelope.Code != 0 {
		t.Fatalf("%s: %v %s", function, err, envelope.Message)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(envelope.Data, result); err != nil {
		t.Fatalf("%s: %v", function, err)
	}
}

// Create makes a pad with this text.
func (e *EtherpadServer) Create(t testing.TB, id, text string) {
	t.Helper()
	e.API(t, nil, "createPad", "padID", id, "text", text)
}

// CreateHTML makes a pad with the formatting of this HTML.
func (e *EtherpadServer) CreateHTML(t testing.TB, id, html string) {
	t.Helper()
	e.API(t, nil, "createPad", "padID", id)
	e.API(t, nil, "setHTML", "padID", id, "html", html)
}

// Append adds text to a pad as a new revision.
func (e *EtherpadServer) Append(t testing.TB, id, text string) {
	t.Helper()
	e.API(t, nil, "appendText", "padID", id, "text", text)
}

// Delete takes a pad away.
func (e *EtherpadServer) Delete(t testing.TB, id string) {
	t.Helper()
	e.API(t, nil, "deletePad", "padID", id)
}

// Pads are the ids of all pads.
func (e *EtherpadServer) Pads(t testing.TB) []string {
	t.Helper()
	var data struct{ PadIDs []string }
	e.API(t, &data, "listAllPads")
	return data.PadIDs
}

// Import makes a pad from an .etherpad, with its history, authors and chat.
func (e *EtherpadServer) Import(t testing.TB, id string, export []byte) {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	file, err := w.CreateFormFile("file", "pad.etherpad") // its ending says the format
	if err != nil {
		t.Fatal(err)
	}
	file.Write(export)
	w.Close()
	r, err := http.Post(e.PadURL(id)+"/import", w.FormDataContentType(), &form)
	if err != nil {
		t.Fatal(err)
	}
	if b := body(t, r); r.StatusCode != http.StatusOK {
		t.Fatalf("import of %q: %s: %s", id, r.Status, b)
	}
}

// PadURL is the address of a pad.
func (e *EtherpadServer) PadURL(id string) string { return e.URL + "/p/" + url.PathEscape(id) }

// Export is what the server itself says of a pad.
func (e *EtherpadServer) Export(t testing.TB, id, format string) []byte {
	t.Helper()
	r, err := http.Get(e.PadURL(id) + "/export/" + format)
	if err != nil {
		t.Fatal(err)
	}
	if r.StatusCode != http.StatusOK {
		t.Fatalf("export of %q: %s", id, r.Status)
	}
	return body(t, r)
}

func body(t testing.TB, r *http.Response) []byte {
	t.Helper()
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func freePort(t testing.TB) (address string, port int) {
	t.Helper()
	address = freeAddress(t)
	if _, err := fmt.Sscanf(address, "127.0.0.1:%d", &port); err != nil {
		t.Fatal(err)
	}
	return address, port
}
