package pad

import (
	"io"
	"strings"
)

// NeedsRewrite says whether the export reveals what its pad's address does not:
// the id behind a read-only id, or other pads of its authors.
func (in *Inspection) NeedsRewrite() bool { return in.Real() != "" || in.others }

// Rewrite copies the export without what NeedsRewrite means. All else stays as
// it is, except white space between members.
func (in *Inspection) Rewrite(w io.Writer) error {
	return WriteMembers(w, in.export, in.size, in.rewriteMember)
}

func (in *Inspection) rewriteMember(out *ObjectWriter, m *Member) error {
	key, real := string(m.Key), in.Real()
	switch {
	case m.Kind == AuthorMember && m.IsObject():
		out.Name(key)
		return out.Author(m, in.export, func(pads []byte) []byte { return reducedTo(in.ID, pads) }, false)
	case real == "" || m.Kind == AuthorMember:
	case m.Kind == OtherMember:
		// A plugin's: its key ends in the pad's id, and it may name it.
		if before, found := strings.CutSuffix(key, ":"+real); found {
			key = before + ":" + in.ID
		}
		out.Name(key)
		return replaceAll(out, m.ValueSection(in.export), JSON(real), JSON(in.ID))
	default:
		key = "pad:" + in.ID + strings.TrimPrefix(key, "pad:"+real)
	}
	out.Name(key)
	return out.Value(m, in.export)
}
