package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// A visitor looks at the page of a program that runs.
type visitor struct {
	client  *http.Client
	base    string
	process *exec.Cmd
}

var enters = regexp.MustCompile(`http://127\.0\.0\.1:\d+/enter\?\S+`)

// serve starts the page, and enters by its link.
func (s setup) serve(t testing.TB) *visitor {
	cmd := exec.Command(s.path, "serve", "--no-browser", "--port", "0", "--config", s.config, "-i", s.identity)
	cmd.Env, cmd.Stderr = append(os.Environ(), s.env...), os.Stderr
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() })
	lines, link := bufio.NewScanner(output), ""
	for link == "" && lines.Scan() {
		link = enters.FindString(lines.Text())
	}
	go func() { _, _ = io.Copy(io.Discard, output) }()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{client: &http.Client{Jar: jar}, process: cmd}
	at, err := url.Parse(link)
	if err != nil || link == "" {
		t.Fatalf("no link: %v", err)
	}
	v.base = at.Scheme + "://" + at.Host
	v.get(t, strings.TrimPrefix(link, v.base))
	return v
}

func (v *visitor) get(t testing.TB, path string) []byte {
	answer, err := v.client.Get(v.base + path)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v\n%s", path, answer.StatusCode, err, body)
	}
	return body
}

// times asks for pages one after the other, and says how long half and 95 % of them
// took at most, and the largest.
func (v *visitor) times(t testing.TB, paths []string) (p50, p95 time.Duration, largest int) {
	var took []time.Duration
	for _, path := range paths {
		began := time.Now()
		largest = max(largest, len(v.get(t, path)))
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2], took[len(took)*95/100], largest
}

// memory is the most that the process had.
func (v *visitor) memory(t testing.TB) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.process.Process.Pid))
	if err != nil {
		return 0 // not a Linux
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

func repeated(path string, times int) []string { return slices.Repeat([]string{path}, times) }

var documentLinks = regexp.MustCompile(`href="(/documents/[0-9a-f]+)"`)

// looks measures the page over a repository of many documents.
func (c *said) looks(t testing.TB, one setup) (rows []row) {
	v := one.serve(t)
	v.get(t, "/") // the first one reads the catalogue
	var lists, documents, searches []string
	for i := range 20 {
		lists = append(lists, "/documents?page="+strconv.Itoa(1+9*i), "/documents?order=name&text="+strconv.Itoa(i))
		searches = append(searches, "/search?q="+url.QueryEscape(c.words[20+i*100]))
	}
	for _, m := range documentLinks.FindAllSubmatch(v.get(t, "/documents?order=name"), 20) {
		documents = append(documents, string(m[1]))
	}
	for _, of := range []struct {
		what  string
		paths []string
		most  time.Duration
	}{
		{"home", repeated("/", 40), 50 * time.Millisecond},
		{"lists", lists, 100 * time.Millisecond},
		{"a search", searches, 100 * time.Millisecond},
		{"a document's life", documents, 100 * time.Millisecond},
		{"runs", repeated("/runs", 20), 100 * time.Millisecond},
		{"services", repeated("/services", 20), 100 * time.Millisecond},
		{"settings", repeated("/settings", 20), 100 * time.Millisecond},
	} {
		p50, p95, largest := v.times(t, of.paths)
		rows = append(rows, row{"h", "the page of these, " + of.what + ": p50, p95, largest", fmt.Sprintf("%.0f ms, %.0f ms, %.0f KB", ms(p50), ms(p95), float64(largest)/1000),
			fmt.Sprintf("p95 under %.0f ms, 200 KB", ms(of.most)), p95 < of.most && largest < 200_000})
	}
	memory := v.memory(t)
	return append(rows, row{"h", "memory of serve after that", mib(float64(memory)), "under 150 MiB", memory < 150<<20})
}

// moments measures part j: any moment of a pad with 10,000 revisions.
func moments(t testing.TB, p *program) []row {
	const revisions = 10_000
	pads := etherpadtest.New(etherpadtest.Options{})
	long := pads.Create("long", "Ordre du jour\n")
	for i := 0; long.Head() < revisions; i++ {
		who := etherpadtest.Author{ID: "a." + strconv.Itoa(i/7%5), Name: "N" + strconv.Itoa(i/7%5)}
		if long.Append(who, "mot "+strconv.Itoa(i)+" "); i > 3000 {
			long.Remove(who, 20, 8)
		}
	}
	source := httptest.NewServer(pads)
	defer source.Close()
	dir := t.TempDir()
	list := filepath.Join(dir, "documents")
	if err := os.WriteFile(list, []byte("long\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	one := p.setUp(t, source.URL, list, filepath.Join(dir, "repository"))
	one.backup(t, 1)
	v := one.serve(t)
	var m [][]byte
	for began := time.Now(); m == nil; { // it learns what is saved as it starts
		if m = documentLinks.FindSubmatch(v.get(t, "/documents")); time.Since(began) > time.Minute {
			t.Fatal("the pad is not listed")
		}
	}
	here := string(m[1])
	began := time.Now()
	if !bytes.Contains(v.get(t, here), []byte("range")) {
		t.Fatal("there is no slider")
	}
	first := time.Since(began)
	var pages, texts []string
	for i := range 60 {
		at := "rev=" + strconv.Itoa(i*7919%revisions)
		pages, texts = append(pages, here+"?"+at), append(texts, here+"/saved?colours=1&"+at)
	}
	pageHalf, page95, largest := v.times(t, pages)
	textHalf, text95, _ := v.times(t, texts)
	memory := v.memory(t)
	return []row{
		{"j", fmt.Sprintf("a pad with %d revisions, opened first", long.Head()), fmt.Sprintf("%.0f ms", ms(first)), "-", true},
		{"j", "any moment of it then, its page: p50, p95, largest", fmt.Sprintf("%.0f ms, %.0f ms, %.0f KB", ms(pageHalf), ms(page95), float64(largest)/1000), "p95 under 100 ms, 200 KB", page95 < 100*time.Millisecond && largest < 200_000},
		{"j", "its text in colours: p50, p95", fmt.Sprintf("%.0f ms, %.0f ms", ms(textHalf), ms(text95)), "p95 under 100 ms", text95 < 100*time.Millisecond},
		{"j", "memory of serve after that", mib(float64(memory)), "under 150 MiB", memory < 150<<20},
	}
}
