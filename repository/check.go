package repository

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/object"
	"github.com/padsync/padsync/repository/pack"
)

// checkPacks is how many packs are checked in one pass over the documents.
const checkPacks = 128

// A CheckReport says what a repository holds, and what is wrong with it.
type CheckReport struct {
	Documents, Versions, Packs int
	Bytes                      int64 // of the packs, as stored
	Problems                   []Problem

	// Lost counts the lists that are missing or were left out and not made
	// good.
	Lost int

	// Unnamed counts the packs that no list names. That is not a problem: a run
	// that is cut off leaves some, and so does what was stored anew since,
	// where the earlier lists are gone or cannot be opened. What lost lists
	// told is in such packs.
	Unnamed int

	Seen []string // as Contents.Seen gives it

	// Sealed are the keys of packs that no identity opens: reading them proved
	// only that they are as they were stored.
	Sealed []string
}

// A Problem is an object that is not as it should be.
type Problem struct {
	Object    string // its key; of a list that is missing, its id
	Problem   string // "damaged", "missing", "unreadable"
	Unopened  bool   // unreadable, because no identity opens it
	Repaired  bool   // it is a list, and what it told was taken from packs
	Err       error  // what is known of why, or nil; for padsync.json a HeadError
	Documents []DocumentRef
}

// A DocumentRef names a document.
type DocumentRef struct {
	Source manifest.Source
	ID     string
}

// Check looks whether all that manifests name is there, and whether all
// manifests, checkpoints and parts are what they should be; with readData, it
// also reads and opens every pack. It calls observe, if not nil, with how many
// of the packs were read.
//
// What is wrong is in the report; the error is for a check that could not be
// made.
func (r *Repository) Check(ctx context.Context, readData bool, observe func(done, of int)) (*CheckReport, error) {
	c, err := r.Read(ctx, At{})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	k := &checker{repo: r, contents: c, seen: make(map[string]bool), named: make(map[string]manifest.Pack), report: &CheckReport{Seen: c.Seen()}}
	if err := k.objects(ctx); err != nil {
		return nil, err
	}
	if err := k.documents(); err != nil {
		return nil, err
	}
	if readData {
		err = k.packs(ctx, observe)
	}
	if err == nil {
		err = k.restorable(ctx)
	}
	slices.SortFunc(k.report.Problems, func(a, b Problem) int { return strings.Compare(a.Object, b.Object) })
	return k.report, err
}

type checker struct {
	repo     *Repository
	contents *Contents
	seen     map[string]bool          // keys and ids of lists that were read
	named    map[string]manifest.Pack // by versions, and stored with the right size
	sample   *checkedFile             // is read as a restore does
	report   *CheckReport
}

func (k *checker) problem(key, problem string, documents []DocumentRef) {
	k.report.Problems = append(k.report.Problems, Problem{Object: key, Problem: problem, Documents: documents})
}

// corrupt notes an object that is not as it should be, or gives the error back
// if it is of another kind.
func (k *checker) corrupt(err error, documents []DocumentRef) error {
	corrupt := (*CorruptError)(nil)
	if !errors.As(err, &corrupt) {
		return err
	}
	k.report.Problems = append(k.report.Problems, Problem{
		Object: corrupt.Key, Problem: corrupt.Problem, Err: corrupt.Err, Documents: documents,
		Unopened: errors.Is(corrupt, ErrNoIdentity), Repaired: k.contents.repaired[k.contents.listOf(corrupt)],
	})
	return nil
}

// objects checks all manifests, checkpoints and parts, also those that reading
// passes over because a checkpoint includes them.
func (k *checker) objects(ctx context.Context) error {
	k.noteRead()
	unnamed := make(map[string]bool)
	for _, p := range k.contents.unnamedPacks() {
		unnamed[p.Key] = true
	}
	// What was stored anew since is named by what a checkpoint includes alone.
	name := func(s *spool.Spool) {
		if len(unnamed) > 0 {
			for _, p := range k.repo.packsNamedBy(s) {
				delete(unnamed, p.Key)
			}
		}
	}
	listed, ending := k.contents.listed, k.repo.objects.Ending(jsonEnding)
	for prefix, ids := range map[string][]string{manifestsPrefix: listed.manifests, checkpointsPrefix: listed.checkpoints} {
		for _, id := range ids {
			_, _, hash, _ := manifest.ParseID(id)
			if k.seen[id] {
				continue
			}
			if err := k.object(ctx, prefix+id+ending, hash, name); err != nil {
				return err
			}
		}
	}
	for key := range listed.parts {
		hash, kind, _ := strings.Cut(strings.TrimPrefix(key, partsPrefix), ".")
		if "."+kind != ending || len(hash) != 64 {
			continue // not padsync's
		}
		if err := k.object(ctx, key, hash, func(*spool.Spool) {}); err != nil {
			return err
		}
	}
	k.report.Unnamed = len(unnamed)
	return nil
}

