package search

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/padsync/padsync/documents"
)

// texts are those of a document, as the index holds them.
type texts struct {
	Versions []string `json:"v"` // names of those that they are of, the one that is shown last
	Texts    []text   `json:"t"`
}

// A text is one of them, with the words it has there.
type text struct {
	In       documents.Place `json:"i"`
	Text     string          `json:"t"`
	Since    int64           `json:"s,omitempty"` // Unix time, 0: not known
	Until    int64           `json:"u,omitempty"`
	Revision int             `json:"r,omitempty"`

	// Version is that of which it is: "" for the one that is shown. Whole says
	// that the version itself has it, not its past.
	Version string `json:"o,omitempty"`
	Whole   bool   `json:"w,omitempty"`
}

// shown is the name of the version that the document is shown as, "" if it has
// none.
func (t *texts) shown() string {
	if len(t.Versions) == 0 {
		return ""
	}
	return t.Versions[len(t.Versions)-1]
}

// now is what the document says now in these places.
func (t *texts) now(in ...documents.Place) string {
	var parts []string
	for _, one := range t.Texts {
		if slices.Contains(in, one.In) {
			parts = append(parts, one.Text)
		}
	}
	return strings.Join(parts, "\n")
}

// maxTexts bounds the texts of all versions of a document, in bytes: twenty novels.
// They are packed with beside for each, and no character in more than twice its
// bytes, so that what is packed can be unpacked.
const (
	maxTexts  = 32 << 20
	beside    = 128
	maxPacked = 4 * maxTexts
)

// add takes a text of the version that is shown, unless it is too much.
func (t *texts) add(from documents.Text, size *int) {
	if *size += len(from.Text) + beside; *size > maxTexts {
		return
	}
	t.Texts = append(t.Texts, text{
		In: from.In, Text: strings.Map(controlled, strings.ToValidUTF8(from.Text, "\ufffd")), Since: unix(from.Since), Until: unix(from.Until), Revision: from.Revision,
	})
}

// controlled puts spaces in place of control characters, which are in no word.
func controlled(r rune) rune {
	if r < ' ' && r != '\n' && r != '\t' {
		return ' '
	}
	return r
}

// earlier are the texts of another version: what it showed is past.
func (t *texts) earlier(name string, saved time.Time) (all []text) {
	for _, one := range t.Texts {
		if one.Version != "" || one.In == documents.InAuthor {
			continue
		}
		if one.Version = name; one.In != documents.InPast {
			one.In, one.Whole, one.Since, one.Until = documents.InPast, true, saved.Unix(), saved.Unix()
		}
		all = append(all, one)
	}
	return all
}

// prune leaves out lines that a text has which counts more: one that is not past,
// or is later. It gives the words of what is left in each place.
func (t *texts) prune() map[documents.Place]string {
	seed, seen := maphash.MakeSeed(), make(map[uint64]bool)
	folded := make([][]byte, len(t.Texts))
	for i := range t.Texts {
		one, b := &t.Texts[i], []byte(nil)
		if one.In == documents.InPast || one.In == documents.InAuthor {
			continue
		}
		for line := range strings.Lines(one.Text) {
			from := len(b)
			b = appendWords(b, line)
			seen[maphash.Bytes(seed, b[from:])] = true
		}
		folded[i] = b
	}
	for i := range slices.Backward(t.Texts) {
		one, b := &t.Texts[i], []byte(nil)
		if one.In != documents.InPast {
			continue
		}
		var kept strings.Builder
		for line := range strings.Lines(one.Text) {
			from := len(b)
			b = appendWords(b, line)
			hash := maphash.Bytes(seed, b[from:])
			if len(b) == from || seen[hash] {
				b = b[:from]
				continue
			}
			seen[hash] = true
			kept.WriteString(line)
		}
		one.Text, folded[i] = kept.String(), b
	}
	all := make(map[documents.Place][]byte)
	for i, b := range folded {
		if in := t.Texts[i].In; len(b) > 0 {
			all[in] = appendBorder(all[in], b)
		}
	}
	t.Texts = slices.DeleteFunc(t.Texts, func(one text) bool { return one.In == documents.InPast && one.Text == "" })
	words := make(map[documents.Place]string, len(all))
	for in, b := range all {
		words[in] = string(b)
	}
	return words
}

// border stands between the words of texts that do not follow each other. It is
// none that can be asked for.
const border = " ¶"

// appendBorder adds the words of a text to those of others.
func appendBorder(all, words []byte) []byte {
	if len(all) > 0 {
		all = append(all, border...)
	}
	return append(all, words...)
}

// authors are those who wrote, as author: looks for them.
func (t *texts) authors() string {
	b := []byte("\n")
	for _, one := range t.Texts {
		if one.In == documents.InAuthor {
			b = append(appendWords(b, one.Text), " \n"...)
		}
	}
	return string(b)
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// A codec packs texts. It is for one goroutine at a time.
type codec struct {
	encoder *zstd.Encoder
	decoder *zstd.Decoder
}

func newCodec() (codec, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		return codec{}, err
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPacked))
	return codec{encoder, decoder}, err
}

func (c *codec) pack(t *texts) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(t); err != nil {
		return nil, err
	}
	return c.encoder.EncodeAll(b.Bytes(), nil), nil
}

func (c *codec) unpack(b []byte) (t texts, err error) {
	plain, err := c.decoder.DecodeAll(b, nil)
	if err == nil {
		err = json.Unmarshal(plain, &t)
	}
	if err != nil {
		return t, ErrDamaged
	}
	return t, nil
}
