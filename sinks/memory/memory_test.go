package memory_test

import (
	"testing"
	"time"

	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sinks/sinktest"
)

func TestKeepsThePromisesOfASink(t *testing.T) {
	if err := sinktest.Check(t.Context(), memory.New(time.Now)); err != nil {
		t.Error(err)
	}
}
