package sourcetest

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// Serve runs a real HTTP server over connections in memory, and returns a
// transport all of whose requests go there, whatever their host. Both work
// inside a testing/synctest bubble; stop ends them.
func Serve(h http.Handler) (transport *http.Transport, stop func()) {
	listener := &memoryListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: h}
	var wg sync.WaitGroup
	wg.Go(func() { server.Serve(listener) }) // ends with http.ErrServerClosed
	transport = &http.Transport{DialContext: listener.dial, DialTLSContext: listener.dial}
	return transport, func() {
		transport.CloseIdleConnections()
		server.Close()
		wg.Wait()
	}
}

type memoryListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *memoryListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *memoryListener) Addr() net.Addr { return memoryAddr{} }

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return "memory" }
