package words

import (
	"testing"
	"time"
)

func TestTimesToWaitAreRough(t *testing.T) {
	for d, want := range map[time.Duration]string{-time.Second: "0 s", 1500 * time.Millisecond: "2 s", 119 * time.Second: "119 s", 5 * time.Minute: "5 min"} {
		if got := roughly(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
