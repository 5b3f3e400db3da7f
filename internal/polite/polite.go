// Package polite is the HTTP client for sources: it paces itself by what a
// server says it allows, retries what is worth retrying, and bounds what it
// reads.
//
// It knows nothing of pads and polls, and follows no redirect. Its errors
// name a server by scheme and host, never a path or a query.
package polite

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Options say how a Client behaves. The zero value is usable.
type Options struct {
	UserAgent string            // as UserAgent makes it; "": that of a padsync without a version
	Transport http.RoundTripper // nil: one with the time-outs of this package
	Tries     int               // at most, for each request; 0: 4

	// Concurrency is how many requests at once a server gets at most. It
	// begins with one, rises while answers stay quick, and falls when they
	// slow down. 0: 4.
	Concurrency int

	// Backoff is the wait before the second try; each further wait is four
	// times the last, up to 64 of these, and all vary by a quarter. Where the
	// server itself seems to be away, waits are four times as long: the four
	// tries then last over a minute, in which an Etherpad with a large
	// database starts again. 0: 1 s.
	Backoff time.Duration

	HeaderTimeout time.Duration // from sending a request to the head of its answer, and 1 s more for each 64 KiB sent; 0: 60 s
	IdleTimeout   time.Duration // between two bytes of a body; 0: 60 s
	BodyTimeout   time.Duration // for a whole body; 0: 30 min

	// LeastRate is how many bytes of a body have to come in a second, on the
	// average of each minute in which they are waited for. 0: 256.
	LeastRate int64

	// Waiting is called, if not nil, with waits of more than a second. It may
	// be called concurrently.
	Waiting func(Wait)
}

// A Wait is a wait of all requests to a server.
type Wait struct {
	Server string // scheme and host, never more
	Until  time.Time
	Why    Why
}

// Why requests wait.
type Why string

// All reasons.
const (
	Limit   Why = "limit"   // it allows no more of them yet
	Refused Why = "refused" // it takes no connections
	Slow    Why = "slow"    // it gave no answer in time
	Down    Why = "down"    // it says that it cannot do its work, or something else is wrong
)

// A Client is the one client of a run for all sources. It is safe for
// concurrent use.
type Client struct {
	options  Options
	fresh    http.RoundTripper // a connection for each request
	requests atomic.Int64
	received atomic.Int64

	mu      sync.Mutex // guards servers
	servers map[string]*server
}

// New makes a Client.
func New(o Options) *Client {
	if o.UserAgent == "" {
		o.UserAgent = UserAgent("", "")
	}
	o.Concurrency = or(o.Concurrency, mostLimit)
	o.Tries = or(o.Tries, 4)
	o.Backoff = or(o.Backoff, time.Second)
	o.HeaderTimeout = or(o.HeaderTimeout, time.Minute)
	o.IdleTimeout = or(o.IdleTimeout, time.Minute)
	o.BodyTimeout = or(o.BodyTimeout, 30*time.Minute)
	o.LeastRate = or(o.LeastRate, 256)
	if o.Transport == nil {
		o.Transport = newTransport(o.Concurrency)
	}
	return &Client{options: o, fresh: fresh(o.Transport), servers: make(map[string]*server)}
}

func or[T int | int64 | time.Duration](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}

// UserAgent says who asks: padsync, its version, and an address where an
// operator can read what it is or reach who runs it. Both may be "".
func UserAgent(version, contact string) string {
	product := "padsync"
	if version != "" {
		product += "/" + version
	}
	if contact == "" {
		contact = "https://github.com/padsync/padsync"
	}
	return product + " (+" + contact + ")"
}

// Do sends the request that newRequest makes, when the server may be asked
// again, and gives the answer to handle, whose error it returns. It does both
// again for what is worth retrying: no connection, a time-out, 429, 5xx, and
// every error of handle that matches ErrTemporary (such as one from reading a
// body that was cut). With handle called for the last time, its error is final.
//
// handle is called for every answer of every status except those that will
// be tried again: on the last try it sees a 429 or a 5xx too. It need not
// close the body, must not keep it, and must not call Do: its request still
// counts as one of the server's. What it leaves of a body is read if that is
// little and comes quickly, so that the connection is kept for the next
// request. Reading a body gives an error that matches ErrTemporary if it is
// cut short or idle too long, and one that does not if it goes on for longer
// than Options.BodyTimeout, or comes more slowly than Options.LeastRate. Where
// some such bodies come one after the other, the server is down for a while.
//
// A request that is neither GET nor HEAD, or is to be sent once, is tried again
// only where the server cannot have acted on it: no connection, 429, 503.
//
// A server that has answered before and then does nothing for its requests is
// left alone, and looked for by one request after each of some pauses, for a
// quarter of an hour: meanwhile tries that it did nothing for do not count.
// One that has not answered before is down after some minutes. One that refuses
// connections is looked for for five minutes, and down after one if it has not
// answered before: its machine is there, its program is not.
//
// If the last try had no answer, the error matches ErrUnanswered, and
// ErrTemporary; only an untrusted certificate or a host that does not exist is
// final at once. It matches ErrDown if the request was given up because of what
// the server did to others. If ctx ends, the error is its cause.
//
// Redirects are not followed: handle sees them, and may use Redirect.
func (c *Client) Do(ctx context.Context, newRequest func(context.Context) (*http.Request, error), handle func(*http.Response) error) error {
	for try := 1; ; try++ {
		req, err := newRequest(ctx)
		if err != nil {
			return makingError(err)
		}
		s, err := c.server(req.URL)
		if err != nil {
			return err
		}
		a := attempt{client: c, server: s, request: req, handle: handle, number: try, once: isOnce(ctx)}
		again, err := a.do(ctx)
		if again == 0 {
			return err
		}
		s.away(time.Now().Add(again))
		if err := sleep(ctx, again); err != nil {
			return err
		}
	}
}

// Requests is how many requests were sent so far.
func (c *Client) Requests() int64 { return c.requests.Load() }

// Received is how many bytes of bodies were received so far.
func (c *Client) Received() int64 { return c.received.Load() }

// server finds what is known of the server of an address.
func (c *Client) server(u *url.URL) (*server, error) {
	if u == nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("make a request: not an address of http or https")
	}
	key := serverKey(u)
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.servers[key]
	if s == nil {
		s = newServer(serverName(u), c.options.Concurrency, c.options.Waiting)
		c.servers[key] = s
	}
	return s, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-waitsUntil(ctx).Done():
		return context.Cause(waitsUntil(ctx))
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
