package framadatetest

import "strings"

// names are those that PHP's htmlentities has for HTML 5, as far as polls of
// tests need them: whatever ASCII has a name, even in attributes and paths.
var names = map[rune]string{
	'\t': "Tab", '\n': "NewLine", '!': "excl", '"': "quot", '#': "num", '$': "dollar", '%': "percnt", '&': "amp", '\'': "apos",
	'(': "lpar", ')': "rpar", '*': "ast", '+': "plus", ',': "comma", '.': "period", '/': "sol", ':': "colon", ';': "semi",
	'<': "lt", '=': "equals", '>': "gt", '?': "quest", '@': "commat", '[': "lbrack", '\\': "bsol", ']': "rsqb", '^': "Hat",
	'_': "lowbar", '`': "grave", '{': "lbrace", '|': "vert", '}': "rcub", '«': "laquo", '»': "raquo",
	'à': "agrave", 'ç': "ccedil", 'è': "egrave", 'é': "eacute", 'ê': "ecirc", 'ô': "ocirc", 'û': "ucirc", 'É': "Eacute",
}

func entities(s string) string {
	var b strings.Builder
	for _, r := range s {
		if name, ok := names[r]; ok {
			b.WriteString("&" + name + ";")
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
