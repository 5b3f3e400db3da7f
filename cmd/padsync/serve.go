package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"log"
	"net"
	"net/http"
	"os/exec"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/web"
	"github.com/padsync/padsync/web/access"
	"github.com/spf13/cobra"
)

// usualPort is where the page is, unless another program has it.
const usualPort = 8417

type serveFlags struct {
	commonFlags
	port         int
	portGiven    bool
	hosts, users []string
	noBrowser    bool
	idle         time.Duration
}

// usualIdle is after how long without a request of a person the page closes.
const usualIdle = 30 * time.Minute

func (a *app) serveCommand() *cobra.Command {
	flags := serveFlags{port: usualPort}
	cmd := &cobra.Command{
		Use:     "serve",
		Short:   a.text("serve"),
		Long:    a.text("serve-long"),
		Example: a.text("serve-example"),
		Args:    a.takes(0, 0),
	}
	cmd.RunE = a.action(func(ctx context.Context, _ []string) error {
		flags.portGiven = cmd.Flags().Changed("port")
		return a.serve(ctx, flags)
	})
	flags.add(a, cmd)
	cmd.Flags().IntVar(&flags.port, "port", usualPort, a.text("flag-serve-port"))
	cmd.Flags().StringArrayVar(&flags.hosts, "host", nil, a.text("flag-serve-host"))
	cmd.Flags().StringArrayVar(&flags.users, "user", nil, a.text("flag-serve-user"))
	cmd.Flags().DurationVar(&flags.idle, "idle", usualIdle, a.text("flag-serve-idle"))
	cmd.Flags().BoolVar(&flags.noBrowser, "no-browser", false, a.text("flag-serve-no-browser"))
	return cmd
}

