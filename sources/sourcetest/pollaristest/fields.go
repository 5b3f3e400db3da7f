package pollaristest

import (
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

// A list is the fields of a form that are one collection: their values by
// number, and these in the order in which they came.
type list struct {
	order  []int
	values map[int]string
}

func listOf(values []string) list {
	l := list{values: make(map[int]string)}
	for i, value := range values {
		l.order, l.values[i] = append(l.order, i), value
	}
	return l
}

// list is the fields prefix[N]suffix.
func (f fields) list(prefix, suffix string) list {
	l := listOf(nil)
	for _, field := range f {
		rest, ok1 := strings.CutPrefix(field.Name, prefix+"[")
		number, ok2 := strings.CutSuffix(rest, "]"+suffix)
		n, err := strconv.Atoi(number)
		if !ok1 || !ok2 || err != nil || n < 0 {
			continue
		}
		if _, again := l.values[n]; !again {
			l.order = append(l.order, n)
		}
		l.values[n] = strings.TrimSpace(field.Value)
	}
	return l
}
