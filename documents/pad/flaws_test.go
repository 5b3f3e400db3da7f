package pad

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// The files of testdata/odd are of forms that real servers write and take.
func TestOddFormsAreRead(t *testing.T) {
	for name, flaws := range map[string][]Flaw{"nullauthor": {FlawAuthors}, "arraypool": nil, "chatstring": nil} {
		p := open(t, read(t, "testdata/odd/"+name+".etherpad"))
		if text := p.Current().Text(); text != "Bonjour tous\n" || !slices.Equal(p.Flaws, flaws) {
			t.Errorf("%s: %q, flaws %q", name, text, p.Flaws)
		}
		if s, err := p.At(0); err != nil || s.Text() != "\n" {
			t.Errorf("%s: revision 0: %v", name, err)
		}
		if got := strings.Join(looks(p.Current()), ""); !strings.HasPrefix(got, "author=a.one") {
			t.Errorf("%s: formatted as %s", name, got)
		}
		if len(p.Authors) != 1 || p.Authors[0].Name != "Ana" {
			t.Errorf("%s: authors %v", name, p.Authors)
		}
	}
	var said []string
	for m, err := range open(t, read(t, "testdata/odd/chatstring.etherpad")).Messages() {
		said = append(said, fmt.Sprint(m.Text, m.Time.UnixMilli(), err))
	}
	if got := strings.Join(said, ", "); got != "salut1595111097400 <nil>, re1595111098400 <nil>" {
		t.Error(got)
	}
}

// TestKeyRevisionNeedsNoText where the history before it tells it, as with
// testdata/odd/keymissing.etherpad, whose texts are so many x.
func TestKeyRevisionNeedsNoText(t *testing.T) {
	p := open(t, read(t, "testdata/odd/keymissing.etherpad"))
	for _, number := range []int{99, 100, 103, 105} {
		s, err := p.At(number)
		if err != nil || s.Text() != strings.Repeat("x", number)+"\n" || len(p.Flaws) > 0 {
			t.Errorf("revision %d: %v, flaws %q", number, err, p.Flaws)
		}
	}
	export, texts := editedExport(t, 350)
	wrong := strings.ReplaceAll(string(export), `,"pool":{},"atext":{"text":"`, `,"pool":{},"atext":{"text":"of another time `)
	for name, odd := range map[string]string{"wrong": wrong, "null": strings.ReplaceAll(string(export), `,"pool":{},"atext":{`, `,"pool":{},"atext":null,"x":{`)} {
		p := open(t, []byte(odd))
		for n, want := range texts {
			if s, err := p.At(n); err != nil || !slices.Equal(s.text, want) {
				t.Fatalf("%s: revision %d: %v", name, n, err)
			}
		}
	}
}

const (
	goodPad  = `"pad:x":{"atext":{"text":"ab\n","attribs":"*0+2|1+1"},"pool":{"numToAttrib":{"0":["bold","true"]},"nextNum":1},"head":2,"chatHead":1,"savedRevisions":[{"revNum":1,"label":"L"}]}`
	goodAnn  = `"globalAuthor:a.x":{"colorId":1,"name":"Ann"}`
	goodRev0 = `"pad:x:revs:0":{"changeset":"Z:1>0$","meta":{"author":"","timestamp":1000}}`
	goodRev1 = `"pad:x:revs:1":{"changeset":"Z:1>1*0+1$a","meta":{"author":"a.x","timestamp":2000}}`
	goodRev2 = `"pad:x:revs:2":{"changeset":"Z:2>1=1*0+1$b","meta":{"author":"a.x","timestamp":3000}}`
	goodSay0 = `"pad:x:chat:0":{"text":"un","userId":"a.x","time":1000}`
	goodSay1 = `"pad:x:chat:1":{"text":"deux","userId":"a.x","time":2000}`
)

func goodExport() string {
	return "{" + strings.Join([]string{goodPad, goodAnn, goodRev0, goodRev1, goodRev2, goodSay0, goodSay1}, ",") + "}"
}

