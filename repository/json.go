package repository

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/object"
	"github.com/padsync/padsync/repository/pack"
)

const (
	packsPrefix       = pack.Prefix
	manifestsPrefix   = "manifests/"
	checkpointsPrefix = "checkpoints/"
	partsPrefix       = "parts/"

	jsonEnding = ".json.zst"

	// maxJSON bounds a manifest, checkpoint or part as stored. Writers stay
	// under 8 MiB.
	maxJSON = 64 << 20

	// manifestWindow is that of the zstd frames, in bytes: a reader that merges
	// many needs as much memory for each.
	manifestWindow = 256 << 10
)

// isObject reports whether a key, without the ending of what is sealed, is of
// a manifest or checkpoint, or of a pack.
func isObject(key, prefix string) bool {
	name := strings.TrimPrefix(key, prefix)
	if prefix == packsPrefix {
		hash, ok := strings.CutSuffix(name, pack.Ending)
		return ok && hashForm.MatchString(hash)
	}
	id, ok := strings.CutSuffix(name, jsonEnding)
	_, _, _, isID := manifest.ParseID(id)
	return ok && isID
}

var hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// id gives the id in the key of a manifest or checkpoint, "" if it has none.
func (r *Repository) id(key, prefix string) string {
	id, ok := strings.CutSuffix(strings.TrimPrefix(key, prefix), r.objects.Ending(jsonEnding))
	if _, _, _, isID := manifest.ParseID(id); !ok || !isID {
		return ""
	}
	return id
}

// A jsonWriter makes a JSON object as it is stored: zstd, then age.
type jsonWriter struct {
	*zstd.Encoder
	object *object.Writer
}

// newJSON begins a manifest, or a part of one.
func (r *Repository) newJSON() (*jsonWriter, error) {
	return createJSON(&r.objects, slices.Concat(r.options.Recipients, r.options.Runner)...)
}

func createJSON(objects *object.Store, to ...crypto.Recipient) (*jsonWriter, error) {
	o, err := objects.Create(to...)
	if err != nil {
		return nil, fmt.Errorf("seal manifest: %w", err)
	}
	e, err := object.Compress(o, manifestWindow)
	if err != nil {
		return nil, errors.Join(err, o.Discard())
	}
	return &jsonWriter{e, o}, nil
}

// finish gives the object's bytes; the caller closes them.
func (w *jsonWriter) finish() (*spool.Spool, error) {
	if err := w.Encoder.Close(); err != nil {
		return nil, errors.Join(err, w.discard())
	}
	return w.object.Finish()
}

func (w *jsonWriter) discard() error { return w.object.Discard() }

// openJSON gives the JSON in a stored object. The caller closes it.
func openJSON(objects *object.Store, s *spool.Spool) (io.ReadCloser, error) {
	plain, size, err := objects.Open(s, s.Size())
	if err != nil {
		return nil, err
	}
	d, err := object.Decompress(io.NewSectionReader(plain, 0, size), manifestWindow)
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
