package repository

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"golang.org/x/sync/errgroup"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/object"
)

// Contents is what a repository held at one moment. It is safe for concurrent
// use until it is closed.
type Contents struct {
	Damaged []*CorruptError // what was left out
	Missing []string        // ids of manifests and checkpoints that were there and should still be
	Head    *CorruptError   // why padsync.json cannot be relied on, nil if it can

	repo     *Repository
	at       At
	id       string // that manifests must carry
	listed   listing
	inputs   []*input
	streams  []*stream         // the documents of all inputs
	included map[string]bool   // ids that a checkpoint includes, or included
	repaired map[string]bool   // ids of what was lost, and made good
	unnamed  []string          // those of Missing that nothing names
	highest  int64             // the highest sound sequence
	partOf   map[string]string // ids of checkpoints that do not count, by the keys of parts

	refused map[string]error // ids that an earlier try refused: they are not read
	final   bool             // no try comes after this one
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

// Newest is the newest version of a document that had been told by that moment,
// nil if there is none.
func (at At) Newest(r *manifest.Record) *manifest.VersionRecord {
	for i := len(r.Versions) - 1; i >= 0; i-- {
		if at.counts(r.Versions[i].Told[manifest.ToldVersion]) {
			return &r.Versions[i]
		}
	}
	return nil
}

// An input is a manifest, or a checkpoint.
type input struct {
	id      string
	size    int64 // bytes stored
	header  *manifest.Header
	foreign bool // it is not sealed to the own identity
}

// replaces yields what a checkpoint includes or once included.
func (in *input) replaces() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, ids := range [][]string{in.header.Includes, in.header.Gone} {
			for _, id := range ids {
				if !yield(id) {
					return
				}
			}
		}
	}
}

// A listing is what the sink lists.
type listing struct {
	manifests   []string // ids, sorted
	checkpoints []string
	parts       map[string]int64
	packs       map[string]int64
}

// ids yields those of all manifests, then of all checkpoints.
func (l *listing) ids() iter.Seq[string] {
	return slices.Values(slices.Concat(l.manifests, l.checkpoints))
}

// Read reads all manifests that count at that moment. The caller closes the
// Contents. If no manifest can be opened, the error is ErrNoIdentity.
func (r *Repository) Read(ctx context.Context, at At) (*Contents, error) {
	c, err := r.read(ctx, at)
	if err != nil {
		return nil, err
	}
	c.warn()
	return c, nil
}

// warn reports what cannot be read.
func (c *Contents) warn() {
	if c.Head != nil {
		c.repo.options.Warn(c.Head)
	}
	for _, d := range c.Damaged {
		c.repo.options.Warn(d)
	}
	for _, id := range c.Missing {
		c.repo.options.Warn(object.Missing(id, nil))
	}
}

// errAgain says that the reading began too early, or with something impossible,
// and is to be done again.
var errAgain = errors.New("to be read again")

// read does not warn: a run that reads again has reported what is damaged.
func (r *Repository) read(ctx context.Context, at At) (*Contents, error) {
	const tries = 3 // objects may be deleted while they are read, or listings be too early
	refused, id, head := map[string]error{}, r.head.ID, r.headless
	for try := 1; ; try++ {
		c := &Contents{repo: r, at: at, id: id, Head: head, refused: refused, partOf: map[string]string{}, final: try >= tries}
		known := len(refused)
		err := c.read(ctx)
		if err == nil {
			return c, nil
		}
		err = errors.Join(err, c.Close())
		switch again := errors.Is(err, errAgain); {
		case !again && (!object.Gone(err) || c.final), ctx.Err() != nil:
			return nil, err
		case len(refused) > known, c.id != id:
			try-- // this ends: there are only so many to refuse
		}
		id, head = c.id, c.Head
	}
}