// summary is all that can be read of a pad.
func summary(p *Pad) string {
	var b strings.Builder
	for n := range p.Head + 1 {
		if s, err := p.At(n); err != nil {
			b.WriteString("! ")
		} else {
			fmt.Fprintf(&b, "%q:%s ", s.Text(), strings.Join(looks(s), ","))
		}
	}
	for r, err := range p.Revisions() {
		fmt.Fprint(&b, r.Number, r.Author, r.Time.UnixMilli(), err, " ")
	}
	for m, err := range p.Messages() {
		fmt.Fprint(&b, m.Number, m.Author, m.Text, m.Time.UnixMilli(), err, " ")
	}
	fmt.Fprint(&b, p.Authors, p.Saved)
	return b.String()
}

// TestWhatMeansTheSameIsReadTheSame: numbers as strings, arrays as objects,
// another order and the like spoil nothing.
func TestWhatMeansTheSameIsReadTheSame(t *testing.T) {
	good := open(t, []byte(goodExport()))
	if len(good.Flaws) > 0 {
		t.Fatalf("flaws %q", good.Flaws)
	}
	for name, replace := range map[string][]string{
		"a byte order mark":              {`{"pad:x":`, "\xef\xbb\xbf" + `{"pad:x":`},
		"a head that is a string":        {`"head":2`, `"head":"2"`},
		"a head in spaces":               {`"head":2`, `"head":" 2\n"`},
		"a head with a point":            {`"head":2`, `"head":2.0e0`},
		"a chat head that is a string":   {`"chatHead":1`, `"chatHead":" 1 "`},
		"no chat head":                   {`"chatHead":1,`, ``},
		"times that are strings":         {`1000`, `"1000"`, `2000`, `"2000"`, `3000`, `"3000"`},
		"a pool that is an array":        {`{"0":["bold","true"]}`, `[["bold","true"]]`},
		"an attribute that is an object": {`["bold","true"]`, `{"0":"bold","1":true}`},
		"a truth":                        {`["bold","true"]`, `["bold",true]`},
		"pool keys that are no numbers":  {`{"0":[`, `{"x":["italic","true"],"00":["italic","true"],"-1":null,"0":[`},
		"attributes past the end":        {`"*0+2|1+1"`, `"*0+2|1+1*0|4+z"`},
		"a star that is a string":        {`"revNum":1`, `"revNum":"1"`},
		"stars in an object":             {`[{"revNum":1,"label":"L"}]`, `{"a":{"revNum":1,"label":"L"}}`},
		"changesets escaped":             {`Z:1>`, `Z:1\u003e`},
		"revisions in another order":     {goodRev0 + "," + goodRev1 + "," + goodRev2, goodRev2 + "," + goodRev1 + "," + goodRev0},
		"a revision of another pad":      {goodRev0 + "," + goodRev1, goodRev1 + "," + goodRev0 + `,"pad:y:revs:1":null,"pad:y:chat:0":null`},
		"an author of none":              {`"author":""`, `"author":null`},
		"no author":                      {`"author":"",`, ``},
		"a pool without its next number": {`,"nextNum":1`, ``},
		"the pad at the end":             {goodPad + ",", "", goodSay1, goodSay1 + "," + goodPad},
		"messages in another order":      {goodSay0 + "," + goodSay1, goodSay1 + "," + goodSay0},
		"what a longer pad left":         {goodSay1, goodSay1 + `,"pad:x:revs:3":null,"pad:x:chat:2":7`},
		"a revision twice, at last good": {goodRev1, `"pad:x:revs:1":null,` + goodRev1},
		"a pad twice, at last good":      {goodPad, `"pad:x":{"head":7,"atext":null},` + goodPad},
		"a pad that is null, and one":    {goodPad, `"pad:y":null,` + goodPad},
		"a pad, and one that is null":    {goodPad, goodPad + `,"pad:y":null`},
		"white space":                    {`:`, ` : `, `,`, "\n, "},
		"deep nesting":                   {`"label"`, `"z":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `,"label"`},
		"what a plugin added":            {goodAnn, goodAnn + `,"comments:x":null,"globalAuthor":[]`},
	} {
		odd := strings.NewReplacer(replace...).Replace(goodExport())
		if name == "white space" {
			odd = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(goodExport(), `":`, `" : `), `,"`, "\n, \""), "{", "{ ")
		}
		if odd == goodExport() {
			t.Errorf("%s: nothing was changed", name)
		}
		p := open(t, []byte(odd))
		if got, want := summary(p), summary(good); got != want || len(p.Flaws) > 0 {
			t.Errorf("%s: flaws %q\n%s\nwant\n%s", name, p.Flaws, got, want)
		}
	}
}

