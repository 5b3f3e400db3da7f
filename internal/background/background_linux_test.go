package background_test

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/padsync/padsync/internal/background"
)

func TestBackgroundHoldsForEveryThreadAndChild(t *testing.T) {
	end := make(chan struct{})
	var threads sync.WaitGroup
	defer threads.Wait()
	defer close(end)
	// begin begins a thread that works under these attributes; it ends with
	// the test, as its goroutine never unlocks it.
	begin := func(attributes *unix.SchedAttr) (id int) {
		begun := make(chan int)
		threads.Go(func() {
			runtime.LockOSThread()
			if attributes != nil {
				if err := unix.SchedSetAttr(0, attributes, 0); err != nil {
					t.Error(err)
				}
			}
			begun <- unix.Gettid()
			<-end
		})
		return <-begun
	}
	own, err := unix.SchedGetAttr(0, 0) // these tests may themselves be nice
	if err != nil {
		t.Fatal(err)
	}
	nicer := min(own.Nice+7, 19)
	polite := begin(&unix.SchedAttr{Size: unix.SizeofSchedAttr, Nice: nicer})
	idle := begin(&unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE, Nice: own.Nice})
	common := begin(nil)

	// A look at many threads takes time, and others begin all the while.
	for range 300 {
		begin(nil)
	}
	var meanwhile sync.WaitGroup
	stop, going := make(chan struct{}), make(chan struct{})
	for range 4 {
		meanwhile.Go(func() {
			begin(nil)
			going <- struct{}{}
			for range 200 {
				select {
				case <-stop:
					return
				default:
					begin(nil)
				}
			}
		})
	}
	for range 4 {
		<-going
	}
	err = background.Enter()
	close(stop)
	meanwhile.Wait()
	if err != nil {
		t.Fatal(err)
	}

	for id, want := range map[int]unix.SchedAttr{
		polite:     {Policy: unix.SCHED_BATCH, Nice: nicer},
		idle:       {Policy: unix.SCHED_IDLE, Nice: own.Nice},
		common:     {Policy: unix.SCHED_BATCH, Nice: own.Nice},
		begin(nil): {Policy: unix.SCHED_BATCH, Nice: own.Nice},
	} {
		got, err := unix.SchedGetAttr(id, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got.Policy != want.Policy || got.Nice != want.Nice {
			t.Errorf("a thread has policy %d and nice %d, want %d and %d", got.Policy, got.Nice, want.Policy, want.Nice)
		}
	}
	names, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		id, err := strconv.Atoi(name.Name())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := unix.SchedGetAttr(id, 0); err == nil && id != idle && got.Policy != unix.SCHED_BATCH {
			t.Errorf("of %d threads one has policy %d", len(names), got.Policy)
		}
	}

	stat, err := exec.Command("cat", "/proc/self/stat").Output()
	if err != nil {
		t.Fatal(err)
	}
	// proc_pid_stat(5): the policy is field 41, and the name, which may hold
	// anything, field 2.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if policy := string(fields[41-3]); policy != strconv.Itoa(unix.SCHED_BATCH) {
		t.Errorf("a child has policy %s", policy)
	}
}
