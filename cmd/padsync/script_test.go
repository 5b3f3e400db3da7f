package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
	"github.com/padsync/padsync/sources/sourcetest/pollaristest"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"padsync": main})
}

// TestScripts runs testdata/*.txtar, each beside its own servers of pads and
// polls, at $PADS and $POLLS, one at $CLOSED that takes a password, and one with
// MyPads at $MYPADS; at $NOWHERE nothing listens. The command fault puts
// something before the first two.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup:               func(e *testscript.Env) error { setUp(t, e); return nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "pad": padCommand, "poll": pollCommand, "pollaris": pollarisCommand, "newpad": newPadCommand, "mypads": myPadsCommand, "fault": faultCommand,
		},
	})
}

func setUp(t *testing.T, e *testscript.Env) {
	unasked := func(request string) {
		if request != "GET /studs.php" && request != "GET /preferences" && request != "GET /api" { // which is how it is asked what it is
			t.Errorf("a server was asked for %s", request)
		}
	}
	pads := etherpadtest.New(etherpadtest.Options{Unasked: unasked, APIKey: "the-key"})
	closed := etherpadtest.New(etherpadtest.Options{
		Unasked: unasked, Dialect: etherpadtest.V3, Synthetic: 30,
		User: "marie", Password: "hunter2", ClientID: "padsync", ClientSecret: "hunter3",
	})
	closedServer := httptest.NewServer(closed)
	e.Defer(closedServer.Close)
	e.Setenv("CLOSED", closedServer.URL)
	newPads := etherpadtest.New(etherpadtest.Options{Unasked: unasked, Dialect: etherpadtest.V3, TakesImports: true, APIKey: "the-key"})
	newPolls := framadatetest.New(framadatetest.Options{Unasked: unasked})
	mailingPolls := framadatetest.New(framadatetest.Options{Unasked: unasked, Dialect: framadatetest.DEV12, Mail: true})
	mailingServer := httptest.NewServer(mailingPolls)
	e.Defer(mailingServer.Close)
	e.Setenv("MAILINGPOLLS", mailingServer.URL)
	newPadServer, newPollServer := httptest.NewServer(newPads), httptest.NewServer(newPolls)
	e.Defer(newPadServer.Close)
	e.Defer(newPollServer.Close)
	e.Setenv("NEWPADS", newPadServer.URL)
	e.Setenv("NEWPOLLS", newPollServer.URL)
	e.Values["new pads"] = newPads
	members := etherpadtest.New(etherpadtest.Options{Unasked: unasked, MyPads: true, Supervised: true, TakesImports: true})
	memberServer := httptest.NewServer(members)
	e.Defer(memberServer.Close)
	e.Setenv("MYPADS", memberServer.URL)
	e.Values["mypads"] = members
	polls := framadatetest.New(framadatetest.Options{
		Protected: "/admin/", User: "operator", Password: "s3cret", Unasked: unasked,
	})
	pollaris := pollaristest.New(pollaristest.Options{Unasked: unasked, User: "operator", Password: "s3cret"})
	pollarisServer := httptest.NewServer(pollaris)
	e.Defer(pollarisServer.Close)
	e.Setenv("POLLARIS", pollarisServer.URL)
	e.Values["pollaris"] = pollaris
	newPollaris := pollaristest.New(pollaristest.Options{Unasked: unasked, Importing: true, RequireMail: true})
	newPollarisServer := httptest.NewServer(newPollaris)
	e.Defer(newPollarisServer.Close)
	e.Setenv("NEWPOLLARIS", newPollarisServer.URL)
	e.Values["pads"], e.Values["polls"], e.Values["made"] = pads, polls, make(map[string]*etherpadtest.Pad)
	padFaults, pollFaults := &sourcetest.Faults{Handler: pads}, &sourcetest.Faults{Handler: stalling(polls)}
	e.Values["pad faults"], e.Values["poll faults"] = padFaults, pollFaults
	padServer, pollServer := httptest.NewServer(padFaults), httptest.NewServer(pollFaults)
	e.Defer(padServer.Close)
	e.Defer(pollServer.Close)
	e.Setenv("NOWHERE", "http://127.0.0.1:1") // which no server of another script gets, either
	e.Setenv("HOSTS", strings.ReplaceAll(strings.Join([]string{padServer.URL, pollServer.URL, pollarisServer.URL, "127.0.0.1:1"}, ","), "http://", ""))
	e.Setenv("PADS", padServer.URL)
	e.Setenv("POLLS", pollServer.URL)
	for _, name := range []string{"CONFIG", "DATA", "STATE", "CACHE"} {
		e.Setenv("XDG_"+name+"_HOME", e.WorkDir+"/.xdg/"+name)
	}
	e.Setenv("HOME", e.WorkDir)
	e.Setenv("LANG", "en_GB.UTF-8")
	e.Setenv("TZ", "UTC")
	hours := func(from, to time.Duration) string {
		now := time.Now().UTC()
		return now.Add(from).Format("15:04-") + now.Add(to).Format("15:04")
	}
	e.Setenv("NOW", hours(-time.Hour, 2*time.Hour))
	e.Setenv("LATER", hours(2*time.Hour, 3*time.Hour))
}

