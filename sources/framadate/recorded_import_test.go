package framadate

import (
	"bytes"
	"cmp"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

func recordedPoll(t *testing.T, pageFile, tableFile string) *poll.Poll {
	t.Helper()
	p, err := parsePage(bytes.NewReader(recorded(t, pageFile)))
	if err != nil {
		t.Fatal(err)
	}
	var rows *table
	if tableFile != "" {
		if rows, err = parseTable(bytes.NewReader(recorded(t, tableFile)), p.Kind, p.french); err != nil {
			t.Fatal(err)
		}
	}
	joined, _ := p.join(rows)
	repair(joined)
	return joined
}

func TestRecordedPollsComeBackInEachDialect(t *testing.T) {
	for _, c := range [][2]string{
		{"date-slots/public.fr.html", "date-slots/public.fr.csv"}, {"date-slots/admin.fr.html", "date-slots/admin.fr.csv"},
		{"_release-1.1.19/date-slots.admin.en.html", "_release-1.1.19/date-slots.public.en.csv"},
		{"_release-1.0.3/date-slots.admin.en.html", "_release-1.0.3/date-slots.public.en.csv"},
		{"_develop-1.2/date-slots.admin.en.html", "_develop-1.2/date-slots.public.en.csv"},
		{"classic-basic/public.fr.html", "classic-basic/public.fr.csv"}, {"classic-basic/admin.en.html", "classic-basic/admin.en.csv"},
		{"classic-links/public.en.html", "classic-links/public.en.csv"}, {"classic-links/admin.en.html", "classic-links/admin.en.csv"},
		{"date-zero-votes/public.en.html", "date-zero-votes/public.fr.csv"}, {"editable-own/public.en.html", "editable-own/public.en.csv"},
		{"expired/public.fr.html", "expired/public.fr.csv"}, {"expired/admin.en.html", "expired/admin.en.csv"},
		{"hidden/public.fr.html", ""}, {"hidden/admin.en.html", "hidden/admin.en.csv"}, {"locked/public.en.html", "locked/public.en.csv"},
		{"password-public/public.en.html", "password-public/public.en.csv"}, {"valuemax/public.en.html", "valuemax/public.en.csv"},
	} {
		saved := recordedPoll(t, c[0], c[1])
		for _, dialect := range []framadatetest.Dialect{framadatetest.R103, framadatetest.R1119, framadatetest.HEAD11, framadatetest.DEV12} {
			synctest.Test(t, func(t *testing.T) { comesBack(t, c[0], saved, dialect) })
		}
	}
}

// comesBack compares by hand, and not with what Import itself does.
func comesBack(t *testing.T, name string, saved *poll.Poll, dialect framadatetest.Dialect) {
	server := framadatetest.New(framadatetest.Options{
		Dialect: dialect, Mail: saved.Settings.Mail != "", Unasked: func(r string) { t.Errorf("unasked: %s", r) },
	})
	transport, stop := sourcetest.Serve(server)
	defer stop()
	s, err := New("http://polls.example.org", polite.New(polite.Options{Transport: transport}), new(spool.Pool), Options{})
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := saved.Encode()
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.Import(t.Context(), &sources.Version{Files: []sources.File{{Format: "json", Size: int64(len(encoded)), Content: bytes.NewReader(encoded)}}})
	if err != nil {
		t.Errorf("%s, dialect %d: %v", name, dialect, err)
		return
	}
	server.Change(made.ID, func(got *framadatetest.Poll) {
		if got.Title != saved.Title || got.Author != saved.Author || got.Description != saved.Description || got.Kind != saved.Kind ||
			on(got.Settings.Hidden) != on(saved.Settings.Hidden) || (got.Password != "") != on(saved.Settings.Password) || got.Settings.Mail != saved.Settings.Mail {
			t.Errorf("%s, dialect %d: %+v", name, dialect, got)
		}
		if len(got.Choices) != len(saved.Choices) || len(got.Votes) != len(saved.Votes) || len(got.Comments) != len(saved.Comments) {
			t.Fatalf("%s, dialect %d: %+v", name, dialect, got)
		}
		for i, c := range saved.Choices {
			now := got.Choices[i]
			label := cmp.Or(c.Markdown, c.Label, "?") // of an image without any words
			if saved.Kind == poll.Classic && now.Markdown != label || saved.Kind == poll.Date && (now.Moment != c.Moment || c.Date != "" && now.Date != c.Date) {
				t.Errorf("%s, dialect %d: %+v for %+v", name, dialect, now, c)
			}
			if c.Date == "" && saved.Kind == poll.Date && !strings.Contains(c.Label, strings.TrimPrefix(now.Date[8:], "0")+" ") {
				t.Errorf("%s, dialect %d: %s for %s", name, dialect, now.Date, c.Label)
			}
		}
		for i, v := range saved.Votes {
			if !sameVote(v, got.Votes[i]) {
				t.Errorf("%s, dialect %d: %+v for %+v", name, dialect, got.Votes[i], v)
			}
		}
		for i, c := range saved.Comments {
			if !sameComment(c, got.Comments[i]) {
				t.Errorf("%s, dialect %d: %+v for %+v", name, dialect, got.Comments[i], c)
			}
		}
	})
}

func TestRecordedFormToMakeAPollIsRead(t *testing.T) {
	english := recorded(t, "_misc/create_poll-date.html")
	french := bytes.Replace(english, []byte(`<html lang="en">`), []byte(`<html lang="fr">`), 1)
	for _, c := range []struct {
		body []byte
		want error
	}{{french, nil}, {english, sources.ErrRefused}, {recorded(t, "_misc/home.html"), sources.ErrRefused}} {
		transport, stop := sourcetest.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=UTF-8")
			w.Write(c.body)
		}))
		s, err := New("http://polls.example.org", polite.New(polite.Options{Transport: transport}), new(spool.Pool), Options{})
		if err != nil {
			t.Fatal(err)
		}
		form, err := s.openCreation(t.Context(), poll.Date)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || err == nil && form != (creation{mail: true, custom: true}) {
			t.Errorf("%+v, %v", form, err)
		}
		stop()
	}
}
