// Package machine is what this computer keeps for itself between runs, in its
// state folder: the repositories that it saw and their lists, its own runs,
// tokens, and what it warned of. All of it helps and none of it is needed: what
// cannot be read is not known, and what cannot be kept is not kept.
package machine

import (
	"errors"
	"io"
	"path/filepath"

	"github.com/padsync/padsync/internal/durable"
)

// A Machine keeps things. The zero value keeps nothing. It is safe for
// concurrent use, also by several processes: the last one that writes a thing
// wins.
type Machine struct {
	folder string
}

// At is the machine whose state folder is this; "": one that keeps nothing.
func At(folder string) Machine { return Machine{folder} }

// Folder is the state folder, "" if there is none.
func (m Machine) Folder() string { return m.folder }

// errNowhere says that the machine keeps nothing.
var errNowhere = errors.New("there is no state folder")

// replace writes a file in a part of the state folder.
func (m Machine) replace(room, name string, write func(io.Writer) error) error {
	if m.folder == "" {
		return errNowhere
	}
	root, err := durable.OpenRoot(filepath.Join(m.folder, room))
	if err != nil {
		return err
	}
	defer root.Close()
	return durable.Replace(root, name, write)
}