// stalling lets requests for the poll "stall" wait until they are given up.
func stalling(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("poll") == "stall" {
			<-r.Context().Done()
			return
		}
		h.ServeHTTP(w, r)
	})
}

// exits CODE PROGRAM ARG… runs a program that must end with this exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG…]")
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want, err := strconv.Atoi(args[0]); err != nil || code != want {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

var faults = map[string]etherpadtest.Fault{
	"sound": etherpadtest.None, "forbidden": etherpadtest.Forbidden, "not-enabled": etherpadtest.NotEnabled,
}

// fault pad|poll FAULT spoils all answers of a server, with "none" no more.
func faultCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fault pad|poll FAULT")
	}
	faults := ts.Value(args[0] + " faults").(*sourcetest.Faults)
	for fault := sourcetest.None; fault <= sourcetest.Absent; fault++ {
		if fault.String() == args[1] {
			faults.Set(fault)
			return
		}
	}
	ts.Fatalf("fault: none is called %s", args[1])
}

var escapes = strings.NewReplacer(`\n`, "\n", `\e`, "\x1b")

var ada = etherpadtest.Author{ID: "a.ada", Name: "Ada"}

// pad create ID TEXT | fill ID MEBIBYTES | append ID TEXT | remove ID TEXT | compact ID | say ID TEXT | star ID LABEL |
// compact ID | delete ID | spoil ID FAULT | exports ID FILE, where TEXT may have \n and \e.
func padCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: pad VERB ID [TEXT]")
	}
	server := ts.Value("pads").(*etherpadtest.Server)
	made := ts.Value("made").(map[string]*etherpadtest.Pad)
	switch args[0] {
	case "create":
		made[args[1]] = server.Create(args[1], escapes.Replace(args[2]))
	case "fill":
		size, err := strconv.Atoi(args[2])
		ts.Check(err)
		server.Create(args[1], strings.Repeat("64 bytes of text in each line, which many lines make very long.\n", size<<14))
	case "delete":
		server.Delete(args[1])
	case "append":
		made[args[1]].Append(ada, escapes.Replace(args[2]))
	case "remove":
		text := escapes.Replace(args[2])
		before, _, found := strings.Cut(made[args[1]].Text(), text)
		if !found {
			ts.Fatalf("pad %s does not say %q", args[1], text)
		}
		made[args[1]].Remove(ada, len(utf16.Encode([]rune(before))), len(utf16.Encode([]rune(text))))
	case "compact":
		made[args[1]].Compact()
	case "say":
		made[args[1]].Say(ada, escapes.Replace(args[2]))
	case "star":
		p := made[args[1]]
		p.Save(ada, p.Head(), escapes.Replace(args[2]), "0123456789abcdef")
	case "spoil":
		made[args[1]].Spoil(faults[args[2]])
	case "exports":
		if made[args[1]] == nil {
			made[args[1]] = server.Create(args[1], "Bonjour tous\n")
		}
		made[args[1]].Exports([]byte(ts.ReadFile(args[2])))
	default:
		ts.Fatalf("pad: no verb %s", args[0])
	}
}