// TestWhatIsSpoiledCostsItself, and is said.
func TestWhatIsSpoiledCostsItself(t *testing.T) {
	for name, c := range map[string]struct {
		was, is string
		flaws   []Flaw
		lost    []string // of the good summary
	}{
		"an author that is null":          {goodAnn, `"globalAuthor:a.x":null`, []Flaw{FlawAuthors}, []string{"{a.x Ann 1}"}},
		"an author that is a word":        {goodAnn, `"globalAuthor:a.x":"x"`, []Flaw{FlawAuthors}, []string{"{a.x Ann 1}"}},
		"a name that is null":             {`"name":"Ann"`, `"name":null`, nil, []string{"Ann ", "null"}},
		"a name that is false":            {`"name":"Ann"`, `"name":false`, nil, []string{"Ann ", "false"}},
		"a name that is an object":        {`"name":"Ann"`, `"name":{}`, []Flaw{FlawAuthors}, []string{"Ann "}},
		"a message that is null":          {goodSay0, `"pad:x:chat:0":null`, []Flaw{FlawChat}, []string{`0a.xun1000 <nil>`}},
		"a message without a text":        {`"text":"un"`, `"text":[]`, []Flaw{FlawChat}, []string{`0a.xun1000 <nil>`, `-1a.x`}},
		"a message whose text is null":    {`"text":"un"`, `"text":null`, []Flaw{FlawChat}, []string{`0a.xun1000 <nil>`, `null`}},
		"a message of nobody":             {`"userId":"a.x","time":1000`, `"userId":null,"time":1000`, nil, []string{`0a.xun1000 <nil>`, `null`}},
		"a message of an object":          {`"userId":"a.x","time":1000`, `"userId":{},"time":1000`, []Flaw{FlawChat}, []string{`0a.xun1000 <nil>`}},
		"a message at no time":            {`"userId":"a.x","time":1000`, `"userId":"a.x","time":"then"`, []Flaw{FlawChat}, []string{`0a.xun1000 <nil>`}},
		"a message that is missing":       {goodSay0 + ",", ``, []Flaw{FlawChat}, []string{`0a.xun1000 <nil>`}},
		"the last message is missing":     {"," + goodSay1, ``, []Flaw{FlawChat}, []string{`1a.xdeux2000 <nil>`}},
		"a revision that is null":         {goodRev1, `"pad:x:revs:1":null`, []Flaw{FlawHistory}, []string{`"a\n":bold=true,`, `1a.x2000 <nil>`}},
		"a revision that is missing":      {goodRev1 + ",", ``, []Flaw{FlawHistory}, []string{`"a\n":bold=true,`, `1a.x2000 <nil>`}},
		"a beginning of no changeset":     {`"changeset":"Z:1>0$","meta":{`, `"changeset":null,"meta":{"atext":{"text":"\n","attribs":"|1+1"},`, []Flaw{FlawHistory}, []string{`0 1000 <nil>`}},
		"a whole text in between":         {`"Z:1>1*0+1$a","meta":{`, `"Z:9>1*0+1$a","meta":{"atext":{"text":"a\n","attribs":"|1+2"},`, []Flaw{FlawHistory}, []string{`"a\n":bold=true,`}},
		"a history of another text":       {`Z:2>1=1*0+1$b`, `Z:2>2=1*0+2$bc`, []Flaw{FlawHistory}, nil},
		"a revision of no changeset":      {`"Z:1>1*0+1$a"`, `5`, []Flaw{FlawHistory}, []string{`"a\n":bold=true,`, `1a.x2000 <nil>`}},
		"a changeset for another text":    {`Z:1>1*0`, `Z:9>1*0`, []Flaw{FlawHistory}, []string{`"a\n":bold=true,`}},
		"a changeset that is none":        {`Z:1>1*0+1$a`, `hello`, []Flaw{FlawHistory}, []string{`"a\n":bold=true,`}},
		"an author's id that is an array": {`"author":"a.x","timestamp":2000`, `"author":[],"timestamp":2000`, []Flaw{FlawHistory}, []string{"1a.x2000"}},
		"a time that is a word":           {`"author":"a.x","timestamp":2000`, `"author":"a.x","timestamp":"then"`, []Flaw{FlawHistory}, []string{"1a.x2000"}},
		"no meta":                         {`,"meta":{"author":"a.x","timestamp":2000}`, ``, []Flaw{FlawHistory}, []string{"1a.x2000"}},
		"a star that is null":             {`{"revNum":1,"label":"L"}`, `null`, []Flaw{FlawSaved}, []string{"{1 L"}},
		"stars that are a number":         {`[{"revNum":1,"label":"L"}]`, `1`, []Flaw{FlawSaved}, []string{"{1 L"}},
		"no head":                         {`"head":2,`, ``, []Flaw{FlawHead}, nil},
		"a head below 0":                  {`"head":2`, `"head":-1`, []Flaw{FlawHead}, nil},
		"a broken head":                   {`"head":2`, `"head":2.5`, []Flaw{FlawHead}, nil},
		"a star below 0":                  {`"revNum":1`, `"revNum":-1`, []Flaw{FlawSaved}, []string{" L"}},
		"no stars":                        {`[{"revNum":1,"label":"L"}]`, `null`, nil, []string{" L"}},
		"an enormous head":                {`"head":2`, `"head":9007199254740993`, []Flaw{FlawHead}, nil},
		"no pool":                         {`"pool":{"numToAttrib":{"0":["bold","true"]},"nextNum":1},`, ``, []Flaw{FlawPool}, []string{"bold=true"}},
		"a pool that is a number":         {`{"numToAttrib":{"0":["bold","true"]},"nextNum":1}`, `7`, []Flaw{FlawPool}, []string{"bold=true"}},
		"a pool of a number":              {`{"0":["bold","true"]}`, `7`, []Flaw{FlawPool}, []string{"bold=true"}},
		"an attribute that is null":       {`["bold","true"]`, `null`, []Flaw{FlawPool}, []string{"bold=true"}},
		"an attribution with a removal":   {`"*0+2|1+1"`, `"*0+1-1*0+1|1+1"`, []Flaw{FlawAttributes}, nil},
		"an attribution of a part":        {`"*0+2|1+1"`, `"*0+2"`, []Flaw{FlawAttributes}, nil},
		"an attribute that there is not":  {`"*0+2|1+1"`, `"*5+2|1+1"`, []Flaw{FlawAttributes}, nil},
		"no attribution":                  {`,"attribs":"*0+2|1+1"`, ``, []Flaw{FlawAttributes}, nil},
		"no text":                         {`"atext":{"text":"ab\n","attribs":"*0+2|1+1"},`, ``, nil, nil},
		"a text that is null":             {`"text":"ab\n"`, `"text":null`, nil, nil},
		"neither a text nor a history":    {`"text":"ab\n","attribs":"*0+2|1+1"},"pool":{"numToAttrib":{"0":["bold","true"]},"nextNum":1},"head":2`, `"head":1},"head":3`, []Flaw{FlawHistory, FlawPool, FlawText}, nil},
	} {
		odd := strings.Replace(goodExport(), c.was, c.is, 1)
		if odd == goodExport() {
			t.Errorf("%s: nothing was changed", name)
		}
		p := open(t, []byte(odd))
		if !slices.Equal(p.Flaws, c.flaws) {
			t.Errorf("%s: flaws %q, want %q", name, p.Flaws, c.flaws)
		}
		got := summary(p)
		for _, lost := range c.lost {
			if strings.Contains(got, lost) {
				t.Errorf("%s: %q was not lost: %s", name, lost, got)
			}
		}
		if !slices.Contains(c.flaws, FlawText) && (p.Current() == nil || p.Current().Text() != "ab\n") {
			t.Errorf("%s: the text is lost", name)
		}
	}
}

