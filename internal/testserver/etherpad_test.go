package testserver

import (
	"bytes"
	"flag"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

var update = flag.Bool("update", false, "write rich.etherpad anew")

func TestSeedHoldsTheRichPad(t *testing.T) {
	fake := etherpadtest.New(etherpadtest.Options{})
	fake.CreateRich("rich")
	w := httptest.NewRecorder()
	fake.ServeHTTP(w, httptest.NewRequest("GET", "/p/rich/export/etherpad", nil))
	if *update {
		if err := os.WriteFile("rich.etherpad", w.Body.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(rich, w.Body.Bytes()) {
		t.Error("CreateRich makes another pad than rich.etherpad: run this test with -update")
	}
}

func TestEtherpadIsSeeded(t *testing.T) {
	server := Etherpad(t, EtherpadOptions{})
	ids := server.Seed(t)
	pads := server.Pads(t)
	for _, id := range ids {
		if !slices.Contains(pads, id) {
			t.Errorf("%s is not among %q", id, pads)
		}
	}
	text := string(server.Export(t, ids[0], "txt"))
	for _, want := range []string{"réunion d'été", "\t\t* détail\n", "\t1. d'abord\n", "🎉", "<script>", "ligne 80"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	export := string(server.Export(t, ids[0], "etherpad"))
	for _, want := range []string{`"name":"Noël 🎄"`, `"chatHead":2`, `avant la réunion`, `:revs:100"`} {
		if !strings.Contains(export, want) {
			t.Errorf("%q is not in the export", want)
		}
	}
}
