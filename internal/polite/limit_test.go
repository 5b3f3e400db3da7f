package polite

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// An etherpad limits as Etherpad does: a fixed window that begins with the
// first request in it, its end and Date rounded to seconds.
type etherpad struct {
	max    int
	window time.Duration
	took   time.Duration                                            // by each answer
	skew   time.Duration                                            // of its clock
	late   time.Duration                                            // its windows end
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
	if !now.Before(e.end.Add(e.late)) {
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
	for name, e := range map[string]*etherpad{
		"clock right":    {},
		"clock ahead":    {skew: 5 * time.Hour},
		"clock behind":   {skew: -26*time.Hour - 300*time.Millisecond},
		"rounding in it": {skew: 567 * time.Millisecond, late: 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(333 * time.Millisecond)
				e.max, e.window, e.took, e.over = 10, 90*time.Second, 200*time.Millisecond, hang
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
				if e.most > 4 || c.Requests() != 500 || c.Received() != 1500 {
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

// all asks for n documents at once, and returns the errors.
func all(t *testing.T, c *Client, server string, n int) (errs []error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			err := c.Do(t.Context(), get(fmt.Sprintf("%s/p/%d", server, i)), wantStatus(200))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
			}
		})
	}
	wg.Wait()
	return errs
}

// spend has somebody else at this address use up n requests of the window.
func (e *etherpad) spend(n int) {
	for range n {
		e.take()
	}
	e.mu.Lock()
	e.refused = 0
	e.mu.Unlock()
}

func TestLastRequestOfAWindowGoesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &etherpad{max: 4, window: 90 * time.Second, took: 10 * time.Second, over: hang}
		c := New(Options{Transport: e, Concurrency: 5})
		for _, err := range all(t, c, "https://h", 40) {
			t.Error(err)
		}
		if e.refused > 0 || e.most > 4 {
			t.Errorf("%d refused, %d at once", e.refused, e.most)
		}
	})
}

func TestResetIsBelievedBeforeRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &etherpad{max: 10, window: 90 * time.Second, over: tooMany, skew: -7 * time.Hour}
		e.spend(10)
		time.Sleep(60 * time.Second)
		start := time.Now()
		c := New(Options{Transport: e})
		for _, err := range all(t, c, "https://h", 10) {
			t.Error(err)
		}
		if took := time.Since(start); took < 30*time.Second || took > 32*time.Second {
			t.Errorf("took %v of a window's last 30 s", took)
		}
		if e.refused != 1 {
			t.Errorf("%d refused", e.refused)
		}
	})
}

func TestHangOverTheLimitIsWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &etherpad{max: 10, window: 90 * time.Second, over: hang}
		e.spend(10)
		c := New(Options{Transport: e})
		for _, err := range all(t, c, "https://h", 30) {
			t.Error(err)
		}
		if e.refused > 2 {
			t.Errorf("%d requests hung", e.refused)
		}
	})
}

func TestHangInASharedLimitIsWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &etherpad{max: 10, window: 90 * time.Second, over: hang}
		c := New(Options{Transport: e})
		all(t, c, "https://h", 3)
		e.spend(10) // the server counts all its users as one
		time.Sleep(10 * time.Second)
		start := time.Now()
		for _, err := range all(t, c, "https://h", 8) {
			t.Error(err)
		}
		if took := time.Since(start); e.refused > 2 || took > 85*time.Second {
			t.Errorf("%d hung, took %v", e.refused, took)
		}
		time.Sleep(90 * time.Second)
		e.spend(10)
		sent := c.Requests()
		for _, err := range all(t, c, "https://h", 1) {
			t.Error(err)
		}
		if c.Requests()-sent != 2 {
			t.Errorf("%d requests: the first shows nothing of the window, the second waits for the next", c.Requests()-sent)
		}
	})
}

func TestProxyTimeOutOverTheLimitIsWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &etherpad{max: 5, window: 90 * time.Second, over: func(*http.Request, http.Header) (*http.Response, error) {
			time.Sleep(30 * time.Second)
			return answer(504, "Gateway Time-out"), nil
		}}
		c := New(Options{Transport: e})
		all(t, c, "https://h", 1)
		e.spend(5)
		for _, err := range all(t, c, "https://h", 1) {
			t.Error(err)
		}
		if e.refused != 1 || time.Since(e.end) > 0 {
			t.Errorf("%d refused", e.refused)
		}
	})
}

func TestRetryAfterKeepsEveryRequestBack(t *testing.T) {
	for name, header := range map[string]func(now time.Time) string{
		"seconds": func(time.Time) string { return "77" },
		"date":    func(now time.Time) string { return now.Add(77 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		for _, status := range []int{429, 503} {
			t.Run(fmt.Sprint(status, name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					begin := time.Now()
					early := 0
					c := New(Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
						if r.URL.Host == "other" {
							return answer(200, ""), nil
						}
						clock := time.Now().Add(-3 * time.Hour)
						if time.Since(begin) < 77*time.Second {
							early++
							return answer(status, "", "Date", clock.UTC().Format(http.TimeFormat), "Retry-After", header(clock)), nil
						}
						return answer(200, ""), nil
					})})
					var wg sync.WaitGroup
					wg.Go(func() {
						all(t, c, "http://other", 3)
						if time.Since(begin) > 0 {
							t.Error("another server waited too")
						}
					})
					wg.Go(func() {
						for _, err := range all(t, c, "http://h", 5) {
							t.Error(err)
						}
					})
					wg.Wait()
					if took := time.Since(begin); early != 1 || took < 77*time.Second || took > 79*time.Second {
						t.Errorf("%d requests too early, took %v", early, took)
					}
				})
			})
		}
	}
}

func TestServerThatRefusedIsAskedByOneRequestAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var mu sync.Mutex
		var sent []time.Duration
		c := New(Options{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			mu.Lock()
			sent = append(sent, time.Since(begin))
			n := len(sent)
			mu.Unlock()
			time.Sleep(time.Second)
			if n == 2 || n == 3 {
				return answer(429, "", "Retry-After", "20"), nil
			}
			return answer(200, ""), nil
		})})
		for _, err := range all(t, c, "http://h", 5) {
			t.Error(err)
		}
		if want := "[0s 1s 1s 22s 23s 24s 25s]"; fmt.Sprint(sent) != want {
			t.Errorf("sent at %v, want %v", sent, want)
		}
	})
}

func TestHungRequestHoldsBackNoFurtherWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &etherpad{max: 10, window: 90 * time.Second, over: hang}
		hung := false
		c := New(Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/29") && !hung {
				hung = true
				e.take()
				return hang(r, nil)
			}
			return e.RoundTrip(r)
		})})
		for i := range 29 {
			c.Do(t.Context(), get(fmt.Sprint("http://h/p/", i)), wantStatus(200))
		}
		time.Sleep(80 * time.Second)
		begin := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { c.Do(t.Context(), get("http://h/p/29"), wantStatus(200)) })
		synctest.Wait()
		c.Do(t.Context(), get("http://h/p/30"), wantStatus(200))
		c.Do(t.Context(), get("http://h/p/31"), wantStatus(200))
		if took := time.Since(begin); took > 15*time.Second {
			t.Errorf("took %v, but the window had 10 s left", took)
		}
		wg.Wait()
	})
}

func TestWaitBeyondAnHourIsAnError(t *testing.T) {
	for name, header := range map[string][]string{
		"reset in 2100":       {"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "4102444800"},
		"reset in delta":      {"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "36000"},
		"reset in no time":    {"X-RateLimit-Remaining", "-5", "X-RateLimit-Reset", "9223372036854775807"},
		"retry after a year":  {"Retry-After", "31536000"},
		"retry after no time": {"Retry-After", "99999999999999999999999"},
		"retry at a date":     {"Retry-After", "Fri, 01 Jan 2100 00:00:00 GMT"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := New(Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					return answer(429, "", header...), nil
				})})
				begin := time.Now()
				err := c.Do(t.Context(), get("http://h/secret"), wantStatus(200))
				if !errors.Is(err, ErrDown) || time.Since(begin) > time.Hour || strings.Contains(err.Error(), "secret") {
					t.Errorf("%v after %v", err, time.Since(begin))
				}
			})
		})
	}
}

func TestSwitchedOffLimitIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return answer(200, "", "X-RateLimit-Limit", "0", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", strconv.FormatInt(time.Now().Unix()+90, 10)), nil
		})})
		begin := time.Now()
		all(t, c, "http://h", 20)
		if took := time.Since(begin); took > 0 {
			t.Error(took)
		}
	})
}

func TestWaitingIsToldOncePerWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []string
		var c *Client
		e := &etherpad{max: 10, window: 90 * time.Second, took: time.Second, over: hang}
		c = New(Options{Transport: e, Waiting: func(w Wait) {
			s := c.servers["h"]
			s.mu.Lock() // would never return if it were held
			defer s.mu.Unlock()
			mu.Lock()
			defer mu.Unlock()
			told = append(told, fmt.Sprint(w.Server, w.Until.Sub(e.end) < 2*time.Second, w.Why))
		}})
		all(t, c, "https://h", 30)
		if want := []string{"https://htruelimit", "https://htruelimit"}; fmt.Sprint(told) != fmt.Sprint(want) {
			t.Errorf("told %q", told)
		}
	})
}

func TestWaitForAServerThatIsAwayIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		step func(*http.Request) (*http.Response, error)
		told int
		why  Why
	}{
		"away":      {refused, 3, Refused},
		"a proxy":   {status(502), 3, Down},
		"refuses":   {status(503), 3, Down},
		"limits":    {status(429), 3, Limit},
		"hangs":     {silent, 3, Slow},
		"behind it": {status(504), 3, Slow},
		"broken":    {status(500), 0, ""}, // others may be answered
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				var told []time.Duration
				client := New(Options{Transport: script(c.step), Waiting: func(w Wait) {
					if w.Server != "http://h" || w.Why != c.why {
						t.Errorf("%+v, want the reason %s", w, c.why)
					}
					told = append(told, w.Until.Sub(begin))
				}})
				_ = client.Do(t.Context(), get("http://h/secret"), wantStatus(200))
				if len(told) != c.told || !slices.IsSorted(told) || c.told > 0 && told[2] < 50*time.Second {
					t.Errorf("told %v", told)
				}
			})
		})
	}
}

func TestLateAnswerDoesNotReviveAWindow(t *testing.T) {
	now := time.Now()
	at := func(left int, reset time.Duration) limits {
		return limits{hasLeft: true, left: left, resets: now.Add(reset), end: now.Add(reset)}
	}
	var q quota
	q.update(now, at(5, 90*time.Second))
	q.update(now, at(7, 90*time.Second))
	q.update(now, at(9, 10*time.Second))
	if q.left != 5 || !q.end.Equal(now.Add(90*time.Second)) {
		t.Errorf("%+v", q)
	}
	q.update(now, at(9, 180*time.Second))
	if q.left != 9 || q.allows(now, 9) || !q.allows(now, 8) {
		t.Errorf("%+v", q)
	}
}

func FuzzLimits(f *testing.F) {
	f.Add("Sun, 22 Nov 2026 11:07:31 GMT", "0", "1795345658", "90")
	f.Add("", "x", "-1", "Fri, 01 Jan 2100 00:00:00 GMT")
	f.Fuzz(func(t *testing.T, date, left, reset, retry string) {
		now := time.Unix(1795345600, 0)
		h := http.Header{"Date": {date}, "X-Ratelimit-Remaining": {left}, "X-Ratelimit-Reset": {reset}, "Retry-After": {retry}}
		l := readLimits(h, now)
		if l.retry < 0 || l.retry > maxAsked || l.left < 0 {
			t.Errorf("%+v", l)
		}
		if wait := l.end.Sub(now); l.hasLeft && (wait < 0 || wait > maxAsked+slack) {
			t.Errorf("%+v", l)
		}
	})
}