// TestTextComesFromTheHistoryWhereThePadHasNone.
func TestTextComesFromTheHistoryWhereThePadHasNone(t *testing.T) {
	for _, atext := range []string{`null`, `{}`, `[]`, `7`, `{"text":{}}`} {
		odd := strings.Replace(goodExport(), `{"text":"ab\n","attribs":"*0+2|1+1"}`, atext, 1)
		p := open(t, []byte(odd))
		if p.Current() == nil || summary(p) != summary(open(t, []byte(goodExport()))) || len(p.Flaws) > 0 || !p.Mended {
			t.Errorf("%s: flaws %q, mended %t, %s", atext, p.Flaws, p.Mended, summary(p))
		}
	}
	p := open(t, []byte(`{"pad:x":{"head":0}}`))
	if _, err := p.At(0); p.Current() != nil || !isOfExport(err) || !slices.Contains(p.Flaws, FlawText) {
		t.Errorf("flaws %q, %v", p.Flaws, err)
	}
}

// TestTextThatServersCannotShowIsMended: what is made of it is told apart from
// what the export has.
func TestTextThatServersCannotShowIsMended(t *testing.T) {
	for atext, mended := range map[string]string{
		`{"text":"ab\n","attribs":"*0+2|1+1"}`: "",
		`{"text":"ab\n"}`:                      "ab\n",
		`{"text":"ab\n","attribs":"*0+2"}`:     "ab\n",
		`{"text":123,"attribs":"+3"}`:          "123",
	} {
		p := open(t, []byte(strings.Replace(goodExport(), `{"text":"ab\n","attribs":"*0+2|1+1"}`, atext, 1)))
		if p.Mended != (mended != "") || p.Mended && p.Current().Text() != mended {
			t.Errorf("%s: mended %t, %q", atext, p.Mended, p.Current().Text())
		}
	}
}

