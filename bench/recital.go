package main

import (
	"bufio"
	"bytes"
	"net"
	"net/http/httputil"
	"testing"
)

// A recital is a server that answers as a corpus would, with answers that were
// made before. It shares the processor with what is measured, so it does no
// more than a server must: one read and one write for each request.
type recital struct {
	whole, unchanged map[string][]byte // answers by path
	etags            map[string][]byte
}

// recite starts a recital, and returns its address.
func recite(t testing.TB, c *corpus) string {
	s := recital{map[string][]byte{}, map[string][]byte{}, map[string][]byte{}}
	for n := range c.pads {
		path, first := c.path(n), c.ask(n, "")
		etag := first.Header.Get("ETag")
		s.etags[path] = []byte(etag)
		var err error
		if s.whole[path], err = httputil.DumpResponse(first, true); err != nil {
			t.Fatal(err)
		}
		if s.unchanged[path], err = httputil.DumpResponse(c.ask(n, etag), true); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // it was closed
			}
			go s.serve(conn)
		}
	}()
	return "http://" + listener.Addr().String()
}

// serve answers one connection's requests. What it does not know ends it.
func (s *recital) serve(conn net.Conn) {
	defer conn.Close()
	for r := bufio.NewReader(conn); ; {
		path, etag, err := readRequest(r)
		if err != nil {
			return
		}
		answer, known := s.whole[path]
		if !known {
			return
		}
		if len(etag) > 0 && bytes.Equal(etag, s.etags[path]) {
			answer = s.unchanged[path]
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

// readRequest reads one without a body.
func readRequest(r *bufio.Reader) (path string, etag []byte, err error) {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return "", nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if rest, ok := bytes.CutPrefix(line, []byte("GET ")); ok {
			rest, _, _ = bytes.Cut(rest, []byte(" "))
			path = string(rest)
		}
		if value, ok := bytes.CutPrefix(line, []byte("If-None-Match: ")); ok {
			etag = bytes.Clone(value)
		}
		if len(line) == 0 {
			return path, etag, nil
		}
	}
}
