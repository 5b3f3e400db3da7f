package pagetest

import (
	"context"
	"fmt"
)

// A Page is one that is looked at.
type Page struct{ Name, Path string }

// Pages are one of each kind, and those of all documents. The browser has a
// session.
func Pages(ctx context.Context, base string) ([]Page, error) {
	all := []Page{
		{"home", "/"}, {"documents", "/documents"}, {"runs", "/runs"}, {"search", "/search?q=association"}, {"search-none", "/search?q=xyzzy"}, {"search-empty", "/search"},
		{"missing", "/nowhere"}, {"welcome-1", "/welcome/1"}, {"key", "/key"},
	}
	if err := Visit(ctx, base+"/documents"); err != nil {
		return nil, err
	}
	links, err := Evaluate[[]string](ctx, `[...document.querySelectorAll('a.name[href^="/documents/"]')].map(a => a.getAttribute("href"))`)
	for i, link := range links {
		all = append(all, Page{fmt.Sprintf("document-%d", i+1), link})
	}
	return all, err
}
