package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// A Clock is a time of day, by the local time of the machine.
type Clock struct{ Hour, Minute int }

// ParseClock reads a time such as 02:30 or 2:30. The error matches ErrClock.
func ParseClock(text string) (Clock, error) {
	for _, form := range []string{"15:04", "15h04"} {
		if t, err := time.Parse(form, text); err == nil {
			return Clock{t.Hour(), t.Minute()}, nil
		}
	}
	return Clock{}, ErrClock
}

// String is the time as 02:30.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute) }

// Add is the time so many minutes later, past midnight if need be.
func (c Clock) Add(minutes int) Clock {
	m := (c.Hour*60 + c.Minute + minutes) % (24 * 60)
	return Clock{m / 60, m % 60}
}

// Next is when it is this time for the first time after a moment, where that moment
// is. On a day whose clocks jump over it, it is as much later as they jump.
func (c Clock) Next(after time.Time) time.Time {
	y, m, d := after.Date()
	t := time.Date(y, m, d, c.Hour, c.Minute, 0, 0, after.Location())
	if !t.After(after) {
		t = time.Date(y, m, d+1, c.Hour, c.Minute, 0, 0, after.Location())
	}
	return t
}

// Night is a time of its own, between 2 and 5, for each owner: the same every
// time, so that a plan that was shown is the one that is done.
func Night(owner string) Clock { return Clock{2, 0}.Add(int(own(owner, 180))) }

// Shift is a number of minutes of its own for each owner, as a Job has it.
func Shift(owner string) int { return int(own(owner, MaxDelay)) }

func own(owner string, below uint64) uint64 {
	s := sha256.Sum256([]byte(owner))
	return binary.BigEndian.Uint64(s[:8]) % below
}
