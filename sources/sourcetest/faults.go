package sourcetest

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A Fault is a way in which a server's answers go bad.
type Fault int

const (
	None       Fault = iota
	Limited          // one 429 with Retry-After, then as if nothing had been
	Down             // 503 to everything
	Silent           // no answer at all
	Cut              // half of the body, though Content-Length says more
	CutCleanly       // half of the body, and a clean end
	Empty            // status and headers, and no body
	NotUTF8          // bytes that are no text amid the body
	ErrorPage        // an error page in HTML, with status 200
	Broken           // 500 to everything
	Other            // JSON of another kind, with status 200
	Endless          // half of the body, and a byte now and then for ever

	// What stands before the whole server.
	Elsewhere   // a redirect to another host
	Challenge   // a page that lets in only browsers
	Maintenance // a page of words, with status 200
	Login       // a page to log in, with status 200
	Refused     // a web server that forbids all

	lastFault = Refused

	// Absent is a web server that has nothing of what there was. Of one
	// document alone this is no fault.
	Absent = lastFault + 1
)

func (f Fault) String() string {
	names := [...]string{
		"none", "limited", "down", "silent", "cut", "cut cleanly", "empty", "not UTF-8", "error page", "broken", "other", "endless",
		"elsewhere", "challenge", "maintenance", "login", "refused", "absent",
	}
	if f < 0 || int(f) >= len(names) {
		return fmt.Sprintf("fault %d", int(f))
	}
	return names[f]
}

// bars says that something stands before the server.
func (f Fault) bars() bool { return f >= Elsewhere && f <= Refused }

// away says that the server seems to be away, rather than to answer badly.
func (f Fault) away() bool { return f == Down || f == Silent || f == Broken || f == Endless }

// Faults stands before a server and spoils its answers. It is safe for
// concurrent use.
type Faults struct {
	Handler http.Handler

	mu    sync.Mutex // guards fault
	fault Fault
}

// Set says how the answers are spoilt from now on.
func (f *Faults) Set(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

func (f *Faults) take() Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault := f.fault
	if fault == Limited {
		f.fault = None
	}
	return fault
}

// ServeHTTP answers as the server does, but for the fault.
func (f *Faults) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.Through(f.Handler, w, r) }

// Through answers as a server does, but for the fault: one of several that they
// stand before.
func (f *Faults) Through(server http.Handler, w http.ResponseWriter, r *http.Request) {
	const page = "<!DOCTYPE html><html><body>An error occurred.</body></html>"
	switch fault := f.take(); fault {
	case None:
		server.ServeHTTP(w, r)
	case Limited:
		w.Header().Set("Retry-After", "90")
		http.Error(w, "Too many requests, please try again later.", http.StatusTooManyRequests)
	case Down:
		http.Error(w, page, http.StatusServiceUnavailable)
	case Silent:
		io.Copy(io.Discard, r.Body) // else nothing shows that the client went away
		<-r.Context().Done()
	case ErrorPage:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page)
	case Broken:
		http.Error(w, page, http.StatusInternalServerError)
	case Elsewhere:
		http.Redirect(w, r, "https://203.0.113.9"+r.URL.RequestURI(), http.StatusMovedPermanently)
	case Challenge:
		w.Header().Set("Cf-Mitigated", "challenge")
		sendPage(w, http.StatusForbidden, "<title>Just a moment...</title>")
	case Maintenance:
		sendPage(w, http.StatusOK, "<title>Maintenance</title><h1>Wir sind gleich zurück.</h1>")
	case Login:
		sendPage(w, http.StatusOK, `<title>Portal</title><form><input name=user><input name=password type="password"></form>`)
	case Refused:
		sendPage(w, http.StatusForbidden, "<title>403 Forbidden</title><center><h1>403 Forbidden</h1></center><hr><center>nginx</center>")
	case Absent:
		sendPage(w, http.StatusNotFound, "<title>404 Not Found</title><center><h1>404 Not Found</h1></center><hr><center>nginx</center>")
	case Other:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		fmt.Fprint(w, `{"code":0,"message":"ok","data":null}`)
	default:
		answer := &answer{header: http.Header{}, status: http.StatusOK}
		server.ServeHTTP(answer, r)
		answer.send(w, fault)
		if fault == Endless {
			drip(w, r)
		}
	}
}

func sendPage(w http.ResponseWriter, status int, content string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, "<!DOCTYPE html><html>"+content+"</html>") // an error is the client's going away
}

// drip adds a byte to a body now and then, until the client goes away.
func drip(w http.ResponseWriter, r *http.Request) {
	for ; r.Context().Err() == nil; time.Sleep(20 * time.Second) {
		io.WriteString(w, " ") // an error is the client's going away
		http.NewResponseController(w).Flush()
	}
}

// An answer is one that was caught on its way, to be spoilt.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

func (a *answer) send(w http.ResponseWriter, fault Fault) {
	maps.Copy(w.Header(), a.header)
	w.Header().Del("Content-Length")
	body := a.body.Bytes()
	half := len(body) / 2
	switch fault {
	case Cut:
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		body = body[:half]
	case CutCleanly, Endless:
		body = body[:half]
	case Empty:
		body = nil
	case NotUTF8:
		// As many bytes as before, and only letters, so that the form is right.
		body = bytes.Clone(body)
		for i, left := half, 4; i < len(body) && left > 0; i++ {
			if 'a' <= body[i] && body[i] <= 'z' {
				body[i] = 0xff
				left--
			}
		}
	}
	w.WriteHeader(a.status)
	w.Write(body) // an error is the client's going away
	if fault == CutCleanly {
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush() // chunked: no length shows the missing half
		}
	}
}
