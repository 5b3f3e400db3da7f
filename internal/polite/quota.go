package polite

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

const (
	// window is Etherpad's default, for answers that do not say when theirs
	// ends.
	window = 90 * time.Second

	// slack is how long to wait after the end of a window: Etherpad 1.8.14 ends
	// it by a timer, which runs late when the server is busy.
	slack = 250 * time.Millisecond

	// maxAsked bounds the times of headers, so that no sum overflows.
	maxAsked = 24 * time.Hour
)

// limits are what the headers of one answer say, in this machine's time.
type limits struct {
	hasLeft bool      // of X-RateLimit-Remaining
	left    int       // requests in the window
	resets  time.Time // the window's end by the server's clock: which window it is
	end     time.Time // the same by this machine's clock, not before it

	hasRetry bool
	retry    time.Duration // of Retry-After
}

// readLimits reads times against the answer's own Date: the two clocks may
// differ by hours, and only the server's made the headers.
func readLimits(h http.Header, now time.Time) limits {
	var l limits
	if h.Get("X-RateLimit-Remaining") == "" && h.Get("Retry-After") == "" {
		return l // as from nearly all servers
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		date = now
	}
	// Etherpad 1.8.14 whose limit is turned off says "0 of 0 left".
	if left, err := strconv.Atoi(h.Get("X-RateLimit-Remaining")); err == nil && h.Get("X-RateLimit-Limit") != "0" {
		l.hasLeft, l.left = true, max(left, 0)
		l.resets = readReset(h.Get("X-RateLimit-Reset"), date)
		l.end = now.Add(bounded(l.resets.Sub(date)) + slack)
	}
	l.retry, l.hasRetry = readRetry(h.Get("Retry-After"), date)
	return l
}

// readReset reads a Unix time, or seconds from date on, as some servers give.
func readReset(s string, date time.Time) time.Time {
	n, ok := seconds(s)
	switch {
	case !ok:
		return date.Add(window)
	case n < 1e8:
		return date.Add(bounded(time.Duration(n) * time.Second))
	}
	return time.Unix(n, 0)
}

// readRetry reads seconds or a date.
func readRetry(s string, date time.Time) (time.Duration, bool) {
	if n, ok := seconds(s); ok {
		return bounded(time.Duration(n) * time.Second), true
	}
	t, err := http.ParseTime(s)
	return bounded(t.Sub(date)), err == nil
}

// seconds takes what is too large for 32 bits as that large.
func seconds(s string) (int64, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	return int64(n), err == nil || errors.Is(err, strconv.ErrRange)
}

func bounded(d time.Duration) time.Duration { return min(max(d, 0), maxAsked) }

// A quota is what a server allows in its current window.
type quota struct {
	limited bool // the server has spoken of limits
	left    int
	resets  time.Time
	end     time.Time
}

// update takes what an answer says. Answers may arrive out of order: within
// a window the fewest requests left count, and of its ends, which are all
// rounded up, the earliest.
func (q *quota) update(now time.Time, l limits) {
	const rounding = time.Second
	switch {
	case !l.hasLeft:
	case !now.Before(q.end) || l.resets.After(q.resets.Add(rounding)):
		*q = quota{limited: true, left: l.left, resets: l.resets, end: l.end}
	case l.resets.Before(q.resets.Add(-rounding)):
	default:
		q.left = min(q.left, l.left)
		if l.end.Before(q.end) {
			q.end = l.end
		}
	}
}

// spend takes into account a request that had no answer but may have been
// counted; one that hung means that nothing is left.
func (q *quota) spend(now time.Time, hung, counted bool) {
	if !now.Before(q.end) {
		return
	}
	if hung {
		q.left = 0
	} else if counted && q.left > 0 {
		q.left--
	}
}

// spent: nothing is left until the window's end.
func (q *quota) spent(now time.Time) bool { return now.Before(q.end) && q.left == 0 }

// allows: one more request besides those that the server may not have counted
// yet.
func (q *quota) allows(now time.Time, unanswered int) bool {
	return !now.Before(q.end) || unanswered < q.left
}

// over: the window has ended, and what the next one allows is not known.
func (q *quota) over(now time.Time) bool { return q.limited && !now.Before(q.end) }
