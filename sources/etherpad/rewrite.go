package etherpad

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"github.com/padsync/padsync/documents/pad"
)

// needsRewrite says whether the export tells what its pad's address does not:
// the id behind a read-only id, or other pads of its authors.
func (in *inspection) needsRewrite() bool { return in.real != "" || in.others }

// rewrite copies the export without what needsRewrite means. All else stays
// as it is, but for white space between members.
func (in *inspection) rewrite(w io.Writer, r io.Reader) error {
	out := bufio.NewWriter(w)
	separator := byte('{')
	for m, err := range pad.Members(r) {
		if err != nil {
			return err
		}
		key, value, err := in.rewriteMember(m)
		if err != nil {
			return err
		}
		out.WriteByte(separator)
		out.Write(encode(key))
		out.WriteByte(':')
		out.Write(value)
		separator = ','
	}
	out.WriteByte('}')
	return out.Flush()
}

func (in *inspection) rewriteMember(m pad.Member) (key string, value []byte, err error) {
	key, value = string(m.Key), m.Value
	switch m.Kind {
	case pad.AuthorMember:
		a := author{}
		if err := json.Unmarshal(value, &a); err != nil || isOnly(in.id, a["padIDs"]) {
			return key, value, err
		}
		return key, a.reducedTo(in.id), nil
	case pad.OtherMember:
		if in.real == "" {
			break
		}
		// A plugin's: its key ends in the pad's id, and it may name it.
		if before, found := strings.CutSuffix(key, ":"+in.real); found {
			key = before + ":" + in.id
		}
		value = bytes.ReplaceAll(value, encode(in.real), encode(in.id))
	default:
		if m.ID == in.real {
			key = "pad:" + in.id + strings.TrimPrefix(key, "pad:"+in.real)
		}
	}
	return key, value, nil
}
