package discovery

import (
	_ "embed"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// known has a line for each public server: its host, and the kinds of its
// documents, or "other" for what padsync does not save.
//
//go:embed known.txt
var known string

// instances are the kinds of the documents of public servers, by their hosts;
// none for what padsync does not save.
var instances = sync.OnceValue(func() map[string][]string {
	all := make(map[string][]string)
	for line := range strings.Lines(known) {
		host, kinds, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || strings.HasPrefix(host, "#") {
			continue
		}
		all[host] = nil
		if kinds != "other" {
			all[host] = strings.Split(kinds, ",")
		}
	}
	return all
})

// lookAlikes are sites with pages at /p/NAME that have nothing to do with pads.
var lookAlikes = []string{
	"instagram.com", "medium.com", "producthunt.com", "sourceforge.net", "aliexpress.com", "leboncoin.fr", "substack.com", "pinterest.com",
}

func isLookAlike(host string) bool {
	host = strings.ToLower(host)
	return slices.ContainsFunc(lookAlikes, func(site string) bool { return host == site || strings.HasSuffix(host, "."+site) })
}

// hostOf is the host as the list has it, with a port that is not the scheme's
// own: a server at another port is another one.
func hostOf(u *url.URL) string {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if port := u.Port(); port != "" && port != "443" && port != "80" {
		return host + ":" + port
	}
	return host
}
