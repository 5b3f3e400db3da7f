package etherpadtest

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// etherpad is the .etherpad export of the pad under the key id, byte by byte
// as the server of this dialect writes it.
func (p *Pad) etherpad(id string) []byte {
	w := &writer{}
	key := "pad:" + id
	if p.fault == WrongKey {
		key = "pad:another"
	}
	w.raw("{", quote(key), ":")
	p.writePad(w)
	for _, a := range p.authors {
		p.writeAuthor(w, a, id)
	}
	gap := p.fault == Gap || p.late > 0
	p.late = max(p.late-1, 0)
	for n, r := range p.revs {
		if gap && n == len(p.revs)/2 {
			continue
		}
		w.raw(",", quote(key+":revs:"+strconv.Itoa(n)), `:{"changeset":`, quote(r.changeset),
			`,"meta":{"author":`, quote(r.author), `,"timestamp":`, number(r.time), r.key, "}}")
	}
	for n, m := range p.chat {
		w.raw(",", quote(key+":chat:"+strconv.Itoa(n)), ":{")
		if p.server.options.Dialect == V3 {
			w.raw(`"text":`, quote(m.text), `,"time":`, number(m.time), `,"userId":`, quote(m.author.ID), `,"userName":`, orNull(m.author.Name), "}")
		} else {
			w.raw(`"text":`, quote(m.text), `,"userId":`, quote(m.author.ID), `,"time":`, number(m.time), "}")
		}
	}
	w.raw("}")
	return w.b
}

func (p *Pad) writePad(w *writer) {
	w.raw("{", p.atext(), `,"pool":{`, p.numToAttrib(), `},"head":`, strconv.Itoa(len(p.revs)-1), `,"chatHead":`, strconv.Itoa(len(p.chat)-1),
		`,"publicStatus":`, strconv.FormatBool(p.public), `,"savedRevisions":[`)
	for i, s := range p.saved {
		if i > 0 {
			w.raw(",")
		}
		w.raw(`{"revNum":`, strconv.Itoa(s.rev), `,"savedById":`, quote(s.author.ID), `,"label":`, quote(s.label),
			`,"timestamp":`, number(s.time), `,"id":`, quote(s.id), "}")
	}
	w.raw("]")
	if p.server.options.Dialect == V3 {
		w.raw(`,"padSettings":{"enforceSettings":false,"showChat":true,"alwaysShowChat":false,"chatAndUsers":false,"lang":null,` +
			`"view":{"showAuthorColors":true,"showLineNumbers":true,"rtlIsTrue":false,"padFontFamily":"","fadeInactiveAuthorColors":true}}`)
	}
	w.raw("}")
}

func (p *Pad) writeAuthor(w *writer, a Author, id string) {
	seen := number(p.server.seen[a.ID])
	w.raw(",", quote("globalAuthor:"+a.ID), `:{"colorId":`, strconv.Itoa(a.Color), `,"name":`, orNull(a.Name), `,"timestamp":`, seen)
	if p.server.options.Dialect == V3 {
		w.raw(`,"lastSeen":`, seen)
	}
	if p.fault == OtherPads {
		w.raw(`,"padIDs":{`, quote(id), `:1,"another-pad":1}}`)
		return
	}
	w.raw(`,"padIDs":`, quote(id), "}")
}

// key is what a key revision has besides.
func (p *Pad) key() string {
	var attribToNum []string
	for n, a := range p.pool {
		attribToNum = append(attribToNum, quote(a[0]+","+a[1])+":"+strconv.Itoa(n))
	}
	numToAttrib, nextNum, _ := strings.Cut(p.numToAttrib(), `,"nextNum"`)
	return `,"pool":{` + numToAttrib + `,"attribToNum":{` + strings.Join(attribToNum, ",") + `},"nextNum"` + nextNum + "}," + p.atext()
}

func (p *Pad) atext() string {
	return `"atext":{"text":` + quote(p.string()) + `,"attribs":` + quote(attribs(p.text)) + "}"
}

func (p *Pad) numToAttrib() string {
	var numToAttrib []string
	for n, a := range p.pool {
		numToAttrib = append(numToAttrib, fmt.Sprintf(`"%d":[%s,%s]`, n, quote(a[0]), quote(a[1])))
	}
	return `"numToAttrib":{` + strings.Join(numToAttrib, ",") + `},"nextNum":` + strconv.Itoa(len(p.pool))
}

// html is the HTML export, without any formatting of the text.
func html(d Dialect, id, text string) []byte {
	head := headV1
	if d == V3 {
		head = headV3
	}
	return fmt.Appendf(nil, head+htmlRest, escapeHTML(id), htmlBody(text))
}

func htmlBody(text string) string { return strings.ReplaceAll(escapeHTML(text), "\n", "<br>") }

const (
	headV1 = `<!doctype html>
<html lang="en">
<head>
<title>%s</title>
<meta name="generator" content="Etherpad">
<meta name="author" content="Etherpad">
<meta name="changedby" content="Etherpad">
<meta charset="utf-8">
`
	headV3 = `<!doctype html>
<html lang="en">
<head>
<title>%s</title>
  <link rel="manifest" href="/manifest.json" />
  <meta name="generator" content="Etherpad"/>
<meta name="author" content="Etherpad"/>
<meta name="changedby" content="Etherpad"/>
<meta charset="utf-8"/>
`
	htmlRest = `<style>
ol {
  counter-reset: item;
}

ol > li {
  counter-increment: item;
}

ol ol > li {
  display: block;
}

ol > li {
  display: block;
}

ol > li:before {
  content: counters(item, ".") ". ";
}

ol ol > li:before {
  content: counters(item, ".") ". ";
  margin-left: -20px;
}

ul.indent {
  list-style-type: none;
}


</style>
</head>
<body>
%s
</body>
</html>
`
)

func escapeHTML(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\'':
			b.WriteString("&#x27;")
		case r >= utf8.RuneSelf:
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

type writer struct{ b []byte }

func (w *writer) raw(parts ...string) {
	for _, s := range parts {
		w.b = append(w.b, s...)
	}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func orNull(s string) string {
	if s == "" {
		return "null"
	}
	return quote(s)
}

// quote writes a string as JSON.stringify does.
func quote(s string) string {
	b := append(make([]byte, 0, len(s)+8), '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, '\\', 'b')
		case '\f':
			b = append(b, '\\', 'f')
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			if c < ' ' {
				b = fmt.Appendf(b, `\u%04x`, c)
			} else {
				b = append(b, c)
			}
		}
	}
	return string(append(b, '"'))
}
