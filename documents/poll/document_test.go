package poll

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/documents"
)

// opened opens a poll as readers of all kinds of documents do.
func opened(t *testing.T, l *Look) documents.Partial {
	t.Helper()
	b, err := l.Poll.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d, err := Documents().Open(bytes.NewReader(b), int64(len(b)), documents.Look{Document: "p@polls.example", Saved: l.Saved, Parts: l.Fields})
	if err != nil {
		t.Fatal(err)
	}
	return d.(documents.Partial)
}

func written(t *testing.T, d documents.Document, form string, l documents.Language) string {
	t.Helper()
	var b strings.Builder
	if err := d.Write(&b, form, l); err != nil {
		t.Errorf("as %s: %v", form, err)
	}
	return b.String()
}

func TestDocumentIsWrittenInEachForm(t *testing.T) {
	d := opened(t, seenWhole())
	for form, want := range map[string]string{
		"txt": "Sans réponse", "html": "Créé par", "csv": "Nom,", "ics": "DTSTAMP:" + when.Format("20060102T150405Z"), "json": `"title"`,
	} {
		if got := written(t, d, form, documents.French); !strings.Contains(got, want) {
			t.Errorf("as %s: %s", form, got)
		}
	}
	for _, form := range Documents().Forms {
		if written(t, d, form.Name, documents.English) == "" {
			t.Errorf("nothing as %s", form.Name)
		}
	}
	if err := d.Write(new(strings.Builder), "markdown", documents.English); !errors.Is(err, documents.ErrNothing) {
		t.Errorf("as markdown: %v", err)
	}
	if !errors.Is(ErrNoDates, documents.ErrNothing) || !errors.Is(ErrInvalid, documents.ErrUnreadable) {
		t.Error("its errors are not those of all documents")
	}
}

// TestDocumentIsFilledFromEarlierLooks, as far as it lacks something, and says so.
func TestDocumentIsFilledFromEarlierLooks(t *testing.T) {
	now, earlier := opened(t, seenLittle()), opened(t, seenWhole())
	if len(now.Lacks()) == 0 || len(now.Taken()) > 0 {
		t.Fatalf("it lacks %q, and took %v", now.Lacks(), now.Taken())
	}
	now.Fill(earlier)
	taken := now.Taken()
	if len(now.Lacks()) > 0 || len(taken) != 1 || !taken[0].Saved.Equal(when.Truncate(time.Second)) {
		t.Fatalf("it lacks %q, and took %v", now.Lacks(), taken)
	}
	if french := taken[0].Parts(documents.French); !strings.Contains(french, "réglages") || !strings.Contains(french, "votes") {
		t.Errorf("it took %s", french)
	}
	if !strings.Contains(written(t, now, "json", documents.English), `"earlier"`) {
		t.Error("its file does not say what is of earlier")
	}
}
