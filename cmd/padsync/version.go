package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: a.text("version"),
		Args:  a.takes(0, 0),
		RunE:  a.action(func(context.Context, []string) error { return a.writeVersion() }),
	}
}

func (a *app) writeVersion() error {
	_, err := fmt.Fprintf(a.stdout, "padsync %s %s %s/%s\n",
		programVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// programVersion is what the go command stamped into the program.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
