package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
)

// MaxAnswer bounds answers that are neither documents nor lists. The longest
// are the authors of a pad, or its text.
const MaxAnswer = 4 << 20

// Again marks an error of an answer that may be better the next time.
func Again(err error) error { return polite.Temporary(err) }

// Peek gives the beginning of a body, which can still be read whole.
func Peek(r *http.Response) []byte {
	start, _ := io.ReadAll(io.LimitReader(r.Body, sources.RecognizeLength)) // what breaks off now does so again
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(start), r.Body), r.Body}
	return start
}

// ContentType is that of an answer, without its parameters.
func ContentType(h http.Header) string {
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return t
}

// ReceiveJSON takes a body that is whole and UTF-8: from other bytes, decoders
// read other ids.
func ReceiveJSON(pool *spool.Pool, r io.Reader, most int64) (*spool.Spool, error) {
	body, err := pool.Receive(transform.NewReader(r, encoding.UTF8Validator), most)
	if errors.Is(err, polite.ErrTemporary) || errors.Is(err, spool.ErrTooLarge) || errors.Is(err, encoding.ErrInvalidUTF8) {
		return nil, fmt.Errorf("%w: %w", sources.ErrRefused, err)
	}
	return body, err
}

// errForm says that something else stands where an object or a list should.
var errForm = errors.New("JSON of an unexpected form")

// EachMember reads an object. The value of each member is left to who is
// called with its key.
func EachMember(d *json.Decoder, member func(key string) error) error {
	return each(d, '{', '}', member)
}

// EachString reads a list of strings.
func EachString(d *json.Decoder, yield func(string) error) error {
	return each(d, '[', ']', yield)
}

func each(d *json.Decoder, begin, end json.Delim, yield func(string) error) error {
	if err := delimiter(d, begin); err != nil {
		return err
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		s, ok := t.(string)
		if !ok {
			return errForm
		}
		if err := yield(s); err != nil {
			return err
		}
	}
	return delimiter(d, end)
}

func delimiter(d *json.Decoder, want json.Delim) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	if t != want {
		return errForm
	}
	return nil
}
