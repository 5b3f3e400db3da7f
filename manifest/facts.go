package manifest

// Facts are compared between two versions of one document, to see whether the
// later one is a loss, or whether a loss is coming. A zero field is not known.
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
	// as Text is of the current one. Where the history was cut short, that is
	// the text as it was then.
	Start string `json:"start,omitempty"`

	// Content is a hash of the content without what changes by itself.
	Content string `json:"content,omitempty"`

	// Text is a hash of the text alone, as people see it, without the line ends
	// after it. It is "" where there is no text.
	Text string `json:"text,omitempty"`

	// Fields has a hash of each part of the document that this look could see,
	// by the part's name. It is for kinds of documents whose looks do not all
	// see the same. A part that is not there was not seen; that is not a
	// change.
	Fields map[string]string `json:"fields,omitempty"`

	// Items has the items of each part that has several and that this look
	// could see whole, by the part's name, as ItemsOf of package sources gives
	// them.
	Items map[string]string `json:"items,omitempty"`

	// Flaw says, in a word or several, what of the version cannot be shown
	// though the current text can. A version with no other flaws than the one
	// before is not worse than that one.
	Flaw string `json:"flaw,omitempty"`

	// Blank says that the document holds just what it was created with.
	Blank bool `json:"blank,omitempty"`

	// Expires is the day, such as "2027-07-10", from which the server may
	// delete the document by itself, if it says so.
	Expires string `json:"expires,omitempty"`
}
