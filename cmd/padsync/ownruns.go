package main

import (
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// ownRuns is what this machine knows of its own runs: each holds a lock while
// it goes on, which the system lifts when its process ends, however it does.
// It is a help and no need: without it, the next run waits until one that was
// killed has been silent for a while.
type ownRuns struct {
	folder string
	lock   *flock.Flock // this run's, nil before it has begun
}

// keepOwnRun is how long the file of a run that was killed is kept: longer than
// anything counts that it has found.
const keepOwnRun = 24 * time.Hour

func (a *app) ownRuns() *ownRuns {
	if a.homeless("XDG_STATE_HOME") {
		return &ownRuns{}
	}
	return &ownRuns{folder: filepath.Join(a.stateFolder(), "runs")}
}

// Begun implements backup.Machine.
func (o *ownRuns) Begun(run string) {
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
func (o *ownRuns) Gone(run string) bool {
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
func (o *ownRuns) sweep() {
	files, err := os.ReadDir(o.folder)
	if err != nil {
		return
	}
	for _, file := range files {
		name := filepath.Join(o.folder, file.Name())
		if info, err := file.Info(); err == nil && time.Since(info.ModTime()) > keepOwnRun && unlocked(name) {
			os.Remove(name)
		}
	}
}

// close says that this run has ended.
func (o *ownRuns) close() {
	if o.lock != nil {
		os.Remove(o.lock.Path()) // where that is not possible while it is open, it is swept
		o.lock.Close()
	}
}
