package repository

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"filippo.io/age"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/pack"
	"github.com/padsync/padsync/sources"
)

// Reseal stores anew, for the present recipients, what none of them can read
// and one of the identities opens: of each document the version that is
// restored, and the newest. It says anew what is said in descriptions that an
// identity opens which is none of theirs. It gives the number of documents, and
// the place of what it wrote in the order of runs, 0 if it wrote nothing. The Contents are
// of now, and do not have what it wrote. It does not use o.Sources.
//
// A version that cannot be read is left as it is, and a run that was
// interrupted can still be taken up.
func (r *Repository) Reseal(ctx context.Context, c *Contents, o RunOptions) (documents int, sequence int64, err error) {
	opens := r.opening()
	if !r.Sealed() || !opens.may(maps.Keys(c.former(r.recipientHashes()))) {
		return 0, 0, nil
	}
	o.Sources = sourcesOf(c.inputs)
	w, err := r.Begin(ctx, c, o)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, w.Discard()) }()
	again := &resealer{run: w, reader: r.NewReader(ctx), opens: opens, former: r.formerIdentities()}
	defer again.reader.Close()
	for record, err := range c.All() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return 0, 0, err
		}
		said, err := again.description(record)
		if err != nil {
			return 0, 0, err
		}
		done, err := again.document(ctx, record)
		if err != nil {
			return 0, 0, err
		}
		if done || said {
			documents++
		}
	}
	if documents == 0 {
		return 0, 0, nil
	}
	return documents, w.Sequence(), w.Commit(ctx, manifest.AtEnd)
}

// A resealer stores anew what one run can.
type resealer struct {
	run    *Run
	reader *Reader
	opens  opening
	former []age.Identity // those of nobody to whom the run seals

	privateOf string // the pack that privates are of, by its key
	privates  map[string]map[string]string
	elsewhere map[string]map[string]string // of all packs; nil before that was needed
}

// formerIdentities are those that open nothing that is stored from now on.
func (r *Repository) formerIdentities() []age.Identity {
	present := r.recipientHashes()
	return slices.DeleteFunc(slices.Clone(r.objects.Identities), func(id age.Identity) bool {
		recipient, err := crypto.RecipientOf(id)
		return err != nil || slices.Contains(present, recipient.Hash())
	})
}

// description says a description anew that a former identity opens, and reports
// whether it did. Then that identity opens it no more.
func (r *resealer) description(record *manifest.Record) (bool, error) {
	w := r.run
	text, err := w.repo.description(&record.Said, r.former)
	if err != nil || text == "" {
		return false, nil // it stays as it is
	}
	said := new(manifest.Said)
	if said.Description, err = w.repo.seal(text); err != nil {
		return false, err
	}
	source, _ := slices.BinarySearchFunc(w.header.Sources, record.Source, manifest.Source.Compare)
	w.Tell(manifest.Document{Source: source, ID: record.ID, Said: said})
	return true, nil
}

func (r *resealer) document(ctx context.Context, record *manifest.Record) (done bool, err error) {
	if record.State == manifest.Erased {
		return false, nil
	}
	newest, sound := record.Newest(), record.NewestSound()
	for i, v := range []*manifest.VersionRecord{newest, sound} {
		if v == nil || i > 0 && v == newest || r.run.Readable(v) || !r.opens.mayAll(v) {
			continue
		}
		err := r.version(ctx, record, v)
		corrupt := (*CorruptError)(nil)
		switch {
		case errors.Is(err, ErrNoIdentity), errors.As(err, &corrupt):
			continue // it stays where it is, as what nobody can read
		case err != nil:
			return false, err
		}
		done = true
	}
	return done, r.run.CommitIfDue(ctx)
}

// version stores one version anew and notes where it lies now.
func (r *resealer) version(ctx context.Context, record *manifest.Record, v *manifest.VersionRecord) (err error) {
	w, again := r.run, &sources.Version{ID: record.ID}
	defer func() { _ = again.Close() }()
	if err := r.fetch(v, again); err != nil {
		return err
	}
	if again.Private, err = r.private(ctx, versionFolder(record.Source, record.ID, v.Name), v.Files[0].In); err != nil {
		return err
	}
	histories, err := w.histories(again, nil)
	if err != nil {
		return err
	}
	source, _ := slices.BinarySearchFunc(w.header.Sources, record.Source, manifest.Source.Compare)
	moved := manifest.DocumentVersion{Name: v.Name}
	for i, f := range v.Files {
		f.File.History = histories[i].told
		moved.Files = append(moved.Files, f.File)
	}
	e := entry{doc: manifest.Document{Source: source, ID: record.ID, Versions: []manifest.DocumentVersion{moved}}}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	if e.files, err = w.write(e.doc, whole(v, moved.Files), again, histories); err != nil {
		return w.fail(err)
	}
	w.entries = append(w.entries, e)
	return nil
}