// mypads account LOGIN PASSWORD | group ID VISIBILITY USER | pad ID GROUP NAME |
// login LOGIN | restart | archive GROUP | logins COUNT | deadly PAD GROUP | deaths COUNT.
// Groups have the password "open sesame"; a deadly pad is private itself, without one.
func myPadsCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: mypads VERB [ARG…]")
	}
	server := ts.Value("mypads").(*etherpadtest.Server)
	group := etherpadtest.Group{Password: "open sesame"}
	switch args[0] {
	case "deadly":
		server.Create(args[1], "x\n").Adopt(etherpadtest.Member{Group: args[2], Name: args[1], Visibility: etherpadtest.Private})
	case "deaths":
		if n := strconv.Itoa(server.Deaths()); n != args[1] {
			ts.Fatalf("%s deaths, want %s", n, args[1])
		}
	case "account":
		server.AddAccount(etherpadtest.Account{ID: args[1] + "-1", Login: args[1], Password: args[2]})
	case "group":
		group.ID, group.Visibility, group.Users = args[1], etherpadtest.Visibility(args[2]), []string{args[3] + "-1"}
		server.AddGroup(group)
	case "archive":
		group.ID, group.Visibility, group.ReadOnly = args[1], etherpadtest.Public, true
		server.AddGroup(group)
	case "pad":
		server.Create(args[1], args[3]).Adopt(etherpadtest.Member{Group: args[2], Name: args[3]})
	case "login":
		server.LogIn(args[1])
	case "restart":
		server.Restart()
	case "logins":
		if n := strconv.Itoa(server.Logins()); n != args[1] {
			ts.Fatalf("%s logins, want %s", n, args[1])
		}
	default:
		ts.Fatalf("mypads: no verb %s", args[0])
	}
}

// newpad create ID TEXT | imports FAULT.
func newPadCommand(ts *testscript.TestScript, neg bool, args []string) {
	server := ts.Value("new pads").(*etherpadtest.Server)
	switch args[0] {
	case "create":
		server.Create(args[1], escapes.Replace(args[2]))
	case "imports":
		server.Imports(map[string]etherpadtest.ImportFault{
			"all": etherpadtest.ImportsAll, "less": etherpadtest.ImportsLess, "nothing": etherpadtest.ImportsNothing, "no-history": etherpadtest.ImportsNoHistory,
		}[args[1]])
	default:
		ts.Fatalf("newpad: no verb %s", args[0])
	}
}