func (c *Contents) read(ctx context.Context) error {
	if err := c.list(ctx); err != nil {
		return err
	}
	c.leaveRefused()
	if err := c.identify(ctx); err != nil {
		return err
	}
	if err := c.readCheckpoints(ctx); err != nil {
		return err
	}
	then := func(id string) bool { return !c.included[id] && c.at.counts(id) }
	err := c.readManifests(ctx, then)
	if err == nil && !c.allStored() {
		// Where a file lies now is not a fact of the past: what was moved since
		// was told later.
		since := func(id string) bool { return !c.included[id] && !c.at.counts(id) }
		err = c.readManifests(ctx, since)
	}
	if err == nil {
		err = c.misnamed(ctx)
	}
	if err == nil {
		err = c.refuse()
	}
	if err == nil {
		err = c.miss(ctx)
	}
	return err
}

// allStored reports whether all packs that the inputs name are there.
func (c *Contents) allStored() bool {
	gone := func(p manifest.Pack) bool { return !c.stored(p) }
	return !slices.ContainsFunc(c.inputs, func(in *input) bool { return slices.ContainsFunc(in.header.Packs, gone) })
}

// unnamedPacks are the stored packs that nothing readable names.
func (c *Contents) unnamedPacks() []manifest.Pack {
	named := make(map[string]bool)
	for _, in := range c.inputs {
		for _, p := range in.header.Packs {
			named[p.Key] = true
		}
	}
	return slices.DeleteFunc(c.storedPacks(), func(p manifest.Pack) bool { return named[p.Key] })
}

// storedPacks are all packs that are stored, sorted.
func (c *Contents) storedPacks() (packs []manifest.Pack) {
	for key, size := range c.listed.packs {
		name, sealed := strings.CutSuffix(key, object.AgeEnding)
		if sealed == c.repo.Sealed() && isObject(name, packsPrefix) {
			packs = append(packs, manifest.Pack{Key: key, Size: size})
		}
	}
	slices.SortFunc(packs, func(a, b manifest.Pack) int { return strings.Compare(a.Key, b.Key) })
	return packs
}

// Close frees what was read.
func (c *Contents) Close() error {
	var err error
	for _, s := range c.streams {
		err = errors.Join(err, s.close())
	}
	c.inputs, c.streams = nil, nil
	return err
}

