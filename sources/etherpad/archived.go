package etherpad

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/mypads"
)

// Archived: MyPads gives only the page of a pad that is archived there, not
// its history, whoever asks.
const Archived sources.Suspicion = "archived"

// errArchived is matched by the error for such a page.
var errArchived = fmt.Errorf("%w: it is archived in MyPads", sources.ErrRefused)

// archived makes v a rescue copy of a pad that is archived: its page, and the
// text made of that.
func (s *Source) archived(ctx context.Context, v *sources.Version) error {
	if err := s.fetchFormat(ctx, v, archivedFormat); err != nil {
		return err
	}
	w := s.pool.Create()
	if err := mypads.WritePageText(w, section(&v.Files[0])); err != nil {
		return errors.Join(err, w.Discard())
	}
	text, err := w.Finish()
	if err != nil {
		return err
	}
	add(v, textFormat, text)
	slices.Reverse(v.Files)
	v.Suspect = Archived
	return rescueFacts(v)
}
