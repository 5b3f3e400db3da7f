package sinks_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/padsync/padsync/sinks"
)

func TestPartIsWhatTheRangeTells(t *testing.T) {
	for _, c := range []struct {
		offset, length int64
		want           string
	}{{0, -1, content}, {3, -1, content[3:]}, {3, 4, content[3:7]}, {3, 0, ""}, {3, 99, content[3:]}, {10, -1, ""}, {99, 5, ""}, {9, 1, content[9:]}} {
		for _, r := range []io.Reader{strings.NewReader(content), iotest.OneByteReader(strings.NewReader(content))} {
			p := sinks.Part(io.NopCloser(r), c.offset, c.length)
			if err := iotest.TestReader(p, []byte(c.want)); err != nil {
				t.Errorf("from %d, length %d: %v", c.offset, c.length, err)
			}
		}
	}
}

func TestPartOfABodyThatBreaksIsItsError(t *testing.T) {
	broken := errors.New("broken")
	for _, offset := range []int64{0, 3, 5, 7} {
		body := io.MultiReader(strings.NewReader(content[:5]), iotest.ErrReader(broken))
		got, err := io.ReadAll(sinks.Part(io.NopCloser(body), offset, -1))
		if want := content[min(offset, 5):5]; string(got) != want || err != broken {
			t.Errorf("from %d: %q, %v", offset, got, err)
		}
	}
}
