package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// maxList bounds a list of pads: ten million of them.
const maxList = 256 << 20

// List calls use with the name of each pad, once the list was received whole. It
// ends with the error of use.
func (c *Client) List(ctx context.Context, use func(id string) error) error {
	body, err := c.receiveList(ctx)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := decodeList(io.NewSectionReader(body, 0, body.Size()), use); err != nil {
		return fmt.Errorf("listAllPads: %w", err)
	}
	return nil
}

func (c *Client) receiveList(ctx context.Context) (body *spool.Spool, err error) {
	err = c.ask(ctx, "listAllPads", nil, func(r io.Reader) (err error) {
		body, err = server.ReceiveJSON(c.pool, r, maxList)
		return err
	})
	return body, err
}

// decodeList reads the answer to listAllPads without holding it.
func decodeList(r io.Reader, use func(id string) error) error {
	var stopped error
	stoppable := func(id string) error {
		stopped = use(id)
		return stopped
	}
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
				return server.EachString(d, stoppable)
			})
		}
		return d.Decode(new(json.RawMessage))
	})
	switch {
	case stopped != nil:
		return stopped
	case err != nil:
		return ErrAnswer // a decoder's error may quote what it read
	case code != 0:
		return apiError(code, message)
	case !found:
		return ErrAnswer
	}
	return nil
}
