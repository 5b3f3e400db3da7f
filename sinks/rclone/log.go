package rclone

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/rclone/rclone/fs"

	"github.com/padsync/padsync/sinks"
)

// warnings is how many different ones are passed on.
const warnings = 20

// A warner takes rclone's log, and passes on what rclone would show to people
// by default. It is safe for concurrent use.
type warner struct {
	warn func(string) // may be nil

	mu      sync.Mutex // guards what follows
	secrets []string
	said    map[string]bool
}

// hide keeps secrets out of what is passed on: rclone has one log for all
// remotes.
func (w *warner) hide(secrets []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, secrets...)
}

// Enabled implements slog.Handler.
func (w *warner) Enabled(_ context.Context, level slog.Level) bool {
	return w.warn != nil && level >= fs.SlogLevelNotice
}

// Handle implements slog.Handler.
func (w *warner) Handle(_ context.Context, r slog.Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := sinks.Said(strings.TrimSpace(r.Message), sinks.Hiding(w.secrets...))
	if text != "" && !w.said[text] && len(w.said) < warnings {
		w.said[text] = true
		w.warn(text)
	}
	return nil
}

// WithAttrs implements slog.Handler. It drops what a message is about: that
// names objects.
func (w *warner) WithAttrs([]slog.Attr) slog.Handler { return w }

// WithGroup implements slog.Handler.
func (w *warner) WithGroup(string) slog.Handler { return w }
