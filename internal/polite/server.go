package polite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
)

// maxWait is the longest wait that a server can ask for; beyond it, requests
// fail at once until the rest is shorter.
const maxWait = time.Hour

// A server is what a Client knows of one server. A server that was not heard
// lately, or ever, gets one request alone; its answer decides about the others.
type server struct {
	name    string // as users see it
	places  int    // requests at once, with those whose body is being received
	waiting func(Wait)

	mu         sync.Mutex    // guards what follows
	changed    chan struct{} // closed when something below changed
	taken      int           // places
	unanswered int           // requests whose answer has not begun
	uncounted  int           // of these: no limit counts them
	pace       pace          // how many those may be
	probing    bool          // the request that goes alone is one of them
	met        bool          // it has answered
	silent     bool          // not since an answer broke off
	quota      quota
	pause      time.Time // no request before
	paused     Why
	announced  time.Time // the end of the last wait that was announced
	breaker    breaker
	stalls     int // bodies that did not go on, one after the other
}

func newServer(name string, places int, waiting func(Wait)) *server {
	return &server{name: name, places: places, pace: newPace(places), waiting: waiting, changed: make(chan struct{})}
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

type uncountedKey struct{}

// Uncounted gives a context for requests that a server's limit does not
// count, such as those to the API of an Etherpad: they do not wait for it.
func Uncounted(ctx context.Context) context.Context {
	return context.WithValue(ctx, uncountedKey{}, true)
}

type unrepeatedKey struct{}

// Unrepeated gives a context for requests to which status 500 is an answer like
// any other, handled at once: MyPads 1.7.17 says with it that a token has
// ended.
func Unrepeated(ctx context.Context) context.Context {
	return context.WithValue(ctx, unrepeatedKey{}, true)
}

func isUnrepeated(ctx context.Context) bool { return ctx.Value(unrepeatedKey{}) != nil }

type onceKey struct{}

// Once gives a context for requests that a server may die of: those with a
// password (MyPads 1.7.17 was seen to). Each goes over a connection of its own,
// so that a break means something, and is not sent again unless the server
// cannot have acted on it: no connection, 429, 503. If the server, which had
// answered the request before, closes the connection in place of an answer, or
// a proxy says so with 502, the error matches ErrBroken. If the server broke
// off before and was not heard since, that would mean nothing: if it had ever
// answered by then, nothing is sent, and the error matches ErrUnheard.
func Once(ctx context.Context) context.Context { return context.WithValue(ctx, onceKey{}, true) }

func isOnce(ctx context.Context) bool { return ctx.Value(onceKey{}) != nil }

// AskOnce sends what a server may die of: ask does, with the context that it is
// given. If the server must be heard first, look asks for something harmless;
// its result does not matter.
func AskOnce(ctx context.Context, ask, look func(context.Context) error) error {
	err := ask(Once(ctx))
	if !errors.Is(err, ErrUnheard) {
		return err
	}
	_ = look(ctx)
	return ask(Once(ctx))
}

type waitsKey struct{}

// WaitsUntil gives a context for requests that do not wait to be sent once the
// other context has ended: they fail with that one's cause. What was sent is
// not given up.
func WaitsUntil(ctx, end context.Context) context.Context {
	return context.WithValue(ctx, waitsKey{}, end)
}

// waitsUntil is the context that ends waits.
func waitsUntil(ctx context.Context) context.Context {
	if end, ok := ctx.Value(waitsKey{}).(context.Context); ok {
		return end
	}
	return ctx
}

// A pass permits one request.
type pass struct {
	*server
	probe    bool
	counted  bool // against the server's limit
	alive    bool // the server had answered the request before
	sent     time.Time
	answered bool
}

// enter waits until the server may be asked. The caller leaves.
func (s *server) enter(ctx context.Context) (*pass, error) {
	counted := ctx.Value(uncountedKey{}) == nil
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		s.mu.Lock()
		now := time.Now()
		p, until, err := s.admit(now, counted)
		changed := s.changed
		held, why := s.held(now, counted)
		announce := s.announces(now, held)
		s.mu.Unlock()
		if p != nil || err != nil {
			return p, err
		}
		if end := waitsUntil(ctx); end.Err() != nil {
			return nil, context.Cause(end)
		}
		if announce {
			s.waiting(Wait{s.name, held, why})
		}
		wait(ctx, changed, until)
	}
}

// away announces that a server that did nothing for the last try is asked again
// at until, or later if it is held.
func (s *server) away(until time.Time) {
	s.mu.Lock()
	now := time.Now()
	why := s.breaker.why
	if held, because := s.held(now, true); held.After(until) {
		until, why = held, because
	}
	announce := s.breaker.lost > 0 && s.announces(now, until)
	s.mu.Unlock()
	if announce {
		s.waiting(Wait{s.name, until, why})
	}
}

// announces says whether a wait is worth announcing and was not announced
// before. The caller holds s.mu, and announces it afterwards.
func (s *server) announces(now, until time.Time) bool {
	worth := s.waiting != nil && until.Sub(now) > time.Second && until.After(s.announced)
	if worth {
		s.announced = until
	}
	return worth
}

// wait returns when ctx ends, changed is closed or until comes; a zero until
// never does.
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
	case <-waitsUntil(ctx).Done():
	case <-ctx.Done():
	}
}

