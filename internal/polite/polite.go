// Package polite is the HTTP client for sources: it paces itself by what a
// server says it allows, retries what is worth it, and bounds what it reads.
package polite

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Options say how a Client behaves. The zero value is usable.
type Options struct {
	UserAgent   string            // "padsync/…" with an address where an operator can read what this is
	Transport   http.RoundTripper // nil: one with the time-outs of this package
	Concurrency int               // requests at once for each server; 0: 2
	Tries       int               // at most, for each request; 0: 4

	// Waiting is told, if not nil, that requests to a server (scheme and
	// host, never more) wait until the time given.
	Waiting func(server string, until time.Time)
}

// A Client is the one client of a run for all sources. It is safe for
// concurrent use.
type Client struct{}

// New makes a Client.
func New(o Options) *Client { return &Client{} }

// Do sends the request that newRequest makes, when the server may be asked
// again, and gives the answer to handle, whose error it returns. It does
// both again for what is worth trying again: no connection, a time-out, 429,
// 5xx, and every error of handle that matches ErrTemporary (such as one from
// reading a body that was cut). With handle called for the last time, its
// error is final.
//
// handle is called for every answer of every status except those that will
// be tried again; it need not close the body. Reading the body gives an
// error that matches ErrTemporary if it is cut short or idle too long.
//
// Redirects are not followed: handle sees them, and may use Redirect.
func (c *Client) Do(ctx context.Context, newRequest func(context.Context) (*http.Request, error), handle func(*http.Response) error) error {
	return errors.New("polite: in the making")
}

// Requests is how many requests were sent so far.
func (c *Client) Requests() int64 { return 0 }

// Received is how many bytes of bodies were received so far.
func (c *Client) Received() int64 { return 0 }

// ErrTemporary is matched by errors after which the same request may succeed.
var ErrTemporary = errors.New("temporary")
