// Package s3 is a sink in a bucket of an S3-compatible store.
//
// It needs nothing of the store but PUT, GET with ranges, HEAD, DELETE and
// ListObjectsV2; each object is a single PUT.
package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"path"
	"strings"
	"sync/atomic"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"

	"github.com/padsync/padsync/sinks"
)

// Options say how a store is reached. The zero value is usable.
type Options struct {
	// Region is part of what is signed. "": AWS_REGION, AWS_DEFAULT_REGION, the
	// profile in ~/.aws/config, what an address at Amazon says, us-east-1. If
	// the store names another one, that is used.
	Region string

	// BucketInHost asks for the bucket at BUCKET.HOST, and not at
	// HOST/BUCKET, as some stores want it. Amazon's, Google's and Alibaba's
	// are known by their addresses.
	BucketInHost bool

	// AccessKey and SecretKey; "": the first found in AWS_ACCESS_KEY_ID and
	// its like, the profile of the AWS files, the role of the machine.
	AccessKey, SecretKey string

	// TrailingChecksums are sent with each PUT. Not every store knows them.
	TrailingChecksums bool

	// Tries is how often what fails is tried in all; 0: as often as the client
	// does by itself.
	Tries int

	// Transport takes the place of the one with this package's time-outs.
	Transport http.RoundTripper
}

// A Sink keeps each object under prefix and key in one bucket.
type Sink struct {
	client         atomic.Pointer[minio.Client]
	connect        func(region string) (*minio.Client, error)
	creds          *credentials.Credentials
	bucket, prefix string

	// rangeless is set once the store has ignored a range.
	rangeless atomic.Bool
}

// Open is the sink at https://HOST[:PORT]/BUCKET[/PREFIX], or http. It looks
// for credentials, and matches ErrNoCredentials if there are none, but does
// not talk to the store.
func Open(address string, o Options) (*Sink, error) {
	a, err := parse(address)
	if err != nil {
		return nil, fmt.Errorf("address of an S3 store: %w", err)
	}
	if o.Transport == nil {
		if o.Transport, err = transport(a.endpoint.Scheme == "https"); err != nil {
			return nil, err
		}
	}
	creds, err := findCredentials(o)
	if err != nil {
		return nil, &sinks.Error{Op: "open", Key: Shown(address), Err: err}
	}
	s := &Sink{creds: creds, bucket: a.bucket, prefix: a.prefix}
	s.connect = func(region string) (*minio.Client, error) {
		return minio.New(a.endpoint.Host, &minio.Options{
			Creds:           creds,
			Secure:          a.endpoint.Scheme == "https",
			Transport:       answers{o.Transport},
			Region:          region,
			BucketLookup:    lookup(a, o.BucketInHost),
			TrailingHeaders: o.TrailingChecksums,
			MaxRetries:      o.Tries,
		})
	}
	client, err := s.connect(cmp.Or(o.Region, configuredRegion(), s3utils.GetRegionFromURL(a.endpoint), "us-east-1"))
	if err != nil {
		return nil, fmt.Errorf("address of an S3 store: %w", err)
	}
	s.client.Store(client)
	return s, nil
}

// do makes a request, and makes it again if the store names the region that it
// should have been signed for: not everyone can know it.
func (s *Sink) do(request func(*minio.Client) error) error {
	err := request(s.client.Load())
	region := namedRegion(err)
	if region == "" {
		return err
	}
	client, connectErr := s.connect(region)
	if connectErr != nil {
		return err
	}
	if err = request(client); err == nil {
		s.client.Store(client)
	}
	return err
}

// hiding replaces the credentials, as far as they are known.
func (s *Sink) hiding() *strings.Replacer {
	value, err := s.creds.GetWithContext(&credentials.CredContext{Client: http.DefaultClient})
	if err != nil {
		return sinks.Hiding()
	}
	return sinks.Hiding(value.AccessKeyID, value.SecretAccessKey, value.SessionToken)
}

// lookup has the bucket in the path, as self-hosted stores want it, except for
// stores that are known to want it in the host's name.
func lookup(a *address, inHost bool) minio.BucketLookupType {
	if inHost || s3utils.IsVirtualHostSupported(a.endpoint, a.bucket) {
		return minio.BucketLookupDNS
	}
	return minio.BucketLookupPath
}

// Put implements sinks.Sink.
func (s *Sink) Put(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	return s.store(ctx, key, r, size, "application/octet-stream")
}

// Replace is Put for a file that people open, whatever is in its place: browsers
// are told of what kind its name says that it is.
func (s *Sink) Replace(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	return s.store(ctx, key, r, size, cmp.Or(kinds[path.Ext(key)], "application/octet-stream"))
}

// A page that Replace stored says so when it is read: another is taken for that
// of a website in place of the store.
const (
	webPageKind = "text/html; charset=utf-8"
	ownPage     = "Padsync-Page"
)

// kinds are not left to package mime, which asks the machine.
var kinds = map[string]string{
	".html": webPageKind, ".txt": "text/plain; charset=utf-8", ".md": "text/markdown; charset=utf-8",
	".csv": "text/csv; charset=utf-8", ".ics": "text/calendar; charset=utf-8", ".json": "application/json",
}

func (s *Sink) store(ctx context.Context, key string, r io.ReaderAt, size int64, kind string) error {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return s.failure("put", key, err)
	}
	return s.failure("put", key, s.do(func(c *minio.Client) error { return s.put(ctx, c, key, r, size, kind) }))
}

