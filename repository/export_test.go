package repository

import "context"

// CheckpointNow writes a checkpoint however few manifests there are.
func (w *Run) CheckpointNow(ctx context.Context) error { return w.checkpoint(ctx, true) }
