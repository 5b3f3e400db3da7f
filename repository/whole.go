package repository

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/object"
)

var (
	// ErrSequence is matched by the CorruptError for a manifest that claims to
	// come after far more runs than there were.
	ErrSequence = errors.New("its sequence is far above all others, as no run of padsync writes it")

	// ErrForeign is matched by the CorruptError for a manifest of another
	// repository.
	ErrForeign = errors.New("it is of another repository")
)

// maxStep is how far a sequence may be above the next lower sound one.
const maxStep = 1_000_000

// A ladder is sound sequences, sorted.
type ladder []int64

// climb adds a sequence that is not below the last one, and reports whether it
// is within reach of that.
func (l *ladder) climb(sequence int64) bool {
	last := int64(0)
	if n := len(*l); n > 0 {
		last = (*l)[n-1]
	}
	if sequence-last > maxStep {
		return false
	}
	*l = append(*l, sequence)
	return true
}

func sequenceOf(id string) int64 {
	sequence, _, _, _ := manifest.ParseID(id)
	return sequence
}

// idOf gives the id in a key, or an id itself.
func idOf(key string) string {
	id, _, _ := strings.Cut(path.Base(key), ".")
	return id
}

// leaveRefused leaves out what is listed but impossible: what an earlier try
// refused, and what is far above all else.
func (c *Contents) leaveRefused() {
	ids := slices.Collect(c.listed.ids())
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(sequenceOf(a), sequenceOf(b)) })
	var steps ladder
	for _, id := range ids {
		if c.refused[id] == nil && !steps.climb(sequenceOf(id)) {
			c.refused[id] = ErrSequence
		}
	}
	keep := func(prefix string, ids []string) []string {
		return slices.DeleteFunc(ids, func(id string) bool {
			err := c.refused[id]
			if err != nil {
				c.Damaged = append(c.Damaged, object.Damaged(prefix+id+c.repo.objects.Ending(jsonEnding), err))
			}
			return err != nil
		})
	}
	c.listed.manifests = keep(manifestsPrefix, c.listed.manifests)
	c.listed.checkpoints = keep(checkpointsPrefix, c.listed.checkpoints)
}

// refuse looks at the sequences of what was read, which is known better than
// what is only listed. If one is impossible, all is to be read again without
// it.
func (c *Contents) refuse() error {
	inputs := make(map[string]bool)
	sound := make(map[string]bool)
	for _, in := range c.inputs {
		inputs[in.id], sound[in.id] = true, true
		for id := range in.replaces() {
			sound[id] = true
		}
	}
	for _, d := range c.Damaged {
		// Another may open it, and a store may give it another time.
		if errors.Is(d, ErrNoIdentity) || object.FromStore(d) {
			sound[c.listOf(d)] = true
		}
	}
	var steps ladder
	known := len(c.refused)
	for _, id := range slices.Sorted(maps.Keys(sound)) {
		if !steps.climb(sequenceOf(id)) && inputs[id] {
			c.refused[id] = ErrSequence
		}
	}
	if len(c.refused) > known {
		return errAgain
	}
	if n := len(steps); n > 0 {
		c.highest = steps[n-1]
	}
	return c.anyOpened()
}

// identify finds out which repository this is, if its padsync.json does not
// say.
func (c *Contents) identify(ctx context.Context) error {
	if c.id != "" {
		return nil
	}
	told, err := c.told(ctx)
	if err != nil {
		return err
	}
	if known := c.known(); len(told) == 0 && len(known) == 1 {
		c.name(known[0])
		return nil
	}
	// Where they do not agree, some were copied in.
	c.name(slices.MaxFunc(append(slices.Sorted(maps.Keys(told)), ""), func(a, b string) int {
		return cmp.Or(cmp.Compare(told[a], told[b]), strings.Compare(b, a))
	}))
	return nil
}

// known are the ids that this machine remembers for this place.
func (c *Contents) known() []string { return c.repo.options.Known(c.repo.Sealed()) }

// remembered are the lists that this machine saw here.
func (c *Contents) remembered() []string {
	if c.id != "" {
		return c.repo.options.Seen(c.id)
	}
	var all []string
	for _, id := range c.known() {
		all = append(all, c.repo.options.Seen(id)...)
	}
	return all
}

// name notes the id that manifests tell.
func (c *Contents) name(id string) {
	c.id = id
	c.repo.learned.id.Store(&id)
}