// noteRead notes what reading the contents saw, and what it found wrong.
func (k *checker) noteRead() {
	c := k.contents
	k.report.Lost = c.Lacking()
	if c.Head != nil {
		k.report.Problems = append(k.report.Problems, Problem{Object: c.Head.Key, Problem: c.Head.Problem, Err: c.headError()})
	}
	for _, id := range c.Missing {
		k.problem(id, "missing", nil)
	}
	for _, d := range c.Damaged {
		k.seen[d.Key] = true
		_ = k.corrupt(d, nil)
	}
	for _, in := range c.inputs {
		k.seen[in.id] = true
		for _, p := range in.header.Parts {
			k.seen[p.Key] = true
		}
	}
}

// object checks one that was not seen, and hands it to use.
func (k *checker) object(ctx context.Context, key, hash string, use func(*spool.Spool)) error {
	if k.seen[key] {
		return nil
	}
	s, err := k.repo.objects.Fetch(ctx, key, hash, maxJSON)
	if object.Gone(err) {
		err = object.Missing(key, err)
	}
	if err != nil {
		return k.corrupt(object.Alone(ctx, key, err), nil)
	}
	use(s)
	return s.Close()
}

// packsNamedBy are the packs that a manifest or a checkpoint names, none where
// it cannot be read.
func (r *Repository) packsNamedBy(s *spool.Spool) []manifest.Pack {
	rd, err := openJSON(&r.objects, s)
	if err != nil {
		return nil
	}
	defer rd.Close()
	d, err := manifest.NewDecoder(rd)
	if err != nil {
		return nil
	}
	return d.Header.Packs
}

// documents counts, and finds what is named and not there.
func (k *checker) documents() error {
	broken := make(map[string][]DocumentRef)
	for record, err := range k.contents.merge(manifest.View{Stored: k.contents.stored, Lost: true}) {
		if err != nil {
			return err
		}
		k.report.Documents++
		k.report.Versions += len(record.Versions)
		for in := range packsOf(record) {
			if k.contents.stored(in) {
				k.named[in.Key] = in
			} else {
				broken[in.Key] = append(broken[in.Key], DocumentRef{record.Source, record.ID})
			}
		}
		k.consider(record)
	}
	for key, documents := range broken {
		problem := "missing"
		if _, ok := k.contents.listed.packs[key]; ok {
			problem = "damaged"
		}
		k.problem(key, problem, documents)
	}
	for _, in := range k.named {
		k.report.Packs++
		k.report.Bytes += in.Size
	}
	return nil
}

// consider takes a file as the sample if it shows more than the one before: if
// it is put together from more packs, or else lies further into its pack.
func (k *checker) consider(r *manifest.Record) {
	for _, v := range r.Versions {
		for _, f := range v.Files {
			if slices.ContainsFunc(f.Packs(), func(in manifest.Pack) bool { return !k.contents.stored(in) }) {
				continue
			}
			if k.sample == nil || cmp.Or(cmp.Compare(len(k.sample.Shares), len(f.Shares)), cmp.Compare(k.sample.Frame[0], f.Frame[0])) < 0 {
				k.sample = &checkedFile{f, DocumentRef{r.Source, r.ID}}
			}
		}
	}
}

// restorable reads the sample as a restore does: the rest of a check never
// reads a part of a pack and never puts a file together.
func (k *checker) restorable(ctx context.Context) error {
	if k.sample == nil {
		return nil
	}
	rd := k.repo.NewReader(ctx)
	defer rd.Close()
	content, err := rd.File(k.sample.FileRecord)
	err = object.Alone(ctx, k.sample.In.Key, err)
	corrupt := (*CorruptError)(nil)
	switch {
	case err == nil:
		return content.Close()
	case errors.Is(err, ErrNoIdentity):
		return nil
	case !errors.As(err, &corrupt):
		return err
	case slices.ContainsFunc(k.report.Problems, func(p Problem) bool { return p.Object == corrupt.Key }):
		return nil // it was reported
	}
	return k.corrupt(err, []DocumentRef{k.sample.document})
}

