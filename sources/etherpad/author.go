package etherpad

import (
	"encoding/json"

	"github.com/padsync/padsync/documents/pad"
)

// An author as an export tells of them: keys to their values.
type author map[string]json.RawMessage

// reducedTo keeps the form of the list of pads.
func (a author) reducedTo(id string) []byte {
	switch a["padIDs"][0] {
	case '{':
		a["padIDs"] = encode(map[string]int{id: 1})
	case '[':
		a["padIDs"] = encode([]string{id})
	default:
		a["padIDs"] = encode(id)
	}
	return encode(a)
}

// isOnly says whether an author's list of pads, as JSON, names no other: it is
// a string in exports of 1.8 and 3.x, an object whose keys they are before.
func isOnly(id string, pads []byte) bool {
	var list []string
	var object map[string]json.RawMessage
	switch one, ok := pad.Text(pads); {
	case ok:
		return one == id
	case len(pads) == 0 || string(pads) == "null":
		return true
	case json.Unmarshal(pads, &list) == nil:
	case json.Unmarshal(pads, &object) == nil:
		for id := range object {
			list = append(list, id)
		}
	default:
		return false // whatever it is, it will be replaced
	}
	for _, other := range list {
		if other != id {
			return false
		}
	}
	return true
}
