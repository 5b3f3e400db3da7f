package etherpadtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
)

// The exports of synthetic pads are of these sizes, small ones more often:
// the logarithm is spread evenly, so that the mean is 13.4 KB.
const (
	smallest = 1500
	largest  = 48000
)

const syntheticPrefix = "synthetic-"

// SyntheticID is the id of the n-th synthetic pad.
func SyntheticID(n int) string { return fmt.Sprintf("%s%06d", syntheticPrefix, n) }

// Touch adds a revision to the n-th synthetic pad.
func (s *Server) Touch(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generations[n]++
}

func (s *Server) syntheticNumber(id string) (int, bool) {
	digits, found := strings.CutPrefix(id, syntheticPrefix)
	if !found {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n >= 0 && n < s.options.Synthetic && SyntheticID(n) == id
}

// A syntheticETag spares making the pad again to say that it is unchanged.
type syntheticETag struct {
	generation int
	etag       string
}

func (s *Server) serveSynthetic(w http.ResponseWriter, r *http.Request, n int, format string) {
	s.mu.Lock()
	generation := s.generations[n]
	known := s.etags[n]
	s.mu.Unlock()
	attachment(w, SyntheticID(n), format)
	if format == "etherpad" && known.etag != "" && known.generation == generation && r.Header.Get("If-None-Match") == known.etag {
		w.Header().Set("ETag", known.etag)
		w.Header().Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	p := s.synthetic(n, generation)
	var body []byte
	switch format {
	case "etherpad":
		body = p.export
		if !s.options.NoETag {
			s.mu.Lock()
			s.etags[n] = syntheticETag{generation, expressETag(body)}
			s.mu.Unlock()
		}
	case "html":
		body = html(s.options.Dialect, SyntheticID(n), p.text)
	case "txt":
		body = []byte(p.text)
	}
	s.send(w, r, body)
}

type syntheticPad struct {
	text   string
	export []byte
	head   int64
}

// syntheticStart is when their first revision was made, in milliseconds.
const syntheticStart = 1793523600000

// synthetic makes the n-th pad: by some authors, a line each revision. It is
// the same in every run.
func (s *Server) synthetic(n, generation int) syntheticPad {
	random := rand.New(rand.NewPCG(uint64(n), 2026))
	size := int(smallest * math.Pow(float64(largest)/smallest, random.Float64()))
	id := SyntheticID(n)
	authors := make([]Author, 1+random.IntN(4))
	for i := range authors {
		authors[i] = Author{fmt.Sprintf("a.%016x", random.Uint64()), names[random.IntN(len(names))], random.IntN(64)}
	}
	const start = syntheticStart
	p := &Pad{server: &Server{options: s.options, seen: map[string]int64{}}, id: id, authors: authors}
	for _, a := range authors {
		p.pool = append(p.pool, Attribute{"author", a.ID})
		p.server.seen[a.ID] = start
	}
	var text, ops, revs []byte // ASCII only, so that bytes are characters
	head := 0
	// What the pad and its authors take besides: about 500 bytes.
	full := func() bool {
		next := 80 // half a revision
		if head > 0 && head%keyEvery == 0 {
			next += len(text) + len(ops)
		}
		return len(text)+len(ops)+len(revs)+next > size-500
	}
	for more := generation; !full() || more > 0; head++ {
		if full() {
			more--
		}
		old := len(text)
		text = appendLine(text, random)
		line := text[old:]
		by := random.IntN(len(authors))
		attribs := "*" + base36(by)
		revs = fmt.Appendf(revs, `,"pad:%s:revs:%d":{"changeset":"Z:%s>%s`, id, head, base36(old+1), base36(len(line)))
		if old > 0 {
			revs = append(revs, "|"+base36(head)+"="+base36(old)...)
		}
		revs = append(revs, attribs+"|1+"+base36(len(line))+"$"...)
		revs = append(revs, line[:len(line)-1]...)
		revs = fmt.Appendf(revs, `\n","meta":{"author":"%s","timestamp":%d`, authors[by].ID, start+1000*head)
		ops = append(ops, attribs+"|1+"+base36(len(line))...)
		if head%keyEvery == 0 {
			revs = append(revs, `,"pool":{`+p.numToAttrib()+`},"atext":`...)
			revs = append(revs, atext(text, ops)...)
		}
		revs = append(revs, "}}"...)
	}
	w := &writer{b: make([]byte, 0, len(text)+len(revs)+2000)}
	w.raw(`{"pad:`, id, `":{"atext":`, atext(text, ops), `,"pool":{`, p.numToAttrib(), `},"head":`, strconv.Itoa(head-1),
		`,"chatHead":-1,"publicStatus":false,"savedRevisions":[]}`)
	for _, a := range authors {
		p.writeAuthor(w, a, id)
	}
	w.b = append(append(w.b, revs...), '}')
	return syntheticPad{string(text) + "\n", w.b, int64(head - 1)}
}

func atext(text, ops []byte) string {
	return `{"text":"` + strings.ReplaceAll(string(text), "\n", `\n`) + `\n","attribs":"` + string(ops) + `|1+1"}`
}

func appendLine(b []byte, random *rand.Rand) []byte {
	for range 4 + random.IntN(12) {
		b = append(b, words[random.IntN(len(words))]...)
		b = append(b, ' ')
	}
	b[len(b)-1] = '\n'
	return b
}

var names = strings.Fields("Amina Bruno Chloe Driss Elodie Farid Gaelle Hugo Ines Jules Karima Louis Maya Noel Olga Paul")

var words = strings.Fields(`the meeting agenda notes budget vote report garden project open source server
	ordre du jour compte rendu association budget vote atelier jardin mairie quartier commun libre projet
	decision action point question answer list member treasurer secretary president present absent excused
	next date place time room kitchen tools money bank invoice subvention dossier demande reponse lettre
	contact phone mail website poster flyer press event concert market fete repas velo train bus carte`)
