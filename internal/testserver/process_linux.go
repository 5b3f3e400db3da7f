package testserver

import "syscall"

// diesWithParent stops a server even if the tests are killed.
func diesWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
