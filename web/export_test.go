package web

// Patterns are the methods and paths that the page answers.
func (p *Page) Patterns() []string { return p.pages[0].patterns }
