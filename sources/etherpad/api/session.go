package api

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

// Session gives a session for the pads of a group, "" where none can be made.
func (c *Client) Session(ctx context.Context, group string) (string, error) {
	c.sessions.mu.Lock()
	defer c.sessions.mu.Unlock()
	known := c.sessions.open[group]
	if time.Until(known.until) > sessionMargin {
		return known.id, nil
	}
	if known.id != "" {
		c.sessions.old = append(c.sessions.old, known.id)
		delete(c.sessions.open, group)
	}
	made, err := c.createSession(ctx, group)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil // a group that is not there needs no session
	}
	if err != nil {
		return "", err
	}
	if c.sessions.open == nil {
		c.sessions.open = make(map[string]session)
	}
	c.sessions.open[group] = made
	return made.id, nil
}

// createSession makes a session for padsync's own author, which is the same one
// in all runs: the API cannot delete an author.
func (c *Client) createSession(ctx context.Context, group string) (session, error) {
	if c.sessions.author == "" {
		var data struct{ AuthorID string }
		if err := c.Call(ctx, "createAuthorIfNotExistsFor", &data, "authorMapper", "padsync", "name", "padsync"); err != nil {
			return session{}, err
		}
		c.sessions.author = data.AuthorID
	}
	until := time.Now().Add(sessionTime)
	var data struct{ SessionID string }
	err := c.Call(ctx, "createSession", &data, "groupID", group, "authorID", c.sessions.author,
		"validUntil", strconv.FormatInt(until.Unix(), 10))
	if err == nil && !isCookieValue(data.SessionID) {
		err = ErrAnswer
	}
	return session{data.SessionID, until}, err
}

func isCookieValue(s string) bool {
	return strings.HasPrefix(s, "s.") && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ';' || r == ',' || r == '"' })
}

// Close deletes the sessions that were made on the server for this run. The
// Client can still be used.
func (c *Client) Close(ctx context.Context) error {
	c.sessions.mu.Lock()
	defer c.sessions.mu.Unlock()
	ids := c.sessions.old
	for _, made := range c.sessions.open {
		ids = append(ids, made.id)
	}
	c.sessions.open, c.sessions.old = nil, nil
	var errs []error
	for _, id := range ids {
		if err := c.Call(ctx, "deleteSession", nil, "sessionID", id); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
