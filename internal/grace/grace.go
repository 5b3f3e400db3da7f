// Package grace gives work that an interruption must not cut in two the time to
// end.
package grace

import (
	"context"
	"time"
)

// Period gives a context that lasts that much longer than ctx. When the work is
// done, call the CancelFunc: then no timer is left.
func Period(ctx context.Context, long time.Duration) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(long, cancel)
		context.AfterFunc(later, func() { t.Stop() })
	})
	return later, func() { stop(); cancel() }
}
