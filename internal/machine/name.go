package machine

import (
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"regexp"
)

var nameForm = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// Name is a random name of this machine, "" if it keeps none.
func (m Machine) Name() string {
	read := func() string {
		text, err := os.ReadFile(filepath.Join(m.folder, "name"))
		if err != nil || m.folder == "" || !nameForm.Match(text) {
			return ""
		}
		return string(text)
	}
	if name := read(); name != "" {
		return name
	}
	_ = m.replace(".", "name", func(w io.Writer) error {
		_, err := io.WriteString(w, rand.Text())
		return err
	})
	return read() // as whoever wrote last has it
}
