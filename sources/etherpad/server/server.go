// Package server is one Etherpad server as every request sees it: where it is,
// what opens its door, and how it may answer any request.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources"
)

// A Server is one Etherpad server. It is safe for concurrent use.
type Server struct {
	base   string
	client *polite.Client
	door   Door
	secure atomic.Bool // it redirected from http to https
}

// A Door is what opens a server to any request at all. The zero value opens
// nothing.
type Door struct {
	// User and Password are for servers behind HTTP Basic authentication.
	User, Password string

	// Cookie is the header that a browser would send.
	Cookie string
}

// ErrCredentials is matched by errors for a password, key or token that a
// server refuses or asks for. They match fs.ErrPermission too.
var ErrCredentials = errors.New("the server refuses the password or key, or asks for one")

// New makes the server with this base address, as sources.Normalize gives it.
// It sends nothing. The error is for a cookie that does not fit in a header.
func New(base string, client *polite.Client, door Door) (*Server, error) {
	if !IsHeader(door.Cookie) {
		return nil, errors.New("not a cookie")
	}
	return &Server{base: base, client: client, door: door}, nil
}

// IsHeader says whether a header can hold s.
func IsHeader(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// Base is the base address as it was given, for people.
func (s *Server) Base() string { return s.base }

// Address is the base address that requests go to: by https once the server
// asked for that.
func (s *Server) Address() string {
	if rest, found := strings.CutPrefix(s.base, "http://"); found && s.secure.Load() {
		return "https://" + rest
	}
	return s.base
}

// Request makes a request for a path below the base address, with what opens
// the door. A session is that of a pad's group, "" for none.
func (s *Server) Request(ctx context.Context, method, path, session string, body io.Reader) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.Address()+path, body)
	if err != nil {
		return nil, err
	}
	if s.door.User != "" {
		r.SetBasicAuth(s.door.User, s.door.Password)
	}
	var cookies []string
	if s.door.Cookie != "" {
		cookies = append(cookies, s.door.Cookie)
	}
	if session != "" {
		cookies = append(cookies, "sessionID="+session)
	}
	if len(cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(cookies, "; "))
	}
	return r, nil
}

// Do sends a request that Request made, and gives the answer to handle, as
// polite.Client.Do does. If handle fails with ErrSecure, it sends the request
// once more, by https, and all later ones too. An error for a server that did
// not answer matches sources.ErrServer.
func (s *Server) Do(ctx context.Context, request func(context.Context) (*http.Request, error), handle func(*http.Response) error) error {
	err := s.client.Do(ctx, request, handle)
	if errors.Is(err, ErrSecure) {
		s.secure.Store(true)
		err = s.client.Do(ctx, request, handle)
	}
	if errors.Is(err, polite.ErrUnanswered) {
		return sources.AboutServer(err)
	}
	return err
}

// CheckDoor is ErrCredentials for the answer of a server that is itself closed,
// not just the one document.
func CheckDoor(r *http.Response) error {
	if r.StatusCode == http.StatusUnauthorized && r.Header.Get("WWW-Authenticate") != "" {
		return fmt.Errorf("%w: %w", ErrCredentials, fs.ErrPermission)
	}
	return nil
}
