package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	memorysink "github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sinks/sinktest"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// histories measures part g: what a pad with a long history costs each day.
func histories(t testing.TB, _ *program) []row {
	const revisions, days = 10_000, 60
	var rows []row
	for _, daily := range []int{20, 50, 100} {
		g := grow(t, revisions, days, daily)
		rows = append(rows, row{
			letter: "g", what: fmt.Sprintf("a pad of %d revisions, %d more each day, for %d days: stored a day", revisions, daily, days),
			measured: fmt.Sprintf("%s, at most %s; the first copy of %s %s", kilobytes(g.average()), kilobytes(g.most), kilobytes(g.size), kilobytes(g.first)),
			goal:     "at most a tenth of the first copy", met: g.most*10 <= g.first,
		}, row{
			letter: "g", what: "the newest of them restored",
			measured: fmt.Sprintf("%d pieces, %d ms, %s in %d requests", g.pieces, g.restored.Milliseconds(), kilobytes(g.read), g.requests),
			goal:     "-", met: true,
		})
	}
	return rows
}

func kilobytes(n int64) string { return fmt.Sprintf("%d KB", (n+500)/1000) }

// grown is what a pad cost that somebody writes in every day.
type grown struct {
	size        int64 // of the first export, in bytes
	first       int64 // stored by the first run
	later, most int64 // by all others, and by the dearest of them
	days        int
	pieces      int
	requests    int
	read        int64
	restored    time.Duration
	wrong       bool // what was restored is not what the server gave
	problems    int  // that a check finds
}

func (g *grown) average() int64 { return g.later / int64(g.days) }

// grow backs up a pad each day, and restores its newest version.
func grow(t testing.TB, revisions, days, daily int) *grown {
	server := etherpadtest.New(etherpadtest.Options{})
	write := writer(server.Create("long", "Ordre du jour\n"))
	write(revisions)
	web := httptest.NewServer(server)
	defer web.Close()
	pool := spool.New(t.TempDir(), 0)
	client, err := etherpad.New(web.URL, polite.New(polite.Options{Tries: 1}), pool, etherpad.Options{})
	if err != nil {
		t.Fatal(err)
	}
	store := &sinktest.Count{Sink: memorysink.New(time.Now)}
	now := time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC)
	repo, err := repository.OpenOrCreate(t.Context(), store, repository.Options{Pool: pool, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	g := &grown{days: days}
	for day := range days + 1 {
		source := &backup.Source{Source: manifest.Source{Kind: "etherpad", URL: web.URL}, Client: client}
		report, err := backup.Run(t.Context(), backup.Plan{
			Sources: []*backup.Source{source}, Documents: []backup.Document{{Source: source, ID: "long"}},
			Repositories: []backup.Repository{{Name: "memory", Repository: repo}}, Pool: pool, Program: "bench",
		})
		if err != nil || report.Repositories[0].Err != nil || report.Outcomes[backup.Saved] != 1 {
			t.Fatalf("day %d: %+v %v", day, report, err)
		}
		stored := report.Repositories[0].Stored
		if day == 0 {
			g.first, g.size = stored, int64(len(exported(server)))
		} else {
			g.later, g.most = g.later+stored, max(g.most, stored)
		}
		now = now.AddDate(0, 0, 1)
		if day < days {
			write(daily)
		}
	}
	g.restore(t, repo, store, exported(server))
	return g
}

func (g *grown) restore(t testing.TB, repo *repository.Repository, store *sinktest.Count, want []byte) {
	c, err := repo.Read(t.Context(), repository.At{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for record, err := range c.Documents() {
		if err != nil {
			t.Fatal(err)
		}
		store.Reset()
		began := time.Now()
		f := record.Newest().Files[0]
		content := wholeFile(t, repo, f)
		g.restored, g.requests, g.read = time.Since(began), store.Calls("packs/"), store.Read("packs/")
		g.pieces, g.wrong = len(f.Shares)+1, !bytes.Equal(content, want)
	}
	report, err := repo.Check(t.Context(), true, nil)
	if err != nil {
		t.Fatal(err)
	}
	g.problems = len(report.Problems)
}

func wholeFile(t testing.TB, repo *repository.Repository, f manifest.FileRecord) []byte {
	rd := repo.NewReader(context.Background())
	defer rd.Close()
	s, err := rd.File(f)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b, err := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func exported(server *etherpadtest.Server) []byte {
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest("GET", "/p/long/export/etherpad", nil))
	return w.Body.Bytes()
}

// writer gives what lets four people write so many revisions: mostly a few
// words anywhere, at times taking some away.
func writer(p *etherpadtest.Pad) func(revisions int) {
	random := rand.New(rand.NewPCG(1, 2))
	length := len([]rune(p.Text()))
	return func(revisions int) {
		for range revisions {
			who := etherpadtest.Author{ID: fmt.Sprintf("a.%d", random.IntN(4)), Name: "Zoé"}
			if length > 1000 && random.IntN(3) == 0 || length > 12_000 {
				n := 1 + random.IntN(20)
				p.Remove(who, random.IntN(length-n-1), n)
				length -= n
				continue
			}
			text := words[random.IntN(len(words))] + " " + words[random.IntN(len(words))] + " "
			p.Insert(who, random.IntN(length-1), text)
			length += len([]rune(text))
		}
	}
}

var words = strings.Fields("ordre du jour bureau compte rendu séance vote budget trésorière réunion association lundi mardi salle mairie atelier membres " +
	"adhésion cotisation assemblée générale projet proposition oui non à revoir demain hier fête quartier prévoir matériel clés contact adresse merci")
