package framadatetest

import (
	"slices"
	"strings"

	"github.com/padsync/padsync/sources/sourcetest"
)

// value is that of a field, "" if there is none.
func (a *answer) value(name string) string {
	for _, f := range slices.Backward(a.fields) {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

func (a *answer) has(name string) bool {
	return slices.ContainsFunc(a.fields, func(f sourcetest.Field) bool { return f.Name == name })
}

// list is the values of name[], name[0], …; nil if there are none. PHP keeps
// them in the order in which they come, whatever is between the brackets.
func (a *answer) list(name string) (values []string) {
	for _, f := range a.fields {
		if rest, ok := strings.CutPrefix(f.Name, name+"["); ok && strings.HasSuffix(rest, "]") {
			values = append(values, f.Value)
		}
	}
	return values
}

// only says whether the form has just fields of these names.
func only(fields []sourcetest.Field, names ...string) bool {
	return !slices.ContainsFunc(fields, func(f sourcetest.Field) bool {
		name, _, _ := strings.Cut(f.Name, "[")
		return !slices.Contains(names, name)
	})
}
