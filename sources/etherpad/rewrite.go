package etherpad

import (
	"errors"
	"io"
	"strings"

	"github.com/padsync/padsync/documents/pad"
)

// needsRewrite says whether the export tells what its pad's address does not:
// the id behind a read-only id, or other pads of its authors.
func (in *inspection) needsRewrite() bool { return in.real() != "" || in.others }

// rewrite copies the export without what needsRewrite means. All else stays
// as it is, but for white space between members.
func (in *inspection) rewrite(w io.Writer, r io.ReaderAt) error {
	out := newObject(w)
	for m, err := range pad.Members(io.NewSectionReader(r, 0, in.size)) {
		if err == nil {
			err = in.rewriteMember(out, &m, r)
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(out.close(), out.Flush())
}

func (in *inspection) rewriteMember(out *object, m *pad.Member, r io.ReaderAt) error {
	key, real := string(m.Key), in.real()
	switch {
	case m.Kind == pad.AuthorMember && m.IsObject():
		out.name(key)
		return out.author(m, r, func(pads []byte) []byte { return reducedTo(in.id, pads) }, false)
	case real == "" || m.Kind == pad.AuthorMember:
	case m.Kind == pad.OtherMember:
		// A plugin's: its key ends in the pad's id, and it may name it.
		if before, found := strings.CutSuffix(key, ":"+real); found {
			key = before + ":" + in.id
		}
		out.name(key)
		return replaceAll(out, m.ValueSection(r), encode(real), encode(in.id))
	default:
		key = "pad:" + in.id + strings.TrimPrefix(key, "pad:"+real)
	}
	out.name(key)
	return out.value(m, r)
}
