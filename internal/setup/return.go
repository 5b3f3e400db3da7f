package setup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/move"
	"github.com/padsync/padsync/sources"
)

// A Return is one document that is made anew on a server, as it was at some moment.
type Return struct {
	Document catalog.Key
	When     string // as in Reading.Choose
	Revision *int
	Newest   bool // even if it is suspect

	Into TargetAddress
	As   string // the new id, as in sources.Version
	Mail string // as in OpenTargets
}

// Returned is what became of it, or would.
type Returned struct {
	Server  string // where it is made, for people
	Saved   time.Time
	Skipped string // why the newest version was not taken: its suspicion
	Losses  []string

	Address string // the new one, also where something went wrong after it was made
	Found   bool   // it was there already
	Differs bool   // it was made, and reads back differently
	Unsure  bool   // it may have been made
	Table   string // the file that has both addresses, and what owns a new poll
	Err     error  // why it was not made
}

// Foresee says what Return would do, and what would be lost; nothing is made. It
// asks the server what it is, unless the address says so, and at most once more.
func (s *Settings) Foresee(ctx context.Context, o Return) (*Returned, error) {
	return s.back(ctx, o, nil, func(p move.Plan) error {
		table, err := move.ReadTable("", "", p.Targets)
		if err == nil {
			_, err = move.Preview(ctx, p, table)
		}
		return err
	})
}

// Return makes the document, reads it back, and writes down where it is, in a table
// of its own that only this person can read. The error is for what keeps it from
// beginning; what became of the document, the Returned says.
func (s *Settings) Return(ctx context.Context, o Return, waiting func(polite.Wait)) (*Returned, error) {
	folder, err := s.setup.DataFolder()
	if err != nil {
		return nil, err
	}
	folder = filepath.Join(folder, "moved")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, message.Of(message.Failed, err, "bad-file", "Error", err)
	}
	file := filepath.Join(folder, move.TableName(o.Into.Base, time.Now().UTC().Format("20060102T150405.000Z")))
	back, err := s.back(ctx, o, waiting, func(p move.Plan) error {
		table, err := move.OpenTable(file, o.As, p.Targets)
		if err != nil {
			return err
		}
		_, err = move.Run(ctx, p, table)
		return errors.Join(err, table.Close())
	})
	if back != nil {
		back.Table = file
	}
	return back, err
}

func (s *Settings) back(ctx context.Context, o Return, waiting func(polite.Wait), do func(move.Plan) error) (*Returned, error) {
	reading, err := s.Open(ctx, nil)
	if err != nil {
		return nil, err
	}
	selection := library.Select([]library.Name{{Text: o.Document.ID, Addresses: []library.Address{place(o.Document)}}}, nil)
	chosen, err := reading.Choose(ctx, selection, o.When, o.Revision)
	if err != nil {
		return nil, err
	}
	defer chosen.Contents.Close()
	targets, err := s.OpenTargets(ctx, []TargetAddress{o.Into}, o.Mail, waiting)
	if err != nil {
		return nil, err
	}
	defer targets.Close(ctx)
	var back *Returned
	err = do(move.Plan{
		Repository: chosen.Repository, Query: chosen.Query(o.Newest), Targets: targets.All, Address: s.setup.Kinds.URL, WaitsUntil: polite.WaitsUntil,
		As: o.As, Observe: func(e move.Event) { back = returned(&e) },
	})
	switch {
	case back == nil && err == nil:
		return nil, s.setup.Nothing(selection, chosen.Contents.Lacking())
	case back == nil:
		return nil, reading.In(err)
	}
	back.Server = targets.All[0].URL
	back.Err = errors.Join(back.Err, err)
	return back, nil
}

func returned(e *move.Event) *Returned {
	r := &Returned{Skipped: e.Skipped, Address: e.Address, Found: e.State == move.Found, Differs: e.Differs(), Unsure: e.Unsure(), Err: e.Err}
	if e.Version != nil {
		r.Saved = e.Version.Saved
	}
	if errors.Is(r.Err, sources.ErrDiffers) {
		r.Err = nil // it was made
	}
	for _, loss := range e.Losses {
		r.Losses = append(r.Losses, string(loss))
	}
	return r
}
