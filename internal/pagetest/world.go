// Package pagetest is what padsync's page is looked at with: the computer of a
// member of an association, whose documents have most of a year behind them, and
// Chromium. Tests, and the command that makes pictures of all pages, use it.
package pagetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
	"github.com/padsync/padsync/web"
	"github.com/padsync/padsync/web/access"
)

// A World is a computer and the servers of its documents.
type World struct {
	Setup *setup.Setup
	File  string // the configuration's

	Pads  *etherpadtest.Server
	Polls *framadatetest.Server

	server *http.Server
	base   string // its address
	now    time.Time
}

// nobody is asked nothing.
type nobody struct{}

func (nobody) Prompt(string) crypto.Prompt { return crypto.Prompt{} }

func (nobody) Output(context.Context, []string) ([]byte, error) { return nil, crypto.ErrPassphrase }

// New makes a world in an empty folder, in which nothing is known and nothing
// saved. The caller closes it, before the folder goes.
func New(folder string) (*World, error) {
	w := &World{File: filepath.Join(folder, "padsync.toml"), now: time.Now()}
	w.Setup = &setup.Setup{
		Kinds: setup.AllKinds(), Program: "padsync test", Input: strings.NewReader(""), Asker: nobody{}, Tell: func(message.Message) {},
		Getenv: func(name string) string {
			if strings.HasPrefix(name, "XDG_") {
				return filepath.Join(folder, name)
			}
			return map[string]string{"HOME": folder, "PADSYNC_CONFIG": w.File}[name]
		},
	}
	w.Pads = etherpadtest.New(etherpadtest.Options{Prefix: "/pads", TakesImports: true, Now: func() time.Time { return w.now }})
	w.Polls = framadatetest.New(framadatetest.Options{Prefix: "/sondages"})
	mux := http.NewServeMux()
	mux.Handle("/pads/", w.Pads)
	mux.Handle("/sondages/", w.Polls)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w.base, w.server = "http://"+listener.Addr().String(), &http.Server{Handler: mux}
	go func() { _ = w.server.Serve(listener) }() // until Close
	text := fmt.Sprintf("# Ce fichier est le mien.\n[[repository]]\naddress = %q\n", filepath.Join(folder, "copies"))
	return w, os.WriteFile(w.File, []byte(text), 0o600)
}

// Close closes the servers.
func (w *World) Close() { _ = w.server.Close() }

// Pad and Poll are the keys of documents in the catalogue.
func (w *World) Pad(id string) catalog.Key {
	return catalog.Key{Kind: "etherpad", Base: w.base + "/pads", ID: id}
}

// Poll is the key of a poll in the catalogue.
func (w *World) Poll(id string) catalog.Key {
	return catalog.Key{Kind: "framadate", Base: w.base + "/sondages", ID: id}
}

// Say notes what the person says of documents.
func (w *World) Say(ctx context.Context, change catalog.Change, keys ...catalog.Key) error {
	c, err := w.Setup.OpenCatalog(ctx)
	if err != nil {
		return err
	}
	return errors.Join(c.Change(ctx, keys, change), c.Close())
}

// BackUp saves the automatic documents, as of a time.
func (w *World) BackUp(ctx context.Context, at time.Time) error {
	s, err := w.Setup.Load(setup.Options{Config: w.File})
	if err != nil {
		return err
	}
	return BackUp(ctx, s, func() time.Time { return at })
}

// BackUp saves the automatic documents of settings, as of a time.
func BackUp(ctx context.Context, s *setup.Settings, now func() time.Time) error {
	known := s.Known(ctx)
	defer known.Close()
	all, bad := s.Wanted(nil, nil, known)
	servers, err := s.Servers(ctx, all, nil)
	if err != nil {
		return err
	}
	if all, err = servers.Settle(ctx, all, bad); err != nil {
		return err
	}
	plan, err := servers.Plan(known.Without(all), nil, setup.Budget{Begin: time.Now()})
	if err != nil {
		return err
	}
	defer s.CloseSources(ctx, plan)
	plan.Observe = func(backup.Event) {}
	keys, err := s.Sealing()
	if err != nil {
		return err
	}
	keys.Now = now
	if _, err = s.BackUp(ctx, plan, setup.Writing{Keys: keys, Known: known}, nil); err != nil {
		return err
	}
	return known.Problem()
}

// Index brings the index up to date.
func (w *World) Index(ctx context.Context) error {
	s, err := w.Setup.Load(setup.Options{Config: w.File})
	if err != nil {
		return err
	}
	return s.Index(ctx, nil, nil, func(setup.Indexed) {})
}

// Serve shows the page until ctx is done, and then closes done. Each call of link
// gives a link that lets a browser in once.
func (w *World) Serve(ctx context.Context) (link func() string, done <-chan struct{}, err error) {
	s, err := w.Setup.Load(setup.Options{Config: w.File})
	if err != nil {
		return nil, nil, err
	}
	var languages []*words.Words
	for _, name := range words.Languages() {
		said, err := words.In(name, nil)
		if err != nil {
			return nil, nil, err
		}
		languages = append(languages, said)
	}
	page, err := web.New(web.Options{Setup: w.Setup, Settings: s, Words: languages})
	if err != nil {
		return nil, nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	guard := access.New(access.Options{
		Port: listener.Addr().(*net.TCPAddr).Port, Owner: access.SystemOwner(),
		Refuse: func(http.ResponseWriter, *http.Request, access.Refusal, string) {},
	})
	server := &http.Server{Handler: guard.Handler(page), ConnContext: guard.ServeConn}
	go func() { _ = server.Serve(listener) }() // until it is closed
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		<-ctx.Done()
		_ = server.Close()
		page.Close()
	}()
	return func() string { return "http://" + listener.Addr().String() + guard.Link().Path }, ended, nil
}

