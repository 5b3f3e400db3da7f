package library

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// ReadPoll reads the poll of a version. What its look did not see is taken from
// the newest versions before it that saw it and are not suspect; the poll's
// Earlier says when these were saved. Where one of them cannot be read, an older
// one stands in, of a few; then that stays unseen.
func ReadPoll(reader *repository.Reader, record *manifest.Record, v *manifest.VersionRecord) (*poll.Poll, error) {
	p, err := readPoll(reader, v)
	if err != nil {
		return nil, err
	}
	look := poll.Look{Poll: p, Saved: v.Saved, Fields: v.Facts.Fields}
	asked := make(map[string]bool) // parts that one which could be read saw
	for _, earlier := range fillers(record, v) {
		more := func(part poll.Part) bool { return earlier.Facts.Fields[string(part)] != "" && !asked[string(part)] }
		if !slices.ContainsFunc(p.Unseen, more) {
			continue
		}
		then, err := readPoll(reader, earlier)
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return nil, err
		}
		if err == nil {
			look.Fill(&poll.Look{Poll: then, Saved: earlier.Saved, Fields: earlier.Facts.Fields})
			for part := range earlier.Facts.Fields {
				asked[part] = true
			}
		}
	}
	return p, nil
}

func readPoll(reader *repository.Reader, v *manifest.VersionRecord) (*poll.Poll, error) {
	at := pollOf(v)
	if at < 0 {
		return nil, ErrNoForm
	}
	s, err := reader.File(v.Files[at])
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return poll.Decode(io.NewSectionReader(s, 0, s.Size()))
}

// pollOf is the place of the poll's own file in a version, -1 if it has none.
func pollOf(v *manifest.VersionRecord) int {
	return slices.IndexFunc(v.Files, IsPoll)
}

// Filled reports whether ReadPoll may give more than a file of the version
// holds: it is the poll's own, and versions before saw what its look did not.
func Filled(record *manifest.Record, v *manifest.VersionRecord, f manifest.FileRecord) bool {
	return IsPoll(f) && len(fillers(record, v)) > 0
}

// maxFillers is how many versions are tried for a part: packs are damaged
// seldom, and more than one hardly ever.
const maxFillers = 3

// fillers are the versions that saw what this one did not: before it, not
// suspect, the newest few for each part, the newest of all first.
func fillers(record *manifest.Record, v *manifest.VersionRecord) (all []*manifest.VersionRecord) {
	if len(v.Facts.Fields) == 0 {
		return nil // its looks all see the same
	}
	found, before := make(map[string]int), false
	for part := range v.Facts.Fields {
		found[part] = maxFillers
	}
	for i := range slices.Backward(record.Versions) {
		earlier := &record.Versions[i]
		if earlier.Name == v.Name {
			before = true
			continue
		}
		if !before || earlier.Suspect != "" || pollOf(earlier) < 0 {
			continue
		}
		more := false
		for part := range earlier.Facts.Fields {
			more = more || found[part] < maxFillers
			found[part]++
		}
		if more {
			all = append(all, earlier)
		}
	}
	return all
}