// misnamed finds out whether all that is sound belongs to one repository that
// is not the one in padsync.json: then padsync.json is damaged, and all is to
// be read again.
func (c *Contents) misnamed(ctx context.Context) error {
	foreign := slices.ContainsFunc(c.Damaged, func(d *CorruptError) bool { return errors.Is(d, ErrForeign) })
	if len(c.inputs) > 0 || !foreign || c.Head != nil {
		return nil
	}
	told, err := c.told(ctx)
	if err != nil || len(told) != 1 {
		return err
	}
	for id := range told {
		c.name(id)
	}
	c.Head = object.Damaged(HeadKey, ErrHead)
	return errAgain
}

// told counts, by the id of the repository that they carry, the manifests and
// checkpoints whose beginnings can be read.
func (c *Contents) told(ctx context.Context) (map[string]int, error) {
	told := make(map[string]int)
	for prefix, ids := range map[string][]string{manifestsPrefix: c.listed.manifests, checkpointsPrefix: c.listed.checkpoints} {
		for _, id := range ids {
			h, err := c.readHeader(ctx, prefix, id)
			if corrupt := (*CorruptError)(nil); errors.As(err, &corrupt) {
				continue
			}
			if err != nil {
				return nil, err
			}
			told[h.Repository]++
		}
	}
	return told, nil
}

func (c *Contents) readHeader(ctx context.Context, prefix, id string) (*manifest.Header, error) {
	_, _, hash, _ := manifest.ParseID(id)
	key := prefix + id + c.repo.objects.Ending(jsonEnding)
	s, err := c.repo.objects.Fetch(ctx, key, hash, maxJSON)
	if err != nil {
		return nil, object.Alone(ctx, key, err)
	}
	defer s.Close()
	rd, err := openJSON(&c.repo.objects, s)
	if err != nil {
		return nil, unreadable(key, err)
	}
	defer rd.Close()
	d, err := manifest.NewDecoder(rd)
	if err != nil {
		return nil, unreadable(key, err)
	}
	return d.Header, nil
}

// miss finds what is named, by what was read or by this machine's memory, but
// is neither there nor included. Before it believes that, it lists once more.
func (c *Contents) miss(ctx context.Context) error {
	c.repaired = make(map[string]bool)
	named := make(map[string]bool)
	for _, in := range c.inputs {
		for _, id := range in.header.Before {
			named[id] = true
		}
		for _, id := range in.header.Repairs {
			c.repaired[id] = true
		}
	}
	there := make(map[string]bool)
	for id := range c.listed.ids() {
		there[id] = true
	}
	for id := range c.refused {
		there[id] = true
	}
	missing := make(map[string]bool)
	for _, ids := range [][]string{slices.Collect(maps.Keys(named)), c.remembered()} {
		for _, id := range ids {
			if !there[id] && !c.included[id] && !c.repaired[id] && c.at.counts(id) {
				missing[id] = true
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	more, err := c.listedMore(ctx)
	if err != nil {
		return err
	}
	if more && !c.final {
		return errAgain
	}
	c.Missing = slices.Sorted(maps.Keys(missing))
	for _, id := range c.Missing {
		if !named[id] {
			c.unnamed = append(c.unnamed, id)
		}
	}
	return nil
}

// listedMore reports whether manifests or checkpoints are there that were not
// there before.
func (c *Contents) listedMore(ctx context.Context) (bool, error) {
	for prefix, before := range map[string][]string{manifestsPrefix: c.listed.manifests, checkpointsPrefix: c.listed.checkpoints} {
		now, err := c.repo.listIDs(ctx, prefix)
		if err != nil {
			return false, err
		}
		for _, id := range now {
			if _, known := slices.BinarySearch(before, id); !known && c.refused[id] == nil {
				return true, nil
			}
		}
	}
	return false, nil
}

// Seen are the ids that a machine is to remember: of what was read, of what is
// missing, and of what it saw but cannot read now.
func (c *Contents) Seen() []string {
	ids, before := slices.Clone(c.Missing), c.remembered()
	for _, d := range c.Damaged {
		if id := c.listOf(d); slices.Contains(before, id) {
			ids = append(ids, id)
		}
	}
	for _, in := range c.inputs {
		ids = append(ids, in.id)
	}
	return united(ids)
}

// Seen are the ids that a machine is to remember of the repository after the
// run.
func (w *Run) Seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return united(slices.Concat(w.contents.Seen(), w.before))
}

// before are the names for a run's first manifest.
func (c *Contents) before() []string {
	ids := slices.Clone(c.unnamed)
	for _, in := range c.inputs {
		ids = append(ids, in.id)
	}
	slices.Sort(ids)
	return ids
}
