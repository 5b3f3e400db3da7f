package polite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

var errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

// script answers with one function after the other, the last one for ever.
func script(steps ...func(*http.Request) (*http.Response, error)) roundTripper {
	var mu sync.Mutex
	return func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		step := steps[0]
		if len(steps) > 1 {
			steps = steps[1:]
		}
		mu.Unlock()
		return step(r)
	}
}

func status(n int) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return answer(n, "x"), nil }
}

func cut(*http.Request) (*http.Response, error) {
	r := answer(200, "")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader("half a"), errReader{io.ErrUnexpectedEOF}))
	return r, nil
}

func refused(*http.Request) (*http.Response, error) { return nil, errRefused }

type errReader struct{ error }

func (r errReader) Read([]byte) (int, error) { return 0, r.error }

func TestWhatIsTriedAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		method string
		steps  []func(*http.Request) (*http.Response, error)
		sent   int64
		status int // that handle saw last, 0 for none
		match  error
	}{
		{"success", "GET", list(status(200)), 1, 200, nil},
		{"not modified", "GET", list(status(304)), 1, 304, nil},
		{"missing", "GET", list(status(404)), 1, 404, nil},
		{"redirect", "GET", list(status(302)), 1, 302, nil},
		{"500 to every try", "GET", list(status(500)), 4, 500, nil},
		{"502 to every try", "GET", list(status(502)), 4, 502, nil},
		{"503 to every try", "GET", list(status(503)), 4, 503, nil},
		{"429 to every try", "GET", list(status(429)), 4, 429, nil},
		{"500 once", "GET", list(status(500), status(200)), 2, 200, nil},
		{"refused once", "GET", list(refused, status(200)), 2, 200, nil},
		{"refused always", "GET", list(refused), 4, 0, ErrTemporary},
		{"cut once", "GET", list(cut, status(200)), 2, 200, nil},
		{"cut always", "GET", list(cut), 4, 200, io.ErrUnexpectedEOF},
		{"cut, then 500", "GET", list(cut, status(500)), 4, 500, nil},
		{"hung always", "GET", list(func(r *http.Request) (*http.Response, error) { return hang(r, nil) }), 4, 0, ErrHung},
		{"post, refused once", "POST", list(refused, status(200)), 2, 200, nil},
		{"post, 429 once", "POST", list(status(429), status(200)), 2, 200, nil},
		{"post, 503 once", "POST", list(status(503), status(200)), 2, 200, nil},
		{"post, 500", "POST", list(status(500)), 1, 500, nil},
		{"post, 502", "POST", list(status(502)), 1, 502, nil},
		{"post, cut", "POST", list(cut), 1, 200, ErrTemporary},
		{"post, broken connection", "POST", list(func(*http.Request) (*http.Response, error) { return nil, io.EOF }), 1, 0, io.EOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := New(Options{Transport: script(c.steps...)})
				seen := 0
				err := client.Do(t.Context(), func(ctx context.Context) (*http.Request, error) {
					return http.NewRequestWithContext(ctx, c.method, "http://h/secret", nil)
				}, func(r *http.Response) error {
					seen = r.StatusCode
					_, err := io.ReadAll(r.Body)
					return err
				})
				if client.Requests() != c.sent || seen != c.status {
					t.Errorf("%d requests, status %d", client.Requests(), seen)
				}
				if !errors.Is(err, c.match) || c.match != nil && !errors.Is(err, ErrTemporary) {
					t.Error(err)
				}
				if err != nil && strings.Contains(err.Error(), "secret") {
					t.Error(err)
				}
			})
		})
	}
}

func list[T any](v ...T) []T { return v }

func TestErrorsOfHandleDecideOnTheNextTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Transport: script(status(200))})
		final := errors.New("not the document")
		if err := c.Do(t.Context(), get("http://h/"), func(*http.Response) error { return final }); err != final || c.Requests() != 1 {
			t.Error(err, c.Requests())
		}
		soft := fmt.Errorf("not JSON: %w", ErrTemporary)
		if err := c.Do(t.Context(), get("http://h/"), func(*http.Response) error { return soft }); err != soft || c.Requests() != 5 {
			t.Error(err, c.Requests())
		}
	})
}

// TestRefusalOfThisMachineIsNoWordOnADocument: a firewall's is EPERM.
func TestRefusalOfThisMachineIsNoWordOnADocument(t *testing.T) {
	for _, refusal := range []error{&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.EPERM)}, syscall.EPERM, syscall.ENOENT} {
		synctest.Test(t, func(t *testing.T) {
			c := New(Options{Transport: script(func(*http.Request) (*http.Response, error) { return nil, refusal })})
			err := c.Do(t.Context(), get("http://pad.example.org/p/x"), wantStatus(200))
			if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || !errors.Is(err, ErrTemporary) || !strings.Contains(err.Error(), refusal.Error()) {
				t.Error(err)
			}
		})
	}
}

