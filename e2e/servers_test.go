package e2e

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sources/etherpad"
)

// An Etherpad that is killed while it sends a pad, and starts again, is asked
// again: nothing is lost, and nothing that was cut is kept.
func TestEtherpadThatIsKilledIsWaitedFor(t *testing.T) {
	t.Parallel()
	etherpad := testserver.Etherpad(t, testserver.EtherpadOptions{})
	m := newMachine(t)
	pads := create(t, etherpad, "étape", 8)
	long := pads[4]
	etherpad.Append(t, long, noise(1<<20))
	front := cuttingProxy(t, etherpad.URL, 1<<18)
	m.write("pads.txt", list(front.url, pads))
	m.keepSecret(pads...)

	p := m.start(m.command("backup", "--json", "-r", "archive", "--documents-file", "pads.txt"))
	select {
	case <-front.inTheMiddle:
	case <-time.After(time.Minute):
		t.Fatal("the long pad was not asked for")
	}
	etherpad.Kill()
	close(front.goOn)
	etherpad.Start(t)
	o := p.wait().exits(0)
	o.summary().found(t, len(pads), 0, 0, 0)

	m.padsync("restore", "-r", "archive", "--target", "out").exits(0)
	got := slices.Collect(maps.Values(files(t, m.path("out"))))
	for _, id := range pads {
		if !slices.Contains(got, string(etherpad.Export(t, id, "etherpad"))) {
			t.Errorf("%s is not as the server has it", id)
		}
	}
	m.padsync("check", "-r", "archive", "--read-data").exits(0)
}

// A limit that others have used up is waited for, and kept.
func TestLimitOfAServerIsWaitedFor(t *testing.T) {
	t.Parallel()
	etherpad := testserver.Etherpad(t, testserver.EtherpadOptions{Limit: 5, Window: 3 * time.Second})
	m := newMachine(t)
	pads := create(t, etherpad, "limité", 11)
	m.write("pads.txt", list(etherpad.URL, pads))
	m.keepSecret(pads...)
	for range 5 { // someone else behind the same address
		etherpad.Export(t, pads[0], "txt")
	}
	o := m.padsync("backup", "--json", "-r", "archive", "--documents-file", "pads.txt").exits(0).says("waiting for " + etherpad.URL + " until ")
	s := o.summary()
	s.found(t, len(pads), 0, 0, 0)
	if s.Requests > len(pads)+2 { // each of two at once may meet the limit
		t.Errorf("%d requests for %d pads", s.Requests, len(pads))
	}
}

// eachPadFailsForItself: what the server refuses or does not have costs one
// document each, told by its line; nothing shows its name.
func eachPadFailsForItself(t *testing.T, etherpad *testserver.EtherpadServer) {
	m := newMachine(t)
	pads := create(t, etherpad, "ordinaire", 2)
	var group struct{ GroupID, PadID string }
	etherpad.API(t, &group, "createGroup")
	etherpad.API(t, &group, "createGroupPad", "groupID", group.GroupID, "padName", "confidentiel", "text", "x")
	before := etherpad.Pads(t)
	addresses := []string{
		etherpad.PadURL(pads[0]), etherpad.PadURL("introuvable"), etherpad.PadURL(group.PadID),
		etherpad.PadURL(pads[1]), etherpad.PadURL(strings.Repeat("interdit", 8)), "http://no-such-host.invalid/p/ailleurs",
	}
	m.write("pads.txt", strings.Join(addresses, "\n"))
	m.keepSecret(append(pads, "introuvable", group.PadID, "confidentiel", "interdit", "ailleurs")...)

	o := m.padsync("backup", "-r", "archive", "--documents-file", "pads.txt").exits(3)
	o.says("2 saved, 0 unchanged, 0 missing, 4 failed").says("NOT SAFE: 4 documents").says("safe: 2 documents")
	for _, line := range []string{"2", "3", "5", "6"} {
		o.says("line " + line + " of pads.txt")
	}
	o.says("the server does not allow it").says("there is no such document")
	if after := etherpad.Pads(t); !slices.Equal(before, after) {
		t.Errorf("the server has pads %q, and had %q", after, before)
	}
}

