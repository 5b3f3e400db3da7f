package web_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/catalog"
)

func TestHitInThePastIsMarkedOnItsThread(t *testing.T) {
	w := newWorld(t)
	ag := w.pads.Create("ag", "Bonjour\n")
	w.now = w.now.Add(time.Hour)
	ag.Append(ada, "Les girafes\n")
	ag.Say(ada, "Les zèbres du soir")
	w.say(catalog.Change{Choice: new(catalog.Automatic)}, "ag")
	w.now = w.now.Add(time.Hour)
	ag.Remove(ada, len("Bonjour\n"), len("Les girafes\n"))
	w.backUp()
	w.index()
	p := w.page("en")
	past := w.shows(p, "/search?q=girafes&where=past", "In the past", `class="t-here"`, `href="/search?q=girafes"`, "padsync search girafes")
	if strings.Contains(past, "soir") || !regexp.MustCompile(`<a href="/documents/[0-9a-f]+\?rev=\d+">`).MatchString(past) {
		t.Error(past)
	}
	w.shows(p, "/search?q=zebres&where=chat", "Chats and polls", "du soir")
	w.shows(p, "/search?q=bonjour", "In the texts of today", "1 text was searched, in 1 version.")
	w.shows(p, "/search?q=girafes&where=now", "Nothing found")
	if body := w.shows(p, "/search?q=zebres+in:chat&where=past", "du soir"); strings.Contains(body, `class="tabs"`) {
		t.Error("what was typed says where, and tabs do, too")
	}
	w.shows(p, "/search?q=girafes+before:soon", "<code>before:soon</code>")
	w.shows(p, "/search?q=girafes&where=nonsense&page=x", "In the past")
}

func TestManyHitsHavePages(t *testing.T) {
	w := newWorld(t)
	for n := range 35 {
		w.say(catalog.Change{Choice: new(catalog.Automatic), Name: new(fmt.Sprint("Réunion ", n))}, fmt.Sprint("pad-", n))
	}
	p := w.page("en")
	met := make(map[string]bool)
	for page, want := range map[int]int{1: 30, 2: 5, 3: 0} {
		body := w.shows(p, "/search?q=reunion&page="+fmt.Sprint(page))
		hits := regexp.MustCompile(`<h3><a href="(/documents/[0-9a-f]+)"`).FindAllStringSubmatch(body, -1)
		if len(hits) != want {
			t.Errorf("page %d has %d hits", page, len(hits))
		}
		for _, m := range hits {
			met[m[1]] = true
		}
	}
	if len(met) != 35 {
		t.Errorf("%d documents in all", len(met))
	}
	w.shows(p, "/search?q=reunion", "35 documents", `href="/search?page=2&amp;q=reunion"`)
}
