package machine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// A Turn is the time in which one run works with a configuration: others wait
// until it ends, however it ends. Who waits, and whoever else may read the
// file, sees how it goes. The zero value is one for which nobody waits. It is
// safe for concurrent use.
type Turn struct {
	file string // "" for none
	lock *flock.Flock

	mu   sync.Mutex // guards now
	now  Progress
	stop context.CancelFunc
	over chan struct{} // closed once nothing is written any more
}

// Progress is how a run goes. It names no document.
type Progress struct {
	Process       int            `json:"process"`
	Configuration string         `json:"configuration"` // its file
	Started       time.Time      `json:"started"`
	Updated       time.Time      `json:"updated"`
	Documents     int            `json:"documents"` // 0: not known yet
	Done          int            `json:"done"`
	Outcomes      map[string]int `json:"outcomes,omitempty"` // of those done
}

const (
	turnsRoom   = "backups"
	turnRetry   = 200 * time.Millisecond
	turnWrites  = time.Second
	maxProgress = 64 << 10 // bytes
)

// Turn waits until no other run works with what is named so, and takes its
// turn. Before it waits, it calls waiting with how the other run goes: the zero
// Progress if that is not known. The error is that of ctx. A machine that keeps
// nothing does not wait. The caller ends the turn.
func (m Machine) Turn(ctx context.Context, of, configuration string, waiting func(Progress)) (*Turn, error) {
	file := m.turnFile(of)
	if m.folder == "" || os.MkdirAll(filepath.Dir(file), 0o700) != nil {
		return new(Turn), nil
	}
	lock := flock.New(file+".lock", flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err == nil && !locked {
		waiting(m.Progress(of))
		_, err = lock.TryLockContext(ctx, turnRetry)
	}
	switch {
	case ctx.Err() != nil:
		lock.Close()
		return nil, ctx.Err()
	case err != nil: // the folder takes no locks
		lock.Close()
		return new(Turn), nil
	}
	writing, stop := context.WithCancel(context.WithoutCancel(ctx))
	t := &Turn{file: file, lock: lock, stop: stop, over: make(chan struct{})}
	t.now = Progress{Process: os.Getpid(), Configuration: configuration, Started: time.Now(), Outcomes: make(map[string]int)}
	t.write()
	go t.writeNowAndThen(writing)
	return t, nil
}

// turnFile is named by a hash, as addresses may be part of what is named.
func (m Machine) turnFile(of string) string {
	sum := sha256.Sum256([]byte(of))
	return filepath.Join(m.folder, turnsRoom, hex.EncodeToString(sum[:16])+".json")
}

// Progress is how the run goes that has its turn, zero if that is not known.
func (m Machine) Progress(of string) (p Progress) {
	b, err := os.ReadFile(m.turnFile(of))
	if m.folder == "" || err != nil || len(b) > maxProgress || json.Unmarshal(b, &p) != nil {
		return Progress{}
	}
	return p
}

// Begin says how many documents the run has.
func (t *Turn) Begin(documents int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.Documents = documents
}

// Step says what became of one of them.
func (t *Turn) Step(outcome string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.Done++
	if t.now.Outcomes != nil {
		t.now.Outcomes[outcome]++
	}
}

// End lets the next run begin.
func (t *Turn) End() {
	if t.file == "" {
		return
	}
	t.stop()
	<-t.over
	os.Remove(t.file)
	t.lock.Close()
}

func (t *Turn) writeNowAndThen(ctx context.Context) {
	defer close(t.over)
	ticker := time.NewTicker(turnWrites)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.write()
		case <-ctx.Done():
			return
		}
	}
}

// write replaces the file. It need not survive a crash of the machine.
func (t *Turn) write() {
	t.mu.Lock()
	t.now.Updated = time.Now()
	b, err := json.Marshal(t.now)
	t.mu.Unlock()
	next := t.file + ".next"
	if err == nil && os.WriteFile(next, append(b, '\n'), 0o600) == nil {
		_ = os.Rename(next, t.file)
	}
}
