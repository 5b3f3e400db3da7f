package etherpadtest

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Drifts makes exports from a good one that are as odd as servers, plugins and
// old databases make them: each member and each field of one, at every depth,
// is once missing, null, and of every other type, and an object's members come
// in another order. It yields what was done, and the export.
func Drifts(export []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		root := parse(export)
		whole := func(what string) bool { return yield(what, root.write(nil)) }
		drift(root, "", whole)
	}
}

// A node is a JSON value.
type node struct {
	raw    string // of what has no parts
	object bool
	names  []string // of an object's parts, as JSON
	parts  []*node
}

func parse(b []byte) *node {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	n, err := parseNode(d)
	if err != nil {
		panic(err) // the export is a good one
	}
	return n
}

func parseNode(d *json.Decoder) (*node, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, composite := token.(json.Delim)
	if !composite {
		return &node{raw: encoded(token)}, nil
	}
	n := &node{object: delim == '{', parts: []*node{}}
	for d.More() {
		if n.object {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			n.names = append(n.names, encoded(name))
		}
		part, err := parseNode(d)
		if err != nil {
			return nil, err
		}
		n.parts = append(n.parts, part)
	}
	_, err = d.Token()
	return n, err
}

func encoded(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (n *node) write(b []byte) []byte {
	if n.parts == nil {
		return append(b, n.raw...)
	}
	open, shut := byte('['), byte(']')
	if n.object {
		open, shut = '{', '}'
	}
	b = append(b, open)
	for i, part := range n.parts {
		if i > 0 {
			b = append(b, ',')
		}
		if n.object {
			b = append(append(b, n.names[i]...), ':')
		}
		b = part.write(b)
	}
	return append(b, shut)
}

// drift changes the node below name in all ways, one after the other, and calls
// yield while each is done.
func drift(n *node, name string, yield func(string) bool) bool {
	for i := range n.parts {
		part := name + "/" + strconv.Itoa(i)
		if n.object {
			part = name + "/" + strings.Trim(n.names[i], `"`)
		}
		if !driftPart(n, i, part, yield) || !drift(n.parts[i], part, yield) {
			return false
		}
	}
	if len(n.parts) < 2 {
		return true
	}
	slices.Reverse(n.parts)
	slices.Reverse(n.names)
	more := yield(name + " reversed")
	slices.Reverse(n.parts)
	slices.Reverse(n.names)
	return more
}

func driftPart(n *node, i int, name string, yield func(string) bool) bool {
	was := n.parts[i]
	defer func() { n.parts[i] = was }()
	for _, value := range otherTypes(was) {
		n.parts[i] = &node{raw: value}
		if !yield(name + " is " + value) {
			return false
		}
	}
	n.parts[i] = was
	parts, names := n.parts, n.names
	n.parts = slices.Delete(slices.Clone(parts), i, i+1)
	if n.object {
		n.names = slices.Delete(slices.Clone(names), i, i+1)
	}
	more := yield(name + " is missing")
	n.parts, n.names = parts, names
	return more
}

// otherTypes are what a value might be in its place: first what means the same.
func otherTypes(n *node) []string {
	var all []string
	switch {
	case n.parts != nil && !n.object:
		object := &node{object: true, parts: n.parts}
		for i := range n.parts {
			object.names = append(object.names, strconv.Quote(strconv.Itoa(i)))
		}
		all = append(all, string(object.write(nil)))
	case n.parts != nil:
		array := &node{parts: n.parts}
		all = append(all, string(array.write(nil)))
	case strings.Trim(n.raw, "-0123456789.") == "":
		all = append(all, `"`+n.raw+`"`)
	}
	for _, value := range []string{`null`, `7`, `"7"`, `""`, `true`, `[]`, `{}`, `[null]`} {
		if value != n.raw {
			all = append(all, value)
		}
	}
	return all
}