func TestErrorOfNewRequestIsFinal(t *testing.T) {
	c := New(Options{})
	for _, address := range []string{"http://h/%zzsecret", "secret", "ftp://h/secret", "http:///secret", "http://h:secret/", "://secret"} {
		err := c.Do(t.Context(), get(address), wantStatus(200))
		if err == nil || strings.Contains(err.Error(), "secret") || c.Requests() > 0 {
			t.Error(err)
		}
	}
}

func TestWaitsGrowAndVaryByAQuarter(t *testing.T) {
	for name, c := range map[string]struct {
		step func(*http.Request) (*http.Response, error)
		want []time.Duration
	}{
		"server answers": {status(500), list(time.Second, 4*time.Second, 16*time.Second)},
		"server is away": {refused, list(4*time.Second, 16*time.Second, 64*time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			varied := make(map[time.Duration]bool)
			for range 200 {
				synctest.Test(t, func(t *testing.T) {
					var at []time.Time
					client := New(Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
						at = append(at, time.Now())
						return c.step(r)
					})})
					client.Do(t.Context(), get("http://h/"), func(*http.Response) error { return nil })
					for i, want := range c.want {
						got := at[i+1].Sub(at[i])
						varied[got] = true
						if got < want*3/4 || got > want*5/4+1 {
							t.Errorf("wait %d is %v", i+1, got)
						}
					}
				})
			}
			if len(varied) < 300 {
				t.Errorf("%d different waits of 600", len(varied))
			}
		})
	}
}

// work asks for n documents, a few at once, as a backup does.
func work(t *testing.T, c *Client, n int) (failed, down int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	jobs := make(chan int)
	for range 2 {
		wg.Go(func() {
			for i := range jobs {
				err := c.Do(t.Context(), get(fmt.Sprintf("http://h/secret/%d", i)), wantStatus(200))
				mu.Lock()
				if err != nil {
					failed++
					if strings.Contains(err.Error(), "secret") {
						t.Error(err)
					}
				}
				if errors.Is(err, ErrDown) {
					down++
				}
				mu.Unlock()
			}
		})
	}
	for i := range n {
		jobs <- i
	}
	close(jobs)
	wg.Wait()
	return failed, down
}

func TestDeadServerFailsFast(t *testing.T) {
	for name, c := range map[string]struct {
		step func(*http.Request) (*http.Response, error)
		most time.Duration
	}{
		"no connection": {refused, 5 * time.Minute},
		"no answer":     {func(r *http.Request) (*http.Response, error) { return hang(r, nil) }, 15 * time.Minute},
		"proxy alone":   {status(502), 5 * time.Minute},
		"unavailable":   {status(503), 5 * time.Minute},
		"banned": {func(*http.Request) (*http.Response, error) {
			return answer(429, "", "Retry-After", "90"), nil
		}, 15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := New(Options{Transport: script(c.step)})
				begin := time.Now()
				failed, down := work(t, client, 500)
				if took := time.Since(begin); failed != 500 || down < 490 || client.Requests() > 30 || took > c.most {
					t.Errorf("%d failed, %d at once, %d requests, %v", failed, down, client.Requests(), took)
				}
			})
		})
	}
}

func TestServerThatIsBackIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		step := refused
		c := New(Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) { return step(r) })})
		work(t, c, 20)
		sent := c.Requests()
		time.Sleep(downPause)
		if failed, _ := work(t, c, 20); failed != 20 || c.Requests() != sent+1 {
			t.Errorf("%d failed, %d requests to look", failed, c.Requests()-sent)
		}
		step = status(200)
		time.Sleep(downPause)
		if failed, _ := work(t, c, 20); failed > 0 {
			t.Errorf("%d failed", failed)
		}
	})
}

func TestRestartInTheMiddleIsSurvived(t *testing.T) {
	for name, away := range map[string]func(*http.Request) (*http.Response, error){"refused": refused, "502": status(502), "503": status(503)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				c := New(Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					switch since := time.Since(begin); {
					case since < 10*time.Second:
						time.Sleep(500 * time.Millisecond)
						return answer(200, "pad"), nil
					case since < 11*time.Second:
						return cut(r)
					case since < 55*time.Second:
						return away(r)
					}
					return answer(200, "pad"), nil
				})})
				if failed, _ := work(t, c, 500); failed > 0 {
					t.Errorf("%d failed", failed)
				}
			})
		})
	}
}

func TestUnknownServerIsAskedByOneRequestAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open, most := 0, 0
		var mu sync.Mutex
		c := New(Options{Concurrency: 8, Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			mu.Lock()
			open++
			most = max(most, open)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			open--
			mu.Unlock()
			return nil, errRefused
		})})
		all(t, c, "http://h", 8)
		if most != 1 {
			t.Errorf("%d at once", most)
		}
	})
}

func TestLongBodyDoesNotKeepOthersBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Transport: script(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			a := answer(200, "")
			a.Body = io.NopCloser(io.LimitReader(trickle{r.Context()}, 60))
			return a, nil
		}, status(200))})
		begin := time.Now()
		done := make(chan time.Duration, 2)
		for range 2 {
			go func() {
				all(t, c, "http://h", 1)
				done <- time.Since(begin)
			}()
		}
		if first := <-done; first != time.Second {
			t.Errorf("the second ended after %v", first)
		}
		<-done
	})
}

func TestCancelledRequestFreesItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		stuck := true
		c := New(Options{Concurrency: 1, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			if stuck {
				stuck = false
				return hang(r, nil)
			}
			return answer(200, ""), nil
		})})
		why := errors.New("interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error)
		go func() { done <- c.Do(ctx, get("http://h/1"), wantStatus(200)) }()
		synctest.Wait()
		waiting := make(chan error)
		go func() { waiting <- c.Do(ctx, get("http://h/2"), wantStatus(200)) }()
		synctest.Wait()
		cancel(why)
		if err := <-done; !errors.Is(err, why) {
			t.Error(err)
		}
		if err := <-waiting; !errors.Is(err, why) {
			t.Error(err)
		}
		if errs := all(t, c, "http://h", 3); len(errs) > 0 {
			t.Error(errs)
		}
		if c.Requests() != 4 {
			t.Errorf("%d requests", c.Requests())
		}
	})
}

func TestCancelEndsEveryWait(t *testing.T) {
	for name, step := range map[string]func(*http.Request) (*http.Response, error){
		"backoff": refused,
		"quota": func(*http.Request) (*http.Response, error) {
			return answer(429, "", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "600"), nil
		},
		"pause": func(*http.Request) (*http.Response, error) { return answer(503, "", "Retry-After", "600"), nil },
		"body": func(r *http.Request) (*http.Response, error) {
			a := answer(200, "")
			a.Body = io.NopCloser(untilDone{r.Context()})
			return a, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				begin := time.Now()
				err := New(Options{Transport: roundTripper(step)}).Do(ctx, get("http://h/"), wantStatus(200))
				if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 3*time.Second {
					t.Error(err, time.Since(begin))
				}
			})
		})
	}
}

// untilDone is a body without a byte.
type untilDone struct{ ctx context.Context }

func (u untilDone) Read([]byte) (int, error) {
	<-u.ctx.Done()
	return 0, u.ctx.Err()
}

// trickle is a body with a byte each second, for ever.
type trickle struct{ ctx context.Context }

func (u trickle) Read(p []byte) (int, error) {
	time.Sleep(time.Second)
	p[0] = 'x'
	return 1, u.ctx.Err()
}

func TestIdleBodyIsTemporary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Transport: script(func(r *http.Request) (*http.Response, error) {
			a := answer(200, "")
			a.Body = io.NopCloser(untilDone{r.Context()})
			return a, nil
		}, status(200))})
		if err := c.Do(t.Context(), get("http://h/"), wantStatus(200)); err != nil || c.Requests() != 2 {
			t.Error(err, c.Requests())
		}
	})
}

func TestReaderMayTakeItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			a := answer(200, "")
			a.Body = io.NopCloser(io.LimitReader(trickle{r.Context()}, 3))
			return a, nil
		})})
		err := c.Do(t.Context(), get("http://h/"), func(r *http.Response) error {
			for err := error(nil); err == nil; time.Sleep(5 * time.Minute) {
				if _, err = r.Body.Read(make([]byte, 1)); err != nil && err != io.EOF {
					return err
				}
			}
			return nil
		})
		if err != nil || c.Requests() != 1 {
			t.Error(err, c.Requests())
		}
	})
}

func TestEndlessBodyIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Transport: script(func(r *http.Request) (*http.Response, error) {
			a := answer(200, "")
			a.Body = io.NopCloser(trickle{r.Context()})
			return a, nil
		})})
		begin := time.Now()
		err := c.Do(t.Context(), get("http://h/"), wantStatus(200))
		if err == nil || errors.Is(err, ErrTemporary) || c.Requests() != 1 || time.Since(begin) > 31*time.Minute {
			t.Error(err, c.Requests(), time.Since(begin))
		}
	})
}

func TestLargeUploadIsGivenTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(5 * time.Minute):
				return answer(200, "ok"), nil
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		})})
		post := func(size int64) error {
			return c.Do(t.Context(), func(ctx context.Context) (*http.Request, error) {
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://h/import", strings.NewReader(""))
				r.ContentLength = size
				return r, err
			}, wantStatus(200))
		}
		if err := post(50 << 20); err != nil {
			t.Errorf("50 MiB: %v", err)
		}
		if err := post(1 << 10); !errors.Is(err, ErrTemporary) {
			t.Errorf("1 KiB: %v", err)
		}
	})
}

func TestStatus500MayBeAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		c := New(Options{Transport: script(status(500), status(500), status(503), status(200))})
		for _, want := range []int{500, 500, 200} {
			if err := c.Do(Unrepeated(t.Context()), get("http://h/"), wantStatus(want)); err != nil {
				t.Error(err)
			}
			if took := time.Since(begin); want == 500 && took > 0 {
				t.Errorf("handled after %v", took)
			}
		}
		if c.Requests() != 4 {
			t.Errorf("%d requests", c.Requests())
		}
	})
}
