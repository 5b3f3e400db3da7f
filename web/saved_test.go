package web

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestInertPagesDoNothing(t *testing.T) {
	for page, want := range map[string]string{
		`<p class="a" onclick="x()" id="b" style="color:red">Bonjour &lt;b&gt;</p>`:                     `<p class="a" style="color:red">Bonjour &lt;b&gt;</p>`,
		`<a href="https://evil.example" ping="x" target="_blank">là</a>`:                                `<a>là</a>`,
		`<script>x()</script>après`:                                                                     `après`,
		`avant<script>x()`:                                                                              `avant`,
		`<meta http-equiv="refresh" content="0;url=x"><base href="x"><link rel="prefetch" href="x">ici`: `ici`,
		`<form action="x"><input name="a"><button>b</button><select><option>o</select></form>ici`:       `ici`,
		`<iframe srcdoc="<script>x()</script>">a</iframe><object data="x">b</object><embed src="x">`:    ``,
		`<svg onload="x()"><a xlink:href="x">a</a><style>b</style></svg>ici`:                            `ici`,
		`<svg><svg></svg>a</svg>ici`:                                                                    `ici`,
		`<img src="x" onerror="x()">ici`:                                                                `ici`,
		`<style>p > a { color: red }</style>`:                                                           `<style>p > a { color: red }</style>`,
		`<style></style><img src=x></style>ici`:                                                         `<style></style></style>ici`,
		`<!-- <script> --><p>ici`:                                                                       `<p>ici`,
		`<noscript><p title="</noscript><img src=x onerror=x()>">ici`:                                   `&#34;&gt;ici`,
		`<template><img src=x></template>ici`:                                                           `ici`,
		`<plaintext><img src=x>`:                                                                        ``,
		`<textarea></textarea><img src=x onerror=x()>ici`:                                               `ici`,
		`</script></svg>ici`:                                                                            `ici`,
	} {
		var out strings.Builder
		if err := inert(&out, strings.NewReader(page)); err != nil {
			t.Errorf("%s: %v", page, err)
		}
		if got, ok := strings.CutPrefix(out.String(), "<!doctype html>\n<meta charset=\"utf-8\">\n"); !ok || got != want {
			t.Errorf("%s becomes %q, want %q", page, got, want)
		}
	}
}

// FuzzInert: a browser that reads the page finds nothing in it that does anything.
func FuzzInert(f *testing.F) {
	f.Add(`<p onclick=x><svg><style><img src=x></style></svg><noscript><style></noscript><img src=x>`)
	f.Add(`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=x()&gt;">`)
	f.Fuzz(func(t *testing.T, page string) {
		var out strings.Builder
		if inert(&out, strings.NewReader(page)) != nil {
			return
		}
		tree, err := html.Parse(strings.NewReader(out.String()))
		if err != nil {
			t.Fatal(err)
		}
		for n := range tree.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if !harmless[n.Data] && n.Data != "meta" {
				t.Errorf("%q has an element %s: %q", page, n.Data, out.String())
			}
			for _, a := range n.Attr {
				if !attributes[a.Key] && !(n.Data == "meta" && a.Key == "charset") {
					t.Errorf("%q has an attribute %s: %q", page, a.Key, out.String())
				}
			}
		}
	})
}
