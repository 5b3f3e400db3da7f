package repository

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"golang.org/x/sync/errgroup"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
)

// Contents is what a repository held at one moment. It is safe for concurrent
// use until it is closed.
type Contents struct {
	Damaged []*CorruptError // what was left out

	repo   *Repository
	at     At
	listed listing
	inputs []*input
}

// At is a moment in the life of a repository; the zero value is now. One
// field at most is set.
type At struct {
	Time     time.Time // what manifests had told by then, by the clocks of the machines
	Manifest string    // what this manifest and those before it told, by id
}

// counts reports whether the manifest had been written at that moment.
func (at At) counts(id string) bool {
	if at.Manifest != "" {
		return id <= at.Manifest
	}
	if at.Time.IsZero() {
		return true
	}
	_, finished, _, _ := manifest.ParseID(id)
	return !finished.After(at.Time)
}

// Newest is the newest version of a document that had been told of at that
// moment, nil if there is none.
func (at At) Newest(r *manifest.Record) *manifest.VersionRecord {
	for i := len(r.Versions) - 1; i >= 0; i-- {
		if at.counts(r.Versions[i].Told[manifest.ToldVersion]) {
			return &r.Versions[i]
		}
	}
	return nil
}

// An input is a manifest, or a checkpoint with its parts, received whole.
type input struct {
	id     string
	size   int64 // bytes stored
	header *manifest.Header
	body   *spool.Spool
	parts  []*spool.Spool
}

func (in *input) close() error {
	err := in.body.Close()
	for _, p := range in.parts {
		err = errors.Join(err, p.Close())
	}
	return err
}

// A listing is what the sink lists.
type listing struct {
	manifests   []string // ids, sorted
	checkpoints []string
	parts       map[string]int64
	packs       map[string]int64
}

// Read reads all manifests that count at that moment. The caller closes the
// Contents. If no manifest can be opened, the error is ErrNoIdentity.
func (r *Repository) Read(ctx context.Context, at At) (*Contents, error) {
	c, err := r.read(ctx, at)
	if err != nil {
		return nil, err
	}
	for _, d := range c.Damaged {
		r.Warn(d)
	}
	return c, nil
}

// read warns of nothing: a run that reads again has told what is damaged.
func (r *Repository) read(ctx context.Context, at At) (*Contents, error) {
	const tries = 3 // objects may be deleted while they are read: then begin again
	for try := 1; ; try++ {
		c := &Contents{repo: r, at: at}
		err := c.read(ctx)
		if err == nil {
			return c, nil
		}
		if err = errors.Join(err, c.Close()); try == tries || !gone(err) || ctx.Err() != nil {
			return nil, err
		}
	}
}

func (c *Contents) read(ctx context.Context) error {
	if err := c.list(ctx); err != nil {
		return err
	}
	included, err := c.readCheckpoints(ctx)
	if err != nil {
		return err
	}
	then := func(id string) bool { return !included[id] && c.at.counts(id) }
	if err := c.readManifests(ctx, then); err != nil || c.allStored() {
		return err
	}
	// Where a file lies now is no fact of the past: what was moved since is
	// told later.
	since := func(id string) bool { return !included[id] && !c.at.counts(id) }
	return c.readManifests(ctx, since)
}

// allStored reports whether all packs that were read of are there.
func (c *Contents) allStored() bool {
	gone := func(p manifest.Pack) bool { return !c.stored(p) }
	return !slices.ContainsFunc(c.inputs, func(in *input) bool { return slices.ContainsFunc(in.header.Packs, gone) })
}

// Close frees what was read.
func (c *Contents) Close() error {
	var err error
	for _, in := range c.inputs {
		err = errors.Join(err, in.close())
	}
	c.inputs = nil
	return err
}

