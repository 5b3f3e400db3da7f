package polite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A roundTripper is a server in the bubble of a test.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, body string, header ...string) *http.Response {
	h := make(http.Header)
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func get(address string) func(context.Context) (*http.Request, error) {
	return func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	}
}

func wantStatus(status int) func(*http.Response) error {
	return func(r *http.Response) error {
		if r.StatusCode != status {
			return fmt.Errorf("status %d", r.StatusCode)
		}
		_, err := io.Copy(io.Discard, r.Body)
		return err
	}
}

// An etherpad limits as Etherpad does: a fixed window that begins with the
// first request in it, its end and Date rounded to seconds.
type etherpad struct {
	max    int
	window time.Duration
	took   time.Duration                                            // by each answer
	skew   time.Duration                                            // of its clock
	over   func(*http.Request, http.Header) (*http.Response, error) // what it does over the limit

	mu         sync.Mutex
	count      int
	end        time.Time
	refused    int
	open, most int
}

func (e *etherpad) RoundTrip(r *http.Request) (*http.Response, error) {
	e.mu.Lock()
	e.open++
	e.most = max(e.most, e.open)
	e.mu.Unlock()
	time.Sleep(e.took / 2)
	h, over := e.take()
	defer func() {
		e.mu.Lock()
		e.open--
		e.mu.Unlock()
	}()
	if over {
		return e.over(r, h)
	}
	time.Sleep(e.took / 2)
	return &http.Response{StatusCode: 200, Header: h, Body: io.NopCloser(strings.NewReader("pad"))}, nil
}

func (e *etherpad) take() (http.Header, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	if !now.Before(e.end) {
		e.count, e.end = 0, now.Add(e.window)
	}
	e.count++
	if e.count > e.max {
		e.refused++
	}
	reset := e.end.Add(e.skew + time.Second - 1).Unix()
	return http.Header{
		"X-Ratelimit-Limit":     {strconv.Itoa(e.max)},
		"X-Ratelimit-Remaining": {strconv.Itoa(max(e.max-e.count, 0))},
		"X-Ratelimit-Reset":     {strconv.FormatInt(reset, 10)},
		"Date":                  {now.Add(e.skew).UTC().Format(http.TimeFormat)},
	}, e.count > e.max
}

func hang(r *http.Request, _ http.Header) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// tooMany answers as Etherpad 1.8.14: Retry-After is always a full window.
func tooMany(_ *http.Request, h http.Header) (*http.Response, error) {
	h.Set("Retry-After", "90")
	return &http.Response{StatusCode: 429, Header: h, Body: io.NopCloser(strings.NewReader("Too many requests"))}, nil
}

func TestFiveHundredPadsKeepToTheLimit(t *testing.T) {
	for _, skew := range []time.Duration{0, 5 * time.Hour, -26 * time.Hour, 300 * time.Millisecond} {
		t.Run(skew.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(333 * time.Millisecond)
				e := &etherpad{max: 10, window: 90 * time.Second, took: 200 * time.Millisecond, skew: skew, over: hang}
				c := New(Options{Transport: e})
				start := time.Now()
				var wg sync.WaitGroup
				for i := range 500 {
					wg.Go(func() {
						if err := c.Do(t.Context(), get(fmt.Sprintf("https://pad.example/p/%d", i)), wantStatus(200)); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				if e.refused > 0 {
					t.Errorf("%d requests into a spent limit", e.refused)
				}
				if e.most != 2 || c.Requests() != 500 || c.Received() != 1500 {
					t.Errorf("%d at once, %d requests, %d bytes", e.most, c.Requests(), c.Received())
				}
				least := 49 * 90 * time.Second
				if took := time.Since(start); took < least || took > least*102/100 {
					t.Errorf("took %v, at least %v is needed", took, least)
				}
			})
		})
	}
}

func TestServerErrorOnEveryTryIsHandled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return answer(500, "x"), nil })})
		if err := c.Do(t.Context(), get("http://h/p"), wantStatus(500)); err != nil || c.Requests() != 4 {
			t.Error(err, c.Requests())
		}
	})
}

func TestNoConnectionIsTemporary(t *testing.T) {
	c := New(Options{Backoff: 1, Tries: 2})
	err := c.Do(t.Context(), get("http://127.0.0.1:1/p/secret"), wantStatus(200))
	if !errors.Is(err, ErrTemporary) || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}
