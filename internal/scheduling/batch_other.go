//go:build !linux

// Package scheduling tells the system how much of a hurry this process is in.
package scheduling

// Batch does nothing: this system has no such policy for a process.
func Batch() error { return nil }
