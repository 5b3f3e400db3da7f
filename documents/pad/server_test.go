package pad

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/padsync/padsync/internal/testserver"
)

// TestTextIsTheServersExport makes pads in a real Etherpad in every way there
// is, and compares its .txt with ours from its .etherpad.
func TestTextIsTheServersExport(t *testing.T) {
	server := testserver.Etherpad(t, testserver.EtherpadOptions{})
	for i, html := range []string{
		`<ul><li>un<ul><li>deux</li></ul></li><li>trois</li></ul><p>fin</p>`,
		`<ol><li>un</li><li>deux<ol><li>deux un</li><li>deux deux<ol><li>x</li></ol></li></ol></li><li>trois</li></ol>après<ol start="5"><li>cinq</li></ol>`,
		`<ol class="number"><li>un</li><ol class="number"><li>un un</li><li>un deux</li></ol><li>deux</li></ol>`,
		`<ul class="indent"><li>retrait</li></ul><ul><li>a<ol><li>b</li></ol></li><li>c</li></ul>`,
		`<strong>gras</strong> <em>ital</em><u>souligné</u><s>barré</s> 😀<br><br>é&amp;&lt;<h1>Titre</h1>`,
	} {
		id := fmt.Sprintf("html-%d", i)
		server.CreateHTML(t, id, "<html><body>"+html+"</body></html>")
		p := open(t, server.Export(t, id, "etherpad"))
		assertText(t, id, p.Current(), server.Export(t, id, "txt"))
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		id := fmt.Sprintf("random-%d", i)
		server.Import(t, id, randomExport(rnd, id))
		p := open(t, server.Export(t, id, "etherpad"))
		assertText(t, id, p.Current(), server.Export(t, id, "txt"))
	}
}

// TestEveryRevisionIsTheServersExport changes a pad in a real Etherpad in many
// ways, and compares what it says of each revision with ours.
func TestEveryRevisionIsTheServersExport(t *testing.T) {
	const id = "histoire"
	server := testserver.Etherpad(t, testserver.EtherpadOptions{})
	server.Create(t, id, "Début 😀\n")
	rnd := rand.New(rand.NewPCG(3, 4))
	for i := range 220 {
		text := strings.ReplaceAll(words[rnd.IntN(len(words))]+words[rnd.IntN(len(words))], "\r", "")
		switch rnd.IntN(6) {
		case 0:
			server.API(t, nil, "setText", "padID", id, "text", fmt.Sprintf("%s\n%d\n%s", text, i, text))
		case 1:
			server.API(t, nil, "setHTML", "padID", id, "html", fmt.Sprintf("<ol><li>un<li><b>%d</b><ul><li>😀</ul></ol>%[1]d", i))
		case 2:
			server.API(t, nil, "restoreRevision", "padID", id, "rev", fmt.Sprint(i/2))
		default:
			server.Append(t, id, text)
		}
	}
	export := server.Export(t, id, "etherpad")
	p := open(t, export)
	for number := range p.Head + 1 {
		s, err := p.At(number)
		if err != nil {
			t.Fatal(err)
		}
		assertText(t, fmt.Sprintf("revision %d", number), s, get(t, fmt.Sprintf("%s/%d/export/txt", server.PadURL(id), number)))
	}
	if p.Head < 2*keyInterval {
		t.Errorf("only %d revisions", p.Head)
	}
	assertHeadIsCurrent(t, id, export)
}

func get(t *testing.T, address string) []byte {
	t.Helper()
	r, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", address, r.Status, err)
	}
	return b
}

func assertText(t *testing.T, name string, s *State, want []byte) {
	t.Helper()
	var got bytes.Buffer
	if err := s.WriteText(&got); err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("%s: got\n%q\nwant\n%q", name, got.String(), want)
	}
}
