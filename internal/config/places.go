package config

import (
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A place is where something stands in a file.
type place struct{ line, column int }

// places finds the tables and keys of text that was decoded: "encryption",
// "source[0]", "source[0].kind".
func places(text []byte) map[string]place {
	found := make(map[string]place)
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
			found[strings.TrimPrefix(table+"."+name, ".")] = at
		}
	}
	return found
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
