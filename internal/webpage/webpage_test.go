package webpage

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

func TestElementsLeftOpenDoNotMultiply(t *testing.T) {
	var open strings.Builder
	for i := range 400 {
		fmt.Fprintf(&open, "<b id=%d>", i)
	}
	for _, around := range []string{"%s", "<svg><style>%s</style></svg>", "<math><mi>%s</mi></math>", "<table><tr><td>%s</table>"} {
		page := fmt.Sprintf("<html><body><div>"+around+"</div>", open.String()) + strings.Repeat("<div>x</div>", 1000)
		root, err := Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		nodes := 0
		for range root.Descendants() {
			nodes++
		}
		if nodes > 4000 {
			t.Errorf("%q: %d nodes", around, nodes)
		}
	}
}

func TestTamedPageIsTheSamePage(t *testing.T) {
	const page = `<!DOCTYPE html><html lang="fr"><head><title>a &lt; x-b</title></head><body>x-text<p CLASS="x">a <B>b</B> <a href="?a&amp;b">c</a><br/></p>` +
		`<textarea><b>raw</b></textarea><script>"<b>"</script><!-- <b> --></body></html>`
	want, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var a, b bytes.Buffer
	if err := errors.Join(html.Render(&a, want), html.Render(&b, got)); err != nil {
		t.Fatal(err)
	}
	if a.String() != b.String() {
		t.Errorf("\n got %s\nwant %s", b.String(), a.String())
	}
}

func TestHugeTagsAndTooManyAreRefused(t *testing.T) {
	for name, page := range map[string]string{
		"many":  strings.Repeat("<p>", maxTags+1),
		"long":  "<p " + strings.Repeat("a ", maxToken) + ">",
		"deep":  strings.Repeat("<div>", 1000),
		"table": "<table>" + strings.Repeat("<tr><td><table>", 1000),
	} {
		if _, err := Parse(strings.NewReader(page)); err == nil {
			t.Errorf("%s: it is read", name)
		}
	}
}

func TestWhatIsShownBecomesMarkdownAgain(t *testing.T) {
	for shown, want := range map[string]string{
		"<div><p>Bring <em>gloves</em></p></div>":                   "Bring *gloves*",
		"<div><p>a<br />\nb <strong>c</strong> &lt;i&gt;</p></div>": "a  \nb **c** &lt;i&gt;",
		`<div><p><a href="https://example.org/">x</a></p></div>`:    "[x](https://example.org/)",
		"<div></div>": "",
	} {
		root, err := Parse(strings.NewReader("<html><body>" + shown))
		if err != nil {
			t.Fatal(err)
		}
		if got := Markdown(goquery.NewDocumentFromNode(root).Find("div")); got != want {
			t.Errorf("%s\n got %q\nwant %q", shown, got, want)
		}
	}
	if got := Markdown(new(goquery.Selection)); got != "" {
		t.Errorf("nothing is %q", got)
	}
}
