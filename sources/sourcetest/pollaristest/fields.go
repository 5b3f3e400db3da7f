package pollaristest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/padsync/padsync/sources/sourcetest"
)

// fields are those of a form that PHP read, in the order of the body.
type fields []sourcetest.Field

// value is that of a field, "" if there is none.
func (f fields) value(name string) string {
	for _, field := range slices.Backward(f) {
		if field.Name == name {
			return field.Value
		}
	}
	return ""
}

// text is a field of text, as Symfony takes it.
func (f fields) text(name string) string { return strings.TrimSpace(f.value(name)) }

// of says whether there is any field of the form of this name.
func (f fields) of(form string) bool {
	return slices.ContainsFunc(f, func(field sourcetest.Field) bool { return strings.HasPrefix(field.Name, form+"[") })
}

// indexed are the values of prefix[N]suffix, by N, and these in the order in
// which they came.
func (f fields) indexed(prefix, suffix string) (order []int, values map[int]string) {
	values = make(map[int]string)
	for _, field := range f {
		rest, ok1 := strings.CutPrefix(field.Name, prefix+"[")
		number, ok2 := strings.CutSuffix(rest, "]"+suffix)
		n, err := strconv.Atoi(number)
		if !ok1 || !ok2 || err != nil || n < 0 {
			continue
		}
		if _, again := values[n]; !again {
			order = append(order, n)
		}
		values[n] = strings.TrimSpace(field.Value)
	}
	return order, values
}

// only says whether the form of this name has just fields that match one of
// these expressions, beside its token and its button: Symfony refuses others.
func (f fields) only(form string, patterns ...string) bool {
	known := regexp.MustCompile(`^(` + strings.Join(append(patterns, "_token", "submit"), "|") + `)$`)
	return !slices.ContainsFunc(f, func(field sourcetest.Field) bool {
		rest, ok := strings.CutPrefix(field.Name, form+"[")
		if !ok {
			return false
		}
		name, _ := strings.CutSuffix(rest, "]")
		return !known.MatchString(name)
	})
}
