package machine

import (
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Runs are what the machine knows of its own runs. Each holds a lock while it
// goes on, which the system lifts when its process ends, however it ends. A
// machine that knows nothing of them waits until a run that was killed has been
// silent for a while. It is for one run.
type Runs struct {
	folder string
	lock   *flock.Flock // this run's, nil before it has begun
}

// keepRun is how long the file of a run that was killed is kept: longer than
// anything that it found still counts.
const keepRun = 24 * time.Hour

// Runs are those of this machine. The caller closes them when its run has ended.
func (m Machine) Runs() *Runs {
	if m.folder == "" {
		return &Runs{}
	}
	return &Runs{folder: filepath.Join(m.folder, "runs")}
}

// Begun implements backup.Machine.
func (o *Runs) Begun(run string) {
	if o.folder == "" || os.MkdirAll(o.folder, 0o700) != nil {
		return
	}
	o.sweep()
	lock := flock.New(filepath.Join(o.folder, run), flock.SetPermissions(0o600))
	if locked, err := lock.TryLock(); err == nil && locked {
		o.lock = lock
	}
}

// Gone implements backup.Machine.
func (o *Runs) Gone(run string) bool {
	name := filepath.Join(o.folder, run)
	if _, err := os.Lstat(name); o.folder == "" || err != nil || run != filepath.Base(run) {
		return false
	}
	return unlocked(name)
}

// unlocked reports whether nobody holds the lock.
func unlocked(name string) bool {
	lock := flock.New(name, flock.SetFlag(os.O_RDWR))
	defer lock.Close()
	locked, err := lock.TryLock()
	return err == nil && locked
}

// sweep removes the files of runs that were killed long ago.
func (o *Runs) sweep() {
	files, err := os.ReadDir(o.folder)
	if err != nil {
		return
	}
	for _, file := range files {
		name := filepath.Join(o.folder, file.Name())
		if info, err := file.Info(); err == nil && time.Since(info.ModTime()) > keepRun && unlocked(name) {
			os.Remove(name)
		}
	}
}

// Close says that this run has ended.
func (o *Runs) Close() {
	if o.lock != nil {
		os.Remove(o.lock.Path()) // where that is not possible while it is open, sweep removes it
		o.lock.Close()
	}
}
