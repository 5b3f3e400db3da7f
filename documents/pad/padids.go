package pad

import "encoding/json"

// reducedTo gives an author's list of pads with only this one, in the form that
// the list has. What is not a list does not stay.
func reducedTo(id string, pads []byte) []byte {
	switch {
	case isOnly(id, pads) && pads != nil:
		return pads
	case len(pads) > 0 && pads[0] == '{':
		return JSON(map[string]int{id: 1})
	case len(pads) > 0 && pads[0] == '[':
		return JSON([]string{id})
	default:
		return JSON(id)
	}
}

// isOnly says whether an author's list of pads, as JSON, names no other. The
// list is a string in exports of 1.8 and 3.x, and an object with the pads as
// keys before that.
func isOnly(id string, pads []byte) bool {
	var list []string
	var object map[string]json.RawMessage
	switch one, ok := Text(pads); {
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
