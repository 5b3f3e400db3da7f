package manifest

// Facts are what is compared between two versions of one document to see
// that a later one is a loss, and what to see of a loss to come. A zero field
// is not known.
type Facts struct {
	// Revision counts the changes; a smaller one than before is a shorter
	// history. It is nil where the server does not count.
	Revision *int64 `json:"revision,omitempty"`

	// Length is how much people wrote, in characters.
	Length int64 `json:"length,omitempty"`

	// First identifies the document's first revision: another one means
	// that the document was made anew under the same id.
	First string `json:"first,omitempty"`

	// Start is a hash of the text of the first revision that the server gives,
	// as Text is of the current one. Of a history that was made short it is
	// the text that there was then.
	Start string `json:"start,omitempty"`

	// Content is a hash of the content without what changes by itself.
	Content string `json:"content,omitempty"`

	// Text is a hash of the text alone, as people see it, if it has one, but
	// for the line ends behind it.
	Text string `json:"text,omitempty"`

	// Fields has, by its name, a hash of each part of the document that this
	// look could see, of a kind of document whose looks do not all see the
	// same. What is not there was not seen, which is no change.
	Fields map[string]string `json:"fields,omitempty"`

	// Items has, by its name, the items of each part of which there are several
	// and that this look could see whole, as ItemsOf of package
	// sources gives them.
	Items map[string]string `json:"items,omitempty"`

	// Flaw says, in a word or several, what of the version cannot be shown
	// though the current text can. A version that has none but those of the
	// one before is not worse than it.
	Flaw string `json:"flaw,omitempty"`

	// Blank says that the document holds just what it was created with.
	Blank bool `json:"blank,omitempty"`

	// Expires is the day, such as "2027-07-10", from which on the server may
	// delete the document by itself, if it tells.
	Expires string `json:"expires,omitempty"`
}
