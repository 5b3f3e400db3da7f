// Package repository is the repository format in code: packs, manifests and
// checkpoints in a sink, written by runs, read as their fold.
//
// docs/format.md is normative. The package knows no source and no kind of
// store.
package repository

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"filippo.io/age"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sinks"
)

var (
	// ErrNone says that the sink holds no repository.
	ErrNone = errors.New("no repository here")

	// ErrHeadless says that padsync.json is missing while manifests are there.
	ErrHeadless = errors.New("padsync.json is missing from this repository")

	// ErrHead is matched by the CorruptError for padsync.json.
	ErrHead = errors.New("not as padsync writes it")

	// ErrSealed says that plain data would go into a sealed repository.
	ErrSealed = errors.New("the repository is sealed, and there is no recipient")

	// ErrPlain says that a recipient was given for a repository that is not sealed.
	ErrPlain = errors.New("the repository is not sealed, and there are recipients")

	// ErrNoIdentity says that none of the identities opens what is sealed: any
	// manifest of the repository, or a pack.
	ErrNoIdentity = errors.New("no identity opens it")

	// ErrUnreadable says that the repository has manifests, and that all of
	// them are damaged.
	ErrUnreadable = errors.New("none of its lists of documents can be read")

	// ErrRecipients says that other recipients would be sealed to than last time.
	ErrRecipients = errors.New("other recipients than last time")
)

// A CorruptError tells of an object that is not what its key says, or that
// another object needs and that is not there.
type CorruptError struct {
	Key     string
	Problem string // "damaged", "missing", "unreadable"
	Err     error  // may be nil
}

// Error implements error.
func (e *CorruptError) Error() string {
	if e.Err == nil {
		return e.Key + " is " + e.Problem
	}
	return fmt.Sprintf("%s is %s: %v", e.Key, e.Problem, e.Err)
}

// Unwrap gives the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// Options are what a Repository works with.
type Options struct {
	Recipients []crypto.Recipient // who can read packs; none: plain
	Runner     []crypto.Recipient // who can read manifests besides
	Identities []age.Identity     // to read with

	// Own is the one of the identities, if any, with which later runs read:
	// what it does not open, the others do only now.
	Own age.Identity

	Pool   *spool.Pool      // required
	Now    func() time.Time // nil: time.Now
	Random io.Reader        // nil: crypto/rand

	// Warn is told, if not nil, of each object that is left out because it
	// is damaged. It may be called concurrently.
	Warn func(*CorruptError)
}

// A Repository is all that padsync keeps in one sink. It is safe for
// concurrent use.
type Repository struct {
	Options
	sink  sinks.Sink
	head  head
	isNew bool

	// fresh says that manifests and checkpoints were listed when it was
	// made, and there were none: the first Read need not ask again.
	fresh atomic.Bool
}

// A head is padsync.json.
type head struct {
	Format  string        `json:"format"`
	Version int           `json:"version"`
	ID      string        `json:"id"`
	Created manifest.Time `json:"created"`
	Sealed  bool          `json:"sealed"`
}

const (
	headKey     = "padsync.json"
	headFormat  = "padsync repository"
	headVersion = 1
)

// ID is the repository's random name.
func (r *Repository) ID() string { return r.head.ID }

// New reports whether the repository was made when it was opened.
func (r *Repository) New() bool { return r.isNew }

// Sealed reports whether its objects are age files.
func (r *Repository) Sealed() bool { return r.head.Sealed }

// Open opens the repository in the sink for reading. Without one, the error
// is ErrNone.
func Open(ctx context.Context, sink sinks.Sink, o Options) (*Repository, error) {
	r := newRepository(sink, o)
	err := r.readHead(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		if err := r.headless(ctx); err != nil {
			return nil, err
		}
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// OpenToWrite opens the repository in the sink for writing. It is sealed if
// there are recipients; the error is ErrSealed or ErrPlain if the one that is
// there says otherwise. Without one, it is ErrNone.
func OpenToWrite(ctx context.Context, sink sinks.Sink, o Options) (*Repository, error) {
	r, err := Open(ctx, sink, o)
	if err == nil {
		err = r.agrees()
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// OpenOrCreate is OpenToWrite, and makes a repository where there is none.
func OpenOrCreate(ctx context.Context, sink sinks.Sink, o Options) (*Repository, error) {
	r, err := OpenToWrite(ctx, sink, o)
	if !errors.Is(err, ErrNone) {
		return r, err
	}
	return Create(ctx, sink, o)
}

// Create makes a repository where OpenToWrite found none. If another run makes
// one at the same time, it is that which is opened.
func Create(ctx context.Context, sink sinks.Sink, o Options) (*Repository, error) {
	r, err := create(ctx, sink, o)
	if err == nil {
		err = r.agrees()
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// agrees gives ErrSealed or ErrPlain if what is written would be the other.
func (r *Repository) agrees() error {
	switch sealed := len(r.Recipients) > 0; {
	case r.Sealed() && !sealed:
		return ErrSealed
	case !r.Sealed() && sealed:
		return ErrPlain
	}
	return nil
}

func newRepository(sink sinks.Sink, o Options) *Repository {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Warn == nil {
		o.Warn = func(*CorruptError) {}
	}
	return &Repository{Options: o, sink: sink}
}

// create writes padsync.json and reads back what stands: another first run
// may have written its own.
func create(ctx context.Context, sink sinks.Sink, o Options) (*Repository, error) {
	r := newRepository(sink, o)
	id, err := r.randomName()
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(head{headFormat, headVersion, id, manifest.At(r.Now()), len(o.Recipients) > 0})
	if err != nil {
		return nil, err
	}
	b = append(b, '\n')
	if err := sink.Put(ctx, headKey, bytes.NewReader(b), int64(len(b))); err != nil {
		return nil, err
	}
	r.fresh.Store(true)
	err = r.readHead(ctx)
	r.isNew = r.head.ID == id
	return r, err
}

func (r *Repository) readHead(ctx context.Context) error {
	rc, err := sinks.Read(ctx, r.sink, headKey, 0, -1)
	if err != nil {
		return err
	}
	defer rc.Close()
	b, err := io.ReadAll(io.LimitReader(rc, 4096))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &r.head); err != nil {
		return &CorruptError{headKey, "damaged", ErrHead}
	}
	switch {
	case r.head.Format == headFormat && r.head.Version != headVersion:
		return fmt.Errorf("repository of version %d: %w", r.head.Version, manifest.ErrUnsupported)
	case r.head.Format != headFormat || !randomForm.MatchString(r.head.ID):
		return &CorruptError{headKey, "damaged", ErrHead}
	}
	// With one letter of "sealed" wrong, a sealed repository would be an empty
	// one that is not.
	if encoded, err := json.Marshal(r.head); err != nil || !bytes.Equal(bytes.TrimSpace(b), encoded) {
		return &CorruptError{headKey, "damaged", ErrHead}
	}
	return nil
}

// headless tells a new place from a repository that lost its head.
func (r *Repository) headless(ctx context.Context) error {
	for _, prefix := range []string{manifestsPrefix, checkpointsPrefix} {
		for o, err := range r.sink.List(ctx, prefix) {
			if err != nil {
				return err
			}
			if r.id(strings.TrimSuffix(o.Key, ageEnding), prefix) != "" {
				return ErrHeadless
			}
		}
	}
	return nil
}

var randomForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

func (r *Repository) randomName() (string, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(r.Random, b); err != nil {
		return "", fmt.Errorf("random name: %w", err)
	}
	return hex.EncodeToString(b), nil
}
