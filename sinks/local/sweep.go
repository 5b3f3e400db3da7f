package local

import (
	"os"
	"path"
	"regexp"
	"time"

	"github.com/padsync/padsync/sinks"
)

// leftoverAge is the age, by the clock of the file system, from which no Put
// still writes a temporary file.
const leftoverAge = 24 * time.Hour

// leftover is a name that package durable gives, with nothing around it.
var leftover = regexp.MustCompile(`^[A-Z2-7]{26}` + regexp.QuoteMeta(sinks.TemporarySuffix) + `$`)

// sweep removes what crashes have left in the folder of an object that was
// just put, once for each folder. What cannot be removed does no harm.
func (s *Sink) sweep(root *os.Root, key string) {
	dir := path.Dir(key)
	if _, done := s.swept.LoadOrStore(dir, true); done {
		return
	}
	now, err := root.Stat(key)
	if err != nil {
		return
	}
	f, err := root.Open(dir)
	if err != nil {
		return
	}
	defer f.Close()
	entries, _ := f.ReadDir(-1)
	for _, e := range entries {
		if !leftover.MatchString(e.Name()) {
			continue
		}
		if i, err := e.Info(); err == nil && i.Mode().IsRegular() && now.ModTime().Sub(i.ModTime()) > leftoverAge {
			_ = root.Remove(path.Join(dir, e.Name()))
		}
	}
}
