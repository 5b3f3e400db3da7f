// Package repository is the repository format in code: packs, manifests and
// checkpoints in a sink, which runs write and whose fold is read.
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
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"filippo.io/age"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/object"
	"github.com/padsync/padsync/sinks"
)

var (
	// ErrNone says that the sink holds no repository.
	ErrNone = errors.New("no repository here")

	// ErrHeadless says that padsync.json is missing while manifests or packs
	// are there.
	ErrHeadless = errors.New("padsync.json is missing from this repository")

	// ErrHead is matched by the CorruptError for padsync.json.
	ErrHead = errors.New("not as padsync writes it")

	// ErrSealed says that plain data would go into a sealed repository.
	ErrSealed = errors.New("the repository is sealed, and there is no recipient")

	// ErrPlain says that a recipient was given for a repository that is not sealed.
	ErrPlain = errors.New("the repository is not sealed, and there are recipients")

	// ErrNoIdentity says that none of the identities opens what is sealed: any
	// manifest of the repository, or a pack.
	ErrNoIdentity = object.ErrNoIdentity

	// ErrUnreadable says that the repository has manifests, and that all of
	// them are damaged.
	ErrUnreadable = errors.New("none of its lists of documents can be read")

	// ErrRecipients says that other recipients would be sealed to than last time.
	ErrRecipients = errors.New("other recipients than last time")
)

// A HeadError says that nothing is written into a repository, as its
// padsync.json is missing or damaged.
type HeadError struct {
	Lines []string      // what belongs in padsync.json; where there are several, only a person can say which
	Err   *CorruptError // matches ErrHeadless, ErrHead, or sinks.ErrNotFile
}

// Error implements error.
func (e *HeadError) Error() string { return e.Err.Error() }

// Unwrap gives what is wrong.
func (e *HeadError) Unwrap() error { return e.Err }

// A CorruptError tells of an object that is not what its key says, that
// another object needs and that is not there, or that the store does not give
// now though it gives others.
type CorruptError = object.CorruptError

// Options are what a Repository works with.
type Options struct {
	Recipients []crypto.Recipient // who can read packs; none: plain
	Runner     []crypto.Recipient // who can read manifests besides
	Identities []age.Identity     // to read with

	// Own is the one of the identities, if any, with which later runs read:
	// what it does not open, the others do only now.
	Own age.Identity

	// Seen gives, if not nil, the ids of manifests and checkpoints that this
	// machine saw before in the repository with this id.
	Seen func(repository string) []string

	// Known gives, if not nil, the ids of the repositories, sealed or not, that
	// this machine saw at this place. Where nothing else shows which one this
	// is, it is one of them.
	Known func(sealed bool) []string

	// Settle is how long Create waits before it looks which repository stands,
	// where other machines may make one in the same store at the same time.
	// It should be longer than what lies between their look and their write.
	Settle time.Duration

	Pool   *spool.Pool      // required
	Now    func() time.Time // nil: time.Now
	Random io.Reader        // nil: crypto/rand

	// Warn is called, if not nil, with each object that is left out because it
	// is damaged. It may be called concurrently.
	Warn func(*CorruptError)
}

// A Repository is all that padsync keeps in one sink. It is safe for
// concurrent use: no field changes once it is open.
type Repository struct {
	options Options
	objects object.Store
	head    head
	isNew   bool

	// headless says why padsync.json cannot be relied on; then head has what
	// the keys of the objects show. It is nil if it can be.
	headless *CorruptError

	learned *learned
}

// learned is what reading shows of a repository, whatever the identities.
type learned struct {
	id atomic.Pointer[string] // that manifests tell, if padsync.json does not

	// fresh says that manifests and checkpoints were listed when it was
	// made, and there were none: the first Read need not ask again.
	fresh atomic.Bool
}

// HeadKey is the key of the object that makes a place a repository.
const HeadKey = "padsync.json"

// A head is what is under HeadKey.
type head struct {
	Format  string        `json:"format"`
	Version int           `json:"version"`
	ID      string        `json:"id"`
	Created manifest.Time `json:"created"`
	Sealed  bool          `json:"sealed"`
}

const (
	headFormat  = "padsync repository"
	headVersion = 1
)

// ID is the repository's random name. Without a sound padsync.json it is what
// the manifests tell, "" until they were read.
func (r *Repository) ID() string {
	if id := r.learned.id.Load(); id != nil {
		return *id
	}
	return r.head.ID
}

