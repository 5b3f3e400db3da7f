package pad

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/documents"
)

// document opens an export as readers of all kinds of documents do.
func document(t *testing.T, export []byte) documents.Past {
	t.Helper()
	d, err := Documents().Open(bytes.NewReader(export), int64(len(export)), documents.Look{})
	if err != nil {
		t.Fatal(err)
	}
	return d.(documents.Past)
}

func written(t *testing.T, d documents.Document, form string) string {
	t.Helper()
	var b strings.Builder
	if err := d.Write(&b, form, documents.English); err != nil {
		t.Errorf("as %s: %v", form, err)
	}
	return b.String()
}

// TestDocumentIsGivenAtEachRevision, in all its forms, and as an export.
func TestDocumentIsGivenAtEachRevision(t *testing.T) {
	for name, export := range exports(t) {
		whole, now := open(t, export), document(t, export)
		if now.Revision() != whole.Head || now.Head() != whole.Head || written(t, now, "etherpad") != string(export) {
			t.Errorf("%s: it is not as it was saved", name)
		}
		for number := 0; number <= whole.Head; number += 1 + whole.Head/4 {
			then := now.At(number, time.Time{})
			state, err := whole.At(number)
			if err != nil {
				t.Fatal(err)
			}
			if then.Revision() != number || then.Head() != whole.Head || written(t, then, "html") != asHTML(t, state) {
				t.Errorf("%s: revision %d is another one", name, number)
			}
			if written(t, then, "etherpad") != string(cutAt(t, whole, number, time.Time{})) {
				t.Errorf("%s: the export of revision %d is another one", name, number)
			}
			for _, form := range Documents().Forms {
				written(t, then, form.Name)
			}
		}
		if err := now.Write(new(strings.Builder), "csv", documents.English); !errors.Is(err, documents.ErrNothing) {
			t.Errorf("%s as csv: %v", name, err)
		}
	}
}

// TestWhatIsNoPadIsUnreadable, and what is too large to be held: the file stays
// as it was saved.
func TestWhatIsNoPadIsUnreadable(t *testing.T) {
	_, err := Documents().Open(strings.NewReader("{}"), 2, documents.Look{})
	if !errors.Is(err, documents.ErrUnreadable) || !errors.Is(ErrTooLarge, documents.ErrUnreadable) {
		t.Error(err)
	}
}
