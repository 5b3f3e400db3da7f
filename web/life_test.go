package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

var bob = etherpadtest.Author{ID: "a.bob", Name: "<b>Bob</b>"}

// TestLifeOfAPadIsTold: who wrote and deleted what, and any moment of it, also right
// after one's own backup.
func TestLifeOfAPadIsTold(t *testing.T) {
	w := newWorld(t)
	before := strings.Repeat("Ordre du jour.\n", 10)
	ag := w.pads.Create("ag", before)
	w.now = w.now.Add(time.Hour)
	ag.Append(ada, "La girouette du clocher.\n")
	w.say(automatic(), "ag")
	w.backUp()
	p := w.page("en")
	here := w.addressOf(p, "ag")
	w.shows(p, here, "revision 1 of 1", "Adélaïde", "data-follow=\"put-back\"")

	w.now = w.now.Add(2 * time.Hour)
	ag.Remove(bob, len(before), len("La girouette du clocher.\n"))
	ag.Append(bob, "La toiture.\n")
	w.backUp()
	body := w.shows(p, here, "revision 3 of 3", "girouette", "&lt;b&gt;Bob&lt;/b&gt;") // deleted, by whom
	if strings.Contains(body, "<b>Bob") {
		t.Error("an author's name is markup")
	}
	w.shows(p, here+"?rev=1", "revision 1 of 3", here+"/saved?rev=1", here+"/put-back?rev=1")
	w.shows(p, here+"/saved?rev=1&colours=1", "girouette", "Adélaïde")
	if now := w.shows(p, here+"/saved"); strings.Contains(now, "girouette") {
		t.Error("what was deleted is in the newest text")
	}
	for _, ask := range []string{"?from=rev:1&to=rev:3", "?from=rev:1"} {
		w.shows(p, here+"/compare"+ask, "<del", "girouette", "<ins", "toiture")
	}
	moments := w.get(p, here+"/moments")
	var told any
	if err := json.Unmarshal(moments.Body.Bytes(), &told); err != nil || moments.Code != http.StatusOK || !strings.HasPrefix(moments.Header().Get("Content-Type"), "application/json") {
		t.Errorf("moments: %d, %s, %v", moments.Code, moments.Header().Get("Content-Type"), err)
	}
	for _, none := range []string{"?rev=4", "?rev=-1", "?rev=x", "?version=x"} {
		if got := w.get(p, here+"/saved"+none); got.Code != http.StatusNotFound {
			t.Errorf("%s: %d", none, got.Code)
		}
	}
}

// TestSliderOfAPadThatNobodyIsKnownToHaveWritten: the script indexes the names.
func TestSliderOfAPadThatNobodyIsKnownToHaveWritten(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n").Append(etherpadtest.Author{}, "Encore\n")
	w.say(automatic(), "ag")
	w.backUp()
	p := w.page("en")
	if got := w.get(p, w.addressOf(p, "ag")+"/moments").Body.String(); !strings.Contains(got, `"names":[`) {
		t.Errorf("moments: %s", got)
	}
}
