package repository

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/object"
	"github.com/padsync/padsync/repository/pack"
)

// maxAlone bounds what is read of a document.json, in bytes.
const maxAlone = 1 << 20

// Found is what packs hold that no readable list names, and which lists are
// lost.
type Found struct {
	Versions []FoundVersion  // by document, as they were saved
	Packs    int             // packs that were read
	Unread   []*CorruptError // packs that could not be read to their end
	Partial  int             // versions of which not all is there
	Lists    []string        // ids of the lists that are missing or damaged

	repo     *Repository
	contents *Contents
}

// A FoundVersion is a version in packs.
type FoundVersion struct {
	manifest.Alone
	files []placed // nil if not all are there
}

// FromPacks reads the packs in which no readable list places a file of a
// version, and finds what they hold. It needs an identity that opens packs. It
// does not take up what was erased. It calls observe, if not nil, with how many
// packs were read. The caller closes what was found.
func (r *Repository) FromPacks(ctx context.Context, observe func(done, of int)) (*Found, error) {
	c, err := r.Read(ctx, At{})
	if err != nil {
		return nil, err
	}
	f := &finder{repo: r, found: &Found{repo: r, contents: c, Lists: c.lostLists()}, files: make(map[string]*member)}
	if err := f.find(ctx, observe); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return f.found, nil
}

// Close frees what was found.
func (f *Found) Close() error { return f.contents.Close() }

// lostLists are the lists that are missing or damaged for good, and not made good.
func (c *Contents) lostLists() []string {
	ids := slices.Clone(c.Missing)
	for _, d := range c.Damaged {
		id := c.listOf(d)
		_, _, _, isID := manifest.ParseID(id)
		if isID && !c.repaired[id] && !mayBeRead(d) && !errors.Is(d, ErrSequence) && !errors.Is(d, ErrForeign) {
			ids = append(ids, id)
		}
	}
	return united(ids)
}

// A finder finds what packs hold.
type finder struct {
	repo  *Repository
	found *Found
	files map[string]*member // by their names
}

// A member is a file in a pack.
type member struct {
	size   int64
	sha256 string
	at     pack.Place
}

func (f *finder) find(ctx context.Context, observe func(done, of int)) error {
	packs, err := f.packs()
	if err != nil {
		return err
	}
	for i, in := range packs {
		if err := f.read(ctx, in); err != nil {
			return err
		}
		if observe != nil {
			observe(i+1, len(packs))
		}
	}
	f.place()
	return f.compare()
}

// packs are those in which no list places a version's file.
func (f *finder) packs() ([]manifest.Pack, error) {
	c, told := f.found.contents, make(map[string]bool)
	for record, err := range c.merge(manifest.View{Stored: c.stored, Lost: true, Parts: true}) {
		if err != nil {
			return nil, err
		}
		for _, v := range record.Versions {
			for _, file := range v.Files {
				told[file.In.Key] = true
			}
		}
	}
	return slices.DeleteFunc(c.storedPacks(), func(p manifest.Pack) bool { return told[p.Key] }), nil
}

// read notes what is in a pack, as far as it can be read.
func (f *finder) read(ctx context.Context, in manifest.Pack) error {
	f.found.Packs++
	s, err := f.repo.objects.Fetch(ctx, in.Key, "", in.Size)
	if err == nil {
		in.Recipients = f.repo.openers(s)
		err = pack.Walk(&f.repo.objects, in, s, f.member)
		err = errors.Join(err, s.Close())
	} else if object.Gone(err) {
		err = object.Missing(in.Key, err)
	}
	if errors.Is(err, ErrNoIdentity) {
		err = object.Unreadable(in.Key, ErrNoIdentity)
	}
	err = object.Alone(ctx, in.Key, err)
	if corrupt := (*CorruptError)(nil); errors.As(err, &corrupt) {
		f.found.Unread = append(f.found.Unread, corrupt)
		return nil
	}
	return err
}

