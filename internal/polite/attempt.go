package polite

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"syscall"
	"time"
)

// An attempt is one try of a request.
type attempt struct {
	client  *Client
	server  *server
	request *http.Request
	handle  func(*http.Response) error
	number  int // from 1

	once  bool        // see Once
	asked atomic.Bool // for a connection
	wrote atomic.Bool // the head of the request
}

// do makes the attempt, and says after what time the next one is worthwhile, 0
// for never.
func (a *attempt) do(ctx context.Context) (time.Duration, error) {
	p, err := a.server.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer p.leave()
	if a.once && p.mute() {
		p.withdrawn()
		return 0, Temporary(ErrUnheard)
	}

	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	resp, err := a.send(limited, cancel)
	if err != nil {
		return a.unanswered(ctx, p, err)
	}
	defer drain(resp.Body, cancel)
	if again, err := a.answered(p, resp); again > 0 || err != nil {
		return again, err
	}

	stop := time.AfterFunc(a.client.options.BodyTimeout, func() { cancel(ErrEndless) })
	defer stop.Stop()
	body := a.body(limited, cancel, resp.Body)
	resp.Body = body
	err = a.handle(resp)
	a.server.flowed(body.stalled)
	if !errors.Is(err, ErrTemporary) || a.last() || !a.harmless() {
		return 0, err
	}
	return a.delay(1), err
}

// drain closes a body. What is left of it is read if it is little and comes
// quickly: then the connection is kept.
func drain(body io.ReadCloser, cancel context.CancelCauseFunc) {
	const most, patience = 64 << 10, time.Second / 2
	stop := time.AfterFunc(patience, func() { cancel(ErrIdle) })
	defer stop.Stop()
	_, _ = io.CopyN(io.Discard, body, most)
	_ = body.Close()
}

// send gives the head of the answer.
func (a *attempt) send(ctx context.Context, cancel context.CancelCauseFunc) (*http.Response, error) {
	req := a.request.WithContext(ctx)
	req.Header = req.Header.Clone()
	if req.Header == nil {
		req.Header = make(http.Header)
	}
	req.Header.Set("User-Agent", a.client.options.UserAgent)
	// A compressed body has no length to check it against, and may be a bomb.
	req.Header.Set("Accept-Encoding", "identity")
	if u := req.URL.User; u != nil && req.Header.Get("Authorization") == "" {
		password, _ := u.Password()
		req.SetBasicAuth(u.Username(), password)
	}

	patience := a.client.options.HeaderTimeout + uploadTime(req.ContentLength)
	stop := time.AfterFunc(patience, func() { cancel(ErrHung) })
	defer stop.Stop()
	a.client.requests.Add(1)
	transport := a.client.options.Transport
	if a.once {
		transport, req = a.client.fresh, req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GetConn:      func(string) { a.asked.Store(true) },
			WroteHeaders: func() { a.wrote.Store(true) },
		}))
	}
	resp, err := transport.RoundTrip(req)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	if err == nil && resp.Request == nil {
		resp.Request = req
	}
	return resp, err
}

// uploadTime is what a body may take to be sent and used: a second for each 64
// KiB. An Etherpad needs 6 s for an import of 4.5 MB.
func uploadTime(size int64) time.Duration { return time.Duration(max(size, 0)>>16) * time.Second }

// unanswered judges a try that had no answer.
func (a *attempt) unanswered(ctx context.Context, p *pass, err error) (time.Duration, error) {
	if ctx.Err() != nil {
		p.dropped()
		return 0, context.Cause(ctx)
	}
	dial, why := notConnected(err) || a.asked.Load() && !a.wrote.Load(), unansweredWhy(err)
	err = a.server.transportError(err)
	hung := errors.Is(err, ErrHung)
	down := p.unheard(err, why, hung, !dial)
	if a.once && p.alive && !dial && !hung && errors.Is(err, ErrTemporary) {
		return 0, broken(err)
	}
	if down != nil {
		return 0, down
	}
	switch {
	case !errors.Is(err, ErrTemporary), !dial && !a.repeatable():
		return 0, err
	case a.server.waited():
		return 1, err // enter waits
	case a.last():
		return 0, err
	}
	return a.delay(4), err
}

// answered notes what an answer says of the server, and gives the time after
// which to try again, in place of handling it.
func (a *attempt) answered(p *pass, resp *http.Response) (time.Duration, error) {
	l := readLimits(resp.Header, time.Now())
	again := a.delay(4)
	undone := false // the server has not acted on the request
	lost := true    // it had no answer to the request itself
	var down error
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		undone = true
		why := Limit
		if status == http.StatusServiceUnavailable {
			why = Down
		}
		down = p.refused(a.server.statusError(status), why, l, again)
	case status == http.StatusBadGateway || status == http.StatusGatewayTimeout:
		// A proxy speaks for a server that is away; with 504 it says that the
		// server hangs.
		why := Down
		if status == http.StatusGatewayTimeout {
			why = Slow
		}
		err := a.server.statusError(status)
		down = p.unheard(err, why, why == Slow, true)
		if a.once && p.alive && status == http.StatusBadGateway {
			return 0, broken(err)
		}
	case status == http.StatusInternalServerError && isUnrepeated(a.request.Context()):
		p.heard(l, false)
		return 0, nil
	case status >= 500:
		again, lost = a.delay(1), false
		down = p.failed(a.server.statusError(status), l, a.last() || !a.repeatable())
	default:
		p.heard(l, status < 400)
		return 0, nil
	}
	switch {
	case !undone && !a.repeatable():
		return 0, nil
	case lost && a.server.waited():
		return 1, nil // enter waits
	case a.last():
		return 0, nil
	case down != nil:
		return 0, down
	}
	return again, nil
}

func (a *attempt) last() bool { return a.number >= a.client.options.Tries }

// harmless: it does no harm if the server acts on the request twice.
func (a *attempt) harmless() bool {
	m := a.request.Method
	return m == http.MethodGet || m == http.MethodHead || m == ""
}

// repeatable: the request may be sent again though nobody knows whether the
// server has acted on it.
func (a *attempt) repeatable() bool { return a.harmless() && !a.once }

// delay is the time before the next try: it grows fourfold with each, and
// varies by a quarter, so that what failed together does not come back
// together.
func (a *attempt) delay(factor time.Duration) time.Duration {
	d := a.client.options.Backoff * factor
	for range a.number - 1 {
		d = min(d*4, a.client.options.Backoff*64)
	}
	return d*3/4 + rand.N(d/2+1)
}

// unansweredWhy is the reason for a try without an answer.
func unansweredWhy(err error) Why {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.Is(err, ErrHung), errors.Is(err, ErrIdle), errors.As(err, &timeout) && timeout.Timeout():
		return Slow
	}
	return Down
}

// notConnected: the request has not reached the server.
func notConnected(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
