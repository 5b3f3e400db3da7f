package polite

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A node works in one thread, as Etherpad does, behind a network.
type node struct {
	network time.Duration
	work    func(n int) time.Duration // of the n-th request
	thread  chan struct{}

	mu         sync.Mutex
	n          int
	open, most int // at once, and the most since it was last 0
}

func newNode(network time.Duration, work func(int) time.Duration) *node {
	return &node{network: network, work: work, thread: make(chan struct{}, 1)}
}

func (s *node) RoundTrip(*http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.n++
	n := s.n
	s.open++
	s.most = max(s.most, s.open)
	s.mu.Unlock()
	time.Sleep(s.network)
	s.thread <- struct{}{}
	time.Sleep(s.work(n))
	<-s.thread
	s.mu.Lock()
	s.open--
	s.mu.Unlock()
	return answer(200, "pad"), nil
}

// mostAtOnce asks for n documents, four workers at a time, and tells how many
// requests the server had at once in the last half of them.
func mostAtOnce(t *testing.T, c *Client, s *node, n int) int {
	var wg sync.WaitGroup
	jobs := make(chan int)
	for range 4 {
		wg.Go(func() {
			for i := range jobs {
				if err := c.Do(t.Context(), get(fmt.Sprint("http://h/p/", i)), wantStatus(200)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range n {
		if i == n/2 {
			s.mu.Lock()
			s.most = 0
			s.mu.Unlock()
		}
		jobs <- i
	}
	close(jobs)
	wg.Wait()
	return s.most
}

func steady(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }

// uneven is the time for pads of which some are thirty times as large.
func uneven(n int) time.Duration {
	return time.Duration([]int{2, 3, 2, 60, 4, 2, 9, 2, 3, 20, 2, 5}[n*7%12]) * time.Millisecond
}

func TestServerGetsAsManyAtOnceAsItGainsFrom(t *testing.T) {
	for name, c := range map[string]struct {
		network     time.Duration
		work        func(int) time.Duration
		least, most int
	}{
		"far away":                {200 * time.Millisecond, steady(2 * time.Millisecond), 4, 4},
		"busy":                    {time.Millisecond, steady(50 * time.Millisecond), 2, 2},
		"far and busy":            {100 * time.Millisecond, steady(50 * time.Millisecond), 2, 4},
		"far, with uneven pads":   {200 * time.Millisecond, uneven, 3, 4},
		"close, with uneven pads": {time.Millisecond, uneven, 1, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newNode(c.network, c.work)
				got := mostAtOnce(t, New(Options{Transport: s}), s, 400)
				if got < c.least || got > c.most {
					t.Errorf("%d at once, want %d to %d", got, c.least, c.most)
				}
			})
		})
	}
}

func TestServerThatSlowsDownGetsFewerAtOnce(t *testing.T) {
	for name, network := range map[string]time.Duration{"far": 200 * time.Millisecond, "close": time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				work := 5 * time.Millisecond
				s := newNode(network, func(int) time.Duration { return work })
				c := New(Options{Transport: s})
				before := mostAtOnce(t, c, s, 200)
				work = 2 * time.Second
				if got := mostAtOnce(t, c, s, 100); got != 1 {
					t.Errorf("%d at once of a server that slowed down, %d before", got, before)
				}
				work = 5 * time.Millisecond
				if got := mostAtOnce(t, c, s, 200); got != before {
					t.Errorf("%d at once of a server that is quick again, %d before", got, before)
				}
			})
		})
	}
}

func TestLostRequestsHalveThePace(t *testing.T) {
	p := newPace(4)
	for _, want := range []int{1, 2, 3, 4} {
		for range sample {
			p.answered(time.Second, true)
		}
		if p.limit != want {
			t.Errorf("limit %d, want %d", p.limit, want)
		}
	}
	for _, want := range []int{2, 1, 1} {
		if p.lost(); p.limit != want {
			t.Errorf("limit %d, want %d", p.limit, want)
		}
	}
}

func TestPaceThatWasNotTriedIsNotRaised(t *testing.T) {
	p := newPace(4)
	for range 10 * sample {
		p.answered(time.Second, false)
	}
	if p.limit > firstLimit {
		t.Errorf("limit %d", p.limit)
	}
}