// TestWhatIsMissingInBetweenIsAFlaw where all that is there fits together.
func TestWhatIsMissingInBetweenIsAFlaw(t *testing.T) {
	revision := func(n int) string {
		return fmt.Sprintf(`,"pad:x:revs:%d":{"changeset":"Z:1>0$","meta":{"author":"","timestamp":1}}`, n)
	}
	message := func(n int) string { return fmt.Sprintf(`,"pad:x:chat:%d":{"text":"a","userId":"a.x","time":1}`, n) }
	const pad = `{"pad:x":{"atext":{"text":"\n","attribs":"|1+1"},"pool":{"numToAttrib":{}},"head":2,"chatHead":2}`
	revisions, messages := revision(0)+revision(1)+revision(2), message(0)+message(1)+message(2)
	for all, flaws := range map[string][]Flaw{
		revisions + messages: nil,
		revision(1) + revision(0) + revision(2) + messages:                        nil,
		revision(0) + revision(1) + messages:                                      {FlawHistory},
		revision(0) + revision(2) + messages:                                      {FlawHistory},
		revision(0) + revision(2) + revision(3) + messages:                        {FlawHistory},
		revision(1) + revision(2) + messages:                                      {FlawHistory},
		revisions + message(0) + message(2):                                       {FlawChat},
		revisions + message(0) + message(2) + message(3):                          {FlawChat},
		revisions + message(2) + message(0):                                       {FlawChat},
		revision(0) + revision(0) + revision(2) + messages:                        {FlawHistory},
		revisions + message(0) + message(0) + message(2):                          {FlawChat},
		`,"pad:y:revs:1":null` + revision(0) + revision(2) + messages:             {FlawHistory},
		revisions + messages + `,"globalAuthor:a.x":null`:                         {FlawAuthors},
		revisions + messages + `,"globalAuthor:a.x":{"name":[]}`:                  {FlawAuthors},
		revisions + messages + `,"pad:x":` + strings.TrimPrefix(pad, `{"pad:x":`): nil,
	} {
		if p := open(t, []byte(pad+all+"}")); !slices.Equal(p.Flaws, flaws) {
			t.Errorf("%s: flaws %q, want %q", all, p.Flaws, flaws)
		}
	}
}

// A generated file is read as it is made: long ones take no memory.
type generated struct {
	parts []part
	size  int64
}

type part struct {
	begin  int64
	text   string
	repeat int64
}

func (g *generated) add(text string, repeat int64) *generated {
	g.parts = append(g.parts, part{g.size, text, repeat})
	g.size += int64(len(text)) * repeat
	return g
}

