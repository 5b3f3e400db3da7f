package config

import (
	"fmt"
	"io"
	"log/slog"
)

// A Secret is text that opens something: the address of a pad, or of a
// repository with a password in it. Only Reveal gives it away; printed,
// logged or encoded in any way, it is redacted.
type Secret struct {
	text *string // a pointer: fmt follows none where it can call no method
}

const redacted = "[redacted]"

// NewSecret makes a Secret of s.
func NewSecret(s string) Secret { return Secret{&s} }

// Reveal gives the text.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// String is "" for the empty Secret, and the same word for all others.
func (s Secret) String() string {
	if s.Reveal() == "" {
		return ""
	}
	return redacted
}

// Format implements fmt.Formatter, for every verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler, and by it JSON and TOML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the text as it is.
func (s *Secret) UnmarshalText(b []byte) error {
	*s = NewSecret(string(b))
	return nil
}
