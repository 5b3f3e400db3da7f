package polite

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	// maxWait is the longest wait that a server can ask for; beyond it,
	// requests fail at once until the rest is shorter.
	maxWait = time.Hour

	// A server that gave no answer to downTries tries, over downTime at
	// least, is down: one request in downPause looks whether it still is.
	// downTime is more than an Etherpad with a large database takes to start
	// again (40 s for 767 MB).
	downTries = 6
	downTime  = 2 * time.Minute
	downPause = 5 * time.Minute
)

// A server is what a Client knows of one server. One that was not heard of,
// lately or ever, is asked by one request alone; what its answer says decides
// on the others.
type server struct {
	name    string // as users see it
	places  int    // requests at once
	waiting func(string, time.Time)

	mu         sync.Mutex    // guards what follows
	changed    chan struct{} // closed when something below changed
	taken      int           // places
	unanswered int           // requests whose answer has not begun
	probing    bool          // the request that goes alone is one of them
	met        bool          // an answer told that requests need not go alone
	quota      quota
	pause      time.Time // no request before
	announced  time.Time // the last time that waiting was told
	lost       int       // tries without an answer since the last one
	lostSince  time.Time // the first of them
	lostError  error     // of the last of them
	down       time.Time // requests fail until then
}

func newServer(name string, places int, waiting func(string, time.Time)) *server {
	return &server{name: name, places: places, waiting: waiting, changed: make(chan struct{})}
}

// serverKey is a server's identity: host and port. The default ports of http
// and https are one server.
func serverKey(u *url.URL) string {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	port := u.Port()
	if port == "" || u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		return host
	}
	return net.JoinHostPort(host, port)
}

func serverName(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
}

// A pass allows to send one request.
type pass struct {
	*server
	probe    bool
	sent     time.Time
	answered bool
}

// enter waits until the server may be asked. The caller leaves.
func (s *server) enter(ctx context.Context) (*pass, error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		s.mu.Lock()
		now := time.Now()
		p, until, err := s.admit(now)
		changed := s.changed
		announce := s.waiting != nil && until.Sub(now) > time.Second && !until.Equal(s.announced)
		if announce {
			s.announced = until
		}
		s.mu.Unlock()
		if p != nil || err != nil {
			return p, err
		}
		if announce {
			s.waiting(s.name, until)
		}
		wait(ctx, changed, until)
	}
}

// wait returns when one of the three comes; a zero time never does.
func wait(ctx context.Context, changed <-chan struct{}, until time.Time) {
	var alarm <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(time.Until(until))
		defer t.Stop()
		alarm = t.C
	}
	select {
	case <-changed:
	case <-alarm:
	case <-ctx.Done():
	}
}

// admit gives a pass, or the time to wait until, zero for the next change.
// The caller holds s.mu.
func (s *server) admit(now time.Time) (*pass, time.Time, error) {
	if now.Before(s.down) {
		return nil, time.Time{}, s.downError()
	}
	until := s.pause
	if s.quota.spent(now) && until.Before(s.quota.end) {
		until = s.quota.end
	}
	switch {
	case until.Sub(now) > maxWait:
		return nil, time.Time{}, fmt.Errorf("%s asks to wait for more than %v: %w", s.name, maxWait, ErrDown)
	case until.After(now):
		return nil, until, nil
	case s.taken == s.places || !s.quota.allows(now, s.unanswered):
		return nil, time.Time{}, nil
	}
	probe := !s.met || s.lost > 0 || s.quota.over(now)
	if probe && s.probing {
		return nil, time.Time{}, nil
	}
	s.taken++
	s.unanswered++
	s.probing = s.probing || probe
	return &pass{server: s, probe: probe, sent: now}, time.Time{}, nil
}

// signal wakes all that wait. The caller holds s.mu.
func (s *server) signal() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// arrived ends the time in which the request counts as unanswered. The
// caller holds s.mu.
func (p *pass) arrived() {
	if p.answered {
		return
	}
	p.answered = true
	p.unanswered--
	if p.probe {
		p.probing = false
	}
	p.signal()
}

// heard notes that the server answered.
func (p *pass) heard(l limits) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived()
	p.lost, p.down, p.met = 0, time.Time{}, true
	p.quota.update(time.Now(), l)
}

// refused notes an answer that asks for fewer requests, and keeps all of
// them back until the quota begins anew, else for as long as it says, else
// for otherwise.
func (p *pass) refused(l limits, otherwise time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived()
	p.met = false
	now := time.Now()
	p.quota.update(now, l)
	if p.quota.spent(now) {
		return
	}
	if l.hasRetry {
		otherwise = l.retry
	}
	p.pauseUntil(now.Add(otherwise))
}

// unheard notes that no answer came, or one from a proxy in the server's
// place. A request that hung was not refused by the network; one that counts
// may have been counted by the server. The error says that the server is now
// down.
func (p *pass) unheard(err error, hung, counts bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived()
	now := time.Now()
	p.quota.spend(now, hung, counts)
	if hung && p.quota.over(now) {
		// Etherpad 1.9.4 to 3.3.1 never answers over the limit. The window
		// that this request fell into is not known, but over when a whole
		// one has passed.
		p.pauseUntil(p.sent.Add(window))
	}
	if p.lost == 0 {
		p.lostSince = now
	}
	p.lost++
	p.lostError = err
	if p.lost < downTries || now.Sub(p.lostSince) < downTime {
		return nil
	}
	p.down = now.Add(downPause)
	return p.downError()
}

// dropped notes that the request was given up by its user.
func (p *pass) dropped() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived()
	p.quota.spend(time.Now(), false, true)
}

// leave gives the place back.
func (p *pass) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	p.signal()
}

func (s *server) pauseUntil(t time.Time) {
	if s.pause.Before(t) {
		s.pause = t
	}
}

func (s *server) downError() error {
	return fmt.Errorf("%w after %d tries: %w", ErrDown, s.lost, s.lostError)
}
