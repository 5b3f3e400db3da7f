//go:build !unix

package setup

import "io/fs"

// Exposed is false where a file's mode does not say who may read it.
func Exposed(fs.FileInfo) bool { return false }
