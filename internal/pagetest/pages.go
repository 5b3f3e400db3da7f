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
		{"home", "/"}, {"documents", "/documents"}, {"runs", "/runs"}, {"search", "/search?q=association"}, {"search-past", "/search?q=cotisation"}, {"search-none", "/search?q=xyzzy"},
		{"search-empty", "/search"}, {"add", "/add"}, {"services", "/services"}, {"mirrors", "/mirrors"}, {"keys", "/keys"}, {"schedule", "/schedule"}, {"settings", "/settings"},
		{"places", "/places"}, {"help", "/help"}, {"about", "/about"}, {"key", "/key"}, {"welcome-1", "/welcome/1"}, {"welcome-2", "/welcome/2"}, {"welcome-3", "/welcome/3"}, {"copies", "/welcome/copies"},
		{"missing", "/nowhere"},
	}
	if err := Visit(ctx, base+"/documents"); err != nil {
		return nil, err
	}
	links, err := Evaluate[[]string](ctx, `[...document.querySelectorAll('a.name[href^="/documents/"]')].map(a => a.getAttribute("href"))`)
	for i, link := range links {
		all = append(all, Page{fmt.Sprintf("document-%d", i+1), link})
		if i == 0 {
			all = append(all, Page{"name", link + "/name"}, Page{"put-back", link + "/put-back"}, Page{"compare", link + "/compare"})
		}
	}
	return all, err
}
