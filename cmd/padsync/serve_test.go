package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPageIsServedToWhoHasItsLink, and a second program gives another link of it.
func TestPageIsServedToWhoHasItsLink(t *testing.T) {
	home := t.TempDir()
	getenv := func(name string) string {
		if strings.HasPrefix(name, "XDG_") {
			return filepath.Join(home, name)
		}
		return map[string]string{"HOME": home}[name]
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	read, write := io.Pipe()
	var said strings.Builder
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--no-browser", "--port", "0"}, getenv, strings.NewReader(""), write, &said)
		write.Close()
	}()
	lines := bufio.NewReader(read)
	link := linkIn(t, lines)
	if strings.Contains(said.String(), "link=") {
		t.Errorf("the link is in what goes wrong: %s", said.String())
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	look := func(browser *http.Client, address string, want int) string {
		t.Helper()
		answer, err := browser.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != want {
			t.Fatalf("%s, %v: %s", answer.Status, err, text)
		}
		return string(text)
	}
	home401 := look(&http.Client{}, link[:strings.Index(link, "/enter")]+"/", http.StatusUnauthorized)
	if !strings.Contains(home401, "This page opens with a link.") {
		t.Errorf("without a session: %s", home401)
	}
	if page := look(&http.Client{Jar: jar}, link, http.StatusOK); !strings.Contains(page, "<h1>Nothing is safe yet.</h1>") {
		t.Errorf("the page is %s", page)
	}
	look(&http.Client{}, link, http.StatusUnauthorized)

	var second strings.Builder
	if code := run(ctx, []string{"serve", "--no-browser"}, getenv, strings.NewReader(""), &second, io.Discard); code != 0 {
		t.Errorf("the second one ends with %d", code)
	}
	other := linkIn(t, bufio.NewReader(strings.NewReader(second.String())))
	if other[:strings.Index(other, "?")] != link[:strings.Index(link, "?")] {
		t.Errorf("the second one gives %s, the first %s", other, link)
	}
	look(&http.Client{Jar: jar}, other, http.StatusOK)
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("it ends with %d: %s", code, said.String())
	}
	if left, err := filepath.Glob(filepath.Join(home, "*", "padsync", "serve.json")); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v, %v", left, err)
	}
	if _, err := os.Stat(filepath.Join(home, "XDG_STATE_HOME")); err != nil {
		t.Errorf("the test looks in the wrong folder: %v", err)
	}
}

// linkIn is the link in the first line.
func linkIn(t *testing.T, lines *bufio.Reader) string {
	t.Helper()
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(line, "http://127.0.0.1:")
	if at < 0 {
		t.Fatalf("no link in %q", line)
	}
	return strings.TrimSpace(line[at:])
}

// TestPageThatNobodyUsesEnds by itself, as nothing is at work.
func TestPageThatNobodyUsesEnds(t *testing.T) {
	home := t.TempDir()
	getenv := func(name string) string {
		if strings.HasPrefix(name, "XDG_") {
			return filepath.Join(home, name)
		}
		return map[string]string{"HOME": home}[name]
	}
	var said strings.Builder
	if code := run(t.Context(), []string{"serve", "--no-browser", "--port", "0", "--idle", "1ns"}, getenv, strings.NewReader(""), io.Discard, &said); code != 0 || !strings.Contains(said.String(), "Nobody asked for anything") {
		t.Errorf("it ends with %d: %s", code, said.String())
	}
	if code := run(t.Context(), []string{"serve", "--no-browser", "--idle", "-1s"}, getenv, strings.NewReader(""), io.Discard, io.Discard); code != exitUsage {
		t.Errorf("a time below zero ends with %d", code)
	}
}
