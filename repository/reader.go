package repository

import (
	"context"

	"github.com/padsync/padsync/repository/pack"
)

// A Reader reads files out of packs: one document of a large pack by a few
// ranged reads, many by reading the pack once. It is for one goroutine.
type Reader = pack.Reader

// NewReader gives a Reader that reads until ctx ends. The caller closes it.
func (r *Repository) NewReader(ctx context.Context) *Reader { return pack.NewReader(ctx, &r.objects) }
