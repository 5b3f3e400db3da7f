package etherpad

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// maxList bounds a list of pads: ten million of them.
const maxList = 256 << 20

// ErrNoList is matched by the error for a server of which only single pads
// can be read, as no access says more.
var ErrNoList = errors.New("only the API lists pads, or MyPads those of an account")

// List implements sources.Lister for those that the API is open to, else for
// an account of MyPads, which has the pads of its groups. The list
// is received whole before the first id, so that ids may be fetched while it
// goes on. What no pad's id can be is left out.
func (s *Source) List(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := s.list(ctx, yield); err != nil && !errors.Is(err, errEnough) {
			yield("", err)
		}
	}
}

var errEnough = errors.New("enough")

func (s *Source) list(ctx context.Context, yield func(string, error) bool) error {
	if !s.access.operator() {
		return s.listMember(ctx, yield)
	}
	body, err := s.receiveList(ctx)
	if err != nil {
		return err
	}
	defer body.Close()
	err = decodeList(io.NewSectionReader(body, 0, body.Size()), func(id string) error {
		if isListed(id) && !yield(id, nil) {
			return errEnough
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("listAllPads: %w", err)
	}
	return nil
}

// isListed leaves out what no pad's id can be. One that cannot be asked for is
// listed: somebody has to be told of it.
func isListed(id string) bool { return checkID(id) == nil || IsUnaskable(id) }

// listMember lists the pads of all groups that an account is in.
func (s *Source) listMember(ctx context.Context, yield func(string, error) bool) error {
	if s.access.MyPadsLogin == "" {
		return ErrNoList
	}
	now, err := s.account.Membership(ctx)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(now.Pads)) {
		if isListed(id) && !yield(id, nil) {
			return errEnough
		}
	}
	return nil
}

func (s *Source) receiveList(ctx context.Context) (body *spool.Spool, err error) {
	err = s.ask(ctx, "listAllPads", nil, func(r io.Reader) (err error) {
		body, err = server.ReceiveJSON(s.pool, r, maxList)
		return err
	})
	return body, err
}

// decodeList reads the answer to listAllPads without holding it.
func decodeList(r io.Reader, yield func(id string) error) error {
	d := json.NewDecoder(r)
	code, message, found := -1, "", false
	err := server.EachMember(d, func(key string) error {
		switch key {
		case "code":
			return d.Decode(&code)
		case "message":
			return d.Decode(&message)
		case "data":
			if code > 0 {
				return d.Decode(new(json.RawMessage)) // null
			}
			return server.EachMember(d, func(key string) error {
				if key != "padIDs" {
					return d.Decode(new(json.RawMessage))
				}
				found = true
				return server.EachString(d, yield)
			})
		}
		return d.Decode(new(json.RawMessage))
	})
	switch {
	case errors.Is(err, errEnough):
		return err
	case err != nil:
		return errAnswer // a decoder's error may quote what it read
	case code != 0:
		return apiError(code, message)
	case !found:
		return errAnswer
	}
	return nil
}
