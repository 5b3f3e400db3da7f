//go:build small

package rclone

// The back ends that tests of the program need; all of rclone's take minutes to
// compile. S3, which has a sink of its own, is in this package's tests only:
// its packages do more at the start of a process than all others together.
import (
	_ "github.com/rclone/rclone/backend/crypt"
	_ "github.com/rclone/rclone/backend/local"
	_ "github.com/rclone/rclone/backend/sftp"
	_ "github.com/rclone/rclone/backend/webdav"
)