// A server that is away is waited for, not hammered; a signal ends the wait,
// and what others gave is safe.
func TestSignalEndsTheWaitForAServer(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	fakePads(t, m, 3)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	away := "http://" + l.Addr().String()
	l.Close()
	m.write("more.txt", list(away, []string{"absent"}))
	m.keepSecret("absent")
	p := m.start(m.command("backup", "--json", "-r", "archive", "--documents-file", "pads.txt", "--documents-file", "more.txt"))
	p.awaits("waiting for "+away, 2) // so it was asked twice
	for n := range 3 {
		p.awaits(fmt.Sprintf("line %d of pads.txt", n+1), 1)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	o := p.wait().exits(130).says("waiting for " + away).says("interrupted: what was done is kept")
	o.summary().found(t, 3, 0, 0, 0)
	if n := o.summary().Requests; n > 3+2 {
		t.Errorf("%d requests", n)
	}
}

// oddNamesComeBack: names that file systems or shells trip over are pads like
// others.
func oddNamesComeBack(t *testing.T, etherpad *testserver.EtherpadServer) {
	m := newMachine(t)
	pads := []string{
		"CON", "Ag", "ag", "AG", "a.b.", "-rf", "~root", "%41", "a%2Fb", "..%2F..%2Fx", "été", "e\u0301te\u0301", "<script>", "a'b\"c`d`",
		"(id)", "back\\slash", "q;x=y+z", "com1.txt", "*", "\u202egnp.exe", strings.Repeat("🎉", 25), strings.Repeat("é", 50), "...", "[]", "padsync.json",
	}
	want := make(map[string]bool)
	for i, id := range pads {
		text := fmt.Sprintf("texte %d\n", i)
		etherpad.Create(t, id, text)
		want[text+"\n"] = true
	}
	m.write("pads.txt", list(etherpad.URL, pads))
	m.padsync("backup", "--json", "-r", "archive", "--documents-file", "pads.txt").exits(0).summary().found(t, len(pads), 0, 0, 0)
	m.padsync("backup", "--json", "-r", "archive", "--documents-file", "pads.txt").exits(0).summary().found(t, 0, len(pads), 0, 0)
	m.padsync("restore", "-r", "archive", "--format", "txt", "--target", "out").exits(0)
	got := files(t, m.path("out"))
	lower := make(map[string]bool)
	for name, text := range got {
		delete(want, text)
		lower[strings.ToLower(name)] = true
	}
	if len(got) != len(pads) || len(want) > 0 || len(lower) != len(pads) {
		t.Errorf("%d of %d pads came back, %d in names that differ without case; not: %q", len(got), len(pads), len(lower), slices.Collect(maps.Keys(want)))
	}
}

// create makes n pads with text, and returns their ids.
func create(t testing.TB, etherpad *testserver.EtherpadServer, name string, n int) (ids []string) {
	t.Helper()
	for i := range n {
		ids = append(ids, fmt.Sprintf("%s-%d", name, i))
		etherpad.Create(t, ids[i], fmt.Sprintf("Texte du pad n° %d : ça alors 🎉\n", i))
	}
	return ids
}

// list is a file of the addresses of pads.
func list(base string, ids []string) string {
	var b strings.Builder
	for _, id := range ids {
		fmt.Fprintln(&b, etherpad.Address{Base: base, ID: id}.URL())
	}
	return b.String()
}

// noise is text that does not get smaller.
func noise(size int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-\n"
	b := make([]byte, size)
	for i := range b {
		b[i] = letters[rand.IntN(len(letters))]
	}
	return string(b)
}

// waitFor waits until something is so.
func waitFor(t testing.TB, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

// A cutter is a proxy that stops once in the middle of an answer.
type cutter struct {
	url         string
	inTheMiddle chan struct{} // gets one when it has stopped
	goOn        chan struct{} // to be closed; then it cuts the connection
}

// cuttingProxy forwards connections to a server. The first that brings more
// than size bytes stops.
func cuttingProxy(t testing.TB, server string, size int64) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := &cutter{"http://" + l.Addr().String(), make(chan struct{}, 1), make(chan struct{})}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go c.forward(client, strings.TrimPrefix(server, "http://"), size)
		}
	}()
	return c
}

func (c *cutter) forward(client net.Conn, server string, size int64) {
	defer client.Close()
	s, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer s.Close()
	go io.Copy(s, client)
	if n, _ := io.CopyN(client, s, size); n < size {
		return
	}
	select {
	case <-c.goOn: // it has been killed before
		io.Copy(client, s)
		return
	default:
	}
	select {
	case c.inTheMiddle <- struct{}{}:
	default:
	}
	<-c.goOn
}