var (
	maelle  = etherpadtest.Author{ID: "a.maelle", Name: "Maëlle"}
	awa     = etherpadtest.Author{ID: "a.awa", Name: "Awa"}
	karim   = etherpadtest.Author{ID: "a.karim", Name: "Karim"}
	nobody1 = etherpadtest.Author{ID: "a.none"}
	hostile = etherpadtest.Author{ID: "a.hostile", Name: "<img src=x onerror=alert(1)>\x1b[31m"}
)

// fullest is the name of the document that has most to be looked at.
const fullest = "Compte rendu de l’AG 2026"

// Live lets most of a year pass, which ends now: pads and polls are written, saved
// and named; one is emptied, one is gone, one cannot be saved.
func (w *World) Live(ctx context.Context) error {
	end := time.Now()
	days := func(n int) time.Time { return end.AddDate(0, 0, -n).Truncate(24 * time.Hour).Add(20 * time.Hour) }

	w.now = days(260)
	minutes := w.Pads.Create("ag-2026", "Assemblée générale 2026\n\n")
	minutes.Append(maelle, "Ordre du jour\n1. Rapport moral\n2. Comptes\n3. Élections\n")
	minutes.Say(maelle, "Qui peut relire les comptes ?")
	w.Pads.Create("statuts", "Statuts de l’association\n\nArticle 1 : il est fondé entre les adhérents une association.\n").Append(karim, strings.Repeat("Article suivant, que tout le monde a relu deux fois.\n", 20))
	w.Pads.Create("courses", strings.Repeat("Pain, lait, café, gobelets, nappes en papier.\n", 12))
	w.Pads.Create("jardin", "Planning du jardin\nLundi : Awa\n")
	w.Pads.Create("<b>fête</b>", "La fête du <script>alert(1)</script> quartier\n").Append(hostile, "<img src=x onerror=alert(1)> \x1b[31mrouge\n")
	w.Polls.Add(framadatetest.Poll{ID: "date-de-l-ag-2026", Poll: poll.Poll{
		Title: "Date de l’assemblée générale", Author: maelle.Name, Kind: poll.Date, Description: "Merci de répondre avant dimanche.",
		Choices: []poll.Choice{{Date: "2027-01-11", Moment: "18 h 30"}, {Date: "2027-01-14", Moment: "18 h 30"}, {Date: "2027-01-18", Moment: "20 h"}},
		Votes: []poll.Vote{
			{Name: maelle.Name, Answers: []poll.Answer{poll.Yes, poll.IfNeedBe, poll.No}},
			{Name: karim.Name, Answers: []poll.Answer{poll.No, poll.Yes, poll.Yes}},
		},
		Comments: []poll.Comment{{Author: awa.Name, Text: "Le 14 il y a conseil municipal."}},
		Expires:  end.AddDate(0, 2, 0).Format(time.DateOnly),
	}})
	automatic := []catalog.Key{
		w.Pad("ag-2026"), w.Pad("statuts"), w.Pad("courses"), w.Pad("jardin"), w.Pad("<b>fête</b>"), w.Pad("budget"), w.Poll("date-de-l-ag-2026"),
	}
	err := errors.Join(
		w.Say(ctx, catalog.Change{Choice: new(catalog.Automatic)}, automatic...),
		w.Say(ctx, catalog.Change{Name: new(fullest), Tag: []string{"ag"}, Description: new("Pour les archives.")}, automatic[0]),
		w.Say(ctx, catalog.Change{Name: new("Statuts"), Tag: []string{"ag", "bureau"}}, automatic[1]),
		w.Say(ctx, catalog.Change{Name: new("Liste de courses")}, automatic[2]),
		w.Say(ctx, catalog.Change{Choice: new(catalog.Manual), Name: new("Brouillon de Karim")}, w.Pad("brouillon")),
		w.Say(ctx, catalog.Change{Choice: new(catalog.Ignored)}, w.Pad("test")),
		w.BackUp(ctx, days(258)),
	)
	if err != nil {
		return err
	}

	for i, who := range []etherpadtest.Author{awa, karim, maelle, nobody1, awa, maelle} {
		day := 220 - 30*i
		w.now = days(day)
		minutes.Append(who, fmt.Sprintf("Point %d : discussion du %s, et ce qui a été décidé ensemble.\n", i+1, w.now.Format(time.DateOnly)))
		w.now = w.now.Add(3 * time.Minute)
		minutes.Append(who, "Reste à faire : prévenir la mairie et réserver la salle.\n")
		if i == 2 {
			minutes.Append(karim, "La trésorière propose une cotisation de 1 234 euros.\n")
			minutes.Save(maelle, minutes.Head(), "Version relue", "s.1")
		}
		if i == 4 {
			at := strings.Index(minutes.Text(), "La trésorière")
			runes := len([]rune(minutes.Text()[:at]))
			minutes.Remove(awa, runes, len([]rune("La trésorière propose une cotisation de 1 234 euros.\n")))
			minutes.Say(awa, "J’ai enlevé la cotisation, on en reparle.")
		}
		if err := w.BackUp(ctx, days(day-1)); err != nil {
			return err
		}
	}
	w.now = days(3)
	w.Pads.Create("courses", "x\n")
	w.Pads.Delete("jardin")
	w.Polls.Change("date-de-l-ag-2026", func(p *framadatetest.Poll) {
		p.Votes = append(p.Votes, poll.Vote{Name: awa.Name, Answers: []poll.Answer{poll.Yes, poll.No, poll.IfNeedBe}})
	})
	return errors.Join(w.BackUp(ctx, days(2)), w.BackUp(ctx, end.Add(-9*time.Hour)), w.Index(ctx))
}
