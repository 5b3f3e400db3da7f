package access

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// accepted are both ends of a connection over loopback.
func accepted(t *testing.T, network, address string) (server, client net.Conn) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial(network, l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return server, client
}

func TestConnectionBelongsToWhoseProgramMadeIt(t *testing.T) {
	server, client := accepted(t, "tcp4", "127.0.0.1:0")
	if u, err := owner(server); err != nil || u != thisUser() {
		t.Errorf("a connection of this user is of %q, %v", u, err)
	}
	// What was closed is shown as root's, who may do all.
	client.Close()
	if u, err := owner(server); !errors.Is(err, ErrNobody) {
		t.Errorf("a closed connection is of %q, %v", u, err)
	}
}

func TestConnectionOfAnotherUserIsSeenToBe(t *testing.T) {
	const other = 54321
	if address := os.Getenv("ACCESS_TEST_DIAL"); address != "" {
		c, err := net.Dial("tcp4", address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Read(make([]byte, 1)) // until the test has looked
		return
	}
	want := User(strconv.Itoa(other))
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	command := exec.Command("/proc/self/exe", "-test.run", "^"+t.Name()+"$")
	command.Env = append(os.Environ(), "ACCESS_TEST_DIAL="+l.Addr().String())
	if os.Getuid() == 0 {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: other, Gid: other}}
	} else {
		want = thisUser() // only root may be somebody else
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = command.Wait() }()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if u, err := owner(c); err != nil || u != want {
		t.Errorf("a connection of user %s is of %q, %v", want, u, err)
	}
}

func TestTablesOfConnectionsAreRead(t *testing.T) {
	const titles = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	line := func(local, remote, uid, inode string) string {
		return "   7: " + local + " " + remote + " 01 00000000:00000000 00:00000000 00000000 " + uid + " 0 " + inode + " 1 0 20 4 30 10 -1\n"
	}
	here, there := netip.MustParseAddrPort("127.0.0.1:8417"), netip.MustParseAddrPort("127.0.0.1:40000")
	word := func(a, b, c, d byte) string {
		return fmt.Sprintf("%08X", binary.NativeEndian.Uint32([]byte{a, b, c, d}))
	}
	loopback := word(127, 0, 0, 1)
	own, others := loopback+":20E1", loopback+":9C40"
	mapped := word(0, 0, 0, 0) + word(0, 0, 0, 0) + word(0, 0, 255, 255) + loopback + ":"
	for name, c := range map[string]struct {
		table string
		want  User
	}{
		"other end":            {titles + line(own, others, "1000", "5") + line(others, own, "1001", "6"), "1001"},
		"none":                 {titles + line(own, others, "1000", "5"), ""},
		"closed":               {titles + line(others, own, "0", "0"), ""},
		"closed, then another": {titles + line(others, own, "0", "0") + line(others, own, "1001", "6"), "1001"},
		"over IPv6":            {titles + line(mapped+"9C40", mapped+"20E1", "1001", "6"), "1001"},
		"another port":         {titles + line(loopback+":9C41", own, "1001", "6"), ""},
		"another address":      {titles + line(word(127, 0, 0, 2)+":9C40", own, "1001", "6"), ""},
		"no table":             {"nothing\n7: a b c d e f g h i j\n" + strings.Repeat("x", 100), ""},
	} {
		if got, err := find(strings.NewReader(c.table), there, here); err != nil || got != c.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