// New reports whether the repository was made when it was opened.
func (r *Repository) New() bool { return r.isNew }

// Sealed reports whether its objects are age files.
func (r *Repository) Sealed() bool { return r.head.Sealed }

// Pool makes spools where the repository's own are.
func (r *Repository) Pool() *spool.Pool { return r.objects.Pool }

// With gives the same repository, which reads with these identities, too. What
// was read already stays as it is.
func (r *Repository) With(identities ...age.Identity) *Repository {
	with := *r
	with.objects.Identities = slices.Concat(r.objects.Identities, identities)
	return &with
}

// Open opens the repository in the sink for reading. Without one, the error
// is ErrNone. One whose padsync.json is missing or damaged can be read
// nevertheless; Read warns of it.
func Open(ctx context.Context, sink sinks.Sink, o Options) (*Repository, error) {
	r := newRepository(sink, o)
	err := r.readHead(ctx)
	switch corrupt := (*CorruptError)(nil); {
	case err == nil:
		return r, nil
	case errors.Is(err, sinks.ErrNotFile):
		r.headless = &CorruptError{Key: HeadKey, Problem: "damaged", Err: sinks.ErrNotFile}
	case errors.Is(err, fs.ErrNotExist):
		r.headless = object.Missing(HeadKey, ErrHeadless)
	case errors.As(err, &corrupt):
		r.headless = corrupt
	case errors.Is(err, manifest.ErrUnsupported), ctx.Err() != nil:
		return nil, err
	default: // it alone, maybe
		r.headless = object.Unreadable(HeadKey, err)
	}
	found, listErr := r.withoutHead(ctx)
	switch {
	case listErr != nil:
		return nil, errors.Join(err, listErr)
	case found:
		return r, nil
	case r.headless.Err == ErrHeadless:
		return nil, ErrNone
	}
	return nil, r.headless
}

// OpenToWrite opens the repository in the sink for writing. It is sealed if
// there are recipients; the error is ErrSealed or ErrPlain if the one that is
// there says otherwise. It is ErrNone without a repository, and a HeadError
// without a sound padsync.json. If padsync.json is not sound, it is read once
// more after Settle: another first run may be writing it.
func OpenToWrite(ctx context.Context, sink sinks.Sink, o Options) (*Repository, error) {
	r, err := openToWrite(ctx, sink, o)
	if o.Settle > 0 && errors.Is(err, ErrHead) {
		if err = pause(ctx, o.Settle); err == nil {
			r, err = openToWrite(ctx, sink, o)
		}
	}
	return r, err
}

