package pad

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/padsync/padsync/internal/testserver"
)

// TestEveryRevisionOfSeveralWritersIsTheServers has authors edit a pad in a
// real Etherpad at once, as browsers do, and compares what it says of each
// revision with ours.
func TestEveryRevisionOfSeveralWritersIsTheServers(t *testing.T) {
	const id = "à plusieurs"
	server := testserver.Etherpad(t, testserver.EtherpadOptions{})
	server.Create(t, id, "Début 😀\nligne\n")
	rnd := rand.New(rand.NewPCG(5, 6))
	writers := []*writer{newWriter(t, server, id), newWriter(t, server, id), newWriter(t, server, id)}
	for head, edits := 0, 0; head < 250; edits++ {
		w := writers[rnd.IntN(len(writers))]
		// Who is behind edits a text that others have changed since.
		base := max(0, head-rnd.IntN(4))
		head = w.change(t, base, randomChangeset(rnd, w.author, textAt(t, server, id, base), edits))
	}

	export := server.Export(t, id, "etherpad")
	p := open(t, export)
	by := map[string]int{} // "" corrects markers and the last line end
	for r, err := range p.Revisions() {
		if err != nil {
			t.Fatal(err)
		}
		by[r.Author]++
	}
	for _, w := range writers {
		if by[w.author] < 10 {
			t.Errorf("%d revisions by one author, of %v", by[w.author], by)
		}
	}
	halves := 0
	for number := range p.Head + 1 {
		s, err := p.At(number)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(s.text.String(), "\ufffd") {
			halves++
		}
		assertText(t, fmt.Sprintf("revision %d", number), s, get(t, fmt.Sprintf("%s/%d/export/txt", server.PadURL(id), number)))
	}
	assertHeadIsCurrent(t, id, export)
	if halves == 0 || by[""] < 2 {
		t.Errorf("%d revisions with half a surrogate pair, %d of the server's own", halves, by[""])
	}
}

// textAt is what the server holds at a revision.
func textAt(t *testing.T, server *testserver.EtherpadServer, id string, revision int) units {
	t.Helper()
	var data struct {
		Text struct {
			Text units `json:"text"`
		} `json:"text"`
	}
	server.API(t, &data, "getText", "padID", id, "rev", strconv.Itoa(revision))
	return data.Text.Text
}

// A writer is somebody's browser with a pad open: a client of Etherpad 1.8.14
// over Engine.IO 3, by long polling.
type writer struct {
	address string
	author  string
}

func newWriter(t *testing.T, server *testserver.EtherpadServer, id string) *writer {
	t.Helper()
	w := &writer{address: server.URL + "/socket.io/?" + url.Values{"padId": {id}, "EIO": {"3"}, "transport": {"polling"}, "b64": {"1"}}.Encode()}
	var opened struct{ SID string }
	if err := json.Unmarshal([]byte(strings.TrimPrefix(w.packets(t)[0], "0")), &opened); err != nil || opened.SID == "" {
		t.Fatalf("no session: %v", err)
	}
	w.address += "&sid=" + opened.SID
	w.send(t, fmt.Sprintf(`{"component":"pad","type":"CLIENT_READY","padId":%q,"sessionID":null,"token":"t.%020d","protocolVersion":2}`, id, rand.Uint64()))
	for w.author == "" {
		for _, m := range w.messages(t) {
			if m.Type == "CLIENT_VARS" {
				w.author = m.Data.UserID
			}
		}
	}
	return w
}

// change sends a change of the revision base, and gives the revision that the
// server made of it.
func (w *writer) change(t *testing.T, base int, c change) int {
	t.Helper()
	w.send(t, fmt.Sprintf(`{"type":"COLLABROOM","component":"pad","data":{"type":"USER_CHANGES","baseRev":%d,"changeset":%s,"apool":%s}}`,
		base, escaped(c.changeset), c.pool))
	for {
		for _, m := range w.messages(t) {
			switch {
			case m.Disconnect != "":
				t.Fatalf("%q for a change of revision %d: %s", m.Disconnect, base, c.changeset)
			case m.Data.Type == "ACCEPT_COMMIT":
				return m.Data.NewRev
			}
		}
	}
}

type message struct {
	Type       string
	Disconnect string
	Data       struct {
		Type, UserID string
		NewRev       int
	}
}

// messages waits for some.
func (w *writer) messages(t *testing.T) (all []message) {
	t.Helper()
	for _, packet := range w.packets(t) {
		event, ok := strings.CutPrefix(packet, "42")
		if !ok {
			continue
		}
		var m message
		if err := json.Unmarshal([]byte(event), &[]any{new(string), &m}); err != nil {
			t.Fatalf("%v: %s", err, event)
		}
		all = append(all, m)
	}
	return all
}

// packets waits for some: "LENGTH:PACKET" each, in UTF-16 code units.
func (w *writer) packets(t *testing.T) (all []string) {
	t.Helper()
	body := utf16.Encode([]rune(string(get(t, w.address))))
	for len(body) > 0 {
		colon := slices.Index(body, ':')
		n, err := strconv.Atoi(units(body[:max(0, colon)]).String())
		if err != nil || n > len(body)-colon-1 {
			t.Fatalf("no packets: %q", units(body).String())
		}
		all = append(all, units(body[colon+1:colon+1+n]).String())
		body = body[colon+1+n:]
	}
	return all
}

