package access

import (
	"crypto/rand"
	"crypto/sha256"
	"net/url"
	"slices"
	"sync"
	"time"
)

const (
	linkLife = 2 * time.Minute
	linksMax = 16 // at once; the oldest goes
)

// A Link begins one session, once and within two minutes.
type Link struct {
	Path    string          // with what opens it, from the root of the page
	Visited <-chan struct{} // closed when it was used
}

type links struct {
	now   func() time.Time
	mutex sync.Mutex
	all   []link
}

type link struct {
	digest  digest
	until   time.Time
	visited chan struct{}
}

// Link is a new one.
func (g *Guard) Link() Link {
	secret := rand.Text()
	one := link{sha256.Sum256([]byte(secret)), g.options.Now().Add(linkLife), make(chan struct{})}
	g.links.mutex.Lock()
	defer g.links.mutex.Unlock()
	if len(g.links.all) == linksMax {
		g.links.all = slices.Delete(g.links.all, 0, 1)
	}
	g.links.all = append(g.links.all, one)
	return Link{Path: Enter + "?" + url.Values{"link": {secret}}.Encode(), Visited: one.visited}
}

// use reports whether the secret is that of a link, which is none from then on.
func (l *links) use(secret string) bool {
	wanted := digest(sha256.Sum256([]byte(secret)))
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now := l.now()
	l.all = slices.DeleteFunc(l.all, func(one link) bool { return now.After(one.until) })
	at := slices.IndexFunc(l.all, func(one link) bool { return one.digest == wanted })
	if at < 0 {
		return false
	}
	close(l.all[at].visited)
	l.all = slices.Delete(l.all, at, at+1)
	return true
}
