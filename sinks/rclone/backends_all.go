//go:build !small

package rclone

// rclone's back ends register themselves when they are imported.
import _ "github.com/rclone/rclone/backend/all"