func (a *app) serve(ctx context.Context, flags serveFlags) error {
	if flags.idle < 0 {
		return message.Of(message.Usage, errUsage, "serve-bad-idle")
	}
	// Whoever reads what is printed may go away; a backup goes on.
	signal.Ignore(syscall.SIGPIPE)
	tell := &telling{app: a}
	options, err := a.accessOptions(flags, tell)
	if err != nil {
		return err
	}
	s, err := a.settings(flags.commonFlags)
	if err != nil {
		return err
	}
	folder := s.Machine.Folder()
	if folder != "" {
		link, err := access.Again(ctx, folder)
		if err == nil {
			tell.say("serve-again", "Link", link)
			a.openLink(ctx, flags, link)
			return nil
		}
		if !errors.Is(err, access.ErrNotLiving) {
			return err
		}
	}
	listener, err := a.listen(ctx, flags)
	if err != nil {
		return err
	}
	defer listener.Close()
	options.Port = listener.Addr().(*net.TCPAddr).Port
	guard := access.New(options)
	languages, err := a.languages()
	if err != nil {
		return err
	}
	page, err := web.New(web.Options{Setup: a.setup, Settings: s, Words: languages})
	if err != nil {
		return err
	}
	defer page.Close()
	learnt := make(chan struct{})
	learning, stopLearning := context.WithCancel(ctx)
	defer stopLearning()
	go func() {
		defer close(learnt)
		a.learnOnce(learning, s, tell)
	}()
	if folder != "" {
		if gone, err := guard.Live(folder); err == nil {
			defer gone()
		}
	}
	if options.Owner == nil {
		tell.note("serve-owners-unknown")
	}
	server := &http.Server{
		Handler: guard.Handler(page), ConnContext: guard.ServeConn, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 64 << 10,
		// What it would say has addresses of requests in it, and those may open the page.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	// What another machine, or a configuration alone, saved is on the first page then,
	// unless its place is slow.
	select {
	case <-learnt:
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
	a.tellLinks(ctx, flags, tell, guard, options.Port)
	idle := make(chan struct{})
	waiting, stopWaiting := context.WithCancel(ctx)
	defer stopWaiting()
	if flags.idle > 0 {
		go func() {
			if page.WaitIdle(waiting, flags.idle) {
				close(idle)
			}
		}()
	}
	select {
	case err := <-ended:
		return err
	case <-idle:
		tell.note("serve-idle", "Minutes", int(flags.idle.Minutes()))
	case <-ctx.Done():
		if page.Busy() {
			tell.note("serve-finishes")
		}
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = server.Shutdown(stop)
	stopLearning()
	<-learnt
	return nil
}

// languages are the words of all languages, those of the terminal first.
func (a *app) languages() ([]*words.Words, error) {
	all := []*words.Words{a.words}
	for _, name := range words.Languages() {
		said, err := words.In(name, errorRows())
		if err != nil {
			return nil, err
		}
		if said.Text("language") != a.text("language") {
			all = append(all, said)
		}
	}
	return all, nil
}

// telling says things to the terminal from several goroutines, one at a time.
type telling struct {
	app *app
	mu  sync.Mutex
}

func (t *telling) say(id string, data ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.app.say(id, data...)
}

func (t *telling) note(id string, data ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.app.note(id, data...)
}

// learnOnce brings the catalogue up to date with the repository, so that what
// another machine saved is on the page, too.
func (a *app) learnOnce(ctx context.Context, s *setup.Settings, tell *telling) {
	d, err := s.Documents(ctx, true, a.warnDamaged)
	if err == nil {
		err = d.Close()
	}
	if err != nil && ctx.Err() == nil {
		tell.note("serve-unread", "Error", err)
	}
}

// accessOptions are those of the command line.
func (a *app) accessOptions(flags serveFlags, tell *telling) (o access.Options, err error) {
	for _, text := range flags.hosts {
		h, ok := access.ParseHost(text)
		if !ok {
			return o, message.Of(message.Usage, errUsage, "serve-bad-host", "Host", text)
		}
		o.Hosts = append(o.Hosts, h)
	}
	for _, text := range flags.users {
		u, err := access.ParseUser(text)
		if err != nil {
			return o, message.Of(message.Usage, err, "serve-bad-user", "User", text)
		}
		o.Users = append(o.Users, u)
	}
	o.Owner, o.Refuse = access.SystemOwner(), a.refuser(tell)
	return o, nil
}

// listen takes the port, or a free one where another program has it and nobody
// asked for this very one.
func (a *app) listen(ctx context.Context, flags serveFlags) (net.Listener, error) {
	var config net.ListenConfig
	at := func(port int) (net.Listener, error) {
		return config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	}
	l, err := at(flags.port)
	switch {
	case !errors.Is(err, syscall.EADDRINUSE):
		return l, err
	case flags.portGiven:
		return nil, message.Of(message.Failed, err, "serve-port-taken", "Port", strconv.Itoa(flags.port))
	}
	if l, err = at(0); err == nil {
		a.note("serve-other-port", "Port", strconv.Itoa(flags.port), "Free", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return l, err
}

// refuser is what people see of a refusal, and what the terminal says of it once.
func (a *app) refuser(tell *telling) func(http.ResponseWriter, *http.Request, access.Refusal, string) {
	var once sync.Once
	return func(w http.ResponseWriter, _ *http.Request, why access.Refusal, detail string) {
		if _, ok := access.ParseHost(detail); why == access.WrongHost && ok {
			once.Do(func() { tell.note("serve-misdirected", "Host", detail) })
		}
		fmt.Fprintf(w, "<!doctype html>\n<html lang=%q>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>padsync</title>\n<h1>padsync</h1>\n<p>%s</p>\n",
			a.text("language"), html.EscapeString(a.refusalText(why, detail)))
	}
}

func (a *app) refusalText(why access.Refusal, detail string) string {
	switch why {
	case access.NoSession:
		return a.text("access-no-session")
	case access.WrongHost:
		return a.text("access-wrong-host")
	case access.Stranger:
		if detail == "" {
			return a.text("access-nobody")
		}
		return a.text("access-stranger", "User", access.User(detail).Name())
	case access.Method:
		return a.text("access-method")
	case access.TooLarge:
		return a.text("access-too-large")
	}
	return a.text("access-foreign")
}

// unvisited is after how long a link that nobody opened is said again.
const unvisited = 10 * time.Second

// tellLinks prints a link, opens another one in the browser, and prints one more
// each time that somebody presses Enter.
func (a *app) tellLinks(ctx context.Context, flags serveFlags, tell *telling, guard *access.Guard, port int) {
	base := "http://127.0.0.1:" + strconv.Itoa(port)
	first := guard.Link()
	tell.say("serve-link", "Link", base+first.Path)
	if a.getenv("SSH_CONNECTION") != "" {
		tell.note("serve-ssh", "Port", strconv.Itoa(port), "Host", setup.HostName())
	}
	if terminal.Is(a.stdin) {
		tell.note("serve-enter")
		go a.onEnter(ctx, func() { tell.say("serve-link", "Link", base+guard.Link().Path) })
	}
	opened := guard.Link()
	if !a.openLink(ctx, flags, base+opened.Path) {
		return
	}
	go func() {
		select {
		case <-ctx.Done():
		case <-first.Visited:
		case <-opened.Visited:
		case <-time.After(unvisited):
			tell.note("serve-unvisited")
		}
	}()
}

// onEnter calls do for each line, until the input ends.
func (a *app) onEnter(ctx context.Context, do func()) {
	lines := bufio.NewScanner(a.stdin)
	for ctx.Err() == nil && lines.Scan() {
		do()
	}
}

// openLink opens a link in the browser, if a person sits before this computer.
func (a *app) openLink(ctx context.Context, flags serveFlags, link string) bool {
	if flags.noBrowser || a.getenv("SSH_CONNECTION") != "" || !terminal.Is(a.stdout) {
		return false
	}
	command := terminal.Browser(a.getenv("BROWSER"), link)
	if _, err := exec.LookPath(command[0]); err != nil {
		return false
	}
	// The browser may stay as long as the page.
	if err := exec.CommandContext(context.WithoutCancel(ctx), command[0], command[1:]...).Start(); err != nil {
		return false
	}
	return true
}
