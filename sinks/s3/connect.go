package s3

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// ErrNoCredentials is matched where no credentials for a store are found.
var ErrNoCredentials = errors.New("no credentials")

// findCredentials looks once now, so that missing credentials are reported as
// missing and not as a refusal of the store; those that expire are renewed
// later.
func findCredentials(o Options) (*credentials.Credentials, error) {
	if o.AccessKey != "" {
		return credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""), nil
	}
	found := credentials.NewChainCredentials([]credentials.Provider{
		&credentials.EnvAWS{},
		&credentials.FileAWSCredentials{},
		// Outside of a cloud nobody answers to this.
		&credentials.IAM{Client: &http.Client{Timeout: 5 * time.Second}},
	})
	value, err := found.GetWithContext(&credentials.CredContext{Client: http.DefaultClient})
	if err != nil || value.SignerType.IsAnonymous() {
		return nil, ErrNoCredentials
	}
	return found, nil
}

// idle is how long a store may say nothing.
const idle = 2 * time.Minute

func transport(secure bool) (http.RoundTripper, error) {
	t, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: 30 * time.Second}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return impatient{c}, nil
	}
	t.ResponseHeaderTimeout = idle
	return t, nil
}

// An impatient connection breaks when nothing moves on it.
type impatient struct{ net.Conn }

func (c impatient) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(idle)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c impatient) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(idle)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}
