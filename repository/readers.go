package repository

import (
	"iter"
	"slices"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/manifest"
)

// Readable reports whether one of those that the run seals to can read all of
// the version. Everybody can read what is not sealed.
func (w *Run) Readable(v *manifest.VersionRecord) bool {
	return readable(w.repo, w.header.Recipients, v)
}

// GivenUp reports whether somebody said of all who can read the version that
// their identities are gone.
func (w *Run) GivenUp(v *manifest.VersionRecord) bool {
	for in := range packsOfVersion(v) {
		for hash := range in.Recipients.All() {
			if !w.lost[hash] {
				return false
			}
		}
	}
	return true
}

func readable(r *Repository, hashes []string, v *manifest.VersionRecord) bool {
	return !r.Sealed() || slices.ContainsFunc(hashes, func(hash string) bool {
		for in := range packsOfVersion(v) {
			if !in.Recipients.Has(hash) {
				return false
			}
		}
		return true
	})
}

// packsOfVersion yields each pack that the version is read from, some twice.
func packsOfVersion(v *manifest.VersionRecord) iter.Seq[manifest.Pack] {
	return func(yield func(manifest.Pack) bool) {
		for i := range v.Files {
			if !yield(v.Files[i].In) {
				return
			}
			for _, in := range v.Files[i].Shares {
				if !yield(in) {
					return
				}
			}
		}
	}
}

// lost are the recipients whose identities are gone, as somebody said.
func (c *Contents) lost() map[string]bool {
	lost := make(map[string]bool)
	for _, in := range c.inputs {
		for hash := range in.header.Lost.All() {
			lost[hash] = true
		}
	}
	return lost
}

// former are those who can read some pack, and to whom nothing is sealed now.
func (c *Contents) former(present []string) map[string]bool {
	former := make(map[string]bool)
	for _, in := range c.inputs {
		for _, p := range in.header.Packs {
			for hash := range p.Recipients.All() {
				if !slices.Contains(present, hash) {
					former[hash] = true
				}
			}
		}
	}
	return former
}

// An opening is what some identities open, by hashes of recipients.
type opening struct {
	hashes map[string]bool
	any    bool // one does not tell its recipient, and may open anything
}

func (r *Repository) opening() opening {
	o := opening{hashes: make(map[string]bool)}
	for _, id := range r.objects.Identities {
		recipient, err := crypto.RecipientOf(id)
		if err != nil {
			o.any = true
			continue
		}
		o.hashes[recipient.Hash()] = true
	}
	return o
}

// may reports whether an identity may open what is sealed to these recipients.
func (o opening) may(recipients iter.Seq[string]) bool {
	for hash := range recipients {
		if o.any || o.hashes[hash] {
			return true
		}
	}
	return false
}

// mayAll reports whether identities may open all packs of the version.
func (o opening) mayAll(v *manifest.VersionRecord) bool {
	for in := range packsOfVersion(v) {
		if !o.may(in.Recipients.All()) {
			return false
		}
	}
	return true
}
