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
	"os"
	"strings"
	"sync/atomic"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/s3utils"

	"github.com/padsync/padsync/sinks"
)

// Options say how a store is reached. The zero value is usable.
type Options struct {
	// Region is part of what is signed. "": AWS_REGION, AWS_DEFAULT_REGION,
	// what an address at Amazon says, us-east-1.
	Region string

	// AccessKey and SecretKey; "": the first found in AWS_ACCESS_KEY_ID and
	// its like, the profile of the AWS files, the role of the machine.
	AccessKey, SecretKey string

	// TrailingChecksums are sent with each PUT. Not every store knows them.
	TrailingChecksums bool

	// Transport takes the place of the one with this package's time-outs.
	Transport http.RoundTripper
}

// A Sink keeps each object under prefix and key in one bucket.
type Sink struct {
	client         *minio.Client
	bucket, prefix string

	// rangeless is set once the store took no notice of a range.
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
		return nil, err
	}
	client, err := minio.New(a.endpoint.Host, &minio.Options{
		Creds:           creds,
		Secure:          a.endpoint.Scheme == "https",
		Transport:       pages{o.Transport},
		Region:          cmp.Or(o.Region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), s3utils.GetRegionFromURL(a.endpoint), "us-east-1"),
		BucketLookup:    lookup(a),
		TrailingHeaders: o.TrailingChecksums,
	})
	if err != nil {
		return nil, fmt.Errorf("address of an S3 store: %w", err)
	}
	return &Sink{client: client, bucket: a.bucket, prefix: a.prefix}, nil
}

// lookup has the bucket in the path, as stores of one's own want it, but for
// those that are known to want it in the host's name.
func lookup(a *address) minio.BucketLookupType {
	if s3utils.IsVirtualHostSupported(a.endpoint, a.bucket) {
		return minio.BucketLookupDNS
	}
	return minio.BucketLookupPath
}

// Put implements sinks.Sink.
func (s *Sink) Put(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return failure("put", key, err)
	}
	ctx, body := sinks.NewBody(ctx, r, size)
	defer body.Stop()
	_, err := s.client.PutObject(ctx, s.bucket, s.prefix+key, body, size, minio.PutObjectOptions{
		DisableMultipart: true,
		ContentType:      "application/octet-stream",
		// Else versitygw 1.8.0, for one, keeps what it has of an upload that
		// was cut, unless each chunk is signed, which is done without TLS only.
		SendContentMd5: s.client.EndpointURL().Scheme == "https",
		// versitygw 1.8.0 leaves the signed last chunk of an empty body
		// unread, and takes it for the next request.
		DisableContentSha256: size == 0,
	})
	if err != nil {
		return failure("put", key, cmp.Or(context.Cause(ctx), err))
	}
	return nil
}

// Get implements sinks.Sink.
func (s *Sink) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return nil, failure("get", key, err)
	}
	if length == 0 { // which no Range header can say
		_, err := s.client.StatObject(ctx, s.bucket, s.prefix+key, minio.StatObjectOptions{})
		if err != nil {
			return nil, failure("get", key, err)
		}
		return http.NoBody, nil
	}
	r, err := s.get(ctx, key, offset, length)
	if minio.ToErrorResponse(err).StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return http.NoBody, nil
	}
	if err != nil {
		return nil, failure("get", key, err)
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
		// What this body is, nobody knows: without a range there is but one
		// answer.
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
	r, _, header, err := minio.Core{Client: s.client}.GetObject(ctx, s.bucket, s.prefix+key, o)
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

// isRange tells whether a Content-Range is what was asked for: some stores
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
		objects := s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix + prefix, Recursive: true})
		for o := range objects {
			if err := cmp.Or(o.Err, watch.Saw(o.Key)); err != nil {
				yield(sinks.Object{}, failure("list", prefix, cmp.Or(context.Cause(ctx), err)))
				return
			}
			key, ok := strings.CutPrefix(o.Key, s.prefix)
			if !ok || !strings.HasPrefix(key, prefix) || sinks.CheckKey(key) != nil {
				continue // not ours, such as the mark of a folder
			}
			if !yield(sinks.Object{Key: key, Size: o.Size, Modified: o.LastModified}, nil) {
				return
			}
		}
		if err := context.Cause(ctx); err != nil {
			yield(sinks.Object{}, failure("list", prefix, err))
		}
	}
}

// Delete implements sinks.Sink.
func (s *Sink) Delete(ctx context.Context, key string) error {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return failure("delete", key, err)
	}
	err := s.client.RemoveObject(ctx, s.bucket, s.prefix+key, minio.RemoveObjectOptions{})
	if err = failure("delete", key, err); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
