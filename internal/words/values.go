package words

import "strings"

// The words for values that manifests and sources have are named after the
// values. A value that only a newer program knows is shown as it is.

// State is the word for what the last look at a document found.
func (w *Words) State(state string) string { return w.value("state-", state) }

// Suspicion says why a version may be a loss.
func (w *Words) Suspicion(suspicion string) string { return w.value("suspect-", suspicion) }

// Loss says what a document lost when it was made anew.
func (w *Words) Loss(loss string) string { return w.value("loss-", loss) }

// Flaws says what of a version cannot be shown: flaws have a + between them.
func (w *Words) Flaws(flaws string) string {
	all := strings.Split(flaws, "+")
	for i, flaw := range all {
		all[i] = w.value("flaw-", flaw)
	}
	return strings.Join(all, ", ")
}

func (w *Words) value(kind, value string) string {
	if text := w.Text(kind + value); text != kind+value {
		return text
	}
	return value
}
