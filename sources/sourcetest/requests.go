package sourcetest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Requests are those that padsync may send to one kind of server, as a list for
// people has them: docs/requests.md. It is safe for concurrent use.
//
// Of each request it knows the method, the path, and the names of what the query
// and the body have. In the list, a request is in backquotes at the beginning of
// a row of a table, as in
//
//	| `POST /p/PAD/import?auth_token` `file [comment]` | … |
//
// where a word in capitals stands for anything between two slashes; what is in
// the second backquotes are the names in the body, those in brackets only at
// times.
type Requests struct {
	rows []shape

	mu   sync.Mutex // guards seen
	seen map[string]bool
}

type shape struct {
	text              string
	method            string
	path              *regexp.Regexp
	query             []string
	always, sometimes []string // names in the body: always, at times
}

// ReadRequests reads the rows below some headings, each up to the next one.
func ReadRequests(markdown io.Reader, headings ...string) (*Requests, error) {
	r := &Requests{seen: make(map[string]bool)}
	lines := bufio.NewScanner(markdown)
	here := false
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "#") {
			here = slices.Contains(headings, strings.TrimLeft(line, "# "))
		}
		if !here || !strings.HasPrefix(line, "| `") {
			continue
		}
		row, err := readShape(line)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		r.rows = append(r.rows, row)
	}
	if err := lines.Err(); err != nil || len(r.rows) > 0 {
		return r, err
	}
	return nil, fmt.Errorf("no requests below %q", headings)
}

// Listed reads the rows below some headings of a file, for the tests of a source.
// It panics where there are none.
func Listed(file string, headings ...string) *Requests {
	f, err := os.Open(file)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	r, err := ReadRequests(f, headings...)
	if err != nil {
		panic(err)
	}
	return r
}

// Run runs tests, and says what exit code they end with: 1 too if they are all of
// a package and sent not all requests of the list.
func (r *Requests) Run(tests interface{ Run() int }) int {
	code := tests.Run()
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return code
		}
	}
	for _, text := range r.Unseen() {
		fmt.Fprintln(os.Stderr, "listed, and sent in no test:", text)
		code = 1
	}
	return code
}

var (
	rowForm     = regexp.MustCompile("^\\| `([A-Z]+) ([^`? ]+)(?:\\?([^` ]*))?`(?: `([^`]*)`)? \\|")
	placeholder = regexp.MustCompile(`\b[A-Z]{2,}\b`)
)

func readShape(line string) (l shape, err error) {
	m := rowForm.FindStringSubmatch(line)
	if m == nil {
		return l, fmt.Errorf("not of the form %s", rowForm)
	}
	l = shape{text: strings.TrimSuffix(strings.TrimPrefix(m[0], "| "), " |"), method: m[1]}
	// A server may be below a folder.
	l.path, err = regexp.Compile(`^(?:/[^/]+)*` + placeholder.ReplaceAllString(regexp.QuoteMeta(m[2]), `[^/]+`) + `$`)
	if m[3] != "" {
		l.query = strings.Split(m[3], "&")
	}
	slices.Sort(l.query)
	for i, part := range strings.FieldsFunc(m[4], func(r rune) bool { return r == '[' || r == ']' }) {
		names := &l.always
		if strings.HasPrefix(m[4], "[") == (i%2 == 0) {
			names = &l.sometimes
		}
		*names = append(*names, strings.Fields(part)...)
	}
	return l, err
}

// headers are all that a request has.
var headers = []string{
	"User-Agent", "Accept-Encoding", "Accept-Language", "Authorization", "Cookie", "Content-Type", "Content-Length", "If-None-Match", "Connection",
}

// Watch passes requests on to h, and reports those that are not in the list.
func (r *Requests) Watch(h http.Handler, unlisted func(string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the client went away
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		if told := r.note(req, body); told != "" {
			unlisted(told)
		}
		h.ServeHTTP(w, req)
	})
}

// note is what the request is if it is not in the list.
func (r *Requests) note(req *http.Request, body []byte) string {
	query := slices.Sorted(maps.Keys(req.URL.Query()))
	names := fields(req, body)
	text := fmt.Sprintf("%s %s?%s with %q in the body", req.Method, req.URL.EscapedPath(), strings.Join(query, "&"), names)
	for name := range req.Header {
		if !slices.Contains(headers, name) {
			return text + " and the header " + name
		}
	}
	for _, row := range r.rows {
		if row.method != req.Method || !row.path.MatchString(req.URL.EscapedPath()) || !slices.Equal(row.query, query) || !row.has(names) {
			continue
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.seen[row.text] = true
		return ""
	}
	return text
}

func (l shape) has(names []string) bool {
	missing := func(name string) bool { return !slices.Contains(names, name) }
	other := func(name string) bool { return !slices.Contains(l.always, name) && !slices.Contains(l.sometimes, name) }
	return !slices.ContainsFunc(l.always, missing) && !slices.ContainsFunc(names, other)
}

// Unseen are those in the list that no request was.
func (r *Requests) Unseen() (texts []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range r.rows {
		if !r.seen[row.text] {
			texts = append(texts, row.text)
		}
	}
	return texts
}

// What PHP makes lists of, such as "days[]", "horaires0[]", and parts, such as
// "vote[answers][3][value]".
var (
	index = regexp.MustCompile(`\d*\[\d*\]$|\[\d+\]`)
	part  = regexp.MustCompile(`\[([^\]]+)\]`)
)

// fields are the names in a body: of a form, without the numbers of lists and with
// a dot before each part, of its files, or of an object of JSON.
func fields(req *http.Request, body []byte) []string {
	names := make(map[string]bool)
	media, parameters, _ := mime.ParseMediaType(req.Header.Get("Content-Type"))
	switch media {
	case "application/x-www-form-urlencoded":
		form, _ := url.ParseQuery(string(body))
		for name := range form {
			names[part.ReplaceAllString(index.ReplaceAllString(name, ""), ".$1")] = true
		}
	case "application/json":
		var object map[string]json.RawMessage
		_ = json.Unmarshal(body, &object)
		for name := range object {
			names[name] = true
		}
	case "multipart/form-data":
		parts := multipart.NewReader(bytes.NewReader(body), parameters["boundary"])
		for part, err := parts.NextPart(); err == nil; part, err = parts.NextPart() {
			names[part.FormName()] = true
		}
	default:
		if len(body) > 0 {
			names["?"] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
