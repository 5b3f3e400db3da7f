package framadate

import (
	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	tables "github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"github.com/PuerkitoBio/goquery"
)

// shownMarkdown turns what the server made of the author's Markdown (from 1.1
// on) into Markdown again.
func shownMarkdown(shown *goquery.Selection) string {
	if shown.Is("pre") {
		return newlines(shown.Text())
	}
	if shown.Length() == 0 {
		return ""
	}
	// No author's text is that long (the database has 64 KiB for it), and
	// laying out its tables could take for ever.
	if len(shown.Text()) > 256<<10 || shown.Find("*").Length() > 20_000 {
		return trim(newlines(shown.Text()))
	}
	shown.Find("[colspan], [rowspan]").RemoveAttr("colspan").RemoveAttr("rowspan")
	markdown, err := markdownConverter().ConvertNode(shown.Nodes[0])
	if err != nil {
		return trim(newlines(shown.Text()))
	}
	return trim(string(markdown))
}

func markdownConverter() *converter.Converter {
	return converter.NewConverter(converter.WithPlugins(
		base.NewBasePlugin(),
		commonmark.NewCommonmarkPlugin(),
		tables.NewTablePlugin(tables.WithCellPaddingBehavior(tables.CellPaddingBehaviorMinimal)),
	))
}
