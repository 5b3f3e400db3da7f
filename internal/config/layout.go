package config

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A layout is where the lines of a file are that a table or a key stands in.
type layout struct {
	text  []byte
	items []item
}

// An item is the head of a table, or a key with its value, or a comment that has
// lines of its own. Offsets are in bytes.
type item struct {
	kind  unstable.Kind
	table string // "" above all tables, "encryption", "source[0]"
	key   string // dotted, if it is so written

	line, lineEnd   int // with the end of the last line
	value, valueEnd int
}

// layoutOf is for text that was decoded.
func layoutOf(text []byte) *layout {
	d := &layout{text: text}
	count := make(map[string]int)
	table := ""
	p := unstable.Parser{KeepComments: true}
	p.Reset(text)
	for p.NextExpression() {
		e := p.Expression()
		if e.Kind == unstable.Comment {
			end := int(e.Raw.Offset + e.Raw.Length)
			d.items = append(d.items, item{kind: e.Kind, line: d.lineOf(int(e.Raw.Offset)), lineEnd: d.endOfLine(end)})
			continue
		}
		name, _ := key(&p, e)
		var first, last int // of the key
		for k := e.Key(); k.Next(); {
			raw := k.Node().Raw
			if last == 0 {
				first = int(raw.Offset)
			}
			last = int(raw.Offset + raw.Length)
		}
		i := item{kind: e.Kind, line: d.lineOf(first), lineEnd: d.endOfLine(last)}
		switch e.Kind {
		case unstable.ArrayTable:
			table = fmt.Sprintf("%s[%d]", name, count[name])
			count[name]++
		case unstable.Table:
			table = name
		case unstable.KeyValue:
			i.key = name
			i.value = last + bytes.IndexByte(text[last:], '=') + 1
			i.value += len(text[i.value:]) - len(bytes.TrimLeft(text[i.value:], " \t"))
			i.valueEnd = int(e.Raw.Offset + e.Raw.Length)
			i.lineEnd = d.endOfLine(i.valueEnd)
		}
		i.table = table
		d.items = append(d.items, i)
	}
	return d
}

func (d *layout) lineOf(at int) int { return bytes.LastIndexByte(d.text[:at], '\n') + 1 }

func (d *layout) endOfLine(at int) int {
	if i := bytes.IndexByte(d.text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(d.text)
}

// end is how lines end in the file.
func (d *layout) end() string {
	if i := bytes.IndexByte(d.text, '\n'); i > 0 && d.text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// find is where a key stands, nil if nowhere.
func (d *layout) find(table, name string) *item {
	for i := range d.items {
		at := &d.items[i]
		if at.kind == unstable.KeyValue && strings.TrimPrefix(at.table+"."+at.key, ".") == strings.TrimPrefix(table+"."+name, ".") {
			return at
		}
	}
	return nil
}

// replace is the text with something else between two places.
func (d *layout) replace(from, to int, with string) []byte {
	return append(append(append([]byte{}, d.text[:from]...), with...), d.text[to:]...)
}

// insert puts whole lines at the begin of a line or at the end of the file.
func (d *layout) insert(at int, lines string) []byte {
	lines = strings.ReplaceAll(lines, "\n", d.end())
	if at > 0 && d.text[at-1] != '\n' {
		lines = d.end() + lines
	}
	return d.replace(at, at, lines)
}

// insertKey puts a key behind the last one of its table, as dotted as that is.
func (d *layout) insertKey(table, name, value string) []byte {
	line := name + " = " + value + "\n"
	if at := d.endOf(table); at >= 0 {
		return d.insert(at, line)
	}
	for i := len(d.items) - 1; i >= 0; i-- {
		if at := d.items[i]; at.table == "" && table != "" && strings.HasPrefix(at.key, table+".") {
			return d.insert(at.lineEnd, table+"."+line)
		}
	}
	if table != "" {
		return d.insert(len(d.text), d.gap(len(d.text))+"["+table+"]\n"+line)
	}
	at := d.firstTable()
	if at < len(d.text) {
		line += "\n"
	}
	return d.insert(at, line)
}

// endOf is where another key of a table would stand, -1 if the table has no head
// and, above all tables, no key.
func (d *layout) endOf(table string) int {
	end := -1
	for _, at := range d.items {
		if at.kind != unstable.Comment && at.table == table {
			end = at.lineEnd
		}
	}
	return end
}

// firstTable is where the first table begins, with the comment before it.
func (d *layout) firstTable() int {
	for i, at := range d.items {
		if at.kind != unstable.Table && at.kind != unstable.ArrayTable {
			continue
		}
		begin := at.line
		for i > 0 && d.items[i-1].kind == unstable.Comment && d.items[i-1].lineEnd == begin {
			i--
			begin = d.items[i].line
		}
		return begin
	}
	return len(d.text)
}

// insertTable puts a [[table]] behind those of its name, or at the end.
func (d *layout) insertTable(name, block string) []byte {
	end := len(d.text)
	for i, at := range d.items {
		if at.kind != unstable.Comment && strings.HasPrefix(at.table, name+"[") {
			end = d.withComments(i)
		}
	}
	block = d.gap(end) + block
	if rest := d.text[end:]; len(bytes.TrimSpace(rest)) > 0 && rest[0] != '\n' && rest[0] != '\r' {
		block += "\n"
	}
	return d.insert(end, block)
}

// withComments is the end of an item with the comments right below it, unless they
// are above something else.
func (d *layout) withComments(i int) int {
	end := d.items[i].lineEnd
	for _, at := range d.items[i+1:] {
		if at.line != end {
			return end
		}
		if at.kind != unstable.Comment {
			return d.items[i].lineEnd
		}
		end = at.lineEnd
	}
	return end
}

// gap is the empty line before a table.
func (d *layout) gap(at int) string {
	before := bytes.TrimRight(d.text[:at], " \t")
	if len(before) == 0 || bytes.HasSuffix(before, []byte("\n\n")) || bytes.HasSuffix(before, []byte("\n\r\n")) {
		return ""
	}
	return "\n"
}

// dropTable takes out the lines of a table, and one of the empty lines around it.
func (d *layout) dropTable(table string) []byte {
	var kept []byte
	from, last := 0, 0
	for _, at := range d.items {
		if at.kind != unstable.Comment && at.table == table {
			kept = append(kept, d.text[from:at.line]...)
			from, last = at.lineEnd, len(kept)
		}
	}
	rest := d.text[from:]
	for _, end := range []string{"\n", "\r\n"} {
		switch before := kept[:last]; {
		case !bytes.HasSuffix(before, []byte("\n"+end)) && len(before) > 0:
		case bytes.HasPrefix(rest, []byte(end)):
			return append(kept, rest[len(end):]...)
		case len(rest) == 0 && len(before) > 0:
			return kept[:len(kept)-len(end)]
		}
	}
	return append(kept, rest...)
}
