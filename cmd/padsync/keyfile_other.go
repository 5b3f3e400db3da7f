//go:build !unix

package main

import "io/fs"

// exposed is false where a file's mode does not tell who may read it.
func exposed(fs.FileInfo) bool { return false }
