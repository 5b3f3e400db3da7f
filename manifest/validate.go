package manifest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxID bounds an id and every other name, in bytes.
const maxID = 4096

// MaxSequence is the highest sequence that an id has room for.
const MaxSequence = 9999999999

// Compare orders sources as manifests do: by kind, then by address without
// its scheme, since http and https are one source.
func (s Source) Compare(other Source) int {
	if c := strings.Compare(s.Kind, other.Kind); c != 0 {
		return c
	}
	return strings.Compare(s.Address(), other.Address())
}

// Address is the source's base address without its scheme.
func (s Source) Address() string { return Address(s.URL) }

// Address identifies a server: a normalised base address without its scheme, as
// http and https are one server.
func Address(base string) string {
	_, address, found := strings.Cut(base, "://")
	if !found {
		return base
	}
	return address
}

func (h *Header) validate() error {
	if !isHash(h.Repository, 32) {
		return errors.New("manifest: it names no repository")
	}
	switch h.Ended {
	case AtEnd:
	case BySignal, ByLimit, ByError:
		if h.Complete {
			return errors.New("manifest: it is complete, and yet it ended early")
		}
	default:
		return errors.New("manifest: it ended for an unknown reason")
	}
	if h.Sequence < 1 || h.Sequence > MaxSequence {
		return errors.New("manifest: sequence out of range")
	}
	for i, s := range h.Sources {
		if !plain(s.Kind) || !plain(s.URL) {
			return errors.New("manifest: a source has no kind or no address")
		}
		if i > 0 && h.Sources[i-1].Compare(s) >= 0 {
			return errors.New("manifest: sources are not sorted, or one is there twice")
		}
	}
	if !h.Lost.valid() {
		return errors.New("manifest: a lost recipient is not the hash of one")
	}
	for _, p := range slices.Concat(h.Packs, h.Parts) {
		if !objectKey.MatchString(p.Key) || p.Size < 0 || !p.Recipients.valid() {
			return errors.New("manifest: a pack's key, size or recipients are not valid")
		}
	}
	for _, id := range slices.Concat(h.Before, h.Repairs, h.Includes, h.Gone, h.Told) {
		if _, _, _, ok := ParseID(id); !ok {
			return errors.New("manifest: an id is not valid")
		}
	}
	return nil
}

var objectKey = regexp.MustCompile(`^(packs/[0-9a-f]{64}\.tar\.zst|parts/[0-9a-f]{64}\.json\.zst)(\.age)?$`)

const (
	digits    = "0123456789"
	hexDigits = digits + "abcdef"
)

// isHash reports whether s is so many lower-case hex digits.
func isHash(s string, length int) bool {
	return len(s) == length && strings.Trim(s, hexDigits) == ""
}

// isVersionName reports whether s is like 20270131T235959Z-0123456789abcdef.
func isVersionName(s string) bool {
	time, hash, _ := strings.Cut(s, "-")
	day, clock, _ := strings.Cut(time, "T")
	return len(day) == 8 && len(clock) == 7 && clock[6] == 'Z' &&
		strings.Trim(day, digits) == "" && strings.Trim(clock[:6], digits) == "" && isHash(hash, 16)
}

// ValidID reports whether s can be a document's id: some valid UTF-8 of at
// most 4096 bytes.
func ValidID(s string) bool { return plain(s) }

// ValidFileName reports whether s can be a file's name: an id that is not a path.
func ValidFileName(s string) bool {
	return plain(s) && !strings.ContainsAny(s, "/\x00") && s != "." && s != ".."
}

// plain reports whether s is a name: some valid UTF-8 of bounded length.
func plain(s string) bool { return s != "" && len(s) <= maxID && utf8.ValidString(s) }

// An order checks that documents are valid and come in order.
type order struct {
	header *Header
	source int
	id     string
}

func (o *order) next(d *Document) error {
	if d.Source < 0 || d.Source >= len(o.header.Sources) || !plain(d.ID) {
		return errors.New("manifest: a document has no source or no id")
	}
	if d.Source < o.source || d.Source == o.source && d.ID <= o.id && o.id != "" {
		return errors.New("manifest: documents are not sorted")
	}
	o.source, o.id = d.Source, d.ID
	switch d.State {
	case Current, Missing, Failed, Erased, "":
	default:
		return errors.New("manifest: unknown state")
	}
	if !o.told(d.Told) {
		return errTold
	}
	if err := o.said(d.Said); err != nil {
		return err
	}
	for i := range d.Versions {
		if err := o.version(&d.Versions[i]); err != nil {
			return err
		}
	}
	return nil
}

var errTold = errors.New("manifest: a fact is told by no manifest")

func (o *order) told(place *int) bool {
	return place == nil || *place >= 0 && *place < len(o.header.Told)
}

func (o *order) version(v *DocumentVersion) error {
	if !isVersionName(v.Name) {
		return errors.New("manifest: a version's name is not valid")
	}
	if v.Recovered && v.Saved == nil {
		return errors.New("manifest: a recovered version is not told whole")
	}
	facts := ToldPublic
	if v.Public != nil {
		facts++
	}
	if n := len(v.Told); n > 0 && n != facts || slices.ContainsFunc(v.Told, func(place int) bool { return !o.told(&place) }) {
		return errTold
	}
	for i := range v.Files {
		if err := o.file(&v.Files[i]); err != nil {
			return err
		}
	}
	return nil
}

func (o *order) file(f *File) error {
	switch {
	case !ValidFileName(f.Name):
		return errors.New("manifest: a file has no usable name")
	case f.Pack < 0 || f.Pack >= len(o.header.Packs):
		return fmt.Errorf("manifest: file in pack %d of %d", f.Pack, len(o.header.Packs))
	case f.Size < 0 || f.Offset < 0 || f.Frame[0] < 0 || f.Frame[1] < 0 || !isHash(f.SHA256, 64):
		return errors.New("manifest: a file's size, place or hash is not valid")
	}
	return o.history(f)
}
