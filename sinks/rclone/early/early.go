// Package early keeps rclone from acting before main: importing rclone makes a
// folder for a configuration where there is none, and ends the process over a
// variable RCLONE_… that it does not understand, whatever the program is asked
// to do.
//
// Go initialises packages in the order of their import paths, each after those
// that it imports: this one, which needs next to nothing, comes before all of
// rclone, and package sinks/rclone after all of it.
package early

import (
	"os"
	"strings"
)

const (
	prefix        = "RCLONE_"
	configuration = prefix + "CONFIG"
)

// hidden are the variables that rclone does not see before main.
var hidden = hide()

func hide() map[string]string {
	found := make(map[string]string)
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, prefix) {
			found[name] = value
			os.Unsetenv(name)
		}
	}
	os.Setenv(configuration, "") // so that rclone makes no folder for one
	return found
}

// Restore gives the environment back. Only sinks/rclone calls it, before main.
// It always gives nil.
func Restore() error {
	os.Unsetenv(configuration)
	for name, value := range hidden {
		os.Setenv(name, value)
	}
	return nil
}
