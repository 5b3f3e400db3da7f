package pad

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"unicode/utf16"
)

// randomExport makes an export of a pad with every kind of line and style. Its
// ops end anywhere, also within a surrogate pair.
func randomExport(rnd *rand.Rand, id string) []byte {
	attributes := map[string]int{}
	number := func(name, value string) string {
		key, _ := json.Marshal([]string{name, value})
		n, ok := attributes[string(key)]
		if !ok {
			n = len(attributes)
			attributes[string(key)] = n
		}
		return "*" + strconv.FormatInt(int64(n), 36)
	}
	var text, attribs strings.Builder
	add := func(s, attrs string) {
		text.WriteString(s)
		n := len(utf16.Encode([]rune(s)))
		for n > 0 && !strings.Contains(s, "\n") {
			part := 1 + rnd.IntN(n)
			attribs.WriteString(attrs + "+" + strconv.FormatInt(int64(part), 36))
			if n -= part; n > 0 && rnd.IntN(3) == 0 {
				attrs = number("bold", "true")
			}
		}
		if n > 0 {
			fmt.Fprintf(&attribs, "%s|%s+%s", attrs, strconv.FormatInt(int64(strings.Count(s, "\n")), 36), strconv.FormatInt(int64(n), 36))
		}
	}
	for range 1 + rnd.IntN(30) {
		author := number("author", "a."+strings.Repeat("abc"[rnd.IntN(3):][:1], 16))
		if marker := randomMarker(rnd, number); marker != "" {
			add("*", author+marker)
		}
		for range rnd.IntN(4) {
			style := author
			for _, name := range []string{"bold", "italic", "underline", "strikethrough"} {
				if rnd.IntN(4) == 0 {
					style += number(name, "true")
				}
			}
			add(words[rnd.IntN(len(words))], style)
		}
		add("\n"+strings.Repeat("\n", rnd.IntN(8)/6), []string{"", author}[rnd.IntN(2)])
	}
	pool := map[string]json.RawMessage{}
	for key, n := range attributes {
		pool[strconv.Itoa(n)] = json.RawMessage(key)
	}
	atext := map[string]any{"text": text.String(), "attribs": attribs.String()}
	n := len(utf16.Encode([]rune(text.String())))
	b, err := json.Marshal(map[string]any{
		"pad:" + id: map[string]any{"atext": atext, "pool": map[string]any{"numToAttrib": pool, "nextNum": len(pool)},
			"head": 0, "chatHead": -1, "publicStatus": false, "savedRevisions": []any{}},
		"pad:" + id + ":revs:0": map[string]any{
			"changeset": fmt.Sprintf("Z:1>%s%s$%s", strconv.FormatInt(int64(n-1), 36), attribs.String(), text.String()),
			"meta":      map[string]any{"author": "", "timestamp": 1795345534517, "atext": atext}},
	})
	if err != nil {
		panic(err)
	}
	return b
}

var words = []string{"mot", " ", "été", "😀😁", "*", "* a", "1. b", "<b>&amp;", "https://example.org/é?a=b&c=(d).", "# x", "\t", "  deux", "👩‍👩‍👧", "_a_b*c`", "fin.",
	"``", `\`, "+ x", "- ", "---", "===", "~~~", "2) y", "<!--", "&copy;", "![x](y)", "|a|b|", "www.example.org/a_b_c", "#", "…", "«", "mailto:a@example.org", "\u00a0", "\u2028", "\r"}

func randomMarker(rnd *rand.Rand, number func(name, value string) string) string {
	common := number("insertorder", "first") + number("lmkr", "1")
	level := strconv.Itoa(1 + rnd.IntN(1+rnd.IntN(6)))
	switch rnd.IntN(9) {
	case 0, 1:
		return common + number("list", "bullet"+level)
	case 2, 3, 4:
		return common + number("list", "number"+level) + number("start", strconv.Itoa(1+rnd.IntN(9)))
	case 5:
		return common + number("list", "indent"+level)
	case 6:
		return common + number("heading", []string{"h1", "h3", "code"}[rnd.IntN(3)])
	case 7:
		return common + number("align", []string{"left", "center", "right", "justify"}[rnd.IntN(4)])
	default:
		return ""
	}
}