func openToWrite(ctx context.Context, sink sinks.Sink, o Options) (*Repository, error) {
	r, err := Open(ctx, sink, o)
	if err == nil && r.headless != nil {
		err = r.withoutLine(ctx)
	}
	if err == nil {
		err = r.agrees()
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// withoutLine is the error for writing without a sound padsync.json.
func (r *Repository) withoutLine(ctx context.Context) error {
	c, err := r.read(ctx, At{})
	if err != nil {
		return errors.Join(r.headless, err)
	}
	defer c.Close()
	return c.headError()
}

// headError says what belongs in padsync.json, nil if that is there.
func (c *Contents) headError() error {
	switch {
	case c.Head == nil:
		return nil
	case c.Head.Problem == "unreadable":
		return c.Head // it may be there
	}
	ids := []string{c.id}
	if c.id == "" {
		ids = c.known()
	}
	if len(ids) == 0 { // there are only packs
		id, err := c.repo.randomName()
		if err != nil {
			return err
		}
		ids = []string{id}
	}
	var lines []string
	for _, id := range ids {
		line := c.repo.head
		line.ID = id
		if c.repo.headless != nil {
			line.Created = c.created(id)
		}
		b, err := json.Marshal(line)
		if err != nil {
			return err
		}
		lines = append(lines, string(b))
	}
	return &HeadError{lines, c.Head}
}

// created is when the repository with this id was made, as far as lists, or
// this machine's memory of them, show.
func (c *Contents) created(id string) (first manifest.Time) {
	earlier := func(t time.Time) {
		if first.IsZero() || t.Before(first.Time) {
			first = manifest.At(t)
		}
	}
	for _, in := range c.inputs {
		earlier(in.header.Started.Time)
	}
	if len(c.inputs) == 0 {
		for _, list := range c.repo.options.Seen(id) {
			if _, finished, _, ok := manifest.ParseID(list); ok {
				earlier(finished)
			}
		}
	}
	if first.IsZero() {
		earlier(c.repo.options.Now())
	}
	return first
}

// OpenOrCreate is OpenToWrite, and makes a repository where there is none.
func OpenOrCreate(ctx context.Context, sink sinks.Sink, o Options) (*Repository, error) {
	r, err := OpenToWrite(ctx, sink, o)
	if !errors.Is(err, ErrNone) {
		return r, err
	}
	return Create(ctx, sink, o)
}

// Create makes a repository where OpenToWrite found none. If other runs make
// one at the same time, it opens the one that was written last; so do all of
// them, if they wrote within Settle.
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
	switch sealed := len(r.options.Recipients) > 0; {
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
	if o.Seen == nil {
		o.Seen = func(string) []string { return nil }
	}
	if o.Known == nil {
		o.Known = func(bool) []string { return nil }
	}
	if o.Warn == nil {
		o.Warn = func(*CorruptError) {}
	}
	return &Repository{options: o, objects: object.Store{Sink: sink, Pool: o.Pool, Identities: o.Identities}, learned: new(learned)}
}

// pause waits; the error is that of ctx.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// create writes padsync.json and reads back what stands: another first run may
// have written its own, and then what this run saves would be foreign to all
// others.
func create(ctx context.Context, sink sinks.Sink, o Options) (*Repository, error) {
	r := newRepository(sink, o)
	id, err := r.randomName()
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(head{headFormat, headVersion, id, manifest.At(r.options.Now()), len(o.Recipients) > 0})
	if err != nil {
		return nil, err
	}
	b = append(b, '\n')
	if err := sink.Put(ctx, HeadKey, bytes.NewReader(b), int64(len(b))); err != nil {
		return nil, err
	}
	r.learned.fresh.Store(true)
	if err := pause(ctx, o.Settle); err != nil {
		return nil, err
	}
	err = r.readHead(ctx)
	r.isNew = r.head.ID == id
	return r, err
}

func (r *Repository) readHead(ctx context.Context) error {
	rc, err := sinks.Read(ctx, r.objects.Sink, HeadKey, 0, -1)
	if err != nil {
		return err
	}
	defer rc.Close()
	b, err := io.ReadAll(io.LimitReader(rc, 4096))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &r.head); err != nil {
		return object.Damaged(HeadKey, ErrHead)
	}
	switch {
	case r.head.Format == headFormat && r.head.Version != headVersion:
		return fmt.Errorf("repository of version %d: %w", r.head.Version, manifest.ErrUnsupported)
	case r.head.Format != headFormat || !randomForm.MatchString(r.head.ID):
		return object.Damaged(HeadKey, ErrHead)
	}
	// With one letter of "sealed" wrong, a sealed repository would look like an
	// empty plain one.
	if encoded, err := json.Marshal(r.head); err != nil || !bytes.Equal(bytes.TrimSpace(b), encoded) {
		return object.Damaged(HeadKey, ErrHead)
	}
	r.objects.Sealed = r.head.Sealed
	return nil
}

// withoutHead makes up the head of a repository from its keys, and reports
// whether there is any.
func (r *Repository) withoutHead(ctx context.Context) (found bool, err error) {
	sealed, plain := 0, 0
	for _, prefix := range []string{manifestsPrefix, checkpointsPrefix, packsPrefix} {
		if prefix == packsPrefix && sealed+plain > 0 {
			break // packs are many, and show nothing more
		}
		for o, err := range r.objects.Sink.List(ctx, prefix) {
			if err != nil {
				return false, fmt.Errorf("open repository: %w", err)
			}
			name, age := strings.CutSuffix(o.Key, object.AgeEnding)
			switch {
			case !isObject(name, prefix):
			case age:
				sealed++
			default:
				plain++
			}
		}
	}
	keys := len(r.objects.Identities)+len(r.options.Recipients) > 0
	r.head = head{Format: headFormat, Version: headVersion, Sealed: sealed > 0 && (plain == 0 || keys || sealed >= plain)}
	r.objects.Sealed = r.head.Sealed
	return sealed+plain > 0, nil
}

var randomForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

func (r *Repository) randomName() (string, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(r.options.Random, b); err != nil {
		return "", fmt.Errorf("random name: %w", err)
	}
	return hex.EncodeToString(b), nil
}