// list lists manifests before checkpoints: a checkpoint that is written in
// between then includes manifests that were seen, and none is missed.
func (c *Contents) list(ctx context.Context) (err error) {
	if c.repo.fresh.Swap(false) {
		return nil
	}
	if c.listed.manifests, err = c.repo.listIDs(ctx, manifestsPrefix); err != nil {
		return err
	}
	if c.listed.checkpoints, err = c.repo.listIDs(ctx, checkpointsPrefix); err != nil {
		return err
	}
	if len(c.listed.checkpoints) > 0 {
		if c.listed.parts, err = c.repo.listSizes(ctx, partsPrefix); err != nil {
			return err
		}
	}
	if len(c.listed.manifests)+len(c.listed.checkpoints) > 0 {
		c.listed.packs, err = c.repo.listSizes(ctx, packsPrefix)
	}
	return err
}

func (r *Repository) listIDs(ctx context.Context, prefix string) ([]string, error) {
	var ids []string
	for o, err := range r.sink.List(ctx, prefix) {
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", prefix, err)
		}
		if id := r.id(o.Key, prefix); id != "" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

func (r *Repository) listSizes(ctx context.Context, prefix string) (map[string]int64, error) {
	sizes := make(map[string]int64)
	for o, err := range r.sink.List(ctx, prefix) {
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", prefix, err)
		}
		sizes[o.Key] = o.Size
	}
	return sizes, nil
}

// readCheckpoints reads the checkpoints that no other includes, from the
// newest on, and gives all ids that they include.
func (c *Contents) readCheckpoints(ctx context.Context) (included map[string]bool, err error) {
	included = make(map[string]bool)
	exists := make(map[string]bool)
	for _, id := range slices.Concat(c.listed.manifests, c.listed.checkpoints) {
		exists[id] = true
	}
	for _, id := range slices.Backward(c.listed.checkpoints) {
		if included[id] {
			continue
		}
		in, err := c.readCheckpoint(ctx, id)
		if err != nil {
			return nil, err
		}
		if in == nil {
			continue
		}
		if c.later(in, exists) {
			if err := in.close(); err != nil {
				return nil, err
			}
			continue
		}
		c.inputs = append(c.inputs, in)
		for _, id := range in.header.Includes {
			included[id] = true
		}
	}
	return included, nil
}

// later reports whether a checkpoint tells what was told after the moment
// asked for, in place of what had been told then, and can be done without,
// since all it includes is still there.
func (c *Contents) later(in *input, exists map[string]bool) bool {
	tellsLater := slices.ContainsFunc(in.header.Told, func(id string) bool { return !c.at.counts(id) })
	return tellsLater && !slices.ContainsFunc(in.header.Includes, func(id string) bool { return !exists[id] })
}

// readCheckpoint gives nil for one that does not count.
func (c *Contents) readCheckpoint(ctx context.Context, id string) (*input, error) {
	in, err := c.repo.readInput(ctx, checkpointsPrefix, id)
	if err != nil || in == nil {
		return nil, c.damaged(err)
	}
	inOrder := ascending()
	for _, part := range in.header.Parts {
		s, err := c.repo.readPart(ctx, part, in.header, c.listed.parts, inOrder)
		if err != nil {
			return nil, errors.Join(c.damaged(err), in.close())
		}
		in.parts = append(in.parts, s)
		in.size += part.Size
	}
	return in, nil
}

// damaged notes an object that is left out; other errors it gives back.
func (c *Contents) damaged(err error) error {
	var corrupt *CorruptError
	if errors.As(err, &corrupt) {
		c.Damaged = append(c.Damaged, corrupt)
		return nil
	}
	return err
}