// openers are the recipients of a pack, as far as the identities at hand show.
func (r *Repository) openers(s *spool.Spool) manifest.Hashes {
	var hashes []string
	for _, identity := range r.objects.Identities {
		recipient, err := crypto.RecipientOf(identity)
		if _, _, closed := crypto.Open(s, s.Size(), identity); err == nil && closed == nil && r.Sealed() {
			hashes = append(hashes, recipient.Hash())
		}
	}
	return manifest.HashesOf(hashes)
}

// member notes a member and its place.
func (f *finder) member(h *tar.Header, at pack.Place, content io.Reader) error {
	switch {
	case strings.Count(h.Name, "/") != 3:
		return nil
	case path.Base(h.Name) == documentName:
		return f.document(h.Name, content)
	}
	hash := sha256.New()
	if _, err := f.repo.objects.Pool.Copy(hash, content); err != nil {
		return err
	}
	if f.files[h.Name] == nil {
		f.files[h.Name] = &member{h.Size, hex.EncodeToString(hash.Sum(nil)), at}
	}
	return nil
}

// document notes a version, unless padsync did not write its document.json
// there.
func (f *finder) document(name string, r io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(r, maxAlone))
	if err != nil {
		return err
	}
	told, err := manifest.DecodeAlone(b)
	if err == nil && path.Dir(name)+"/" == versionFolder(told.Source, told.ID, told.Version.Name)+"/" {
		f.found.Versions = append(f.found.Versions, FoundVersion{Alone: *told})
	}
	return nil
}

// place notes where the files of all versions lie.
func (f *finder) place() {
	for i := range f.found.Versions {
		v := &f.found.Versions[i]
		v.files = f.placed(v)
	}
}

// placed is nil if not all files are there.
func (f *finder) placed(v *FoundVersion) []placed {
	var files []placed
	for _, file := range v.Version.Files {
		m := f.files[versionFolder(v.Source, v.ID, v.Version.Name)+"/"+Escape(file.Name)]
		if want := (manifest.FileRecord{File: file}).Member(); m == nil || m.size != want.Size || m.sha256 != want.SHA256 {
			return nil
		}
		files = append(files, placed{at: &m.at})
	}
	return files
}

// A documentKey is a document's identity.
type documentKey struct{ kind, address, id string }

func keyOf(s manifest.Source, id string) documentKey { return documentKey{s.Kind, s.Address(), id} }

// A pieceKey is a piece that a version brought.
type pieceKey struct {
	document              documentKey
	version, file, sha256 string
	length                int64
}

// A piecePlace is where it lies.
type piecePlace struct {
	place manifest.Place
	pack  manifest.Pack
}

// compare drops what lists tell, what was erased, and what was found twice, and
// notes where the pieces of the rest lie.
func (f *finder) compare() error {
	c, pieces := f.found.contents, make(map[pieceKey]piecePlace)
	found := make(map[documentKey]map[string]bool)
	for _, v := range f.found.Versions {
		key := keyOf(v.Source, v.ID)
		if found[key] == nil {
			found[key] = make(map[string]bool)
		}
		found[key][v.Version.Name] = true
		for i, file := range v.files {
			addPieces(pieces, key, v.Version.Name, file.at.Record(v.Version.Files[i]))
		}
	}
	for record, err := range c.merge(manifest.View{Stored: c.stored, Lost: true}) {
		if err != nil {
			return err
		}
		key := keyOf(record.Source, record.ID)
		if found[key] == nil {
			continue
		}
		if record.State == manifest.Erased {
			delete(found, key)
			continue
		}
		for i := range record.Versions {
			v := &record.Versions[i]
			if c.allThere(v) {
				delete(found[key], v.Name)
			}
			for _, file := range v.Files {
				addPieces(pieces, key, v.Name, file)
			}
		}
	}
	f.found.Versions = slices.DeleteFunc(f.found.Versions, func(v FoundVersion) bool {
		key := keyOf(v.Source, v.ID)
		wanted := found[key][v.Version.Name]
		delete(found[key], v.Version.Name) // a second one is the same
		if !wanted {
			return true
		}
		whole := v.files != nil && v.join(pieces, key)
		if !whole {
			f.found.Partial++
		}
		return !whole
	})
	slices.SortFunc(f.found.Versions, func(a, b FoundVersion) int {
		if by := a.Source.Compare(b.Source); by != 0 {
			return by
		}
		if by := strings.Compare(a.ID, b.ID); by != 0 {
			return by
		}
		return strings.Compare(a.Version.Name, b.Version.Name)
	})
	return nil
}

