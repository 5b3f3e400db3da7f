// Package sinktest checks that a sink keeps its promises, and breaks one on
// purpose for tests of what stands on it.
package sinktest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/padsync/padsync/sinks"
)

// Check tries every promise of sinks.Sink on s and joins all that are broken.
// It works under a random prefix and removes its objects at the end (a store
// that has folders may keep empty ones), so that it may be run on a store in
// use. It stores up to some 30 MB at a time.
func Check(ctx context.Context, s sinks.Sink) error {
	root := "sinktest-" + strings.ToLower(rand.Text()) + "/"
	var broken []error
	for _, p := range promises {
		if err := p.try(ctx, probe{s, root + p.folder + "/"}); err != nil {
			broken = append(broken, fmt.Errorf("%s: %w", p.name, err))
		}
	}
	if err := removeAll(context.WithoutCancel(ctx), s, root); err != nil {
		broken = append(broken, fmt.Errorf("removing what was stored: %w", err))
	}
	return errors.Join(broken...)
}

var promises = []struct {
	name, folder string
	try          func(context.Context, probe) error
}{
	{"bodies come back as they were", "bodies", bodies},
	{"keys are taken as they are", "keys", keys},
	{"invalid keys are refused", "no-keys", noKeys},
	{"a body that ends early or breaks stores nothing", "broken", brokenBodies},
	{"a cancelled context stores nothing", "cancelled", cancelledPut},
	{"a cancelled context is an error", "ended", cancelledReads},
	{"nothing is seen until all is stored", "unseen", unseen},
	{"what is missing is fs.ErrNotExist", "missing", missing},
	{"ranges", "ranges", ranges},
	{"a reader may be closed early", "early", closedEarly},
	{"lists are by prefix", "lists", lists},
	{"times are the store's", "times", times},
	{"deleting twice is fine", "delete", deleteTwice},
	{"putting again is harmless", "again", putAgain},
	{"calls may be concurrent", "parallel", parallel},
}

func removeAll(ctx context.Context, s sinks.Sink, prefix string) error {
	var keys []string
	var errs []error
	for o, err := range s.List(ctx, prefix) {
		if err != nil {
			errs = append(errs, err)
			break
		}
		keys = append(keys, o.Key)
	}
	for _, key := range keys {
		errs = append(errs, s.Delete(ctx, key))
	}
	return errors.Join(errs...)
}
