package config

import (
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A place is where something stands in a file.
type place struct{ line, column int }

// A placeMap has the places of tables, keys and members of lists:
// "encryption", "source[0]", "source[0].kind", "source[0].documents[2]".
type placeMap map[string]place

// of is where the key is, else its list, else its table. A single table may do
// without its number.
func (p placeMap) of(key string) place {
	key = strings.TrimPrefix(key, ".")
	table, name, _ := strings.Cut(key, ".")
	list, _, _ := strings.Cut(name, "[")
	single, _, _ := strings.Cut(table, "[")
	for _, candidate := range []string{key, table + "." + list, single + "." + name, single + "." + list, table, single} {
		if at, ok := p[candidate]; ok {
			return at
		}
	}
	return place{}
}

// Line is the line of a key as "source[0].documents[2]" names it, or else of
// what it is in; 0 if it is not known.
func (c *Config) Line(key string) int { return c.places.of(key).line }

// places finds them in text that was decoded.
func places(text []byte) placeMap {
	found := make(placeMap)
	count := make(map[string]int)
	table := ""
	var p unstable.Parser
	p.Reset(text)
	for p.NextExpression() {
		e := p.Expression()
		name, at := key(&p, e)
		switch e.Kind {
		case unstable.ArrayTable:
			table = fmt.Sprintf("%s[%d]", name, count[name])
			count[name]++
			found[table] = at
		case unstable.Table:
			table = name
			found[table] = at
		case unstable.KeyValue:
			full := strings.TrimPrefix(table+"."+name, ".")
			found[full] = at
			if e.Value().Kind == unstable.Array {
				members(&p, full, e.Value(), found)
			}
		}
	}
	return found
}

func members(p *unstable.Parser, list string, array *unstable.Node, found placeMap) {
	i := 0
	for m := array.Children(); m.Next(); {
		if m.Node().Kind == unstable.Comment {
			continue
		}
		start := p.Shape(m.Node().Raw).Start
		found[fmt.Sprintf("%s[%d]", list, i)] = place{start.Line, start.Column}
		i++
	}
}

func key(p *unstable.Parser, e *unstable.Node) (string, place) {
	var parts []string
	var at place
	for k := e.Key(); k.Next(); {
		if len(parts) == 0 {
			start := p.Shape(k.Node().Raw).Start
			at = place{start.Line, start.Column}
		}
		parts = append(parts, string(k.Node().Data))
	}
	return strings.Join(parts, "."), at
}
