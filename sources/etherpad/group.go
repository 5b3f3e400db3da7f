package etherpad

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A session opens the pads of a group to its author. One that a crash left
// behind ends by itself.
type session struct {
	id    string
	until time.Time
}

const (
	sessionTime   = 6 * time.Hour
	sessionMargin = time.Hour // no export takes as long
)

// sessions are those that were made, by their groups.
type sessions struct {
	mu     sync.Mutex // guards what follows, also while one is made
	author string
	open   map[string]session
	old    []string
}

// groupOf is the group that a pad is in, "" if none.
func groupOf(id string) string {
	group, _, found := strings.Cut(id, "$")
	if !found || !strings.HasPrefix(group, "g.") {
		return ""
	}
	return group
}

// session gives a session for a pad of a group, "" where none is needed or
// can be made.
func (s *Source) session(ctx context.Context, id string) (string, error) {
	group := groupOf(id)
	if group == "" || !s.access.operator() {
		return "", nil
	}
	s.sessions.mu.Lock()
	defer s.sessions.mu.Unlock()
	known := s.sessions.open[group]
	if time.Until(known.until) > sessionMargin {
		return known.id, nil
	}
	if known.id != "" {
		s.sessions.old = append(s.sessions.old, known.id)
		delete(s.sessions.open, group)
	}
	made, err := s.createSession(ctx, group)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil // what is not there needs none
	}
	if err != nil {
		return "", err
	}
	if s.sessions.open == nil {
		s.sessions.open = make(map[string]session)
	}
	s.sessions.open[group] = made
	return made.id, nil
}

// createSession makes a session for padsync's own author, which is the same
// one in all runs: the API can take no author away.
func (s *Source) createSession(ctx context.Context, group string) (session, error) {
	if s.sessions.author == "" {
		var data struct{ AuthorID string }
		if err := s.call(ctx, "createAuthorIfNotExistsFor", &data, "authorMapper", "padsync", "name", "padsync"); err != nil {
			return session{}, err
		}
		s.sessions.author = data.AuthorID
	}
	until := time.Now().Add(sessionTime)
	var data struct{ SessionID string }
	err := s.call(ctx, "createSession", &data, "groupID", group, "authorID", s.sessions.author,
		"validUntil", strconv.FormatInt(until.Unix(), 10))
	if err == nil && !isCookieValue(data.SessionID) {
		err = errAnswer
	}
	return session{data.SessionID, until}, err
}

func isCookieValue(s string) bool {
	return strings.HasPrefix(s, "s.") && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ';' || r == ',' || r == '"' })
}

// Close takes away what was made on the server for this run: sessions. The
// Source can be used on.
func (s *Source) Close(ctx context.Context) error {
	s.sessions.mu.Lock()
	defer s.sessions.mu.Unlock()
	ids := s.sessions.old
	for _, made := range s.sessions.open {
		ids = append(ids, made.id)
	}
	s.sessions.open, s.sessions.old = nil, nil
	var errs []error
	for _, id := range ids {
		if err := s.call(ctx, "deleteSession", nil, "sessionID", id); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