// allThere reports whether all packs of a version are stored.
func (c *Contents) allThere(v *manifest.VersionRecord) bool {
	return !slices.ContainsFunc(v.Files, func(f manifest.FileRecord) bool {
		return slices.ContainsFunc(f.Packs(), func(p manifest.Pack) bool { return !c.stored(p) })
	})
}

// addPieces notes those pieces of a file that its version brought.
func addPieces(to map[pieceKey]piecePlace, document documentKey, version string, f manifest.FileRecord) {
	if f.History == nil {
		return
	}
	at := f.Offset + f.History.Offset
	for _, p := range f.History.Pieces {
		if p.In == nil {
			to[pieceKey{document, version, f.Name, p.SHA256, p.Length}] = piecePlace{
				manifest.Place{Version: version, Frame: f.Frame, Offset: at}, f.In,
			}
			at += p.Length
		}
	}
}

// join notes for the files where the pieces lie that other versions brought,
// and reports whether all are there.
func (v *FoundVersion) join(pieces map[pieceKey]piecePlace, document documentKey) bool {
	for i, f := range v.Version.Files {
		if f.History == nil {
			continue
		}
		for j := range f.History.Pieces {
			p := &f.History.Pieces[j]
			if p.In == nil {
				continue
			}
			at, ok := pieces[pieceKey{document, p.In.Version, f.Name, p.SHA256, p.Length}]
			if !ok {
				return false
			}
			p.In = &at.place
			v.files[i].shares = append(v.files[i].shares, at.pack)
		}
	}
	return true
}

// Adopt writes a manifest of what was found and, if all packs could be read,
// says in it that nobody need look for the lost lists any more. It gives the
// place of what it wrote in the order of runs, 0 if there was nothing to write,
// and what this machine is to remember. It does not use o.Sources.
func (f *Found) Adopt(ctx context.Context, o RunOptions) (sequence int64, seen []string, err error) {
	lists := f.Lists
	if slices.ContainsFunc(f.Unread, mayBeRead) {
		lists = nil
	}
	if len(f.Versions)+len(lists) == 0 {
		return 0, nil, nil
	}
	o.Sources = f.sources()
	w, err := f.repo.begin(ctx, f.contents, o)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, w.Discard()) }()
	for i := range f.Versions {
		v := &f.Versions[i]
		v.Version.Recovered = true
		source, _ := slices.BinarySearchFunc(o.Sources, v.Source, manifest.Source.Compare)
		if err := w.adopt(ctx, entry{manifest.Document{Source: source, ID: v.ID, Versions: []manifest.DocumentVersion{v.Version}}, v.files}); err != nil {
			return 0, nil, err
		}
	}
	if len(f.Versions) > 0 && len(lists) > 0 {
		err = w.commitNow(ctx)
	}
	if err == nil {
		w.header.Repairs = lists
		err = w.Commit(ctx, manifest.AtEnd)
	}
	return w.Sequence(), w.Seen(), err
}

// mayBeRead reports whether an object is not damaged, and may be readable later
// or with another identity.
func mayBeRead(e *CorruptError) bool {
	return errors.Is(e, ErrNoIdentity) || object.FromStore(e) && !object.Gone(e)
}

// sources are those of the lists, and of what was found.
func (f *Found) sources() []manifest.Source {
	all := sourcesOf(f.contents.inputs)
	for _, v := range f.Versions {
		all = append(all, v.Source)
	}
	slices.SortStableFunc(all, manifest.Source.Compare)
	return slices.CompactFunc(all, func(a, b manifest.Source) bool { return a.Compare(b) == 0 })
}

// commitNow writes a manifest of what is done, and says that the run goes on.
func (w *Run) commitNow(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.commit(ctx, false)
}

// adopt notes a version that is in packs already.
func (w *Run) adopt(ctx context.Context, e entry) error {
	w.mu.Lock()
	w.entries = append(w.entries, e)
	w.mu.Unlock()
	return w.CommitIfDue(ctx)
}
