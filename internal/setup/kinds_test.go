package setup

import (
	"slices"
	"testing"
)

// TestFormsAreThoseOfAllKinds, each once: what restore --format takes.
func TestFormsAreThoseOfAllKinds(t *testing.T) {
	made, saved := AllKinds().OfDocuments().Forms()
	if want := []string{"txt", "html", "markdown", "csv", "ics"}; !slices.Equal(made, want) {
		t.Errorf("padsync makes %q, want %q", made, want)
	}
	if want := []string{"etherpad", "json", "pdf", "docx", "odt", "doc"}; !slices.Equal(saved, want) {
		t.Errorf("servers make %q, want %q", saved, want)
	}
}