func (g *generated) ReadAt(b []byte, offset int64) (n int, err error) {
	for n < len(b) {
		i, found := slices.BinarySearchFunc(g.parts, offset, func(p part, at int64) int { return int(min(max(p.begin-at, -1), 1)) })
		if !found {
			i--
		}
		p := g.parts[i]
		if offset >= p.begin+int64(len(p.text))*p.repeat {
			return n, io.EOF
		}
		got := copy(b[n:], p.text[(offset-p.begin)%int64(len(p.text)):])
		got = int(min(int64(got), p.begin+int64(len(p.text))*p.repeat-offset))
		n, offset = n+got, offset+int64(got)
	}
	return n, nil
}

// imagePad has images in its pool, so many bytes of each, which key revisions
// repeat.
func imagePad(images, size int) *generated {
	pool := func(g *generated) {
		g.add(`{"numToAttrib":{"0":["bold","true"]`, 1)
		for n := range images {
			g.add(fmt.Sprintf(`,"%d":["img","data:image/png;base64,`, n+1), 1).add(strings.Repeat("QUJD", 1000), int64(size/4000)).add(`"]`, 1)
		}
		g.add(`},"nextNum":9}`, 1)
	}
	g := new(generated).add(`{"pad:x":{"atext":{"text":"a*\n","attribs":"*0+1*1+1|1+1"},"pool":`, 1)
	pool(g)
	g.add(`,"head":100,"chatHead":0},"globalAuthor:a.x":{"name":"Ann"}`, 1)
	for n := range 101 {
		change := "Z:3>0$"
		if n == 0 {
			change = "Z:1>2*0+1*1+1$a*"
		}
		g.add(fmt.Sprintf(`,"pad:x:revs:%d":{"changeset":"%s","meta":{"author":"a.x","timestamp":%d`, n, change, 1000+n), 1)
		if n%100 == 0 {
			g.add(`,"pool":`, 1)
			pool(g)
			g.add(`,"atext":{"text":"a*\n","attribs":"*0+1*1+1|1+1"}`, 1)
		}
		g.add("}}", 1)
	}
	return g.add(`,"pad:x:chat:0":{"text":"voilà","userId":"a.x","time":5}}`, 1)
}

// TestImagesInThePoolAreNotHeld, nor one that is longer than all that is held,
// and cost nothing else.
func TestImagesInThePoolAreNotHeld(t *testing.T) {
	for name, c := range map[string]struct {
		pad  *generated
		took uint64
	}{"many": {imagePad(10, 420_000), 60 << 20}, "one": {imagePad(1, maxHeld+1<<20), 100 << 20}} {
		g := c.pad
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		before := m.TotalAlloc
		p, err := Open(g, g.size)
		if err != nil {
			t.Fatal(name, err)
		}
		runtime.ReadMemStats(&m)
		if took := m.TotalAlloc - before; took > c.took {
			t.Errorf("%s: reading %d bytes took %d bytes of memory", name, g.size, took)
		}
		if held := int64(heap()); held > 4<<20 { // the images of one pool
			t.Errorf("%s: %d bytes are held", name, held)
		}
		if s, err := p.At(99); err != nil || s.Text() != "a*\n" || len(p.Flaws) > 0 || !strings.HasPrefix(looks(s)[0], "bold") {
			t.Errorf("%s: %v, flaws %q", name, err, p.Flaws)
		}
		said := 0
		for m, err := range p.Messages() {
			if said++; err != nil || m.Text != "voilà" {
				t.Errorf("%s: %v, %v", name, m, err)
			}
		}
		if said != 1 || p.Authors[0].Name != "Ann" {
			t.Errorf("%s: %d messages, %v", name, said, p.Authors)
		}
	}
}

