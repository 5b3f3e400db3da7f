//go:build unix

package setup

import (
	"io/fs"
	"os"
	"syscall"
)

// Exposed reports whether a file is ours and others may read or write it, as
// ssh does too. Somebody else's file is theirs to guard.
func Exposed(i fs.FileInfo) bool {
	s, ok := i.Sys().(*syscall.Stat_t)
	return ok && i.Mode().IsRegular() && i.Mode().Perm()&0o077 != 0 && int(s.Uid) == os.Getuid()
}
