package browsers

import (
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// Whenever a copy is taken, it is of one moment: also while the browser writes
// and begins its log anew.
func TestCopiesOfABusyDatabaseAreOfOneMoment(t *testing.T) {
	name := t.TempDir() + "/places.sqlite"
	c, err := sqlite3.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Exec("pragma journal_mode = wal; pragma wal_autocheckpoint = 20; create table t(n integer, filling text); create index i on t(n); create table runs(n integer); insert into runs values(0)"); err != nil {
		t.Fatal(err)
	}
	done, ended := make(chan struct{}), make(chan error)
	go func() {
		for {
			select {
			case <-done:
				ended <- nil
				return
			default:
			}
			// Two rows, or none; the file does not grow for ever.
			if err := c.Exec("begin; update runs set n = n + 1; insert into t select n, hex(randomblob(500)) from runs; insert into t select n, '' from runs;" +
				"delete from t where n < (select n - 200 from runs); commit"); err != nil {
				ended <- err
				return
			}
		}
	}()
	s, err := newScratch(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	last := 0
	for range 40 {
		d, err := s.openCopy(t.Context(), name)
		if err != nil {
			continue // it gave up, and said so
		}
		var table, index, run int
		for query, to := range map[string]*int{
			"select count(*) from t not indexed": &table, "select count(*) from t indexed by i where n >= 0": &index, "select n from runs": &run,
		} {
			if err := d.each(query, func(s *sqlite3.Stmt) { *to = s.ColumnInt(0) }); err != nil {
				t.Error(err)
			}
		}
		if table != index || table%2 != 0 || run < last {
			t.Errorf("%d rows in the table, %d in the index, run %d after %d", table, index, run, last)
		}
		last = run
		d.Close()
	}
	close(done)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if last == 0 {
		t.Error("no copy was good")
	}
}

// A log that was begun anew while the database was copied is of a later moment.
func TestALogOfAnotherMomentIsNoticed(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile string
		same      bool
	}{
		"nothing":       {"", true},
		"a visit":       {"insert into t values(2)", true},
		"a new log":     {"pragma wal_checkpoint(restart); insert into t values(2)", false},
		"no log at all": {"pragma journal_mode = delete", false},
	} {
		from, to := t.TempDir()+"/a", t.TempDir()+"/b"
		d, err := sqlite3.Open(from)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := d.Exec("pragma journal_mode = wal; create table t(n); insert into t values(1)"); err != nil {
			t.Fatal(err)
		}
		copying, err := beginCopy(to, from)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Exec(c.meanwhile); err != nil {
			t.Fatal(err)
		}
		if _, same, err := copying.end(); same != c.same || err != nil {
			t.Errorf("%s: %v, %v", name, same, err)
		}
	}
}
