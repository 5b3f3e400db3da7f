package move

import (
	"os"
	"runtime"

	"github.com/gofrs/flock"
)

// lockTable locks a file beside the table, which the system unlocks when the
// process ends, however it ends. It cannot be the table itself: Close puts a
// new file in its place.
func lockTable(name string) (*flock.Flock, error) {
	for {
		lock := flock.New(name + ".lock")
		switch locked, err := lock.TryLock(); {
		case err != nil:
			return nil, err
		case !locked:
			return nil, ErrTableInUse
		}
		held, err := lock.Stat()
		if err != nil {
			return nil, err
		}
		// The one before may have removed it since it was opened here.
		if named, err := os.Stat(lock.Path()); err == nil && os.SameFile(held, named) {
			return lock, nil
		}
		lock.Close()
	}
}

// unlockTable removes the file while it is locked: later it could be another
// move's. But Windows removes no open file, whoever has it open.
func unlockTable(lock *flock.Flock) error {
	if runtime.GOOS != "windows" {
		os.Remove(lock.Path())
		return lock.Close()
	}
	err := lock.Close()
	os.Remove(lock.Path())
	return err
}
