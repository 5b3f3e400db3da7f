package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// lastSequence is the highest sequence that this machine has written into the
// repository, so that a listing that lags cannot make it go back.
func (a *app) lastSequence(repository string) int64 {
	b, err := os.ReadFile(a.sequenceFile(repository))
	if err != nil {
		return 0
	}
	last, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	if err != nil {
		return 0
	}
	return last
}

// keepSequence notes it. It is a help and no need: an error does not matter.
func (a *app) keepSequence(repository string, sequence int64) {
	file := a.sequenceFile(repository)
	if a.homeless("XDG_STATE_HOME") {
		return
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err == nil {
		_ = os.WriteFile(file, fmt.Appendln(nil, sequence), 0o600)
	}
}

func (a *app) sequenceFile(repository string) string {
	return filepath.Join(a.stateFolder(), "sequences", repository)
}
