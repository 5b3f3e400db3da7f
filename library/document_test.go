package library

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

func TestReadingAPadEndsWithItsContext(t *testing.T) {
	server := etherpadtest.New(etherpadtest.Options{})
	p := server.Create("ag", "Ordre du jour\n")
	for range 300 {
		p.Append(etherpadtest.Author{ID: "a.ada", Name: "Ada"}, strings.Repeat("Un point de plus\n", 20))
	}
	ctx, cancel := context.WithCancel(t.Context())
	export := string(server.Export("ag"))
	opened, err := pad.Open(until{ctx, strings.NewReader(export)}, int64(len(export)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.At(150); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := opened.At(150); !errors.Is(err, context.Canceled) {
		t.Errorf("a revision: %v", err)
	}
	if _, err := pad.Open(until{ctx, strings.NewReader(export)}, int64(len(export))); !errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) {
		t.Errorf("opened: %v", err)
	}
}
