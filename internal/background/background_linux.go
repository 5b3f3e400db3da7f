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
// process that has another policy than the common one keeps that. It also
// applies to threads and child processes that begin later, and needs no
// privilege. On a system without such a policy nothing changes.
//
// Without it, a server on the same machine, such as an operator's Etherpad,
// loses its processor several times for each pad.
func Enter() error {
	// The policy is each thread's own, and a new thread has that of the thread
	// that started it: once a look finds no thread left to change, no later
	// thread has another.
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

// maxLooks bounds the looks: a sandbox may say that it has changed a thread and
// do nothing.
const maxLooks = 20

// batchThreads reports whether there was a thread to change.
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
