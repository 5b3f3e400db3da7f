package etherpad

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

func TestBodyThatNeverEndsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		transport, stop := sourcetest.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests++
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Header().Set("Content-Disposition", "attachment")
			io.WriteString(w, `{"pad:ag":{"atext":{"text":"`)
			for r.Context().Err() == nil {
				io.WriteString(w, strings.Repeat("x", 1<<10))
			}
		}))
		defer stop()
		s, err := New("http://pad.example.org", polite.New(polite.Options{Transport: transport}), new(spool.Pool), Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.limit = 1 << 20 // the real one takes too long
		if _, err := s.Fetch(t.Context(), "ag", ""); !errors.Is(err, sources.ErrRefused) || requests != 1 {
			t.Errorf("%v, after %d requests", err, requests)
		}
	})
}

// TestPadThatIsTooLargeToBeKeptIsRescued: its server says how large it is, so
// none of it is fetched, and its text and page stand in.
func TestPadThatIsTooLargeToBeKeptIsRescued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := etherpadtest.New(etherpadtest.Options{})
		p := server.Create("ag", "text")
		for range 100 {
			p.Append(etherpadtest.Author{ID: "a.one"}, "more\n")
		}
		transport, stop := sourcetest.Serve(server)
		defer stop()
		client := polite.New(polite.Options{Transport: transport})
		s, err := New("http://pad.example.org", client, new(spool.Pool), Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.limit = 8 << 10
		v, err := s.Fetch(t.Context(), "ag", "")
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		if v.Suspect != sources.RescueCopy || len(v.Files) != 2 || server.Requests() != 3 || client.Received() > s.limit {
			t.Errorf("%+v, after %d requests and %d bytes", v, server.Requests(), client.Received())
		}
	})
}

// TestPadThatIsTooLargeToBeShownIsKept: what memory holds is no reason to lose
// it, or to ask for it each night.
func TestPadThatIsTooLargeToBeShownIsKept(t *testing.T) {
	requests := 0
	transport, stop := sourcetest.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", "attachment")
		io.WriteString(w, `{"pad:ag":{"atext":{"text":"`+strings.Repeat("x", 33<<20)+`"}}}`)
	}))
	defer stop()
	s, err := New("http://pad.example.org", polite.New(polite.Options{Transport: transport, Backoff: 1}), new(spool.Pool), Options{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Fetch(t.Context(), "ag", "")
	if err != nil || requests != 1 {
		t.Fatalf("%v, after %d requests", err, requests)
	}
	defer v.Close()
	if v.Suspect != "" || !strings.Contains(v.Facts.Flaw, "size") || v.Facts.Length < 33<<20 || v.Validator == "" {
		t.Errorf("suspect %q, facts %+v", v.Suspect, v.Facts)
	}
}
