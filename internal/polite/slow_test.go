package polite

import (
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

type chunks struct {
	r     io.Reader
	bytes int
	every time.Duration
}

func (c *chunks) Read(p []byte) (int, error) {
	time.Sleep(c.every)
	return c.r.Read(p[:min(c.bytes, len(p))])
}
