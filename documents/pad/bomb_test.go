package pad

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// A hostile history is refused, or read with an effort that its own size
// bounds: anything else would not end within a test's time or memory.
func TestBombsAreDefused(t *testing.T) {
	var million, names, all, each strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&million, `,"%d":["a",""]`, i)
	}
	for i := range 100_000 {
		fmt.Fprintf(&names, `,"%d":["%d","1"]`, i, i)
		all.WriteString("*" + base36(i))
		each.WriteString("*" + base36(i) + "+1")
	}
	hundred := all.String()[:strings.Index(all.String(), "*"+base36(maxAttributes))]
	var alike, pairs strings.Builder
	for i := range maxAttributes {
		fmt.Fprintf(&alike, `,"%d":["%s%03d","1"]`, i, strings.Repeat("z", 100_000), i)
	}
	for i := range 1000 {
		pairs.WriteString("*" + base36(i%100) + "*" + base36(i/100) + "+1")
	}
	ticks := strings.Repeat("`", 1<<20)
	const small = `"atext":{"text":"a\n","attribs":"|1+2"},"head":1`
	pad := func(pad, revisions string) string { return `{"pad:x":{` + pad + `}` + revisions + `}` }
	items, long := strings.Repeat(`*\n`, 4000), strings.Repeat("0", 1<<20)
	const book = 16 << 20
	var noChanges strings.Builder
	for i := range 300 {
		fmt.Fprintf(&noChanges, `,"pad:x:revs:%d":{"changeset":"Z:%s>0$"}`, i+1, base36(book+1))
	}
	for name, c := range map[string]struct {
		export string
		want   error
	}{
		"a book that changes for ever": {pad(`"atext":{"text":"a\n","attribs":"|1+2"},"head":300`,
			`,"pad:x:revs:0":{"changeset":"Z:1>`+base36(book)+`+`+base36(book)+`$`+strings.Repeat("a", book)+`"}`+noChanges.String()), ErrTooLarge},
		"a pool with a million entries": {pad(small+`,"pool":{"numToAttrib":{`+million.String()[1:]+`}}`,
			`,"pad:x:revs:0":{"changeset":"Z:1>1+1$a"},"pad:x:revs:1":{"changeset":"Z:2>0$"}`), nil},
		"a text that grows without end": {pad(small, `,"pad:x:revs:0":{"changeset":"Z:1>1+1$a"},"pad:x:revs:1":{"changeset":"Z:2>zzzzz+zzzzz$"}`), ErrTooLarge},
		"a text that is not there":      {pad(small, `,"pad:x:revs:0":{"changeset":"Z:1>1+1$a"},"pad:x:revs:1":{"changeset":"Z:2>fffff+fffff$"}`), ErrMalformed},
		"an op with many attributes": {pad(small+`,"pool":{"numToAttrib":{`+names.String()[1:]+`}}`,
			`,"pad:x:revs:0":{"changeset":"Z:1>1+1$a"},"pad:x:revs:1":{"changeset":"Z:2>0`+all.String()+`=1$"}`), nil},
		"many runs that become long": {pad(small+`,"pool":{"numToAttrib":{`+names.String()[1:]+`}}`,
			`,"pad:x:revs:0":{"changeset":"Z:1>`+base36(100_000)+each.String()+`$`+strings.Repeat("a", 100_000)+`"},`+
				`"pad:x:revs:1":{"changeset":"Z:`+base36(100_001)+`>0`+hundred+`=`+base36(100_000)+`$"}`), ErrTooLarge},
		"a code block that ends all fences": {pad(`"atext":{"text":"*`+ticks+`\n","attribs":"*0|1+`+base36(len(ticks)+2)+`"},"pool":{"numToAttrib":{"0":["heading","code"]}},"head":0`,
			`,"pad:x:revs:0":{"changeset":"Z:1>1+1$a"}`), nil},
		"many items of a list with a long kind and number": {pad(`"atext":{"text":"`+items+`","attribs":"*0*1|`+base36(4000)+`+`+base36(8000)+`"},`+
			`"pool":{"numToAttrib":{"0":["list","`+strings.Repeat("z", 1<<20)+`"],"1":["start","`+long+`"]}},"head":0`, `,"pad:x:revs:0":{"changeset":"Z:1>1+1$a"}`), nil},
		"names that differ at the end only": {pad(small+`,"pool":{"numToAttrib":{`+alike.String()[1:]+`}}`,
			`,"pad:x:revs:0":{"changeset":"Z:1>`+base36(1000)+pairs.String()+`$`+strings.Repeat("a", 1000)+`"},`+
				`"pad:x:revs:1":{"changeset":"Z:`+base36(1001)+`>0`+hundred+`=`+base36(1000)+`$"}`), nil},
		"a link with many looks": {pad(`"atext":{"text":"http://`+strings.Repeat("a", 199_993)+`\n","attribs":"`+strings.Repeat("*0+1*1+1", 100_000)+`"},`+
			`"pool":{"numToAttrib":{"0":["bold","true"],"1":["italic","true"]}},"head":0`, `,"pad:x:revs:0":{"changeset":"Z:1>1+1$a"}`), nil},
		"an op that ends nowhere": {pad(small, `,"pad:x:revs:0":{"changeset":"Z:1>1+1$a"},"pad:x:revs:1":{"changeset":"Z:2>0|1$"}`), ErrMalformed},
	} {
		p, err := Open(strings.NewReader(c.export), int64(len(c.export)))
		if err == nil {
			var s *State
			if s, err = p.replay(p.Head); err == nil {
				err = errors.Join(s.WriteAuthorsHTML(io.Discard, p.Authors), p.Current().WriteMarkdown(io.Discard), p.Current().WriteText(io.Discard))
			}
		}
		if c.want == nil && err != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestFormsAreBoundedByTheText: a list of 100 levels that begins on every
// other line would make hundreds of bytes of each.
func TestFormsAreBoundedByTheText(t *testing.T) {
	const lines = 100_000
	size := base36(2 * lines)
	for name, c := range map[string]struct {
		text, attribs string
		write         func(*State, io.Writer) error
	}{
		"lists that begin and end":   {`*\n\n`, strings.Repeat("*0|1+2|1+1", lines), (*State).WriteHTML},
		"and who wrote them":         {`*\n\n`, strings.Repeat("*0|1+2|1+1", lines), func(s *State, w io.Writer) error { return s.WriteAuthorsHTML(w, nil) }},
		"indented lines as Markdown": {`*x\n`, "*1|" + base36(lines) + "+" + base36(3*lines), (*State).WriteMarkdown},
		"numbered lines as text":     {`*\n`, "*2|" + base36(lines) + "+" + size, (*State).WriteText},
	} {
		export := `{"pad:x":{"atext":{"text":"` + strings.Repeat(c.text, lines) + `","attribs":"` + c.attribs + `"},` +
			`"pool":{"numToAttrib":{"0":["list","bullet100"],"1":["list","indent100"],"2":["list","number100"]}},"head":0}}`
		var n counter
		err := c.write(open(t, []byte(export)).Current(), &n)
		if !errors.Is(err, ErrTooLarge) || int(n) > 16<<20+16*len(export) {
			t.Errorf("%s: %d bytes of %d, %v", name, n, len(export), err)
		}
	}
}

type counter int

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
