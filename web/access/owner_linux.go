package access

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

func thisUser() User { return User(strconv.Itoa(os.Getuid())) }

// ErrNobody is of a connection that the system names no owner for.
var ErrNobody = errors.New("a connection that belongs to nobody")

// SystemOwner is what Options.Owner can be on this system, nil if it does not
// say whose a connection is.
func SystemOwner() func(net.Conn) (User, error) {
	f, err := os.Open(tables[0])
	if err != nil {
		return nil
	}
	_ = f.Close()
	return owner
}

// tables are the connections of this computer, over IPv4 and IPv6. A program
// that speaks IPv6 may reach an IPv4 address, too.
var tables = [...]string{"/proc/net/tcp", "/proc/net/tcp6"}

// owner is the user whose program has the other end of a connection from this
// computer. The tables change while they are read, and a line that stands there
// all the time may be missed: they are read several times before nobody has it.
func owner(c net.Conn) (User, error) {
	here, ok := c.LocalAddr().(*net.TCPAddr)
	there, ok2 := c.RemoteAddr().(*net.TCPAddr)
	if !ok || !ok2 {
		return "", ErrNobody
	}
	for range 3 {
		if u, err := lookUp(there.AddrPort(), here.AddrPort()); u != "" || err != nil {
			return u, err
		}
	}
	return "", ErrNobody
}

func lookUp(local, remote netip.AddrPort) (User, error) {
	for _, name := range tables {
		f, err := os.Open(name)
		if errors.Is(err, os.ErrNotExist) {
			continue // a system without IPv6
		}
		if err != nil {
			return "", err
		}
		u, err := find(f, local, remote)
		_ = f.Close()
		if u != "" || err != nil {
			return u, err
		}
	}
	return "", nil
}

// find is the user of the socket with these two ends in a table of the form
// that proc(5) describes, "" if there is none.
func find(table io.Reader, local, remote netip.AddrPort) (User, error) {
	local, remote = unmapped(local), unmapped(remote)
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 {
			continue
		}
		from, err := parseEnd(fields[1])
		if err != nil {
			continue // the line of titles
		}
		to, err := parseEnd(fields[2])
		if err != nil || from != local || to != remote {
			continue
		}
		// What a program has closed belongs to nobody, but is shown as root's. It
		// has no inode then.
		if fields[9] == "0" {
			continue
		}
		return User(fields[7]), nil
	}
	return "", lines.Err()
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// parseEnd reads an address as the kernel writes it: words of 32 bits in the
// order of the machine, and the port.
func parseEnd(s string) (netip.AddrPort, error) {
	address, port, found := strings.Cut(s, ":")
	number, err := strconv.ParseUint(port, 16, 16)
	if !found || err != nil {
		return netip.AddrPort{}, fmt.Errorf("port of %q", s)
	}
	raw, err := hex.DecodeString(address)
	if err != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, fmt.Errorf("address of %q", s)
	}
	for word := range len(raw) / 4 {
		part := raw[4*word : 4*word+4]
		binary.NativeEndian.PutUint32(part, binary.BigEndian.Uint32(part))
	}
	ip, ok := netip.AddrFromSlice(raw)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("address of %q", s)
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(number)), nil
}