func (c *Contents) readManifests(ctx context.Context, wants func(id string) bool) error {
	var wanted []string
	for _, id := range c.listed.manifests {
		if wants(id) {
			wanted = append(wanted, id)
		}
	}
	inputs, errs := make([]*input, len(wanted)), make([]error, len(wanted))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, id := range wanted {
		g.Go(func() error {
			inputs[i], errs[i] = c.repo.readInput(ctx, manifestsPrefix, id)
			if corrupt := (*CorruptError)(nil); errors.As(errs[i], &corrupt) {
				return nil
			}
			return errs[i]
		})
	}
	err := g.Wait()
	for i := range inputs {
		if inputs[i] != nil {
			c.inputs = append(c.inputs, inputs[i])
		}
		if err == nil {
			err = c.damaged(errs[i])
		}
	}
	if err != nil {
		return err
	}
	return c.anyOpened()
}

// Readable is an error that matches ErrUnreadable if the repository has
// manifests and none could be read: it may hold documents, though none are told
// of.
func (c *Contents) Readable() error {
	if len(c.inputs) > 0 || len(c.Damaged) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUnreadable, c.Damaged[0])
}

// anyOpened tells a wrong identity from damage: with the wrong one, nothing
// can be opened.
func (c *Contents) anyOpened() error {
	if len(c.inputs) > 0 || len(c.Damaged) == 0 {
		return nil
	}
	for _, d := range c.Damaged {
		if !errors.Is(d, ErrNoIdentity) {
			return nil
		}
	}
	return ErrNoIdentity
}

// readInput reads a manifest, or a checkpoint without its parts, and reads
// it through once, so that damage shows before it is relied on.
func (r *Repository) readInput(ctx context.Context, prefix, id string) (*input, error) {
	_, _, hash, _ := manifest.ParseID(id)
	key := prefix + id + r.ending(jsonEnding)
	s, err := r.fetch(ctx, key, hash, maxJSON)
	if err != nil {
		return nil, err
	}
	in := &input{id: id, size: s.Size(), body: s}
	documents := func(*manifest.Document) error { return nil }
	if prefix == checkpointsPrefix {
		documents = func(*manifest.Document) error { return errors.New("a checkpoint has documents of its own") }
	}
	in.header, err = r.readThrough(s, manifest.NewDecoder, documents)
	if err == nil {
		err = in.sound(prefix)
	}
	if err != nil {
		return nil, errors.Join(unreadable(key, err), in.close())
	}
	return in, nil
}

// sound refuses a manifest that its key tells otherwise, since the store alone
// vouches for keys, and one that has what only checkpoints have.
func (in *input) sound(prefix string) error {
	h := in.header
	switch {
	case manifest.ID(h.Sequence, h.Finished.Time, in.body.SHA256()) != in.id:
		return errors.New("its key tells another sequence or time")
	case prefix == manifestsPrefix && len(h.Includes)+len(h.Told)+len(h.Parts) > 0:
		return errors.New("it is a checkpoint in the place of a manifest")
	}
	return nil
}

// ascending gives a function that refuses a document that does not come
// behind all that it was given before.
func ascending() func(*manifest.Document) error {
	var last *manifest.Document
	return func(d *manifest.Document) error {
		if last != nil && cmp.Or(cmp.Compare(last.Source, d.Source), strings.Compare(last.ID, d.ID)) >= 0 {
			return errors.New("the parts of the checkpoint are not in order")
		}
		last = d
		return nil
	}
}

func (r *Repository) readPart(ctx context.Context, part manifest.Pack, h *manifest.Header, stored map[string]int64, each func(*manifest.Document) error) (*spool.Spool, error) {
	if _, ok := stored[part.Key]; !ok {
		return nil, &CorruptError{part.Key, "missing", nil}
	}
	hash, _, _ := strings.Cut(strings.TrimPrefix(part.Key, partsPrefix), ".")
	s, err := r.fetch(ctx, part.Key, hash, maxJSON)
	if err != nil {
		return nil, err
	}
	_, err = r.readThrough(s, func(rd io.Reader) (*manifest.Decoder, error) { return manifest.NewPartDecoder(rd, h) }, each)
	if err != nil {
		return nil, errors.Join(unreadable(part.Key, err), s.Close())
	}
	return s, nil
}

