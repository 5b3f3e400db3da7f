package pad

import (
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func authorsPage(t *testing.T, export string) string {
	t.Helper()
	p := open(t, []byte(export))
	var page strings.Builder
	if err := p.Current().WriteAuthorsHTML(&page, p.Authors); err != nil {
		t.Fatal(err)
	}
	assertInert(t, page.String())
	return page.String()
}

func TestPageShowsWhoWroteWhat(t *testing.T) {
	page := authorsPage(t, `{"pad:x":{"atext":{"text":"a😀bcd\n","attribs":"*1+2*0*3+2*2+1+1|1+1"},"head":0,`+
		`"pool":{"numToAttrib":{"0":["author","a.x"],"1":["author","a.y"],"2":["author","a.z"],"3":["bold","true"]}}},`+
		`"globalAuthor:a.x":{"name":"Zoé <b>","colorId":3},"globalAuthor:a.y":{"name":"Noël","colorId":"#102030"},"globalAuthor:a.w":{"name":"Nobody here","colorId":64}}`)
	for _, want := range []string{
		`<p class="authors"><span class="a0" title="Noël">Noël</span>` + "\n" + `<span class="a1" title="Zoé &lt;b&gt;">Zoé &lt;b&gt;</span>` + "\n" + `<span class="a2" title="a.z">a.z</span>`,
		`<p><span class="a0" title="Noël">a😀</span><span class="a1" title="Zoé &lt;b&gt;"><strong>b</strong></span><span class="a2" title="a.z">c</span>d</p>`,
		".a0 { background: #102030; color: #fff }", ".a1 { background: #c7ffd5; color: #000 }",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	if strings.Contains(page, "Nobody here") || strings.Contains(page, ".a2 {") {
		t.Error(page)
	}
}

// A link, a list and a heading hold an author's colour as they hold styles.
func TestAuthorsPageHasTheTextOfThePage(t *testing.T) {
	for seed := range uint64(200) {
		export := string(randomExport(rand.New(rand.NewPCG(seed, 9)), "x"))
		var plain strings.Builder
		if err := open(t, []byte(export)).Current().WriteHTML(&plain); err != nil {
			t.Fatal(err)
		}
		want, got := bodyText(t, plain.String()), bodyText(t, authorsPage(t, export))
		if !strings.HasSuffix(got, want) {
			t.Fatalf("seed %d: got %q, want %q", seed, got, want)
		}
	}
}

func bodyText(t *testing.T, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "style" && n.Parent.Data != "title" {
			b.WriteString(n.Data)
		}
	}
	// The first line end in a pre is none to HTML, unless a tag is before it.
	return strings.ReplaceAll(b.String(), "\n", "")
}

func TestHostileAuthorsMakeNoHugePage(t *testing.T) {
	page := authorsPage(t, `{"pad:x":{"atext":{"text":"`+strings.Repeat("ab", 500)+`\n","attribs":"`+strings.Repeat("*0+1*1+1", 500)+`|1+1"},"head":0,`+
		`"pool":{"numToAttrib":{"0":["author","a.x"],"1":["author","`+strings.Repeat("y", 1<<20)+`"]}}},`+
		`"globalAuthor:a.x":{"name":"`+strings.Repeat("é", 1<<20)+`","colorId":"red;} body{background:url(//x)}"}}`)
	if len(page) > 1<<20 || strings.Contains(page, "url(") {
		t.Errorf("%d bytes", len(page))
	}
}
