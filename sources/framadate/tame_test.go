package framadate

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/padsync/padsync/sources"
)

func TestElementsLeftOpenDoNotMultiply(t *testing.T) {
	var open strings.Builder
	for i := range 400 {
		fmt.Fprintf(&open, "<b id=%d>", i)
	}
	for _, around := range []string{"%s", "<svg><style>%s</style></svg>", "<math><mi>%s</mi></math>", "<table><tr><td>%s</table>"} {
		page := fmt.Sprintf("<html><body><div>"+around+"</div>", open.String()) + strings.Repeat("<div>x</div>", 1000)
		root, err := parseHTML(strings.NewReader(page))
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
	got, err := parseHTML(strings.NewReader(page))
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
		if p, err := parsePage(strings.NewReader(page)); !errors.Is(err, sources.ErrRefused) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}
