package rclone

import (
	"slices"
	"strings"

	"github.com/rclone/rclone/fs/config"
)

// Remotes are the names of the remotes that rclone's configuration, or its
// environment, has, sorted.
func Remotes() ([]string, error) {
	if err := setUp(nil); err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(config.GetRemoteNames(), func(name string) bool {
		return name == "" || strings.HasPrefix(name, ":")
	})
	slices.Sort(names)
	return slices.Compact(names), nil
}