// whole is all that manifests tell of a version.
func whole(v *manifest.VersionRecord, files []manifest.File) manifest.DocumentVersion {
	saved, facts := manifest.At(v.Saved), v.Facts
	told := manifest.DocumentVersion{Name: v.Name, Saved: &saved, Revision: v.Revision, Title: v.Title, Facts: &facts, Files: files}
	if !v.Modified.IsZero() {
		modified := manifest.At(v.Modified)
		told.Modified = &modified
	}
	if v.Validator != "" {
		told.Validator = &v.Validator
	}
	if v.Suspect != "" {
		told.Suspect = &v.Suspect
	}
	if v.Public {
		told.Public = &v.Public
	}
	return told
}

// fetch reads the version's files as if they came from their source. Closing
// the version also closes what fetch had read when it failed.
func (r *resealer) fetch(v *manifest.VersionRecord, into *sources.Version) error {
	var release []io.Closer
	into.Release = func() (err error) {
		for _, s := range release {
			err = errors.Join(err, s.Close())
		}
		return err
	}
	for _, f := range v.Files {
		s, err := r.reader.File(f)
		if err != nil {
			return err
		}
		release = append(release, s)
		file := sources.File{Name: f.Name, Format: f.Format, Size: s.Size(), SHA256: s.SHA256(), Content: s}
		if h := f.History; h != nil {
			file.History = [2]int64{h.Offset, h.Offset}
			for _, p := range h.Pieces {
				file.History[1] += p.Length
			}
		}
		into.Files = append(into.Files, file)
	}
	return nil
}

// private gives what only the document.json in this folder tells of a version.
// It lies in the pack of the first file or, if that is not the pack that the
// version began in, in one that no list names for it: then all packs that an
// identity may open are read, once.
func (r *resealer) private(ctx context.Context, folder string, first manifest.Pack) (map[string]string, error) {
	told, err := r.toldIn(ctx, first)
	if err != nil {
		return nil, err
	}
	if private, found := told[folder]; found {
		return private, nil
	}
	if r.elsewhere == nil {
		if r.elsewhere, err = r.allPrivate(ctx); err != nil {
			return nil, err
		}
	}
	return r.elsewhere[folder], nil
}

// allPrivate reads all packs that an identity may open, as far as they can be
// read.
func (r *resealer) allPrivate(ctx context.Context) (map[string]map[string]string, error) {
	all, closed, contents := make(map[string]map[string]string), make(map[string]bool), r.run.contents
	for _, in := range contents.inputs {
		for _, p := range in.header.Packs {
			closed[p.Key] = !r.opens.may(p.Recipients.All())
		}
	}
	for _, in := range contents.storedPacks() {
		if closed[in.Key] {
			continue
		}
		told, err := r.toldIn(ctx, in)
		corrupt := (*CorruptError)(nil)
		switch {
		case errors.Is(err, ErrNoIdentity), errors.As(err, &corrupt):
			continue
		case err != nil:
			return nil, err
		}
		for folder, private := range told {
			if len(private) > 0 {
				all[folder] = private
			}
		}
	}
	return all, nil
}

// maxPrivate bounds what is read of a document.json.
const maxPrivate = 1 << 20

// toldIn gives what only the pack tells of the versions whose document.json is
// in it, by their folders. It keeps that of the last pack.
func (r *resealer) toldIn(ctx context.Context, in manifest.Pack) (map[string]map[string]string, error) {
	if r.privateOf == in.Key {
		return r.privates, nil
	}
	objects := &r.run.repo.objects
	s, err := pack.Fetch(ctx, objects, in)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	found := make(map[string]map[string]string)
	err = pack.Walk(objects, in, s, func(h *tar.Header, _ pack.Place, content io.Reader) error {
		if path.Base(h.Name) != documentName || strings.Count(h.Name, "/") != 3 {
			return nil
		}
		var told struct {
			Private map[string]string `json:"private"`
		}
		b, err := io.ReadAll(io.LimitReader(content, maxPrivate))
		if err == nil && json.Unmarshal(b, &told) == nil {
			found[path.Dir(h.Name)] = told.Private
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	r.privateOf, r.privates = in.Key, found
	return found, nil
}

// versionFolder is where a version lies in its pack.
func versionFolder(source manifest.Source, id, version string) string {
	return Escape(source.Address()) + "/" + Escape(id) + "/" + version
}
