package main

import (
	"strings"
	"testing"
)

func TestServersAreListedByWhatPadsyncSavesOfThem(t *testing.T) {
	const table = `host,software,path_prefix,note
b.example,Framadate 1.1.10 (package),/,
a.example,Etherpad + MyPads,/p/,
c.example,"Framadate, now Pollaris",/,
gone.example,Etherpad,/p/,"dead: closed, spam since"
doc.example,HedgeDoc/CodiMD,/p/ (slides!),
old.example,"Etherpad (original, not Lite)",/ID,
(no host),Etherpad,/p/,
`
	var out strings.Builder
	if err := write(&out, strings.NewReader(table), "2026-11-30"); err != nil {
		t.Fatal(err)
	}
	const want = `# Public servers, as known on 2026-11-30; made by internal/instances
a.example etherpad
b.example framadate
c.example pollaris,framadate
doc.example other
gone.example other
old.example other
`
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
	if err := write(&out, strings.NewReader("host,software\n"), ""); err == nil {
		t.Error("a column is missing, and nothing says so")
	}
}
