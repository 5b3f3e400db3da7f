package pollaristest

import (
	"html"
	"html/template"
	"regexp"
	"strings"
)

// rendered is Markdown as pages show it: of what it can be, links, emphasis,
// lists and quotes are left, every line ends a line, and HTML is text.
func rendered(markdown string) template.HTML {
	var blocks []string
	for block := range strings.SplitSeq(strings.TrimSpace(strings.ReplaceAll(markdown, "\r\n", "\n")), "\n\n") {
		if block = strings.Trim(block, "\n"); block != "" {
			blocks = append(blocks, renderedBlock(strings.Split(block, "\n")))
		}
	}
	return template.HTML(strings.Join(blocks, "\n")) // escaped line by line
}

var (
	bullet = regexp.MustCompile(`^[-*+] `)
	number = regexp.MustCompile(`^[0-9]+\. `)
	quote  = regexp.MustCompile(`^> ?`)
	header = regexp.MustCompile(`^#{1,6} `)
)

func renderedBlock(lines []string) string {
	switch first := lines[0]; {
	case bullet.MatchString(first):
		return renderedList("ul", bullet, lines)
	case number.MatchString(first):
		return renderedList("ol", number, lines)
	case quote.MatchString(first):
		return "<blockquote>\n" + renderedBlock(without(quote, lines)) + "\n</blockquote>"
	case header.MatchString(first):
		return html.EscapeString(header.ReplaceAllString(first, "")) // the element is not allowed
	}
	return "<p>" + renderedLines(lines) + "</p>"
}

func renderedList(element string, mark *regexp.Regexp, lines []string) string {
	var b strings.Builder
	b.WriteString("<" + element + ">\n")
	for _, line := range without(mark, lines) {
		b.WriteString("<li>" + renderedLines([]string{line}) + "</li>\n")
	}
	return b.String() + "</" + element + ">"
}

func without(mark *regexp.Regexp, lines []string) (out []string) {
	for _, line := range lines {
		out = append(out, mark.ReplaceAllString(line, ""))
	}
	return out
}

var spans = []struct {
	mark *regexp.Regexp
	html string
}{
	{regexp.MustCompile(`\[([^\]]*)\]\(((?:https?://|mailto:)[^)\s]*)\)`), `<a href="$2">$1</a>`},
	{regexp.MustCompile(`\*\*(.+?)\*\*`), "<strong>$1</strong>"},
	{regexp.MustCompile(`\*(.+?)\*`), "<em>$1</em>"},
	{regexp.MustCompile(`~~(.+?)~~`), "<del>$1</del>"},
	{regexp.MustCompile("`(.+?)`"), "$1"},
}

func renderedLines(lines []string) string {
	text := html.EscapeString(strings.Join(lines, "\n"))
	for _, span := range spans {
		text = span.mark.ReplaceAllString(text, span.html)
	}
	return strings.ReplaceAll(text, "\n", "<br />\n")
}