func (w *writer) send(t *testing.T, json string) {
	t.Helper()
	packet := `42["message",` + json + `]`
	r, err := http.Post(w.address, "text/plain;charset=UTF-8", strings.NewReader(fmt.Sprintf("%d:%s", len(utf16.Encode([]rune(packet))), packet)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if b, err := io.ReadAll(r.Body); err != nil || string(b) != "ok" {
		t.Fatalf("%s, %q, %v", r.Status, b, err)
	}
}

// escaped is u as JSON, with halves of surrogate pairs as they are.
func escaped(u units) string {
	var b strings.Builder
	for _, unit := range u {
		fmt.Fprintf(&b, `\u%04x`, unit)
	}
	return `"` + b.String() + `"`
}

// A change is a changeset with the pool for its attributes.
type change struct {
	changeset units
	pool      string
}

// randomChangeset edits text in some places: within surrogate pairs, across
// lines, with styles and markers of lists. n makes it another one than before,
// which Etherpad would refuse.
func randomChangeset(rnd *rand.Rand, author string, text units, n int) change {
	b := changesetBuilder{text: text, n: len(text)}
	b.insert(utf16.Encode([]rune(strconv.Itoa(n))), "*0")
	for range 1 + rnd.IntN(3) {
		left := len(text) - 1 - b.at // the last line end stays
		if left < 2 {
			break
		}
		b.keep(1+rnd.IntN(left-1), "") // so that no two ops are one
		left = len(text) - 1 - b.at
		switch rnd.IntN(8) {
		case 0:
			b.keep(rnd.IntN(min(left, 8)+1), []string{"*1", "*2"}[rnd.IntN(2)])
		case 1:
			b.remove(rnd.IntN(min(left, 12) + 1))
		case 2:
			if end := slices.Index(text[b.at:], '\n') + 1; end < left {
				b.keep(end, "")
				b.insert(units{'*'}, "*0*3*4*5")
			}
		case 3: // joins lines: a marker within a line is what Etherpad takes out
			if end := slices.Index(text[b.at:], '\n'); end < left {
				b.keep(end, "")
				b.remove(1)
			}
		default:
			b.remove(rnd.IntN(min(left, 3) + 1))
			b.insert(randomUnits(rnd), []string{"*0", "*0*1"}[rnd.IntN(2)])
		}
	}
	return change{b.changeset(), fmt.Sprintf(`{"numToAttrib":{"0":["author",%q],"1":["bold","true"],"2":["bold",""],`+
		`"3":["list","bullet1"],"4":["insertorder","first"],"5":["lmkr","1"]},"nextNum":6}`, author)}
}

func randomUnits(rnd *rand.Rand) units {
	more := append(words, "\n", "a\nb\n\n", "e\u0301", "🏳️‍🌈", "न्", "ab")
	u := units(utf16.Encode([]rune(strings.ReplaceAll(more[rnd.IntN(len(more))], "\r", ""))))
	if len(u) > 1 && rnd.IntN(6) == 0 {
		u = u[:len(u)-1] // may leave half a pair
	}
	return u
}

// A changesetBuilder writes a changeset in the one form that Etherpad takes:
// ops that span lines end with one, and what follows is another op.
type changesetBuilder struct {
	text     units
	at       int // in text
	ops      string
	kept     units // counts only if something follows
	inserted units
	n        int // length of the text afterwards
}

func (b *changesetBuilder) op(code string, u units, attribs string) string {
	s, lines, end := "", 0, 0
	for i, unit := range u {
		if unit == '\n' {
			lines, end = lines+1, i+1
		}
	}
	if lines > 0 {
		s = attribs + "|" + base36(lines) + code + base36(end)
	}
	if end < len(u) {
		s += attribs + code + base36(len(u)-end)
	}
	return s
}

func base36(n int) string { return strconv.FormatInt(int64(n), 36) }

func (b *changesetBuilder) keep(n int, attribs string) {
	u := b.text[b.at : b.at+n]
	b.at += n
	if attribs == "" {
		b.kept = append(b.kept, u...)
	} else {
		b.write(b.op("=", u, attribs))
	}
}

func (b *changesetBuilder) remove(n int) {
	b.write(b.op("-", b.text[b.at:b.at+n], ""))
	b.at, b.n = b.at+n, b.n-n
}

func (b *changesetBuilder) insert(u units, attribs string) {
	b.write(b.op("+", u, attribs))
	b.inserted, b.n = append(b.inserted, u...), b.n+len(u)
}

func (b *changesetBuilder) write(op string) {
	if op != "" {
		b.ops, b.kept = b.ops+b.op("=", b.kept, "")+op, nil
	}
}

func (b *changesetBuilder) changeset() units {
	sign, more := ">", b.n-len(b.text)
	if more < 0 {
		sign, more = "<", -more
	}
	head := "Z:" + base36(len(b.text)) + sign + base36(more) + b.ops + "$"
	return append(utf16.Encode([]rune(head)), b.inserted...)
}
