// Package background makes this process give way to others.
package background

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Enter asks the system to count this process as a batch job (SCHED_BATCH,
// sched(7)): what it does never interrupts another program, and takes as much
// of an idle processor as before. Its priority (nice) stays what it is, and a
// process that has another policy than the common one keeps that. It holds for
// threads and child processes that begin later, and needs no privilege; a
// system that has no such thing is left as it is.
//
// A server on the same machine, such as an operator's Etherpad, is taken from
// its processor several times for each pad without it.
func Enter() error {
	// The policy is each thread's own, and a new thread has that of the thread
	// that started it: when a look finds no thread that is left to change, none
	// that begins later has another.
	for range maxLooks {
		changed, err := batchThreads()
		if err != nil {
			return fmt.Errorf("become a batch job: %w", err)
		}
		if !changed {
			return nil
		}
	}
	return errors.New("become a batch job: some threads did not change")
}

// maxLooks is after how many looks it ends, as a sandbox may say that it has
// changed a thread and do nothing.
const maxLooks = 20

// batchThreads tells whether there was a thread to change.
func batchThreads() (changed bool, err error) {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return false, err
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			return false, err
		}
		attributes, err := unix.SchedGetAttr(id, 0)
		if err == nil && attributes.Policy == unix.SCHED_NORMAL {
			changed = true
			err = unix.SchedSetAttr(id, &unix.SchedAttr{
				Size: unix.SizeofSchedAttr, Policy: unix.SCHED_BATCH, Flags: attributes.Flags, Nice: attributes.Nice,
			}, 0)
		}
		if err != nil && !errors.Is(err, unix.ESRCH) { // ended meanwhile
			return false, err
		}
	}
	return changed, nil
}
