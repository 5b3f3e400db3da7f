package main

import (
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

const (
	padID  = "ag-2027"
	pollID = "reunion-de-janvier"
)

// A town is a server with one pad and one poll, and people who use them.
type town struct {
	address string // "http://127.0.0.1:…"; pads are below /pads, polls below /polls
	server  *http.Server
	pad     *etherpadtest.Pad
	polls   *framadatetest.Server
	days    int // before now: the day on which all happens
}

var (
	amina = etherpadtest.Author{ID: "a.amina00000000000", Name: "Amina", Color: 3}
	bruno = etherpadtest.Author{ID: "a.bruno00000000000", Name: "Bruno", Color: 9}
)

// open starts the server.
func open(say words) (*town, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &town{address: "http://" + listener.Addr().String(), polls: framadatetest.New(framadatetest.Options{Prefix: "/polls"}), days: 21}
	pads := etherpadtest.New(etherpadtest.Options{Prefix: "/pads", TakesImports: true, Now: t.now})
	t.pad = pads.Create(padID, say.padText)
	t.pad.Say(amina, say.chat)
	t.polls.Add(framadatetest.Poll{ID: pollID, Poll: poll.Poll{
		Title: say.question, Author: amina.Name, Kind: poll.Date,
		Choices: []poll.Choice{{Date: "2027-01-11"}, {Date: "2027-01-14"}},
		Votes: []poll.Vote{
			{Name: amina.Name, Answers: []poll.Answer{poll.Yes, poll.IfNeedBe}},
			{Name: bruno.Name, Answers: []poll.Answer{poll.No, poll.Yes}},
		},
		Expires: "2027-07-10",
	}})

	mux := http.NewServeMux()
	mux.Handle("/pads/", pads)
	mux.Handle("/polls/", t.polls)
	t.server = &http.Server{Handler: mux}
	go func() { _ = t.server.Serve(listener) }() // ends when it is closed
	return t, nil
}

// now is the time on the day of the story.
func (t *town) now() time.Time { return time.Now().AddDate(0, 0, -t.days) }

func (t *town) close() { _ = t.server.Close() }

// work is a day in the life of an association, two weeks later.
func (t *town) work(say words) {
	t.days = 8
	t.pad.Append(bruno, say.addition)
	t.polls.Change(pollID, func(p *framadatetest.Poll) {
		p.Votes = append(p.Votes, poll.Vote{Name: "Chloé", Answers: []poll.Answer{poll.Yes, poll.Yes}})
	})
}

// mishap is somebody who selects all, and presses the wrong key, yesterday.
func (t *town) mishap() {
	t.days = 1
	t.pad.Remove(bruno, 0, len([]rune(strings.TrimSuffix(t.pad.Text(), "\n"))))
}
