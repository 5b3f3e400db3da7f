package web_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/catalog"
)

func TestHitInThePastIsMarkedOnItsThread(t *testing.T) {
	w := newWorld(t)
	before := strings.Repeat("Bonjour\n", 20)
	ag := w.pads.Create("ag", before)
	w.now = w.now.Add(time.Hour)
	ag.Append(ada, "Les girafes\n")
	ag.Say(ada, "Les zèbres du soir")
	w.say(catalog.Change{Choice: new(catalog.Automatic)}, "ag")
	w.backUp()
	w.now = w.now.Add(time.Hour)
	ag.Remove(ada, len(before), len("Les girafes\n"))
	ag.Append(ada, "Rien de tel\n") // else it would be as at its beginning
	w.backUp()
	w.index()
	p := w.page("en")
	past := w.shows(p, "/search?q=girafes&where=past", "In the past", `class="t-here"`, `href="/search?q=girafes"`, "padsync search girafes")
	if strings.Contains(past, "soir") || !regexp.MustCompile(`<a href="/documents/[0-9a-f]+\?rev=\d+">`).MatchString(past) {
		t.Error(past)
	}
	w.shows(p, "/search?q=zebres&where=chat", "Chats and polls", "du soir")
	w.shows(p, "/search?q=bonjour", "In the texts of today", "1 text was searched, in 2 versions.")
	w.shows(p, "/search?q=girafes&where=now", "Nothing found")
	if body := w.shows(p, "/search?q=zebres+in:chat&where=past", "du soir"); strings.Contains(body, `class="tabs"`) {
		t.Error("what was typed says where, and tabs do, too")
	}
	w.shows(p, "/search?q=girafes+before:hier", "<code>before:hier</code>")
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

func TestSearchWithoutTheKeyLeadsToIt(t *testing.T) {
	w := newWorld(t)
	text, err := os.ReadFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	seal := "[encryption]\nrecipients = [\"age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z\"]\n"
	if err := os.WriteFile(w.file, append(text, seal...), 0o600); err != nil {
		t.Fatal(err)
	}
	w.pads.Create("ag", "Bonjour\n")
	w.say(catalog.Change{Choice: new(catalog.Automatic)}, "ag")
	w.backUp()
	w.shows(w.page("en"), "/search?q=ag", "No key is at hand: only names were searched", `href="/key?back=%2fsearch%3fq%3dag"`)
}
