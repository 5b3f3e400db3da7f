package pad

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	renderer "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "write the rendered files of testdata anew")

func TestRenderedPagesAreAsBefore(t *testing.T) {
	for name, export := range exports(t) {
		s := open(t, export).Current()
		for ending, write := range map[string]func(io.Writer) error{"html": s.WriteHTML, "md": s.WriteMarkdown} {
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			file := "testdata/" + name + "." + ending
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(t, file); got.String() != string(want) {
				t.Errorf("%s: got\n%s", file, got.String())
			}
		}
	}
}

// TestMarkdownShowsWhatThePageShows has another's CommonMark reader turn our
// Markdown of random pads into HTML, and finds every letter there with the
// same style, link, heading, list and number as on our page.
func TestMarkdownShowsWhatThePageShows(t *testing.T) {
	markdown := goldmark.New(goldmark.WithRendererOptions(renderer.WithUnsafe()))
	for seed := range uint64(500) {
		export := randomExport(rand.New(rand.NewPCG(seed, 7)), "x")
		// Markdown has no lists without markers.
		s := open(t, bytes.ReplaceAll(export, []byte(`"indent`), []byte(`"bullet`))).Current()
		var page, source, shown bytes.Buffer
		if err := s.WriteHTML(&page); err != nil {
			t.Fatal(err)
		}
		if err := s.WriteMarkdown(&source); err != nil {
			t.Fatal(err)
		}
		if err := markdown.Convert(source.Bytes(), &shown); err != nil {
			t.Fatal(err)
		}
		got, want := letters(t, &shown), letters(t, &page)
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Fatalf("seed %d: letter %d: got %q, want %q in\n%s", seed, i, got[i:min(i+1, len(got))], want[i:min(i+1, len(want))], source.String())
			}
		}
	}
}

// letters lists what is no white space in a page, each with how it looks.
func letters(t *testing.T, page io.Reader) (list []string) {
	t.Helper()
	root, err := html.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	var walk func(n *html.Node, looks []string)
	walk = func(n *html.Node, looks []string) {
		if n.Type == html.TextNode {
			if i := slices.Index(looks, "pre"); i >= 0 {
				looks = looks[:i+1] // Markdown has no styles in code
			}
			// Which of two styles is outside does not show.
			outer := slices.IndexFunc(looks, func(s string) bool { return !slices.Contains([]string{"ul"}, s) && s[0] > '9' })
			if outer >= 0 {
				slices.Sort(looks[outer:])
			}
			for _, r := range n.Data {
				if !unicode.IsSpace(r) {
					list = append(list, string(r)+" "+strings.Join(looks, " "))
				}
			}
			return
		}
		switch n.Data {
		case "head":
			return
		case "a":
			href, err := url.PathUnescape(attr(n, "href"))
			if err != nil {
				t.Error(err)
			}
			looks = append(slices.Clone(looks), "a "+href)
		case "ol":
			number, _ := strconv.Atoi("0" + attr(n, "start"))
			number = max(number, 1)
			for c := range n.ChildNodes() {
				if c.Data == "li" {
					walk(c, append(slices.Clone(looks), fmt.Sprint(number)))
					number++
				}
			}
			return
		case "strong", "em", "u", "s", "ul", "pre", "h1", "h2", "h3":
			looks = append(slices.Clone(looks), n.Data)
		}
		for c := range n.ChildNodes() {
			walk(c, looks)
		}
	}
	walk(root, nil)
	return list
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