// readThrough reads a manifest or a part to its end.
func (r *Repository) readThrough(s *spool.Spool, open func(io.Reader) (*manifest.Decoder, error), each func(*manifest.Document) error) (*manifest.Header, error) {
	rd, err := r.openJSON(s)
	if err != nil {
		return nil, err
	}
	defer rd.Close()
	d, err := open(rd)
	for err == nil {
		var doc *manifest.Document
		if doc, err = d.Next(); err == nil {
			err = each(doc)
		}
	}
	if err != io.EOF {
		return nil, err
	}
	return d.Header, nil
}

// unreadable wraps what is wrong with an object whose hash is right.
func unreadable(key string, err error) error {
	if none := (*age.NoIdentityMatchError)(nil); errors.As(err, &none) {
		err = ErrNoIdentity
	}
	if errors.Is(err, manifest.ErrUnsupported) {
		return fmt.Errorf("%s: %w", key, err)
	}
	return &CorruptError{key, "unreadable", err}
}

// Documents yields all that is known of each document, sorted by source,
// then id. A version whose packs are not all stored is left out. After an
// error it stops.
func (c *Contents) Documents() iter.Seq2[*manifest.Record, error] {
	return c.merge(manifest.View{Told: c.at.counts, Stored: c.stored})
}

func (c *Contents) stored(p manifest.Pack) bool {
	size, ok := c.listed.packs[p.Key]
	return ok && size == p.Size
}

func (c *Contents) merge(view manifest.View) iter.Seq2[*manifest.Record, error] {
	return func(yield func(*manifest.Record, error) bool) {
		inputs := make([]manifest.Input, len(c.inputs))
		for i, in := range c.inputs {
			stream := &documentStream{repo: c.repo, in: in}
			defer stream.close()
			inputs[i] = manifest.Input{ID: in.id, Header: in.header, Next: stream.next}
		}
		manifest.Merge(inputs, view)(yield)
	}
}

// A documentStream reads the documents of a manifest, or those of a
// checkpoint's parts one after the other.
type documentStream struct {
	repo *Repository
	in   *input
	part int
	open io.ReadCloser
	dec  *manifest.Decoder
}

func (s *documentStream) next() (*manifest.Document, error) {
	for {
		if s.dec == nil {
			if err := s.advance(); err != nil {
				return nil, err
			}
		}
		doc, err := s.dec.Next()
		if err != io.EOF {
			return doc, err
		}
		s.close()
	}
}

// advance opens the manifest itself, then each part, and ends with io.EOF.
func (s *documentStream) advance() (err error) {
	body := s.in.body
	if s.part > len(s.in.parts) {
		return io.EOF
	}
	if s.part > 0 {
		body = s.in.parts[s.part-1]
	}
	if s.open, err = s.repo.openJSON(body); err != nil {
		return err
	}
	if s.part == 0 {
		s.dec, err = manifest.NewDecoder(s.open)
	} else {
		s.dec, err = manifest.NewPartDecoder(s.open, s.in.header)
	}
	s.part++
	return err
}

func (s *documentStream) close() {
	if s.open != nil {
		s.open.Close()
		s.open, s.dec = nil, nil
	}
}

// nextSequence is one more than the highest that is listed or remembered.
func (c *Contents) nextSequence(last int64) (int64, error) {
	for prefix, ids := range map[string][]string{manifestsPrefix: c.listed.manifests, checkpointsPrefix: c.listed.checkpoints} {
		if len(ids) == 0 {
			continue
		}
		highest := ids[len(ids)-1]
		sequence, _, _, _ := manifest.ParseID(highest)
		if sequence >= manifest.MaxSequence {
			return 0, &CorruptError{prefix + highest + c.repo.ending(jsonEnding), "unreadable", errors.New("no run can come after it")}
		}
		last = max(last, sequence)
	}
	if last >= manifest.MaxSequence {
		return 0, fmt.Errorf("no run can come after sequence %d", last)
	}
	return last + 1, nil
}
