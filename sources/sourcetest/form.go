package sourcetest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// A Field is one of a form.
type Field struct{ Name, Value string }

// maxFields is PHP's max_input_vars: what comes after is dropped.
const maxFields = 1000

// ReadForm reads what PHP does of the form of a POST: fields in the order of
// the body, a thousand at most. It leaves the body for others to read.
func ReadForm(r *http.Request) (form []Field) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil || r.Method != http.MethodPost {
		return nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	for pair := range strings.SplitSeq(string(body), "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		if err1 == nil && err2 == nil && name != "" {
			form = append(form, Field{name, value})
		}
	}
	return form[:min(len(form), maxFields)]
}
