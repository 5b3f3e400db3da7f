package pad

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	renderer "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"github.com/padsync/padsync/internal/stylesheet"
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
			page := strings.Replace(got.String(), stylesheet.Common+htmlStyle, "", 1) // the look alone may change
			if *update {
				if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(t, file); page != string(want) {
				t.Errorf("%s: got\n%s", file, page)
			}
		}
	}
}

func TestStyleThatBeginsWithinASurrogatePair(t *testing.T) {
	s := open(t, []byte(`{"pad:x":{"atext":{"text":"a😀b\n","attribs":"+2*0+2|1+1"},"pool":{"numToAttrib":{"0":["bold","true"]}},"head":0}}`)).Current()
	var page bytes.Buffer
	if err := s.WriteHTML(&page); err != nil || !strings.Contains(page.String(), "<p>a😀<strong>b</strong></p>") {
		t.Errorf("%v\n%s", err, page.String())
	}
}

// A pad and its id are anybody's: nothing of them may become markup.
func TestHostilePadIsAnInertPage(t *testing.T) {
	const export = `{"pad:</title><script>alert(1)</script>":{"atext":{"text":"*<script>\n<img src=x onerror=alert(1)>\n` +
		`https://x.example/\"onclick=alert(1)//<b> HTTP://x.example data:text/html,x javascript:alert(1) mailto:x&x=<\n",` +
		`"attribs":"*0*1+1"},"pool":{"numToAttrib":{"0":["heading","h1><script>"],"1":["align","\"><script>"]}},"head":0}}`
	s := open(t, []byte(export)).Current()
	var page bytes.Buffer
	if err := s.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	assertInert(t, page.String())
	var hrefs []string
	for _, letter := range letters(t, &page) {
		if _, link, ok := strings.Cut(letter, " a "); ok {
			hrefs = append(hrefs, link)
		}
	}
	if got := fmt.Sprint(slices.Compact(hrefs)); got != "[https://x.example/ HTTP://x.example mailto:x&x=]" {
		t.Errorf("links: %s", got)
	}
}

// assertInert finds nothing in the page that loads, runs or leads elsewhere
// than a link may.
func assertInert(t *testing.T, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if !slices.Contains(strings.Fields("html head meta title style body main p pre h1 h2 h3 h4 h5 h6 ol ul li a strong em u s span"), n.Data) {
			t.Errorf("element %q", n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case n.Data == "span" && a.Key == "title":
			case n.Data == "meta", a.Key == "class", a.Key == "rel", a.Key == "start":
			case n.Data == "a" && a.Key == "href" && hrefScheme.MatchString(a.Val):
			default:
				t.Errorf("attribute %s=%q of %q", a.Key, a.Val, n.Data)
			}
		}
	}
}

var hrefScheme = regexp.MustCompile(`^(?i:https?://|mailto:)`)

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
