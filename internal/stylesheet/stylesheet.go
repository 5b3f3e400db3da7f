// Package stylesheet is how the pages of padsync look: colours, type and space as
// custom properties, each once for light and dark, and what is the same on every
// page.
//
// Colours reach WCAG 2.2 AA on each of the grounds paper, sheet and sunk: ink and
// soft for text, edge for lines that mean something, accent for what one can do,
// safe, look and bad for states, which also have words. Line is for lines that mean
// nothing.
package stylesheet

import _ "embed"

// Common is the part that all pages have. A page that stands alone has it within,
// and what it adds behind; it loads nothing. There is no < and no & in it.
//
//go:embed common.css
var Common string
