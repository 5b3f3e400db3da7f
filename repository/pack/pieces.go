package pack

import (
	"errors"
	"io"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/object"
)

// assemble reads a file from the packs in which its pieces lie.
func (rd *Reader) assemble(f manifest.FileRecord) (*spool.Spool, error) {
	pieces, member := f.Shared(), f.Member()
	if !affordable(append(pieces, member)) {
		return nil, object.Damaged(f.In.Key, errors.New("its pieces lie in impossible places"))
	}
	own, err := rd.whole(member)
	if err != nil {
		return nil, err
	}
	defer own.Close()
	w := rd.objects.Pool.Create()
	add := func(r io.Reader) {
		if err == nil {
			_, err = rd.objects.Pool.Copy(w, r)
		}
	}
	add(io.NewSectionReader(own, 0, f.History.Offset))
	for _, p := range pieces {
		if err != nil {
			break
		}
		var s *spool.Spool
		if s, err = rd.whole(p); err == nil {
			add(io.NewSectionReader(s, 0, s.Size()))
			err = errors.Join(err, s.Close())
		}
	}
	add(io.NewSectionReader(own, f.History.Offset, own.Size()-f.History.Offset))
	if err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	return w.Finish()
}

// affordable reports whether reading all of the parts decompresses no more
// than one file of the greatest size would.
func affordable(parts []manifest.FileRecord) bool {
	left := int64(maxFile)
	for _, p := range parts {
		for _, n := range []int64{p.Offset, p.Size} {
			if n > left {
				return false
			}
			left -= n
		}
	}
	return true
}