// TestTextThatIsTooLongIsSaid: the export is whole, though no form is made.
func TestTextThatIsTooLongIsSaid(t *testing.T) {
	g := new(generated).add(`{"pad:x":{"atext":{"text":"`, 1).add(strings.Repeat("texte ", 1000), maxHeld/5900).add(`\n","attribs":"|1+1"},"pool":{},"head":0},"pad:x:revs:0":{"changeset":"Z:1>0$"}}`, 1)
	p, err := Open(g, g.size)
	if err != nil || !slices.Contains(p.Flaws, FlawSize) || slices.Contains(p.Flaws, FlawText) || p.Current() != nil {
		t.Fatalf("%v, flaws %q", err, p.Flaws)
	}
	if _, err := p.At(0); err == nil || !isOfExport(err) {
		t.Error(err)
	}
}

// TestLongMembersAreWholeJSON: what is not held is checked as all else is.
func TestLongMembersAreWholeJSON(t *testing.T) {
	long := strings.Repeat("x", 3*smallestWindow)
	for name, c := range map[string]struct {
		value string
		whole bool
	}{
		"strings":           {`["` + long + `é😀\u00e9\n` + long + `"]`, true},
		"objects":           {`{"` + long + `":{"a" : [ ] , "b":{ }},"c":[1,-2.5e3,true,false,null]}`, true},
		"numbers at an end": {`[` + strings.Repeat("12345,", 1000) + `1]`, true},
		"a comma too many":  {`["` + long + `",]`, false},
		"a comma too few":   {`["` + long + `" 1]`, false},
		"no colon":          {`{"` + long + `"}`, false},
		"no key":            {`{"` + long + `":1,2:3}`, false},
		"the wrong end":     {`["` + long + `"}`, false},
		"no UTF-8":          {`["` + long + "\xe9" + `"]`, false},
		"half a letter":     {`["` + long + "\xc3" + `"]`, false},
		"a line end":        {`["` + long + "\n" + `"]`, false},
		"a wrong escape":    {`["` + long + `\x"]`, false},
		"a word":            {`["` + long + `",nul]`, false},
		"no end":            {`["` + long + `"`, false},
	} {
		var w walker
		at, err := 0, errShort
		for end := 1; err == errShort && end <= len(c.value); end++ {
			var n int
			n, err = w.walk([]byte(c.value)[at:end])
			at += n
		}
		if whole := err == nil && at == len(c.value); whole != c.whole {
			t.Errorf("%s: %v after %d of %d bytes", name, err, at, len(c.value))
		}
	}
}

// TestRevisionsInAnotherOrderAreFound also in a long history, and their moments.
func TestRevisionsInAnotherOrderAreFound(t *testing.T) {
	export, texts := editedExport(t, 250)
	var pad string
	var rest []string
	for m, err := range Members(strings.NewReader(string(export))) {
		switch {
		case err != nil:
			t.Fatal(err)
		case m.Kind == PadMember:
			pad = string(m.Raw)
		default:
			rest = append(rest, string(m.Raw))
		}
	}
	slices.Sort(rest) // by their names: 0, 1, 10, 100, …
	p := open(t, []byte("{"+pad+","+strings.Join(rest, ",")+"}"))
	if len(p.Flaws) > 0 {
		t.Errorf("flaws %q", p.Flaws)
	}
	for n, want := range texts {
		if s, err := p.replay(n); err != nil || !slices.Equal(s.text, want) {
			t.Errorf("revision %d: %v", n, err)
		}
	}
	if n, found, err := p.RevisionAt(time.UnixMilli(1795345535288 + 120)); n != 120 || !found || err != nil {
		t.Errorf("revision %d, %t, %v", n, found, err)
	}
	if _, err := p.At(250); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestAGlanceSeesWhatIsPlain: exports as servers write them are read once.
func TestAGlanceSeesWhatIsPlain(t *testing.T) {
	all := exports(t)
	for _, name := range recorded(t, "*/*.etherpad") {
		all[name] = read(t, name)
	}
	all["good"] = []byte(goodExport())
	all["edited"], _ = editedExport(t, 300)
	for name, export := range all {
		var g Glance
		for m, err := range Members(strings.NewReader(string(export))) {
			if err != nil {
				t.Fatal(err)
			}
			g.Member(&m)
		}
		p := open(t, export)
		if name != "edited" && !g.Plain() || g.Plain() && (g.Head != p.Head || string(g.Text) != p.Current().Text()) {
			t.Errorf("%s: plain %t, head %d", name, g.Plain(), g.Head)
		}
	}
}
