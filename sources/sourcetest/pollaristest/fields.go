package pollaristest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// fields are those of a form that PHP read, in the order of the body.
type fields []field

type field struct{ name, value string }

// maxFields is PHP's max_input_vars: what comes after is dropped.
const maxFields = 1000

// readFields reads the form of a request, and leaves the body for others.
func readFields(r *http.Request) (found fields) {
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
			found = append(found, field{name, value})
		}
	}
	return found[:min(len(found), maxFields)]
}

// value is that of a field, "" if there is none.
func (f fields) value(name string) string {
	for _, field := range slices.Backward(f) {
		if field.name == name {
			return field.value
		}
	}
	return ""
}

// text is a field of text, as Symfony takes it.
func (f fields) text(name string) string { return strings.TrimSpace(f.value(name)) }

func (f fields) checked(name string) bool { return f.value(name) != "" }

// of says whether there is any field of the form of this name.
func (f fields) of(form string) bool {
	return slices.ContainsFunc(f, func(field field) bool { return strings.HasPrefix(field.name, form+"[") })
}

// indexed are the values of prefix[N]suffix, by N, and these in the order in
// which they came.
func (f fields) indexed(prefix, suffix string) (order []int, values map[int]string) {
	values = make(map[int]string)
	for _, field := range f {
		rest, ok1 := strings.CutPrefix(field.name, prefix+"[")
		number, ok2 := strings.CutSuffix(rest, "]"+suffix)
		n, err := strconv.Atoi(number)
		if !ok1 || !ok2 || err != nil || n < 0 {
			continue
		}
		if _, again := values[n]; !again {
			order = append(order, n)
		}
		values[n] = strings.TrimSpace(field.value)
	}
	return order, values
}

// only says whether the form of this name has just fields that match one of
// these expressions, beside its token and its button: Symfony refuses others.
func (f fields) only(form string, patterns ...string) bool {
	known := regexp.MustCompile(`^(` + strings.Join(append(patterns, "_token", "submit"), "|") + `)$`)
	return !slices.ContainsFunc(f, func(field field) bool {
		rest, ok := strings.CutPrefix(field.name, form+"[")
		if !ok {
			return false
		}
		name, _ := strings.CutSuffix(rest, "]")
		return !known.MatchString(name)
	})
}
