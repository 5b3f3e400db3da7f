package pad

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/internal/testserver"
)

// recorded returns the answers of real servers that match pattern.
func recorded(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(testserver.Recorded(t, "etherpad"), pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("no recorded answers match %s: %v", pattern, err)
	}
	return names
}

func open(t testing.TB, export []byte) *Pad {
	t.Helper()
	p, err := Open(bytes.NewReader(export), int64(len(export)))
	if err != nil {
		t.Fatal(err)
	}
	if isPlain(t, export) {
		checked := *p
		checked.Flaws = slices.Clone(p.Flaws)
		if err := checked.check(); err != nil || len(checked.Flaws) > 0 || !checked.inOrder || checked.Head != p.Head {
			t.Errorf("what a glance takes for plain has the flaws %q, %v", checked.Flaws, err)
		}
	}
	return p
}

func isPlain(t testing.TB, export []byte) bool {
	t.Helper()
	var g Glance
	for m, err := range Members(bytes.NewReader(export)) {
		if err != nil {
			t.Fatal(err)
		}
		g.Member(&m)
	}
	return g.Plain()
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTextIsTheRecordedExport(t *testing.T) {
	for _, name := range recorded(t, "*/riche.*.txt") {
		p := open(t, read(t, strings.TrimSuffix(name, "txt")+"etherpad"))
		var got bytes.Buffer
		if err := p.Current().WriteText(&got); err != nil {
			t.Fatal(err)
		}
		if want := read(t, name); !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: got %q, want %q", name, got.Bytes(), want)
		}
	}
}

func TestRecordedPadsAreRead(t *testing.T) {
	for _, name := range recorded(t, "*/*.etherpad") {
		p := open(t, read(t, name))
		if p.Head != 14 || p.ChatHead != 1 || len(p.Saved) != 2 || len(p.Authors) != 2 {
			t.Errorf("%s: head %d, chat head %d, %d saved, %d authors", name, p.Head, p.ChatHead, len(p.Saved), len(p.Authors))
		}
		chat := 0
		for m, err := range p.Messages() {
			if err != nil || m.Number != chat || m.Text == "" || m.Author == "" || m.Time.Year() != 2026 {
				t.Errorf("%s: message %v, %v", name, m, err)
			}
			chat++
		}
		if chat != 2 {
			t.Errorf("%s: %d messages", name, chat)
		}
	}
	for _, name := range recorded(t, "etherpad-go.etherpad") {
		if p := open(t, read(t, name)); p.ID != "gotxt" || p.Head != 1 || p.Authors[0].Color != "#c5f9a9" {
			t.Errorf("%+v", p)
		}
	}
}
