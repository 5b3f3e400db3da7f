package polite

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// byteBySecond is an answer that goes on for hours.
func byteBySecond(r *http.Request) (*http.Response, error) {
	a := answer(200, "")
	a.Body = io.NopCloser(trickle{r.Context()})
	return a, nil
}

func readAll(r *http.Response) error {
	_, err := io.Copy(io.Discard, r.Body)
	return err
}

// TestServerThatSendsAByteASecondHoldsNobodyUp: one answer costs a minute, and
// after some of them the server is left alone.
func TestServerThatSendsAByteASecondHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, begin := New(Options{Transport: roundTripper(byteBySecond)}), time.Now()
		for range 300 {
			if err := c.Do(t.Context(), get("http://h/"), readAll); err == nil || errors.Is(err, ErrTemporary) && !errors.Is(err, ErrDown) {
				t.Fatal(err)
			}
		}
		if took := time.Since(begin); took > 5*time.Minute || c.Requests() != maxStalls {
			t.Errorf("%v, %d requests", took, c.Requests())
		}
	})
}

// TestServerThatNeverEndsItsAnswersIsLeftAlone, whether they stand still or go on
// for longer than any document.
func TestServerThatNeverEndsItsAnswersIsLeftAlone(t *testing.T) {
	for name, body := range map[string]func(*http.Request) io.Reader{
		"it stands still": func(r *http.Request) io.Reader { return silence{r.Context()} },
		"it goes on":      func(r *http.Request) io.Reader { return endless{r.Context()} },
	} {
		synctest.Test(t, func(t *testing.T) {
			c, begin := New(Options{BodyTimeout: 2 * time.Minute, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				a := answer(200, "")
				a.Body = io.NopCloser(body(r))
				return a, nil
			})}), time.Now()
			for range 100 {
				if err := c.Do(t.Context(), get("http://h/"), readAll); err == nil {
					t.Fatal("it ended")
				}
			}
			if took := time.Since(begin); took > 10*time.Minute || c.Requests() != maxStalls {
				t.Errorf("%s: %v, %d requests", name, took, c.Requests())
			}
		})
	}
}

type silence struct{ ctx context.Context }

func (s silence) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

type endless struct{ ctx context.Context }

func (e endless) Read(p []byte) (int, error) {
	time.Sleep(time.Second)
	return min(len(p), 4<<10), e.ctx.Err()
}

// TestServerThatFlowsAgainIsAskedAgain, after a pause.
func TestServerThatFlowsAgainIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Transport: script(byteBySecond, byteBySecond, status(200), byteBySecond, byteBySecond, byteBySecond, byteBySecond, status(200))})
		for i, want := range []bool{false, false, true, false, false, false, false, false} {
			if err := c.Do(t.Context(), get("http://h/"), readAll); (err == nil) != want {
				t.Errorf("request %d: %v", i, err)
			}
		}
		time.Sleep(downPause)
		if err := c.Do(t.Context(), get("http://h/"), readAll); err != nil {
			t.Error(err)
		}
	})
}

// TestSlowLineIsNoFault: a modem's, of which several answers come at once, and
// a pause in one that is quick.
func TestSlowLineIsNoFault(t *testing.T) {
	for name, chunk := range map[string]struct {
		bytes int
		every time.Duration
	}{"a modem": {512, time.Second}, "in bursts": {8 << 10, 25 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			c := New(Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				a := answer(200, "")
				a.Body = io.NopCloser(&chunks{strings.NewReader(strings.Repeat("x", 512<<10)), chunk.bytes, chunk.every})
				return a, nil
			})})
			if err := c.Do(t.Context(), get("http://h/"), readAll); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// TestEachMinuteHasItsOwnRate: what came before makes no slow one quick.
func TestEachMinuteHasItsOwnRate(t *testing.T) {
	for name, c := range map[string]struct {
		first, seconds, then int // bytes in a second, at first for so long
		fails                bool
	}{
		"just enough": {300, 60, 300, false}, "just too little": {200, 60, 200, true},
		"quick, then slow": {64 << 10, 60, 200, true}, "quick, then just enough": {64 << 10, 60, 300, false},
		"slow, then quick in the same minute": {50, 20, 1000, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			client := New(Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				a := answer(200, "")
				a.Body = io.NopCloser(io.MultiReader(
					&chunks{strings.NewReader(strings.Repeat("x", c.seconds*c.first)), c.first, time.Second},
					&chunks{strings.NewReader(strings.Repeat("x", 300*c.then)), c.then, time.Second}))
				return a, nil
			})})
			if err := client.Do(t.Context(), get("http://h/"), readAll); (err != nil) != c.fails {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// TestReadersOwnTimeMakesNoServerSlow: it may do other things between two reads.
func TestReadersOwnTimeMakesNoServerSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			a := answer(200, "")
			a.Body = io.NopCloser(&chunks{strings.NewReader(strings.Repeat("x", 1000)), 100, time.Second})
			return a, nil
		})})
		err := c.Do(t.Context(), get("http://h/"), func(r *http.Response) error {
			for {
				if _, err := r.Body.Read(make([]byte, 100)); err == io.EOF {
					return nil
				} else if err != nil {
					return err
				}
				time.Sleep(2 * time.Minute)
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
}

type chunks struct {
	r     io.Reader
	bytes int
	every time.Duration
}

func (c *chunks) Read(p []byte) (int, error) {
	time.Sleep(c.every)
	return c.r.Read(p[:min(c.bytes, len(p))])
}
