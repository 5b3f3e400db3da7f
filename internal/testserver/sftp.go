package testserver

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"
)

// An SFTPServer is an SFTP server that shows this machine's files.
type SFTPServer struct {
	Host, Port, User string
	KeyFile          string // the private key that opens it, for this test only
	KnownHosts       string // the file that names the server's key
	Dir              string // an empty folder on it
}

// SFTP starts sshd with keys of its own until the test ends.
func SFTP(t testing.TB) SFTPServer {
	t.Helper()
	address := freeAddress(t)
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := SFTPServer{host, port, u.Username, filepath.Join(dir, "key"), filepath.Join(dir, "known_hosts"), filepath.Join(dir, "files")}
	if err := os.Mkdir(s.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	hostKey := newKey(t, filepath.Join(dir, "host_key"))
	write(t, filepath.Join(dir, "authorized_keys"), newKey(t, s.KeyFile))
	write(t, s.KnownHosts, fmt.Sprintf("[%s]:%s %s", host, port, hostKey))
	write(t, filepath.Join(dir, "sshd_config"), fmt.Sprintf(sshdConfig, dir, address))
	// sshd wants its whole path, to start itself again for a connection.
	start(t, address, exec.Command(find(t, "sshd"), "-D", "-e", "-f", filepath.Join(dir, "sshd_config")))
	return s
}

const sshdConfig = `ListenAddress %[2]s
HostKey %[1]s/host_key
AuthorizedKeysFile %[1]s/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
Subsystem sftp internal-sftp
`

// newKey writes a private key, and returns the line of its public one.
func newKey(t testing.TB, name string) string {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return string(ssh.MarshalAuthorizedKey(key))
}
