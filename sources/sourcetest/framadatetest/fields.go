package framadatetest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A field is one of a form. PHP keeps those of a list in the order in which
// they come, whatever is between the brackets.
type field struct{ name, value string }

// maxFields is PHP's max_input_vars: what comes after is dropped.
const maxFields = 1000

// readFields reads the form of a request, and leaves the body for others.
func readFields(r *http.Request) (fields []field) {
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
			fields = append(fields, field{name, value})
		}
	}
	return fields[:min(len(fields), maxFields)]
}

// value is that of a field, "" if there is none.
func (a *answer) value(name string) string {
	for _, f := range slices.Backward(a.fields) {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

func (a *answer) has(name string) bool {
	return slices.ContainsFunc(a.fields, func(f field) bool { return f.name == name })
}

// list is the values of name[], name[0], …; nil if there are none.
func (a *answer) list(name string) (values []string) {
	for _, f := range a.fields {
		if rest, ok := strings.CutPrefix(f.name, name+"["); ok && strings.HasSuffix(rest, "]") {
			values = append(values, f.value)
		}
	}
	return values
}

// only says whether the form has just fields of these names.
func only(fields []field, names ...string) bool {
	return !slices.ContainsFunc(fields, func(f field) bool {
		name, _, _ := strings.Cut(f.name, "[")
		return !slices.Contains(names, name)
	})
}
