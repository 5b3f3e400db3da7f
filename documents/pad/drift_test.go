package pad

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

func flawsOf(t *testing.T, export string) (*Pad, string) {
	t.Helper()
	p, err := Open(strings.NewReader(export), int64(len(export)))
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, flaw := range p.Flaws {
		words = append(words, string(flaw))
	}
	return p, strings.Join(words, "+")
}

// TestEveryDriftIsSavedAndShown: whatever one value of a good pad becomes, the
// pad is kept and its text is shown; and what cannot be shown is known when it is
// saved.
func TestEveryDriftIsSavedAndShown(t *testing.T) {
	server := etherpadtest.New(etherpadtest.Options{})
	p := server.Create("ag", "Ordre du jour\n")
	ann := etherpadtest.Author{ID: "a.ann", Name: "Ann", Color: 3}
	p.Append(ann, "un mot\n")
	p.Say(ann, "oui")
	p.Save(ann, 1, "v", "0123456789abcdef")
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/p/ag/export/etherpad", nil))
	good, counts := w.Body.String(), map[string]int{}
	for what, drifted := range etherpadtest.Drifts([]byte(good)) {
		export := string(drifted)
		if strings.HasPrefix(what, "/pad:ag is ") && !strings.HasPrefix(what, "/pad:ag is {}") {
			if _, err := inspectString(export, "ag"); err == nil {
				t.Errorf("%s: taken, though it holds no pad", what)
			}
			continue
		}
		in, err := inspectString(export, "ag")
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		opened, flaws := flawsOf(t, export)
		if !in.Readable && what != "/pad:ag is {}" || flaws != in.Facts.Flaw {
			t.Errorf("%s: readable %t, flaws %q, and when it is shown %q", what, in.Readable, in.Facts.Flaw, flaws)
		}
		if _, careful := flawsOf(t, twice(t, export)); careful != flaws {
			t.Errorf("%s: flaws %q, and at a closer look %q", what, flaws, careful)
		}
		lost := whatIsLost(opened)
		if lost != "" && flaws == "" || lost == "" && flaws == "" && in.Facts.Flaw != "" {
			t.Errorf("%s: %s, and nobody says so", what, lost)
		}
		counts[flaws]++
		if !in.NeedsRewrite() {
			continue
		}
		var out strings.Builder
		if err := in.Rewrite(&out); err != nil {
			t.Errorf("%s: rewrite: %v", what, err)
		}
		if again, err := inspectString(out.String(), "ag"); err != nil || again.NeedsRewrite() || again.Facts.Flaw != flaws {
			t.Errorf("%s: rewritten %+v, %v", what, again, err)
		}
	}
	if counts[""] < 200 || len(counts) < 7 {
		t.Errorf("flaws %v", counts)
	}
}

// twice gives the export with its last revision told again, so that it is not
// just as servers write it.
func twice(t *testing.T, export string) string {
	t.Helper()
	last := ""
	for m, err := range Members(strings.NewReader(export)) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Kind == RevisionMember {
			last = string(m.Raw)
		}
	}
	if last == "" {
		return export
	}
	return strings.TrimSuffix(export, "}") + "," + last + "}"
}

// whatIsLost is "" if all that a pad says it has can be shown.
func whatIsLost(p *Pad) string {
	for n := range p.Head + 1 {
		if _, err := p.At(n); err != nil {
			return fmt.Sprint("revision ", n, " cannot be made")
		}
	}
	seen := 0
	for r, err := range p.Revisions() {
		if seen++; err != nil || r.Time.IsZero() && r.Number > 0 {
			return fmt.Sprint("no time of revision ", r.Number)
		}
	}
	if seen != p.Head+1 {
		return fmt.Sprint(seen, " revisions")
	}
	seen = 0
	for _, err := range p.Messages() {
		if seen++; err != nil {
			return err.Error()
		}
	}
	if seen != p.ChatHead+1 {
		return fmt.Sprint(seen, " messages")
	}
	return ""
}

// TestReplaceAllFindsWhatLiesAcross the borders of what is read at once.
func TestReplaceAllFindsWhatLiesAcross(t *testing.T) {
	for _, before := range []int{0, 1, 64<<10 - 5, 64<<10 - 1, 64 << 10, 200_000} {
		given := strings.Repeat("x", before) + `"ag"` + strings.Repeat("y", 100) + `"ag""ag`
		var out strings.Builder
		if err := replaceAll(&out, strings.NewReader(given), []byte(`"ag"`), []byte(`"r.long"`)); err != nil {
			t.Fatal(err)
		}
		if want := strings.ReplaceAll(given, `"ag"`, `"r.long"`); out.String() != want {
			t.Errorf("behind %d bytes: %.30q", before, out.String()[max(0, before-10):])
		}
	}
}
