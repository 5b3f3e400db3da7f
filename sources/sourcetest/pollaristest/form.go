package pollaristest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/padsync/padsync/sources/sourcetest"
)

// inputs are a form as its page shows it.
type inputs struct {
	Name, Class string
	Groups      []group
	Token       string
	Error       string // of the form as a whole

	refused bool
	others  []string // names of fields that the page has elsewhere
}

// A group is inputs under a legend, "" for none.
type group struct {
	Legend    string
	Inputs    []input
	Prototype input // of those that scripts add; without a name there is none
}

// An input is one field. Its name lacks that of the form.
type input struct {
	Type, Name, Value string
	Max               int // characters
	Required, Checked bool
	Prefix            string // before an address
	Options           []string
	Error             string
	Form              string
}

// Full is the name that is sent.
func (i input) Full() string { return (&inputs{Name: i.Form}).full(i.Name) }

// full is the name that a field of this form is sent by: form[a][b] for a[b].
func (f *inputs) full(name string) string {
	first, rest, found := strings.Cut(name, "[")
	if found {
		rest = "[" + rest
	}
	return f.Name + "[" + first + "]" + rest
}

// ID is the name that scripts know.
func (i input) ID() string {
	id := strings.TrimSuffix(strings.NewReplacer("][", "_", "[", "_", "]", "_").Replace(i.Full()), "_")
	if i.Type == "radio" {
		id += "_" + i.Value
	}
	return id
}

func (f *inputs) add(i input) {
	if len(f.Groups) == 0 {
		f.Groups = []group{{}}
	}
	g := &f.Groups[len(f.Groups)-1]
	i.Form = f.Name
	g.Inputs = append(g.Inputs, i)
}

// prototype is of the inputs that scripts add to the last group.
func (f *inputs) prototype(i input) {
	if len(f.Groups) == 0 {
		f.Groups = []group{{}}
	}
	i.Form = f.Name
	f.Groups[len(f.Groups)-1].Prototype = i
}

// refuse marks the field of this name, or the form if that is "" or has none.
func (f *inputs) refuse(name, message string) {
	f.refused = true
	for g := range f.Groups {
		if i := slices.IndexFunc(f.Groups[g].Inputs, func(i input) bool { return i.Name == name }); i >= 0 && name != "" {
			f.Groups[g].Inputs[i].Error = message
			return
		}
	}
	f.Error = message
}

// submitted says whether the request sends the form of this name.
func (v *visit) submitted(form string) bool {
	return v.r.Method == http.MethodPost && v.fields.of(form)
}

// valid checks what each form has: its token, and no field that its page has
// not.
func (v *visit) valid(f *inputs) bool {
	known := map[string]bool{f.full("_token"): true, f.full("submit"): true}
	for _, name := range f.others {
		known[f.full(name)] = true
	}
	for _, g := range f.Groups {
		for _, i := range g.Inputs {
			known[i.Full()] = true
		}
	}
	other := func(field sourcetest.Field) bool {
		return strings.HasPrefix(field.Name, f.Name+"[") && !known[field.Name]
	}
	if !v.accepts(f.Name, v.fields.value(f.full("_token"))) || slices.ContainsFunc(v.fields, other) {
		f.refuse("", v.words.Refused)
	}
	return !f.refused
}

type formView struct {
	page
	Form inputs
	Link string
}

// form shows a form: that it was refused is status 422.
func (v *visit) form(name string, f inputs, link string) {
	if f.refused {
		v.status = http.StatusUnprocessableEntity
	}
	f.Token = v.token(f.Name)
	v.show(name, formView{page: v.page(f.Name), Form: f, Link: link})
}
