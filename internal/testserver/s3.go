package testserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// An S3Server is an S3 server with one empty bucket.
type S3Server struct {
	Endpoint             string // "http://127.0.0.1:…"
	AccessKey, SecretKey string
	Bucket               string
}

// Address is the address of what is under prefix in the bucket.
func (s S3Server) Address(prefix string) string {
	return s.Endpoint + "/" + s.Bucket + "/" + prefix
}

// S3 starts versitygw in a folder of its own until the test ends.
func S3(t testing.TB) S3Server {
	t.Helper()
	address := freeAddress(t)
	s := S3Server{"http://" + address, "padsync-test", "not-a-secret", "backups"}
	dir := t.TempDir()
	for _, name := range []string{"buckets", "metadata"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	// Metadata in files: not every temporary folder has extended attributes.
	server := exec.Command(find(t, "versitygw"), "--quiet", "--keep-alive", "--port", address,
		"posix", "--sidecar", filepath.Join(dir, "metadata"), filepath.Join(dir, "buckets"))
	server.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s.AccessKey, "ROOT_SECRET_KEY="+s.SecretKey)
	start(t, address, server)

	client, err := minio.New(address, &minio.Options{Creds: credentials.NewStaticV4(s.AccessKey, s.SecretKey, "")})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.MakeBucket(t.Context(), s.Bucket, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	return s
}
