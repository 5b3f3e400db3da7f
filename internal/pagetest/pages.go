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
	links, err := Evaluate[[]struct{ Link, Name string }](ctx, `[...document.querySelectorAll('a.name[href^="/documents/"]')].map(a => ({Link: a.getAttribute("href"), Name: a.innerText.trim()}))`)
	for i, one := range links {
		all = append(all, Page{fmt.Sprintf("document-%d", i+1), one.Link})
		if one.Name == fullest {
			all = append(all, Page{"name", one.Link + "/name"}, Page{"put-back", one.Link + "/put-back?rev=9"}, Page{"put-back-text", one.Link + "/put-back?to=text"}, Page{"compare", one.Link + "/compare"}, Page{"moment", one.Link + "?rev=9"})
		}
	}
	return all, err
}
