// Package shards is an index of words in files that a page searches by itself, without
// a server: also one that was opened from a disk, where nothing but a classic script can
// be loaded. Each file is such a script, which hands over what it holds, and is bounded
// in size: for a question a browser loads those that it needs.
//
// The first file says which others there are. Words are in their order in some of them,
// each with where it is: in which passages, parts of at most 32 KiB of the documents'
// texts, which have a number each and are in others. A file is named for its content, and
// never changes: who looks on while others are written finds what belongs together.
package shards

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/spool"
)

// Bounds, in bytes.
const (
	MaxFile = 64 << 10 // of a file of words or passages, but for one that has a single one

	longestPassage = 32 << 10 // of a text; in a file, a character of it may take six
	held           = 32 << 20 // of words in memory, about
)

// A Document is what a search finds.
type Document struct {
	Key   string // of its text
	Title string
	Link  string // relative to the page that searches
	Date  string // in words, "" for none
}

// An Index takes texts, and writes the files. It is for one goroutine, and keeps texts
// in private files, which nobody else can read.
type Index struct {
	pool *spool.Pool
	held int // bytes of words in memory
	out  *spool.Writer
	at   map[string][2]int64 // where a text is, and its size
}

// New is an index without texts. The caller closes it.
func New(pool *spool.Pool) *Index {
	return &Index{pool: pool, held: held, out: pool.Create(), at: make(map[string][2]int64)}
}

// Add takes the text of a document, which is what write writes. It has what it was
// given also after an error, which is write's or the index's.
func (x *Index) Add(key string, write func(io.Writer) error) error {
	from := x.out.Size()
	err := write(x.out)
	x.at[key] = [2]int64{from, x.out.Size() - from}
	return err
}

// Close frees what was added.
func (x *Index) Close() error { return x.out.Discard() }

// Files are the names of the two files that a page names: the others are named in
// these.
type Files struct {
	Script string // searches
	Index  string // is what the script loads first
}

// Write writes the index of these documents, of which those are found first that come
// first; one whose text was not added is found by its title. Put stores a file in the
// folder of all of them, and gives its name without the ending .js: 32 hex digits of a
// hash of the content, and if need be a hyphen and at most two digits. After an error of
// put nothing more is written. No more can be added.
func (x *Index) Write(all []Document, put func(content []byte) (name string, err error)) (files Files, err error) {
	texts, err := x.out.Finish()
	if err != nil {
		return Files{}, err
	}
	defer func() { err = errors.Join(err, texts.Close()) }()
	w := &writer{put: put, words: newWords(x.pool, x.held), root: root{Words: []place[string]{}, Texts: []place[int]{}, Long: [][2]int{}}}
	defer func() { err = errors.Join(err, w.words.close()) }()
	for i := range all {
		at := x.at[all[i].Key]
		if err := w.document(&all[i], io.NewSectionReader(texts, at[0], at[1])); err != nil {
			return Files{}, err
		}
	}
	if err := w.endTexts(); err != nil {
		return Files{}, err
	}
	if err := w.words.each(w.word); err != nil {
		return Files{}, err
	}
	if err := w.endWords(); err != nil {
		return Files{}, err
	}
	if files.Index, err = w.file(w.root); err != nil {
		return Files{}, err
	}
	files.Script, err = put([]byte(script))
	return files, err
}

//go:embed search.js
var script string

// The root is the first file. The page's script reads it.
type root struct {
	Words []place[string] `json:"words"` // files by their first words
	Texts []place[int]    `json:"texts"` // files by their first passages
	Long  [][2]int        `json:"long"`  // the first and last passages of documents that have several
}

// A place is what a file begins with, and its name.
type place[T any] struct {
	First T
	Name  string
}

// MarshalJSON implements json.Marshaler.
func (p place[T]) MarshalJSON() ([]byte, error) { return json.Marshal([]any{p.First, p.Name}) }

type writer struct {
	put     func([]byte) (string, error)
	words   *words
	root    root
	passage int // the number of the next one

	texts     []json.RawMessage // passages of the file that is being filled
	textsSize int
	lines     bytes.Buffer // of words of such a file
	linesSize int          // with the ends of lines as JSON has them
	first     string       // of these
}

// document adds a document and its text.
func (w *writer) document(d *Document, text io.Reader) error {
	first := w.passage
	r := bufio.NewReaderSize(text, longestPassage)
	for {
		part, err := next(r)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read a text that is to be searched: %w", err)
		}
		if w.passage > first && len(part) == 0 {
			break
		}
		title := ""
		if w.passage == first {
			title = d.Title
		}
		if err := w.words.add(w.passage, title, string(part)); err != nil {
			return err
		}
		if err := w.text(d, string(part)); err != nil {
			return err
		}
		w.passage++
	}
	if last := w.passage - 1; last > first {
		w.root.Long = append(w.root.Long, [2]int{first, last})
	}
	return nil
}

// next cuts the next passage from a text, after a space if there is one, and never
// inside a character.
func next(r *bufio.Reader) ([]byte, error) {
	part, err := r.Peek(longestPassage)
	if err == nil {
		if at := bytes.LastIndexFunc(part, unicode.IsSpace); at > 0 {
			part = part[:at]
		} else {
			last := len(part) - 1
			for last > 0 && len(part)-last < utf8.UTFMax && !utf8.RuneStart(part[last]) {
				last--
			}
			if last > 0 && !utf8.FullRune(part[last:]) {
				part = part[:last]
			}
		}
	}
	part = bytes.Clone(part)
	_, _ = r.Discard(len(part)) // they are there
	return part, err
}

// text adds a passage to the file of such.
func (w *writer) text(d *Document, text string) error {
	text = documents.OneLine(strings.ReplaceAll(text, "\u200b", " ")) // which parts words
	row, err := json.Marshal([]string{d.Title, d.Link, d.Date, text})
	if err != nil {
		return err
	}
	if w.textsSize > 0 && w.textsSize+len(row) > MaxFile-64 {
		if err := w.endTexts(); err != nil {
			return err
		}
	}
	if w.textsSize == 0 {
		w.root.Texts = append(w.root.Texts, place[int]{First: w.passage})
	}
	w.texts = append(w.texts, row)
	w.textsSize += len(row) + 1
	return nil
}

func (w *writer) endTexts() error {
	if w.textsSize == 0 {
		return nil
	}
	name, err := w.file(w.texts)
	w.root.Texts[len(w.root.Texts)-1].Name = name
	w.texts, w.textsSize = nil, 0
	return err
}

// word adds a word, and where it is.
func (w *writer) word(word, places []byte) error {
	n := len(word) + len(" ") + len(places) + len(`\n`)
	if w.linesSize > 0 && w.linesSize+n > MaxFile-64 {
		if err := w.endWords(); err != nil {
			return err
		}
	}
	w.linesSize += n
	if w.lines.Len() == 0 {
		w.first = string(word)
	}
	w.lines.Write(word)
	w.lines.WriteByte(' ')
	w.lines.Write(places)
	w.lines.WriteByte('\n')
	return nil
}

func (w *writer) endWords() error {
	if w.lines.Len() == 0 {
		return nil
	}
	name, err := w.file(w.lines.String())
	w.root.Words = append(w.root.Words, place[string]{w.first, name})
	w.lines.Reset()
	w.linesSize = 0
	return err
}

// file stores what a file holds. JSON is also JavaScript, and this one has no < and no
// line of Unicode's own in it.
func (w *writer) file(holds any) (string, error) {
	b, err := json.Marshal(holds)
	if err != nil {
		return "", err
	}
	return w.put(fmt.Appendf(nil, "padsync(%s);\n", b))
}
