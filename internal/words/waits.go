package words

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/padsync/padsync/internal/polite"
)

// waitWords are the messages for why a server is waited for, in a sentence and
// in a word.
var waitWords = map[polite.Why]struct{ long, short string }{
	polite.Limit:   {"wait-limit", "wait-limit-short"},
	polite.Refused: {"wait-refused", "wait-refused-short"},
	polite.Slow:    {"wait-slow", "wait-slow-short"},
	polite.Down:    {"wait-down", "wait-down-short"},
}

// Waiting says who is waited for, until when, for how long, and why.
func (w *Words) Waiting(wait polite.Wait) string {
	return w.Text("waiting", "Server", wait.Server, "Until", wait.Until.Local().Format(time.TimeOnly),
		"Time", roughly(time.Until(wait.Until)), "Why", w.Text(waitWords[wait.Why].long))
}

// WaitingShort says why we wait, for how long, and for whom: what matters
// first, as a narrow terminal cuts the rest.
func (w *Words) WaitingShort(wait polite.Wait) string {
	return w.Text("waiting-short", "Why", w.Text(waitWords[wait.Why].short), "Time", roughly(time.Until(wait.Until)), "Server", withoutScheme(wait.Server))
}

// roughly is a time to wait: seconds, or minutes where it is long.
func roughly(d time.Duration) string {
	if d = max(d, 0); d < 2*time.Minute {
		return fmt.Sprintf("%d s", int(math.Ceil(d.Seconds())))
	}
	return fmt.Sprintf("%d min", int(math.Ceil(d.Minutes())))
}

func withoutScheme(server string) string {
	_, host, found := strings.Cut(server, "://")
	if !found {
		return server
	}
	return host
}
