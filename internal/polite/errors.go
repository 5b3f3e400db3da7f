package polite

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"syscall"
)

// ErrTemporary is matched by errors after which the same request may succeed.
var ErrTemporary = errors.New("temporary")

// ErrDown is matched by errors of requests that were not sent, or not sent
// again: for some time the server gave no answer, or none better than 500, or
// it asks to be left alone for more than an hour.
var ErrDown = errors.New("the server is down")

// ErrBroken is matched by the error of a request that the server may have died
// of: see Once. It matches ErrTemporary too.
var ErrBroken = errors.New("the connection broke where an answer was due")

// ErrUnheard is matched by the error of a request that was not sent, because
// the server may die of it and was not heard since an answer broke off: see
// AskOnce. It matches ErrTemporary too.
var ErrUnheard = errors.New("the server was not heard since an answer broke off")

// ErrUnanswered is matched by errors of requests to which the server gave no
// answer of its own, so that they say nothing of what was asked for.
var ErrUnanswered = errors.New("unanswered")

// Why there was no answer, or no whole one, besides what the system says.
var (
	ErrHung    = errors.New("no answer in time")
	ErrIdle    = errors.New("the answer stopped in the middle")
	ErrEndless = errors.New("the answer does not end")
	ErrSlow    = errors.New("the answer comes too slowly")
	ErrProxy   = errors.New("the proxy of this machine refuses")
	ErrInvalid = errors.New("no valid answer")
)

// A SystemError is one of this machine's network. It matches no error of
// package fs: a firewall's refusal would be taken for a document's.
type SystemError struct {
	Number syscall.Errno
	text   string
}

func (e *SystemError) Error() string { return e.text }

// Temporary makes err match ErrTemporary without saying so: by the time a
// person sees it, all tries may be over.
func Temporary(err error) error { return temporary{err} }

// An unanswered error matches ErrUnanswered without saying so.
type unanswered struct{ error }

func (u unanswered) Unwrap() []error { return []error{u.error, ErrUnanswered} }

// A temporary error matches ErrTemporary without saying so.
type temporary struct{ error }

func (t temporary) Unwrap() []error { return []error{t.error, ErrTemporary} }

func broken(err error) error { return fmt.Errorf("%w: %w", ErrBroken, err) }

// makingError hides an error that may quote an address.
func makingError(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return errors.New("make a request: not a valid address")
	}
	return fmt.Errorf("make a request: %w", err)
}

// transportError is the error of a request without an answer.
func (s *server) transportError(err error) error {
	var certificate *tls.CertificateVerificationError
	var dns *net.DNSError
	hopeless := errors.As(err, &certificate) || errors.As(err, &dns) && dns.IsNotFound
	err = unanswered{fmt.Errorf("ask %s: %w", s.name, plain(err))}
	if hopeless {
		return err
	}
	return temporary{err}
}

// statusError is the error of an answer that stands in for the server's own.
func (s *server) statusError(status int) error {
	return temporary{unanswered{fmt.Errorf("ask %s: status %d", s.name, status)}}
}

// bodyError is the error of a body that broke off.
func (s *server) bodyError(err error) error {
	err = fmt.Errorf("receive from %s: %w", s.name, plain(err))
	if errors.Is(err, ErrEndless) || errors.Is(err, ErrSlow) {
		return err
	}
	return temporary{err}
}

// plain keeps of an error only what is known not to quote an address or what
// the server sent.
func plain(err error) error {
	var (
		certificate *tls.CertificateVerificationError
		dns         *net.DNSError
		op          *net.OpError
		number      syscall.Errno
	)
	for _, known := range []error{ErrHung, ErrIdle, ErrEndless, ErrSlow, ErrProxy, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, known) {
			return known
		}
	}
	switch {
	case errors.As(err, &dns):
		return dns
	case errors.As(err, &certificate):
		return certificate
	case errors.As(err, &number):
		text := number.Error()
		if errors.As(err, &op) {
			text = op.Error()
		}
		return &SystemError{number, text}
	case errors.As(err, &op):
		return errors.New(op.Error())
	}
	return ErrInvalid
}