// list lists manifests before checkpoints: a checkpoint that is written in
// between then includes manifests that were seen, and none is missed.
func (c *Contents) list(ctx context.Context) (err error) {
	if c.repo.learned.fresh.Swap(false) {
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
	c.listed.packs, err = c.repo.listSizes(ctx, packsPrefix)
	return err
}

func (r *Repository) listIDs(ctx context.Context, prefix string) ([]string, error) {
	var ids []string
	for o, err := range r.objects.Sink.List(ctx, prefix) {
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
	for o, err := range r.objects.Sink.List(ctx, prefix) {
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", prefix, err)
		}
		sizes[o.Key] = o.Size
	}
	return sizes, nil
}

// readCheckpoints reads the checkpoints that no other includes, from the
// newest on, and notes what they include.
func (c *Contents) readCheckpoints(ctx context.Context) error {
	c.included = make(map[string]bool)
	exists := make(map[string]bool)
	for id := range c.listed.ids() {
		exists[id] = true
	}
	for _, id := range slices.Backward(c.listed.checkpoints) {
		if c.included[id] {
			continue
		}
		in, documents, err := c.readCheckpoint(ctx, id)
		if err != nil {
			return err
		}
		if in == nil {
			continue
		}
		if c.later(in, exists) {
			if err := documents.close(); err != nil {
				return err
			}
			continue
		}
		if err := c.add(in, documents); err != nil {
			return err
		}
		for id := range in.replaces() {
			c.included[id] = true
		}
	}
	return nil
}

// later reports whether a checkpoint has facts that were told after the moment
// asked for, in place of those told by then, and is not needed, because all
// that it includes is still there.
func (c *Contents) later(in *input, exists map[string]bool) bool {
	tellsLater := slices.ContainsFunc(in.header.Told, func(id string) bool { return !c.at.counts(id) })
	return tellsLater && !slices.ContainsFunc(in.header.Includes, func(id string) bool { return !exists[id] })
}

// readCheckpoint gives nil for one that does not count.
func (c *Contents) readCheckpoint(ctx context.Context, id string) (*input, *stream, error) {
	in, documents, err := c.readInput(ctx, checkpointsPrefix, id)
	if err != nil {
		return nil, nil, c.damaged(err)
	}
	inOrder := ascending()
	for _, part := range in.header.Parts {
		s, err := c.repo.readPart(ctx, part, in.header, c.listed.parts, inOrder)
		if err != nil {
			c.partOf[part.Key] = id
			return nil, nil, errors.Join(c.damaged(err), documents.close())
		}
		documents.parts = append(documents.parts, s)
		in.size += part.Size
	}
	return in, documents, nil
}

// damaged notes an object that is left out. It gives other errors back.
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
	for some := range slices.Chunk(wanted, passWidth) {
		if err := c.readSome(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// readSome reads manifests side by side.
func (c *Contents) readSome(ctx context.Context, ids []string) error {
	inputs, documents, errs := make([]*input, len(ids)), make([]*stream, len(ids)), make([]error, len(ids))
	g, reading := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, id := range ids {
		g.Go(func() error {
			inputs[i], documents[i], errs[i] = c.readInput(reading, manifestsPrefix, id)
			if corrupt := (*CorruptError)(nil); errors.As(errs[i], &corrupt) {
				return nil
			}
			return errs[i]
		})
	}
	err := g.Wait()
	if err == nil {
		err = allDown(errs)
	}
	for i := range inputs {
		if inputs[i] != nil {
			err = errors.Join(err, c.add(inputs[i], documents[i]))
		} else if err == nil {
			err = c.damaged(errs[i])
		}
	}
	return err
}

// allDown gives what the store said if it gave none of many objects, unless
// they belong to somebody else: then the fault is not in single objects, and
// each may have taken long.
func allDown(errs []error) error {
	for _, err := range errs {
		if len(errs) < 8 || !object.FromStore(err) || errors.Is(err, fs.ErrPermission) {
			return nil
		}
	}
	corrupt := (*CorruptError)(nil)
	errors.As(errs[0], &corrupt)
	return corrupt.Err
}

// Readable is an error that matches ErrUnreadable if the repository has
// manifests and none could be read: it may hold documents, though nothing
// readable names them.
func (c *Contents) Readable() error {
	for _, d := range c.Damaged {
		if len(c.inputs) == 0 && !errors.Is(d, ErrSequence) {
			return fmt.Errorf("%w: %w", ErrUnreadable, d)
		}
	}
	return nil
}

// Lacking is how many lists of documents are missing or were left out, and were
// not made good: what only they told is not known.
func (c *Contents) Lacking() int {
	n := len(c.Missing)
	if n == 0 && c.repo.headless != nil && len(c.listed.manifests)+len(c.listed.checkpoints)+len(c.Damaged) == 0 {
		return 1 // packs alone: somebody took away what named them
	}
	for _, d := range c.Damaged {
		if !c.repaired[c.listOf(d)] && !errors.Is(d, ErrSequence) && !errors.Is(d, ErrForeign) {
			n++
		}
	}
	return n
}

// listOf is the id of the list that does not count because of what is wrong
// with an object: it itself, or a part of it.
func (c *Contents) listOf(d *CorruptError) string {
	if id, ok := c.partOf[d.Key]; ok {
		return id
	}
	return idOf(d.Key)
}

// anyOpened distinguishes a wrong identity, and a store that gives nothing,
// from damage: with these, no object can be read.
func (c *Contents) anyOpened() error {
	if len(c.inputs) > 0 {
		return nil
	}
	var closed, failed, other int
	for _, d := range c.Damaged {
		switch {
		case errors.Is(d, ErrSequence):
		case errors.Is(d, ErrNoIdentity):
			closed++
		case object.FromStore(d):
			failed++
		default:
			other++
		}
	}
	switch {
	case other > 0:
		return nil
	case failed > 0:
		return c.Damaged[len(c.Damaged)-1].Err
	case closed > 0:
		return ErrNoIdentity
	}
	return nil
}

// readInput reads a manifest, or a checkpoint without its parts, and reads
// it through once, so that damage shows before it is relied on.
func (c *Contents) readInput(ctx context.Context, prefix, id string) (*input, *stream, error) {
	_, _, hash, _ := manifest.ParseID(id)
	key := prefix + id + c.repo.objects.Ending(jsonEnding)
	s, err := c.repo.objects.Fetch(ctx, key, hash, maxJSON)
	if object.Gone(err) && c.final {
		err = object.Missing(key, err) // it is listed again and again
	}
	if err != nil {
		return nil, nil, object.Alone(ctx, key, err)
	}
	in := &input{id: id, size: s.Size(), foreign: c.repo.foreign(s)}
	documents := func(*manifest.Document) error { return nil }
	if prefix == checkpointsPrefix {
		documents = func(*manifest.Document) error { return errors.New("a checkpoint has documents of its own") }
	}
	in.header, err = c.repo.readThrough(s, manifest.NewDecoder, documents)
	if err == nil {
		err = c.sound(in, s.SHA256(), prefix)
	}
	if err != nil {
		return nil, nil, errors.Join(unreadable(key, err), s.Close())
	}
	return in, &stream{id: id, header: in.header, body: s, objects: &c.repo.objects}, nil
}

// sound refuses a manifest that contradicts its key (only the store vouches for
// keys), one of another repository, and one with what only checkpoints have.
func (c *Contents) sound(in *input, sum [32]byte, prefix string) error {
	h := in.header
	switch {
	case manifest.ID(h.Sequence, h.Finished.Time, sum) != in.id:
		return errors.New("its key has another sequence or time")
	case prefix == manifestsPrefix && len(h.Includes)+len(h.Gone)+len(h.Told)+len(h.Parts) > 0:
		return errors.New("it is a checkpoint in place of a manifest")
	case h.Repository != c.id:
		return ErrForeign
	}
	return nil
}

// ascending gives a function that refuses a document that does not come after
// all those before it.
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
		return nil, object.Missing(part.Key, nil)
	}
	hash, _, _ := strings.Cut(strings.TrimPrefix(part.Key, partsPrefix), ".")
	s, err := r.objects.Fetch(ctx, part.Key, hash, maxJSON)
	if err != nil {
		return nil, object.Alone(ctx, part.Key, err)
	}
	_, err = r.readThrough(s, func(rd io.Reader) (*manifest.Decoder, error) { return manifest.NewPartDecoder(rd, h) }, each)
	if err != nil {
		return nil, errors.Join(unreadable(part.Key, err), s.Close())
	}
	return s, nil
}

// readThrough reads a manifest or a part to its end.
func (r *Repository) readThrough(s *spool.Spool, open func(io.Reader) (*manifest.Decoder, error), each func(*manifest.Document) error) (*manifest.Header, error) {
	rd, err := openJSON(&r.objects, s)
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
	return object.Unreadable(key, err)
}

// Documents yields all that is known of each document, sorted by source,
// then id. A version whose packs are not all stored is left out. After an
// error it stops.
func (c *Contents) Documents() iter.Seq2[*manifest.Record, error] {
	return c.merge(manifest.View{Told: c.at.counts, Stored: c.stored})
}

// All yields what Documents yields, and also of what is no document, where
// something was said of it: what was never looked at, and what was removed.
func (c *Contents) All() iter.Seq2[*manifest.Record, error] {
	return c.merge(manifest.View{Told: c.at.counts, Stored: c.stored, All: true})
}

func (c *Contents) stored(p manifest.Pack) bool {
	size, ok := c.listed.packs[p.Key]
	return ok && size == p.Size
}

func (c *Contents) merge(view manifest.View) iter.Seq2[*manifest.Record, error] {
	return func(yield func(*manifest.Record, error) bool) {
		inputs, done := documentsOf(c.streams)
		defer done()
		manifest.Merge(inputs, view)(yield)
	}
}

// nextSequence is one more than the highest sound sequence and than the one
// remembered, if such a sequence is possible.
func (c *Contents) nextSequence(last int64) (int64, error) {
	if last-c.highest > maxStep {
		last = 0
	}
	if last = max(last, c.highest); last >= manifest.MaxSequence {
		return 0, fmt.Errorf("no run can come after sequence %d", last)
	}
	return last + 1, nil
}
