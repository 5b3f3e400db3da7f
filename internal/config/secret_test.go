package config

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"github.com/pelletier/go-toml/v2"
)

func TestSecretIsNeverShown(t *testing.T) {
	const hidden = "hunter2"
	s := NewSecret(hidden)
	type holder struct {
		Open   Secret
		closed Secret
		List   []Secret
		Map    map[string]Secret
		Any    any
		Ref    *Secret
	}
	h := holder{s, s, []Secret{s}, map[string]Secret{"k": s}, s, &s}
	values := []any{s, &s, h, &h, h.List, h.Map, [1]Secret{s}, Config{Sources: []Source{{URL: s, Documents: h.List}}}, struct{ s Secret }{s}}

	var shown bytes.Buffer
	for _, v := range values {
		for verb := ' '; verb <= '~'; verb++ {
			for _, flags := range []string{"", "+", "#", "-", " ", "0", "20", ".3", "#+20.3"} {
				fmt.Fprintf(&shown, "%"+flags+string(verb)+"\n", v)
			}
		}
		fmt.Fprintln(&shown, v)
		fmt.Fprintln(&shown, errors.Join(fmt.Errorf("x: %v", v)))
		for _, marshal := range []func(any) ([]byte, error){json.Marshal, xml.Marshal, toml.Marshal} {
			b, _ := marshal(v)
			shown.Write(b)
		}
		for _, handler := range []slog.Handler{slog.NewTextHandler(&shown, nil), slog.NewJSONHandler(&shown, nil)} {
			slog.New(handler).Info("x", "v", v, slog.Group("g", "v", v))
		}
		template.Must(template.New("").Parse("{{.}} {{printf `%q` .}}")).Execute(&shown, v)
		fmt.Fprintf(&shown, "%v", recovered(v))
	}
	for _, form := range []string{hidden, fmt.Sprintf("%x", hidden), fmt.Sprintf("%X", hidden), fmt.Sprint([]byte(hidden)), hidden[:3]} {
		if strings.Contains(shown.String(), form) {
			t.Errorf("shown as %q", form)
		}
	}
	for _, form := range []string{redacted, `"Open":"` + redacted + `"`, `v=` + redacted} {
		if !strings.Contains(shown.String(), form) {
			t.Errorf("%q is nowhere", form)
		}
	}
	if s.Reveal() != hidden {
		t.Error("lost")
	}
}

// recovered is what a log of a panic would print.
func recovered(v any) (r any) {
	defer func() { r = recover() }()
	panic(v)
}

func TestEmptySecretIsEmpty(t *testing.T) {
	var s Secret
	if s.Reveal() != "" || fmt.Sprint(s, NewSecret("")) != " " && fmt.Sprint(s) != "" {
		t.Errorf("%q", fmt.Sprint(s))
	}
}
