package webpage

import (
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	tables "github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"github.com/PuerkitoBio/goquery"
)

// Markdown turns what a server made of an author's Markdown into Markdown again.
// It takes attributes off the cells of tables.
func Markdown(shown *goquery.Selection) string {
	if shown.Length() == 0 {
		return ""
	}
	// No author's text is that long (the database has 64 KiB for it), and
	// laying out its tables could take for ever.
	if len(shown.Text()) > 256<<10 || shown.Find("*").Length() > 20_000 {
		return text(shown)
	}
	shown.Find("[colspan], [rowspan]").RemoveAttr("colspan").RemoveAttr("rowspan")
	markdown, err := markdownConverter().ConvertNode(shown.Nodes[0])
	if err != nil {
		return text(shown)
	}
	return strings.Trim(string(markdown), blank)
}

// blank is the white space of templates.
const blank = " \t\r\n"

func text(s *goquery.Selection) string {
	return strings.Trim(strings.ReplaceAll(s.Text(), "\r\n", "\n"), blank)
}

func markdownConverter() *converter.Converter {
	return converter.NewConverter(converter.WithPlugins(
		base.NewBasePlugin(),
		commonmark.NewCommonmarkPlugin(),
		tables.NewTablePlugin(tables.WithCellPaddingBehavior(tables.CellPaddingBehaviorMinimal)),
	))
}
