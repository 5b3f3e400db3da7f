package polite

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// absent is a server that answers in half a second, and is away for a time.
type absent struct {
	from, to time.Duration // since begin
	away     func(*http.Request) (*http.Response, error)
	begin    time.Time

	mu    sync.Mutex
	asked int // while it was away
}

func (s *absent) RoundTrip(r *http.Request) (*http.Response, error) {
	if since := time.Since(s.begin); since < s.from || since >= s.to {
		time.Sleep(500 * time.Millisecond)
		return answer(200, "pad"), nil
	}
	s.mu.Lock()
	s.asked++
	s.mu.Unlock()
	return s.away(r)
}

func silent(r *http.Request) (*http.Response, error) { return hang(r, nil) }

func TestServerThatComesBackCostsHardlyADocument(t *testing.T) {
	for name, away := range map[string]func(*http.Request) (*http.Response, error){
		"refused": refused, "502": status(502), "503": status(503), "504": status(504), "silent": silent,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &absent{from: 10 * time.Second, to: 10 * time.Minute, away: away, begin: time.Now()}
				if name == "refused" {
					s.to = 4 * time.Minute
				}
				failed, _ := work(t, New(Options{Transport: s}), 500)
				if took := time.Since(s.begin); failed > 1 || s.asked > 12 || took > 20*time.Minute {
					t.Errorf("%d failed, %d requests while it was away, took %v", failed, s.asked, took)
				}
			})
		})
	}
}

func TestServerThatStaysAwayIsGivenUp(t *testing.T) {
	gaveUp := make(map[string]time.Duration)
	for name, c := range map[string]struct {
		away  func(*http.Request) (*http.Response, error)
		least time.Duration
		most  time.Duration
		other int // documents that failed by their own tries
	}{"refused": {refused, refusedPatience, 6 * time.Minute, 0}, "502": {status(502), patience, 16 * time.Minute, 1}} {
		synctest.Test(t, func(t *testing.T) {
			s := &absent{from: 10 * time.Second, to: 6 * time.Hour, away: c.away, begin: time.Now()}
			client := New(Options{Transport: s})
			failed, down := work(t, client, 500)
			if took := time.Since(s.begin); failed < 450 || failed-down > c.other || s.asked > 14 || took < c.least || took > c.most {
				t.Errorf("%s: %d failed, %d as it was down, %d requests while it was away, took %v", name, failed, down, s.asked, took)
			}
			gaveUp[name] = time.Since(s.begin)
			time.Sleep(s.to)
			if failed, _ := work(t, client, 20); failed > 0 {
				t.Errorf("%s: %d failed after it came back", name, failed)
			}
		})
	}
	if gaveUp["refused"] >= gaveUp["502"] {
		t.Errorf("given up after %v", gaveUp)
	}
}

// A server that was never met and refuses connections is given up sooner than
// one that is slow, but not before a program has started.
func TestRefusalIsGivenUpSoonerThanSilence(t *testing.T) {
	gaveUp := make(map[string]time.Duration)
	for name, away := range map[string]func(*http.Request) (*http.Response, error){
		"refused": refused, "silent": silent, "502": status(502),
	} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			work(t, New(Options{Transport: script(away)}), 100)
			gaveUp[name] = time.Since(begin)
		})
	}
	if gaveUp["refused"] >= gaveUp["502"] || gaveUp["refused"] >= gaveUp["silent"] || gaveUp["refused"] < refusedTime {
		t.Errorf("given up after %v", gaveUp)
	}
}

func TestServerThatFailsForAllIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &absent{from: 10 * time.Second, to: 10 * time.Minute, away: status(500), begin: time.Now()}
		failed, down := work(t, New(Options{Transport: s}), 500)
		if failed > 20 || down > 0 || s.asked > 70 {
			t.Errorf("%d failed, %d as it was down, %d requests while it failed", failed, down, s.asked)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Transport: script(status(500))})
		failed, down := work(t, c, 500)
		if failed != 500 || down < 480 || c.Requests() > 100 {
			t.Errorf("%d failed, %d as it was down, %d requests, to one that never worked", failed, down, c.Requests())
		}
	})
}

func TestBrokenDocumentsAreNoBrokenServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		c := New(Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "0") || strings.HasSuffix(r.URL.Path, "9") {
				return answer(500, ""), nil
			}
			return answer(200, "pad"), nil
		})})
		failed, down := work(t, c, 100)
		if took := time.Since(begin); failed != 20 || down > 0 || took > 6*time.Minute {
			t.Errorf("%d failed, %d as the server was down, took %v", failed, down, took)
		}
	})
}

func TestTriesThatBeganBeforeAPauseMakeItNoLonger(t *testing.T) {
	now := time.Now()
	var b breaker
	for range downTries + 3 {
		if err := b.lose(now, ErrHung, Slow, 0, patience); err != nil {
			t.Error(err)
		}
	}
	if got := b.open.Sub(now); got != firstPause || !b.waited(now) {
		t.Errorf("the pause is %v", got)
	}
}