func packsOf(r *manifest.Record) map[manifest.Pack]bool {
	packs := make(map[manifest.Pack]bool)
	for _, v := range r.Versions {
		for _, f := range v.Files {
			for _, p := range f.Packs() {
				packs[p] = true
			}
		}
	}
	return packs
}

// A checkedFile is a file in a pack, or a piece of one, and whose it is.
type checkedFile struct {
	manifest.FileRecord
	document DocumentRef
}

// packs reads all packs, some in each pass over the documents, so that memory
// holds the files of these only.
func (k *checker) packs(ctx context.Context, observe func(done, of int)) error {
	keys := make([]string, 0, len(k.named))
	for key := range k.named {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	done := 0
	for some := range slices.Chunk(keys, checkPacks) {
		files, err := k.files(some)
		if err != nil {
			return err
		}
		for _, key := range some {
			if err := k.pack(ctx, k.named[key], files[key]); err != nil {
				return err
			}
			if done++; observe != nil {
				observe(done, len(keys))
			}
		}
	}
	return nil
}

func (k *checker) files(keys []string) (map[string][]checkedFile, error) {
	files := make(map[string][]checkedFile, len(keys))
	for _, key := range keys {
		files[key] = nil
	}
	for record, err := range k.contents.Documents() {
		if err != nil {
			return nil, err
		}
		for _, v := range record.Versions {
			for _, f := range v.Files {
				for _, part := range append(f.Shared(), f.Member()) {
					if _, wanted := files[part.In.Key]; wanted {
						files[part.In.Key] = append(files[part.In.Key], checkedFile{part, DocumentRef{record.Source, record.ID}})
					}
				}
			}
		}
	}
	return files, nil
}

// pack reads one pack whole, and every file in it that a version names.
func (k *checker) pack(ctx context.Context, in manifest.Pack, files []checkedFile) error {
	s, err := pack.Fetch(ctx, &k.repo.objects, in)
	if object.Gone(err) {
		err = object.Missing(in.Key, err)
	}
	if err != nil {
		return k.corrupt(object.Alone(ctx, in.Key, err), distinct(files))
	}
	rd := k.repo.NewReader(ctx)
	defer rd.Close()
	if err := rd.Keep(in, s); err != nil {
		return errors.Join(k.unopened(in, err, files), s.Close())
	}
	slices.SortFunc(files, comparePlaces)
	var bad []checkedFile
	for i, f := range files {
		// A piece is read once for all versions that share it.
		known := i > 0 && comparePlaces(files[i-1], f) == 0
		if known && len(bad) > 0 && comparePlaces(bad[len(bad)-1], f) == 0 {
			bad = append(bad, f)
		}
		if known {
			continue
		}
		content, err := rd.File(f.FileRecord)
		if err == nil {
			err = content.Close()
		}
		if corrupt := (*CorruptError)(nil); errors.As(err, &corrupt) {
			bad = append(bad, f)
		} else if err != nil {
			return err
		}
	}
	if len(bad) > 0 {
		k.problem(in.Key, "damaged", distinct(bad))
	}
	return nil
}

// comparePlaces orders what lies in one pack; it is 0 for the same bytes.
func comparePlaces(a, b checkedFile) int {
	return cmp.Or(cmp.Compare(a.Frame[0], b.Frame[0]), cmp.Compare(a.Offset, b.Offset),
		cmp.Compare(a.Frame[1], b.Frame[1]), cmp.Compare(a.Size, b.Size), cmp.Compare(a.SHA256, b.SHA256))
}

// unopened notes why a pack whose bytes are right cannot be opened.
func (k *checker) unopened(in manifest.Pack, err error, files []checkedFile) error {
	if errors.Is(err, ErrNoIdentity) {
		k.report.Sealed = append(k.report.Sealed, in.Key)
		return nil
	}
	return k.corrupt(err, distinct(files))
}

func distinct(files []checkedFile) []DocumentRef {
	var documents []DocumentRef
	seen := make(map[DocumentRef]bool)
	for _, f := range files {
		if !seen[f.document] {
			seen[f.document] = true
			documents = append(documents, f.document)
		}
	}
	return documents
}