// admit gives a pass, or says until when to wait for a change; zero: as long as
// it takes. The caller holds s.mu.
func (s *server) admit(now time.Time, counted bool) (p *pass, until time.Time, err error) {
	held, _ := s.held(now, counted)
	probe := !s.met || s.breaker.lost > 0 || counted && s.quota.over(now)
	switch {
	case s.breaker.gaveUp && now.Before(s.breaker.open):
		return nil, time.Time{}, s.breaker.err()
	case held.Sub(now) > maxWait:
		return nil, time.Time{}, unanswered{fmt.Errorf("%w: %s asks to be left alone for more than %v", ErrDown, s.name, maxWait)}
	case held.After(now):
		return nil, held, nil
	case counted && !s.quota.allows(now, s.unanswered-s.uncounted):
		return nil, s.quota.end, nil
	case s.taken == s.places || s.unanswered >= s.pace.limit || probe && s.probing:
		return nil, time.Time{}, nil
	}
	s.taken++
	s.unanswered++
	if !counted {
		s.uncounted++
	}
	s.probing = s.probing || probe
	return &pass{server: s, probe: probe, counted: counted, alive: s.met && s.breaker.lost == 0, sent: now}, time.Time{}, nil
}

// held is when the server can be asked at the earliest, and why not before.
// The caller holds s.mu.
func (s *server) held(now time.Time, counted bool) (at time.Time, why Why) {
	at, why = s.pause, s.paused
	if s.breaker.open.After(at) {
		at, why = s.breaker.open, s.breaker.why
	}
	if counted && s.quota.spent(now) && s.quota.end.After(at) {
		at, why = s.quota.end, Limit
	}
	return at, why
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
	if !p.counted {
		p.uncounted--
	}
	if p.probe {
		p.probing = false
	}
	p.signal()
}

// heard notes that the server answered; worked says that the answer may have
// taken work.
func (p *pass) heard(l limits, worked bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if worked {
		p.pace.answered(time.Since(p.sent), p.unanswered >= p.pace.limit)
	}
	p.arrived()
	p.breaker, p.met, p.silent = breaker{}, true, false
	p.quota.update(time.Now(), l)
}

// maxStalls is how many answers in a row may begin and not go on: each costs a
// minute, and a server that always does so would hold a run up for hours.
const maxStalls = 4

// flowed notes how a body ended: with an error, the server did not go on with
// it. Enough of those, and the server is left alone for a while.
func (s *server) flowed(stalled error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stalled == nil {
		s.stalls = 0
		return
	}
	if s.stalls++; s.stalls >= maxStalls {
		s.breaker = breaker{lost: s.stalls, since: time.Now(), last: stalled, open: time.Now().Add(downPause), pauses: 1, gaveUp: true}
		s.signal()
	}
}

// failed notes an answer that says that the server cannot do its work. One
// document may be the reason, so only the last try counts, or a try that looks
// whether the server is back. The error says that the server is down.
func (p *pass) failed(err error, l limits, last bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived()
	now := time.Now()
	p.quota.update(now, l)
	p.silent = false
	if !last && p.breaker.pauses == 0 {
		return nil
	}
	if p.met {
		return p.breaker.lose(now, err, Down, downTime, patience)
	}
	return p.breaker.lose(now, err, Down, downTime, 0)
}

// refused notes an answer that asks for fewer requests, and keeps all of
// them back until the quota begins anew, else for as long as it says, else
// for otherwise. The error says that the server is down.
func (p *pass) refused(err error, why Why, l limits, otherwise time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived()
	now := time.Now()
	p.quota.update(now, l)
	p.silent = false
	if l.hasRetry {
		otherwise = l.retry
	}
	if !p.quota.spent(now) {
		p.hold(now.Add(otherwise), why)
	}
	return p.lose(now, err, why)
}

// unheard notes that no answer came, or only a proxy's. A request that hung was
// not refused by the network; one that counts may have been counted by the
// server. The error says that the server is down.
func (p *pass) unheard(err error, why Why, hung, counts bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived()
	now := time.Now()
	p.silent = p.silent || counts
	if p.counted {
		p.quota.spend(now, hung, counts)
	}
	if p.counted && hung && p.quota.over(now) {
		// Etherpad 1.9.4 to 3.3.1 never answers over the limit. The window that
		// this request fell into is not known, but it is over when a whole
		// window has passed.
		p.hold(p.sent.Add(window), Limit)
	}
	return p.lose(now, err, why)
}

// hold keeps all requests back until then. The caller holds s.mu.
func (s *server) hold(until time.Time, why Why) {
	if until.After(s.pause) {
		s.pause, s.paused = until, why
	}
}

// lose counts a try that the server did nothing for. The caller holds s.mu.
func (s *server) lose(now time.Time, err error, why Why) error {
	s.pace.lost()
	least, most := downTime, patience
	if why == Refused {
		least, most = refusedTime, refusedPatience
	}
	if s.met {
		return s.breaker.lose(now, err, why, 0, most)
	}
	return s.breaker.lose(now, err, why, least, 0)
}

// waited: requests wait for the server to come back.
func (s *server) waited() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.breaker.waited(time.Now())
}

// dropped notes that the request was given up by its user.
func (p *pass) dropped() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived()
	if p.counted {
		p.quota.spend(time.Now(), false, true)
	}
}

// withdrawn notes that the request was not sent after all.
func (p *pass) withdrawn() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived()
}

// mute says that the server, which had answered, was not heard since an answer
// broke off. If it never answered, nobody knows whether it would have.
func (p *pass) mute() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.met && p.silent
}

// leave gives the place back.
func (p *pass) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	p.signal()
}
