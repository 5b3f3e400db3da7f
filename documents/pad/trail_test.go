package pad

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// without gives the export without its history, and that.
func without(t *testing.T, export, id string) (rest, history string) {
	t.Helper()
	in, err := inspectString(export, id)
	if err != nil {
		t.Fatalf("%v in %s", err, export)
	}
	place, err := in.History()
	if err != nil {
		t.Fatal(err)
	}
	return export[:place[0]] + export[place[1]:], export[place[0]:place[1]]
}

func keysOf(t *testing.T, export string) []string {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(export), &all); err != nil {
		t.Fatalf("%v in %s", err, export)
	}
	return slices.Sorted(maps.Keys(all))
}

func TestHistoryIsTheRunOfRevisions(t *testing.T) {
	revisions := rev1 + "," + rev2
	for name, c := range map[string]struct{ export, history string }{
		"as servers order it": {"{" + padRecord + "," + annRecord + "," + rev0 + "," + revisions + "}", "," + revisions},
		"with what follows":   {"{" + padRecord + "," + rev0 + "," + revisions + "," + annRecord + "}\n", "," + revisions},
		"white space behind":  {"{" + padRecord + "," + rev0 + "," + revisions + "}\r\n\t \n", "," + revisions},
		"a gap":               {"{" + padRecord + "," + rev1 + "," + annRecord + "," + rev0 + "," + rev2 + "}", "," + rev1},
		"another order":       {"{" + padRecord + "," + rev2 + "," + rev1 + "," + rev0 + "}", "," + rev1},
		"at the beginning":    {"{" + revisions + "," + rev0 + "," + padRecord + "}", ""},
		"with white space":    {"{" + padRecord + ",\n" + rev0 + ",\n" + rev1 + ",\n" + rev2 + "}", ""},
		"space behind values": {"{" + padRecord + "," + rev0 + "," + rev1 + " ," + rev2 + " }", "," + rev1 + " ," + rev2 + " "},
		"no other revision":   {"{" + strings.Replace(padRecord, `"head":2`, `"head":0`, 1) + "," + rev0 + "}", ""},
	} {
		rest, history := without(t, c.export, "ag")
		if history != c.history {
			t.Errorf("%s: the history is %q", name, history)
		}
		if n := len(keysOf(t, rest)) + strings.Count(history, `"pad:ag:revs:`); n != len(keysOf(t, c.export)) {
			t.Errorf("%s: %d members are left and in the history", name, n)
		}
	}
}

// TestHistoryOnlyGrows, whatever is written, said or saved meanwhile: so
// repositories need not store it again.
func TestHistoryOnlyGrows(t *testing.T) {
	for _, dialect := range []etherpadtest.Dialect{etherpadtest.V1, etherpadtest.V3} {
		server := etherpadtest.New(etherpadtest.Options{Dialect: dialect})
		p := server.Create("ag", "Ordre du jour\n")
		ada, bob := etherpadtest.Author{ID: "a.ada", Name: "Ada"}, etherpadtest.Author{ID: "a.bob"}
		last := ""
		for i := range 250 {
			p.Append(ada, "mot ")
			if i%3 == 0 {
				p.Remove(bob, 0, 1)
			}
			if i%50 != 0 {
				continue
			}
			p.Say(bob, "oui")
			p.Save(ada, p.Head(), "v", "0123456789abcdef")
			rest, history := without(t, exportOf(t, server, "ag"), "ag")
			if !strings.HasPrefix(history, last) || len(history) <= len(last) {
				t.Fatalf("dialect %v: at revision %d the history is another one", dialect, p.Head())
			}
			last = history
			if keys := keysOf(t, rest); slices.Contains(keys, "pad:ag:revs:1") || !slices.Contains(keys, "pad:ag") || !slices.Contains(keys, "pad:ag:revs:0") {
				t.Errorf("dialect %v: without it, there are %q", dialect, keys)
			}
		}
	}
}

// TestRecordedExportsHaveAHistory of all revisions but the first.
func TestRecordedExportsHaveAHistory(t *testing.T) {
	for _, name := range recorded(t, "*/*.etherpad") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		id, _, _ := strings.Cut(strings.TrimPrefix(string(b), `{"pad:`), `"`)
		rest, history := without(t, string(b), id)
		if strings.Count(history, ":revs:") != 14 || len(keysOf(t, rest)) != len(keysOf(t, string(b)))-14 {
			t.Errorf("%s: the history is %q", name, history)
		}
	}
}

func exportOf(t *testing.T, server *etherpadtest.Server, id string) string {
	t.Helper()
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest("GET", "/p/"+id+"/export/etherpad", nil))
	return w.Body.String()
}

// TestTextIsKnownByItsHash whatever else is in the export.
func TestTextIsKnownByItsHash(t *testing.T) {
	text := func(members ...string) string {
		in, err := inspectString("{"+strings.Join(members, ",")+"}", "ag")
		if err != nil {
			t.Fatal(err)
		}
		return in.Facts.Text
	}
	same := text(padRecord, rev0, rev1, rev2)
	if compacted := text(strings.Replace(padRecord, `"head":2`, `"head":0`, 1), rev0); compacted != same || same == "" {
		t.Errorf("the same text has the hashes %q and %q", same, compacted)
	}
	if other := text(strings.Replace(padRecord, "été", "eté", 1), rev0, rev1, rev2); other == same {
		t.Error("another text has the same hash")
	}
}
