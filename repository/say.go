package repository

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"filippo.io/age"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/manifest"
)

// A Saying is what somebody says of one document. Its description is plain
// text.
type Saying struct {
	Source manifest.Source
	ID     string
	manifest.Said
}

// Say tells what people say, where it is not what was said before, in manifests
// of its own without a look at any document. It gives the place of what it
// wrote in the order of runs, 0 if it wrote nothing. Of two sayings of one
// document, a fact of the later one stands. The error for one that breaks a
// bound matches manifest.ErrSaid. It does not use o.Sources. A run that was
// interrupted can still be taken up.
func (r *Repository) Say(ctx context.Context, o RunOptions, sayings []Saying) (sequence int64, err error) {
	said, err := byDocument(sayings)
	if err != nil {
		return 0, err
	}
	c, err := r.Read(ctx, At{})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	known := make(map[documentKey]bool)
	for record, err := range c.All() {
		if err != nil {
			return 0, err
		}
		if key := keyOf(record.Source, record.ID); said[key] != nil {
			known[key] = true
			r.forget(said[key], record)
		}
	}
	maps.DeleteFunc(said, func(key documentKey, s *Saying) bool {
		if !known[key] {
			r.forget(s, new(manifest.Record))
		}
		return s.nothing()
	})
	if len(said) == 0 {
		return 0, nil
	}
	o.Sources = sourcesOf(c.inputs)
	for _, s := range said {
		o.Sources = append(o.Sources, s.Source)
	}
	slices.SortStableFunc(o.Sources, manifest.Source.Compare)
	o.Sources = slices.CompactFunc(o.Sources, func(a, b manifest.Source) bool { return a.Compare(b) == 0 })
	w, err := r.Begin(ctx, c, o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, w.Discard()) }()
	for _, s := range said {
		if s.Description != nil {
			if s.Description, err = r.seal(*s.Description); err != nil {
				return 0, err
			}
		}
		source, _ := slices.BinarySearchFunc(o.Sources, s.Source, manifest.Source.Compare)
		w.Tell(manifest.Document{Source: source, ID: s.ID, Said: &s.Said})
		if err := w.CommitIfDue(ctx); err != nil {
			return 0, err
		}
	}
	return w.Sequence(), w.Commit(ctx, manifest.AtEnd)
}

// byDocument makes one saying of those of one document.
func byDocument(sayings []Saying) (map[documentKey]*Saying, error) {
	said := make(map[documentKey]*Saying)
	for _, s := range sayings {
		if err := s.Valid(); err != nil {
			return nil, err
		}
		if !manifest.ValidID(s.ID) {
			return nil, manifest.ErrSaid
		}
		key := keyOf(s.Source, s.ID)
		if said[key] == nil {
			said[key] = &Saying{Source: s.Source, ID: s.ID}
		}
		said[key].add(&s.Said)
	}
	return said, nil
}

// add lets other facts stand in place of these.
func (s *Saying) add(said *manifest.Said) {
	if said.Name != nil {
		s.Name = said.Name
	}
	if said.Tags != nil {
		s.Tags = said.Tags
	}
	if said.Description != nil {
		s.Description = said.Description
	}
	if said.Removed != nil {
		s.Removed = said.Removed
	}
	choices := make(map[string]manifest.Choice)
	for _, c := range slices.Concat(s.Choices, said.Choices) {
		choices[c.Machine] = c.Choice
	}
	s.Choices = nil
	for _, machine := range slices.Sorted(maps.Keys(choices)) {
		s.Choices = append(s.Choices, manifest.MachineChoice{Machine: machine, Choice: choices[machine]})
	}
}

// forget drops what is known. A description that cannot be opened is not known.
func (r *Repository) forget(s *Saying, known *manifest.Record) {
	if s.Name != nil && *s.Name == known.Said.Name {
		s.Name = nil
	}
	if s.Tags != nil && slices.Equal(s.Tags, known.Said.Tags) {
		s.Tags = nil
	}
	if s.Removed != nil && *s.Removed == (known.State == manifest.Removed) {
		s.Removed = nil
	}
	s.Choices = slices.DeleteFunc(s.Choices, func(c manifest.MachineChoice) bool { return c.Choice == known.Said.Choice(c.Machine) })
	if s.Description == nil {
		return
	}
	if text, err := r.Description(&known.Said); err == nil && text == *s.Description {
		s.Description = nil
	}
}

func (s *Saying) nothing() bool {
	return s.Name == nil && s.Tags == nil && s.Description == nil && s.Removed == nil && len(s.Choices) == 0
}

// ErrDescription says that a document's description is damaged.
var ErrDescription = errors.New("the description is damaged")

// maxPlain is how many bytes a description has at most.
const maxPlain = 4 * manifest.MaxDescription

// Description is the text of a document's description, "" if it has none. In a
// sealed repository, the error is ErrNoIdentity where no identity opens it, and
// otherwise matches ErrDescription.
func (r *Repository) Description(said *manifest.SaidRecord) (string, error) {
	return r.description(said, r.objects.Identities)
}

func (r *Repository) description(said *manifest.SaidRecord, identities []age.Identity) (string, error) {
	if said.Description == "" || !r.Sealed() {
		return manifest.MendDescription(said.Description), nil
	}
	sealed := base64.NewDecoder(base64.StdEncoding.Strict(), strings.NewReader(said.Description))
	text, err := open(sealed, identities)
	if none := (*age.NoIdentityMatchError)(nil); errors.As(err, &none) {
		return "", ErrNoIdentity
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrDescription, err)
	}
	return manifest.MendDescription(text), nil
}

// open gives as much of an age file as a description can have.
func open(sealed io.Reader, identities []age.Identity) (string, error) {
	if len(identities) == 0 {
		return "", &age.NoIdentityMatchError{}
	}
	plain, err := age.Decrypt(sealed, identities...)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(plain, maxPlain))
	return strings.ToValidUTF8(string(text), ""), err
}

// seal gives a description as manifests have it: for the owner's recipients,
// and not for the runner. "" stays as it is, since it takes back.
func (r *Repository) seal(text string) (*string, error) {
	if text == "" || !r.Sealed() {
		return &text, nil
	}
	var sealed bytes.Buffer
	to := make([]age.Recipient, len(r.options.Recipients))
	for i, recipient := range r.options.Recipients {
		to[i] = recipient
	}
	w, err := crypto.Seal(&sealed, to...)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("seal description: %w", err)
	}
	encoded := base64.StdEncoding.EncodeToString(sealed.Bytes())
	return &encoded, nil
}
