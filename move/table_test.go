package move_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/move"
)

var (
	pads      = move.Target{Source: manifest.Source{Kind: "etherpad", URL: "https://new.example"}}
	otherPads = move.Target{Source: manifest.Source{Kind: "etherpad", URL: "https://other.example"}}
)

func openTable(t *testing.T, name string, targets ...move.Target) *move.Table {
	t.Helper()
	table, err := move.OpenTable(name, "", targets)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRowsSurviveACrash(t *testing.T) {
	name := filepath.Join(t.TempDir(), "moved.csv")
	table := openTable(t, name, pads)
	one := move.Row{Kind: "etherpad", Old: "https://old.example/p/a", New: "https://new.example/p/a", State: move.Moved, Lost: "chat history"}
	two := move.Row{Kind: "framadate", Old: "https://old.example/b", State: move.Started}
	for _, r := range []move.Row{one, two} {
		if err := table.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	whole := read(t, name) // without Close, and then with half a line more
	for end := len(whole); end >= strings.LastIndex(strings.TrimSpace(whole), "\n")+1; end-- {
		name := filepath.Join(t.TempDir(), "moved.csv")
		if err := os.WriteFile(name, []byte(whole[:end]), 0o644); err != nil {
			t.Fatal(err)
		}
		again := openTable(t, name, pads)
		if r, found := again.Row(one.Kind, one.Old); !found || r != one || len(r.Losses()) != 2 {
			t.Fatalf("cut at %d of %d: %+v, %t", end, len(whole), r, found)
		}
		if r, found := again.Row(two.Kind, two.Old); found != (end >= len(whole)-1) || found && r != two {
			t.Fatalf("cut at %d of %d: %+v, %t", end, len(whole), r, found)
		}
		two.New, two.State = "https://polls.example/c", move.Moved
		if err := errors.Join(again.Write(two), again.Close()); err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(read(t, name), "\n"); lines != 4 { // header, target, two documents
			t.Fatalf("cut at %d: %d lines", end, lines)
		}
		two.New, two.State = "", move.Started
		if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Fatal(info.Mode(), err)
		}
	}
}

// TestHalfARowLeavesTheOneBefore: the beginning of an admin link can look like
// a whole one.
func TestHalfARowLeavesTheOneBefore(t *testing.T) {
	name := filepath.Join(t.TempDir(), "moved.csv")
	text := "kind,old,new,state,lost,admin\nframadate,https://old.example/b,,started,,\nframadate,https://old.example/b,https://new.example/b,moved,,https://new.example/adm"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	table := openTable(t, name, pads)
	if r, found := table.Row("framadate", "https://old.example/b"); !found || r.State != move.Started {
		t.Errorf("%+v, %t", r, found)
	}
	if err := table.Close(); err != nil {
		t.Error(err)
	}
}

// TestLastRowMayHaveNoEnd: people are told to change states, and their editor
// may end the file so.
func TestLastRowMayHaveNoEnd(t *testing.T) {
	name := filepath.Join(t.TempDir(), "moved.csv")
	table := openTable(t, name, pads)
	row := move.Row{Kind: "framadate", Old: "https://old.example/b", State: move.Moved}
	if err := errors.Join(table.Write(row), table.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(strings.TrimSuffix(read(t, name), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	another := move.Row{Kind: "framadate", Old: "https://old.example/c", State: move.Started}
	table = openTable(t, name, pads)
	if err := errors.Join(table.Write(another), table.Close()); err != nil {
		t.Fatal(err)
	}
	table = openTable(t, name, pads)
	defer table.Close()
	if rows := table.Rows(); !slices.Equal(rows, []move.Row{row, another}) {
		t.Errorf("%+v", rows)
	}
}

func TestTableIsForOneMoveAtATime(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "moved.csv")
	table := openTable(t, name, pads)
	for range 2 {
		if _, err := move.OpenTable(name, "", []move.Target{pads}); !errors.Is(err, move.ErrTableInUse) {
			t.Fatal(err)
		}
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	if err := openTable(t, name, pads).Close(); err != nil {
		t.Error(err)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}

func TestTableIsOfOneMove(t *testing.T) {
	name := filepath.Join(t.TempDir(), "moved.csv")
	if err := openTable(t, name, pads).Close(); err != nil {
		t.Fatal(err)
	}
	before := read(t, name)
	if _, err := move.OpenTable(name, "", []move.Target{otherPads}); !errors.Is(err, move.ErrOtherTarget) {
		t.Error(err)
	}
	if read(t, name) != before {
		t.Error("the table was changed")
	}
	polls := move.Target{Source: manifest.Source{Kind: "framadate", URL: "https://polls.example"}}
	if err := openTable(t, name, pads, polls).Close(); err != nil {
		t.Error(err)
	}
	if strings.Count(read(t, name), "target") != 2 {
		t.Error(read(t, name))
	}
}

// TestTableIsOfOneEdition: a pad that was moved as it was at one revision was
// not moved as it was at another.
func TestTableIsOfOneEdition(t *testing.T) {
	name := filepath.Join(t.TempDir(), "moved.csv")
	table, err := move.OpenTable(name, "rev 50", []move.Target{pads})
	if err != nil {
		t.Fatal(err)
	}
	row := move.Row{Kind: "etherpad", Old: "https://old.example/p/a", New: "https://new.example/p/a", State: move.Moved}
	if err := errors.Join(table.Write(row), table.Close()); err != nil {
		t.Fatal(err)
	}
	polls := move.Target{Source: manifest.Source{Kind: "framadate", URL: "https://polls.example"}}
	for _, edition := range []string{"", "rev 60", "newest"} {
		for _, target := range []move.Target{pads, polls} {
			if _, err := move.OpenTable(name, edition, []move.Target{target}); !errors.Is(err, move.ErrOtherEdition) {
				t.Errorf("%q: %v", edition, err)
			}
			if _, err := move.ReadTable(name, edition, []move.Target{target}); !errors.Is(err, move.ErrOtherEdition) {
				t.Errorf("%q: %v", edition, err)
			}
		}
	}
	before, err := move.ReadTable(name, "rev 50", []move.Target{pads, polls})
	if err != nil || !slices.Equal(before.Rows(), []move.Row{row}) {
		t.Errorf("%+v, %v", before, err)
	}
}

// TestTableIsReadAsItIs: also while a move has it, and where there is none.
func TestTableIsReadAsItIs(t *testing.T) {
	name := filepath.Join(t.TempDir(), "moved.csv")
	if none, err := move.ReadTable(name, "", []move.Target{pads}); err != nil || len(none.Rows()) > 0 {
		t.Errorf("%+v, %v", none, err)
	}
	if files, err := os.ReadDir(filepath.Dir(name)); err != nil || len(files) > 0 {
		t.Errorf("%v, %v", files, err)
	}
	table := openTable(t, name, pads)
	defer table.Close()
	row := move.Row{Kind: "etherpad", Old: "https://old.example/p/a", New: "https://new.example/p/a", State: move.Moved}
	if err := table.Write(row); err != nil {
		t.Fatal(err)
	}
	text := read(t, name)
	if now, err := move.ReadTable(name, "", []move.Target{pads}); err != nil || !slices.Equal(now.Rows(), []move.Row{row}) {
		t.Errorf("%+v, %v", now, err)
	}
	if read(t, name) != text {
		t.Error("the table was changed")
	}
}

func TestFileThatIsNoTableIsLeftAsItIs(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("0", 1<<20), "kind,old,new,state,lost,admin\n" + strings.Repeat("x", 1<<20) + ",,,,,\n",
		"AGE-SECRET-KEY-1", "a\nb\n", "kind,old\n", "\n", "kind,old,new,state,lost,admin\na,b\n", "kind,old,new,state,lost,admin\n\"a\nb\",,,,,\n",
	} {
		name := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := move.OpenTable(name, "", []move.Target{pads}); !errors.Is(err, move.ErrTable) {
			t.Errorf("%.40q: %v", text, err)
		}
		if read(t, name) != text {
			t.Errorf("%.40q is now %.40q", text, read(t, name))
		}
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	name := filepath.Join(t.TempDir(), "moved.csv")
	table := openTable(t, name, pads)
	hostile := move.Row{Kind: "etherpad", Old: "=cmd|'/c calc'!A0", New: "+1", State: "@x", Lost: "-2", Admin: "=1+1"}
	if err := errors.Join(table.Write(hostile), table.Close()); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(read(t, name)) {
		if strings.ContainsAny(line[:1], "=+-@") || strings.Contains(line, ",=") || strings.Contains(line, ",+") || strings.Contains(line, ",@") || strings.Contains(line, ",-") {
			t.Errorf("%q", line)
		}
	}
	if r, found := openTable(t, name, pads).Row(hostile.Kind, hostile.Old); !found || r != hostile {
		t.Errorf("%+v", r)
	}
}

func FuzzTable(f *testing.F) {
	f.Add("https://old.example/p/a", "https://new.example/p/a", "chat", "https://x\n\"")
	f.Add("=a", "'=b", "\r", "\xff,")
	f.Add("'", "''", "", "\x00")
	f.Fuzz(func(t *testing.T, old, new, lost, admin string) {
		if old == "" {
			return // every document has an address
		}
		name := filepath.Join(t.TempDir(), "moved.csv")
		table := openTable(t, name, pads)
		if err := errors.Join(table.Write(move.Row{Kind: "etherpad", Old: old, New: new, State: move.Moved, Lost: lost, Admin: admin}), table.Close()); err != nil {
			t.Fatal(err)
		}
		again := openTable(t, name, pads)
		defer again.Close()
		rows := again.Rows()
		if len(rows) != 1 || rows[0].State != move.Moved {
			t.Fatalf("%+v", rows)
		}
	})
}
