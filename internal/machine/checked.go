package machine

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Checked is what the last check of a repository found.
type Checked struct {
	Time      time.Time `json:"time"`
	Data      bool      `json:"data"` // packs were read, too
	Documents int       `json:"documents"`
	Versions  int       `json:"versions"`
	Bytes     int64     `json:"bytes"` // stored
	Problems  int       `json:"problems"`
}

const (
	checkedRoom    = "checked"
	maxCheckedFile = 4 << 10 // bytes
)

// Checked is what this machine's last check of the repository with this id found; the
// zero value where it made none.
func (m Machine) Checked(id string) (c Checked) {
	if id == "" || m.folder == "" {
		return c
	}
	f, err := os.Open(filepath.Join(m.folder, checkedRoom, id))
	if err != nil {
		return c
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, maxCheckedFile)).Decode(&c); err != nil {
		return Checked{}
	}
	return c
}

// KeepChecked notes what a check found. What cannot be noted is as if it was never made.
func (m Machine) KeepChecked(id string, c Checked) {
	if id == "" {
		return
	}
	_ = m.replace(checkedRoom, id, func(w io.Writer) error { return json.NewEncoder(w).Encode(c) })
}
