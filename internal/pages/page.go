package pages

// head begins a page of a table, with its mark, if any, and what its style adds. On
// a narrow screen each cell has a line of its own, after the heading of its column.
func head(mark, style string) string {
	return `<!doctype html>
<html lang="{{.Language}}">
<head>
<meta charset="utf-8">
` + mark + `<meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>{{.Title}}</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; overflow-wrap: break-word; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #888; padding: .4rem .6rem; text-align: left; vertical-align: top; }
` + style + `@media (max-width: 40rem) {
	thead { display: none; }
	tr, td { display: block; }
	tr { border-bottom: 1px solid #888; padding: .4rem 0; }
	td { border: 0; padding: .1rem 0; overflow-wrap: anywhere; }
	td::before { content: attr(data-column) "\2002"; font-weight: bold; }
	td:empty { display: none; }
}
</style>
</head>
<body>
<h1>{{.Title}}</h1>
`
}