func (s *Sink) put(ctx context.Context, client *minio.Client, key string, r io.ReaderAt, size int64, kind string) error {
	var metadata map[string]string
	if kind == webPageKind {
		metadata = map[string]string{ownPage: "1"}
	}
	ctx, body := sinks.NewBody(ctx, r, size)
	defer body.Stop()
	_, err := client.PutObject(ctx, s.bucket, s.prefix+key, body, size, minio.PutObjectOptions{
		DisableMultipart: true,
		ContentType:      kind,
		UserMetadata:     metadata,
		// Without it, versitygw 1.8.0, for one, keeps what it has of an upload
		// that was cut, unless each chunk is signed, which is done only without
		// TLS.
		SendContentMd5: client.EndpointURL().Scheme == "https",
		// versitygw 1.8.0 leaves the signed last chunk of an empty body
		// unread, and takes it for the next request.
		DisableContentSha256: size == 0,
	})
	if err != nil {
		return cmp.Or(context.Cause(ctx), err)
	}
	return nil
}

// Get implements sinks.Sink.
func (s *Sink) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return nil, s.failure("get", key, err)
	}
	if length == 0 { // which no Range header can say
		err := s.do(func(c *minio.Client) error {
			_, err := c.StatObject(ctx, s.bucket, s.prefix+key, minio.StatObjectOptions{})
			return err
		})
		if err != nil {
			return nil, s.failure("get", key, err)
		}
		return http.NoBody, nil
	}
	r, err := s.get(ctx, key, offset, length)
	if minio.ToErrorResponse(err).StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return http.NoBody, nil
	}
	if err != nil {
		return nil, s.failure("get", key, err)
	}
	return r, nil
}

func (s *Sink) get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	wanted := rangeHeader(offset, length)
	if wanted != "" && !s.rangeless.Load() {
		r, answered, err := s.request(ctx, key, wanted)
		if err != nil {
			return nil, err
		}
		if isRange(answered, offset, length) {
			return r, nil
		}
		// Nobody knows what this body is. Without a range there is only one
		// possible answer.
		s.rangeless.Store(true)
		if err := r.Close(); err != nil {
			return nil, err
		}
	}
	r, _, err := s.request(ctx, key, "")
	if err != nil {
		return nil, err
	}
	return sinks.Part(r, offset, length), nil
}

// request gives the body of an object and its Content-Range.
func (s *Sink) request(ctx context.Context, key, wanted string) (io.ReadCloser, string, error) {
	var o minio.GetObjectOptions
	if wanted != "" {
		o.Set("Range", wanted)
	}
	var r io.ReadCloser
	var header http.Header
	err := s.do(func(c *minio.Client) (err error) {
		r, _, header, err = minio.Core{Client: c}.GetObject(ctx, s.bucket, s.prefix+key, o)
		return err
	})
	return r, header.Get("Content-Range"), err
}

// rangeHeader is "" for all of an object.
func rangeHeader(offset, length int64) string {
	switch {
	case length > 0:
		return fmt.Sprintf("bytes=%d-%d", offset, offset+length-1)
	case offset > 0:
		return fmt.Sprintf("bytes=%d-", offset)
	}
	return ""
}

// isRange reports whether a Content-Range is what was asked for: some stores
// answer with all of the object, or with another part of it.
func isRange(answer string, offset, length int64) bool {
	var first, last, size int64
	_, err := fmt.Sscanf(answer, "bytes %d-%d/%d", &first, &last, &size)
	begin, n := sinks.Range(size, offset, length)
	return err == nil && first == begin && last == begin+n-1
}

// List implements sinks.Sink.
func (s *Sink) List(ctx context.Context, prefix string) iter.Seq2[sinks.Object, error] {
	return func(yield func(sinks.Object, error) bool) {
		ctx, watch := sinks.NewWatch(ctx, 0)
		defer watch.Stop()
		ctx = steady(ctx, watch.Stuck)
		err := s.do(func(c *minio.Client) error { return s.list(ctx, c, prefix, watch, yield) })
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
		}
		if err != nil && err != errEnough {
			yield(sinks.Object{}, s.failure("list", prefix, err))
		}
	}
}

var errEnough = errors.New("the rest is not wanted")

func (s *Sink) list(ctx context.Context, client *minio.Client, prefix string, watch *sinks.Watch, yield func(sinks.Object, error) bool) error {
	objects := client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix + prefix, Recursive: true})
	for o := range objects {
		if err := cmp.Or(o.Err, watch.Saw(o.Key)); err != nil {
			return err
		}
		key, ok := strings.CutPrefix(o.Key, s.prefix)
		if !ok || !strings.HasPrefix(key, prefix) || sinks.CheckKey(key) != nil {
			continue // not ours, such as the mark of a folder
		}
		if !yield(sinks.Object{Key: key, Size: o.Size, Modified: o.LastModified}, nil) {
			return errEnough
		}
	}
	return ctx.Err()
}

// Delete implements sinks.Sink.
func (s *Sink) Delete(ctx context.Context, key string) error {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return s.failure("delete", key, err)
	}
	err := s.do(func(c *minio.Client) error {
		return c.RemoveObject(ctx, s.bucket, s.prefix+key, minio.RemoveObjectOptions{})
	})
	if err = s.failure("delete", key, err); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