// poll add ID TITLE | vote ID NAME | comment ID TEXT | many ID CHOICES | links ID | drop ID |
// hide ID | differ ID | lock ID | password ID WORD | expire ID DAYS | delete ID.
func pollCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: poll VERB ID [TEXT]")
	}
	server := ts.Value("polls").(*framadatetest.Server)
	switch args[0] {
	case "add":
		server.Add(framadatetest.Poll{ID: args[1], Poll: poll.Poll{
			Title: args[2], Author: "Ada", Kind: poll.Date,
			Choices: []poll.Choice{{Date: "2027-01-11", Moment: "9h"}, {Date: "2027-01-12", Moment: "14h"}},
			Votes:   []poll.Vote{{Name: "Zoé", Answers: []poll.Answer{poll.Yes, poll.No}}},
		}})
	case "vote":
		server.Change(args[1], func(p *framadatetest.Poll) {
			p.Votes = append(p.Votes, poll.Vote{Name: args[2], Answers: []poll.Answer{poll.Yes, poll.IfNeedBe}})
		})
	case "comment":
		server.Change(args[1], func(p *framadatetest.Poll) {
			p.Comments = append(p.Comments, poll.Comment{Author: "Zoé", Text: args[2]})
		})
	case "many":
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		server.Change(args[1], func(p *framadatetest.Poll) {
			p.Kind, p.Choices, p.Votes = poll.Classic, nil, nil
			for i := range n {
				p.Choices = append(p.Choices, poll.Choice{Label: strconv.Itoa(i + 1)})
			}
		})
	case "links":
		server.Change(args[1], func(p *framadatetest.Poll) {
			p.Kind, p.Description, p.Settings.Edit = poll.Classic, "Le **budget**", poll.EditOwn
			p.Choices = []poll.Choice{{Label: "salle", Markdown: "[salle](https://example.org/salle)"}, {Label: "dehors", Markdown: "*dehors*"}}
		})
	case "drop":
		server.Change(args[1], func(p *framadatetest.Poll) {
			p.Choices = p.Choices[1:]
			for i := range p.Votes {
				p.Votes[i].Answers = p.Votes[i].Answers[1:]
			}
		})
	case "lock":
		server.Change(args[1], func(p *framadatetest.Poll) { p.Settings.Locked = new(true) })
	case "hide":
		server.Change(args[1], func(p *framadatetest.Poll) { p.Settings.Hidden = new(true) })
	case "password":
		server.Change(args[1], func(p *framadatetest.Poll) { p.Password = args[2] })
	case "expire":
		days, err := strconv.Atoi(args[2])
		ts.Check(err)
		server.Change(args[1], func(p *framadatetest.Poll) {
			p.Expires = time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly)
			p.Settings.Expired = new(days < 0)
			if days < 0 {
				p.Purge = time.Now().UTC().AddDate(0, 0, days+60).Format(time.DateOnly)
			}
		})
	case "differ":
		server.Change(args[1], func(p *framadatetest.Poll) { p.Fault = framadatetest.Differs })
	case "delete":
		server.Delete(args[1])
	default:
		ts.Fatalf("poll: no verb %s", args[0])
	}
}

// pollaris add SLUG TITLE | vote NAME | hide: one poll of dates, whose id and token are
// those of the scripts.
func pollarisCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: pollaris VERB [TEXT…]")
	}
	server := ts.Value("pollaris").(*pollaristest.Server)
	const id, token = "0123456789abcdef0123", "fedcba98765432100123"
	switch {
	case args[0] == "add" && len(args) == 3:
		server.Put(pollaristest.Poll{
			ID: id, Token: token, Slug: args[1], Kind: poll.Date, Title: args[2], Author: "Ada", Description: "Bring *gloves*",
			Proposals: []pollaristest.Proposal{{Date: "2027-01-12", Label: "14h"}, {Date: "2027-01-11", Label: "9h"}},
			Votes:     []pollaristest.Vote{{Name: "Bob", Answers: []poll.Answer{poll.Yes, poll.IfNeedBe}}},
			Comments:  []pollaristest.Comment{{Author: "Dora", Text: "Hello"}},
		})
	case args[0] == "vote" && len(args) == 2:
		server.Change(id, func(p *pollaristest.Poll) { p.Votes = append(p.Votes, pollaristest.Vote{Name: args[1]}) })
	case args[0] == "hide":
		server.Change(id, func(p *pollaristest.Poll) { p.Hidden = true })
	default:
		ts.Fatalf("pollaris: no verb %s", args[0])
	}
}

func testApp(t *testing.T, env map[string]string) *app {
	t.Helper()
	getenv := func(name string) string { return env[name] }
	said, err := words.In(words.Language(getenv), errorRows())
	if err != nil {
		t.Fatal(err)
	}
	return newApp(said, getenv, strings.NewReader(""), new(bytes.Buffer), new(bytes.Buffer))
}
