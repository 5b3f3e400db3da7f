package pages

import "github.com/padsync/padsync/internal/stylesheet"

// head begins a page of the look that all have, with its mark, if any, and what its
// style adds. Its title is a heading, too.
func head(mark, style string) string {
	return open(mark, "", style) + "<h1>{{.Title}}</h1>\n"
}

// open begins a page that may load what the policy adds.
func open(mark, policy, style string) string {
	return `<!doctype html>
<html lang="{{.Language}}">
<head>
<meta charset="utf-8">
` + mark + `<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; ` + policy + `style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'">
<title>{{.Title}}</title>
<style>
` + stylesheet.Common + style + `</style>
</head>
<body>
<main>
`
}

const foot = `</main>
</body>
</html>
`

// tableStyle is that of a table whose cells have lines of their own on a narrow
// screen, after the headings of their columns.
const tableStyle = `table { margin-block-start: 1.75rem; }
th[scope=row] { font-weight: 600; }
@media (max-width: 40rem) {
thead { position: absolute; clip-path: inset(50%); inline-size: 1px; block-size: 1px; overflow: hidden; }
table, tbody { display: block; }
tr { display: block; padding-block: .7rem; border-block-end: 1px solid var(--line); }
th[scope=row], td { display: block; border: 0; padding: .1rem 0; overflow-wrap: anywhere; }
td::before { content: attr(data-column) "\2002"; color: var(--soft); font-size: var(--tiny); }
td:empty { display: none; }
}
` + stateStyle

// stateStyle is that of states: a shape and a word; colour comes third.
const stateStyle = `.state { white-space: nowrap; font-size: var(--small); font-weight: 600; }
.state::before { content: ""; display: inline-block; inline-size: .7em; block-size: .7em; margin-inline-end: .45em; border: .16em solid currentcolor; border-radius: 50%; }
.is-look { color: var(--look); }
.is-look::before { border-radius: 0; transform: rotate(45deg) scale(.85); }
.is-bad { color: var(--bad); }
`
