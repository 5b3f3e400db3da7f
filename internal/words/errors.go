package words

import (
	"cmp"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
)

// A Row of the table of errors says what one error means to people. The first
// row that fits counts.
type Row struct {
	Is error                                    // the error that it is about; nil: As knows
	As func(error) (m message.Message, ok bool) // whether it is about this error, whatever that wraps, with the values of its words

	Cause  string        // id of the words for it, unless As gives one; "": its own text is for people
	Hint   string        // id of what to do; "": nothing is known
	Class  message.Class // what it means where nothing else says so
	Quotes bool          // its words quote the whole error, as Detail
	Source bool          // it is about a document on its server: the error of a store's object may match it by chance
}

// as makes an As of a type of errors.
func as[E error](values func(E) message.Message) func(error) (message.Message, bool) {
	return func(err error) (message.Message, bool) {
		e, ok := err.(E)
		if !ok {
			return message.Message{}, false
		}
		return values(e), true
	}
}

// Error is an error in words: those of the outermost error that has some, with
// those of what it wraps where it says that they follow. An unknown error is
// given as it is. Joined errors are a line each.
func (w *Words) Error(err error) string {
	if err == nil {
		return ""
	}
	text, known := (&telling{Words: w}).tell(err)
	if !known {
		return err.Error()
	}
	return text
}

// Hints are what to do about err, as far as that is known.
func (w *Words) Hints(err error) (lines []string) {
	walk(err, func(err error) bool {
		if e, ok := err.(*message.Error); ok {
			for _, hint := range e.Hints {
				lines = append(lines, strings.Split(w.Text(hint.ID, hint.Data...), "\n")...)
			}
		}
		return len(lines) == 0
	})
	if len(lines) > 0 {
		return lines
	}
	for _, row := range w.rows {
		if m, ok := row.find(err); ok && row.Hint != "" {
			return strings.Split(w.Text(row.Hint, m.Data...), "\n")
		}
	}
	return nil
}

// ClassOf is what err means: as it says itself, or as the table has it.
func (w *Words) ClassOf(err error) message.Class {
	class := message.ClassOf(err)
	for i := 0; class == message.Unclassed && i < len(w.rows); i++ {
		if _, ok := w.rows[i].find(err); ok {
			class = w.rows[i].Class
		}
	}
	return class
}

// find looks for the row's error in a tree of errors.
func (r *Row) find(err error) (m message.Message, found bool) {
	if r.As == nil {
		return m, errors.Is(err, r.Is)
	}
	walk(err, func(err error) bool {
		m, found = r.As(err)
		return !found
	})
	return m, found
}

// walk visits the errors of a tree, until visit says no.
func walk(err error, visit func(error) bool) bool {
	if err == nil {
		return true
	}
	if !visit(err) {
		return false
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return walk(e.Unwrap(), visit)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			if !walk(inner, visit) {
				return false
			}
		}
	}
	return true
}

// A telling puts one error into words.
type telling struct {
	*Words
	unanswered bool // it was said that a server does not answer
	store      bool // it is about a store
}

// tell gives words for err, false if there are none.
func (t *telling) tell(err error) (string, bool) {
	if text, ok := t.place(err); ok {
		return text, true
	}
	if text, row := t.row(err, err); row != nil {
		return text, true
	}
	switch e := err.(type) {
	case interface{ Is(error) bool }:
		return t.opaque(err)
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return t.detailed(err, inner)
		}
	case interface{ Unwrap() []error }:
		return t.several(err, e.Unwrap())
	}
	return "", false
}

// row finds the row of one error, whatever that wraps, and gives its words.
// They may quote whole, which only adds to the error.
func (t *telling) row(err, whole error) (string, *Row) {
	for i := range t.rows {
		row := &t.rows[i]
		m, matches := message.Message{}, err == row.Is
		if row.As != nil {
			m, matches = row.As(err)
		}
		if id := cmp.Or(m.ID, row.Cause); matches && id != "" && !(row.Source && t.store) {
			return t.Text(id, append(m.Data, "Detail", whole.Error())...), row
		}
	}
	return "", nil
}

// detailed gives words for an error that only adds to another.
func (t *telling) detailed(err, inner error) (string, bool) {
	if text, row := t.row(inner, err); row != nil {
		return text, true
	}
	return t.tell(inner)
}

// opaque gives words for an error that hides what it wraps behind a text for
// people: it can only match words without values.
func (t *telling) opaque(err error) (string, bool) {
	for _, row := range t.rows {
		if row.As == nil && row.Cause != "" && !row.Source && errors.Is(err, row.Is) {
			return t.Text(row.Cause, "Detail", err.Error()), true
		}
	}
	return "", false
}

// several gives words for errors that together are one. What package fs says of
// a document counts only if nothing else does.
func (t *telling) several(err error, all []error) (string, bool) {
	var texts []string
	for _, inner := range all {
		texts = append(texts, inner.Error())
	}
	if lines := strings.Join(texts, "\n"); lines == err.Error() {
		for i, inner := range all {
			texts[i] = t.Error(inner)
		}
		return strings.Join(texts, "\n"), true
	}
	for _, inner := range all {
		if (inner == polite.ErrUnanswered || inner == polite.ErrTemporary) && !t.unanswered {
			t.unanswered = true
			text, known := t.tell(all[0])
			if !known {
				text = all[0].Error()
			}
			return t.Text("reason-unanswered", "Error", text), true
		}
	}
	texts = texts[:0]
	vague := ""
	for _, inner := range all {
		text, row := t.row(inner, err)
		switch {
		case row != nil && row.Quotes:
			return text, true
		case row != nil && row.Source:
			vague = text
			continue
		case row == nil:
			var known bool
			if text, known = t.tell(inner); !known {
				continue
			}
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 && vague != "" {
		return vague, true
	}
	return strings.Join(texts, ": "), len(texts) > 0
}

// place gives words for an error that says where another came.
func (t *telling) place(err error) (string, bool) {
	switch e := err.(type) {
	case *message.Error:
		return t.own(e), true
	case *fs.PathError:
		return t.at(e.Path, e.Err), true
	case *os.LinkError:
		return t.at(e.New, e.Err), true
	case *net.OpError:
		return t.tell(e.Err)
	case *os.SyscallError:
		return t.tell(e.Err)
	case *url.Error:
		return t.tell(e.Err)
	case *polite.SystemError:
		return t.tell(e.Number)
	case *sinks.Error:
		return t.ofStore(e), true
	case *repository.HeadError:
		return t.tell(e.Err)
	case *repository.CorruptError:
		return t.corrupt(e), true
	case *config.Error:
		return t.inFile(e), true
	}
	return "", false
}

// at says what is wrong with something of this name.
func (t *telling) at(name string, err error) string {
	return name + ": " + t.inner(err)
}

// inner is an error in words, or else as it is.
func (t *telling) inner(err error) string {
	text, known := t.tell(err)
	if !known {
		return err.Error()
	}
	return text
}

func (t *telling) own(e *message.Error) string {
	var parts []string
	if e.ID != "" {
		parts = append(parts, t.Text(e.ID, e.Data...))
	}
	if e.Cause != nil && !e.Silent {
		parts = append(parts, t.inner(e.Cause))
	}
	return strings.Join(parts, ": ")
}

// doings are the words for what was being done to a store.
var doings = map[string]string{
	"put": "store-put", "get": "store-get", "list": "store-list", "delete": "store-delete", "open": "store-open",
}

func (t *telling) ofStore(e *sinks.Error) string {
	inside := telling{Words: t.Words, store: true}
	id, known := doings[e.Op]
	switch {
	case !known:
		return e.Error()
	case e.Err == repository.ErrNoIdentity: // the store gave it
		return inside.inner(e.Err)
	}
	return t.Text(id, "Object", e.Key) + " " + inside.inner(e.Err)
}

// Damage is the word for what is wrong with an object, as CorruptError has it.
func (w *Words) Damage(problem string) string {
	switch problem {
	case "damaged":
		return w.Text("damage-damaged")
	case "missing":
		return w.Text("damage-missing")
	case "unreadable":
		return w.Text("damage-unreadable")
	}
	return problem
}

// Problem is what a check found wrong with an object.
func (w *Words) Problem(p *repository.Problem) string {
	what := w.Damage(p.Problem)
	switch {
	case errors.Is(p.Err, repository.ErrNoIdentity), errors.Is(p.Err, repository.ErrSequence), errors.Is(p.Err, repository.ErrForeign):
		return w.Error(p.Err)
	case p.Problem == "missing" && !strings.Contains(p.Object, "/") && p.Object != repository.HeadKey:
		return w.Text("check-missing-list")
	case p.Problem == "unreadable" && p.Err != nil:
		what += ": " + w.Error(p.Err)
	}
	return what
}

func (t *telling) corrupt(e *repository.CorruptError) string {
	if e.Err == repository.ErrHeadless {
		return t.inner(e.Err)
	}
	text := t.Text("reason-corrupt", "Object", e.Key, "Problem", t.Damage(e.Problem))
	if e.Err == nil {
		return text
	}
	inside := telling{Words: t.Words, store: true}
	return text + ": " + inside.inner(e.Err)
}

// problems are the words for what is wrong in a file of the configuration.
var problems = map[config.Problem]string{
	config.NotTOML:      "config-not-toml",
	config.NotText:      "config-not-text",
	config.TooLong:      "config-too-long",
	config.UnknownKey:   "config-unknown-key",
	config.WrongType:    "config-wrong-type",
	config.Missing:      "config-missing",
	config.NoSwitch:     "config-no-switch",
	config.NoString:     "config-no-string",
	config.NoList:       "config-no-list",
	config.NoTable:      "config-no-table",
	config.NoLanguage:   "config-no-language",
	config.NoFormat:     "config-no-format",
	config.NoHours:      "config-no-hours",
	config.NotPlain:     "config-not-plain",
	config.NotOfAddress: "config-not-of-address",
	config.NoChoice:     "config-no-choice",
	config.NoPage:       "config-no-page",
	config.NoFolders:    "config-no-folders",
	config.NoDays:       "config-no-days",
	config.NoNumber:     "config-no-number",
	config.NoAddress:    "config-no-address",
	config.NoKind:       "config-no-kind",
	config.NoScheme:     "config-no-scheme",
	config.NoServer:     "config-no-server",
	config.HasUser:      "user-in-address",
	config.Duplicate:    "config-duplicate",
}

func (t *telling) inFile(e *config.Error) string {
	text := t.Text(problems[e.Problem], "Accepted", strings.Join(e.Accepted, ", "))
	if e.Key != "" {
		text = e.Key + ": " + text
	}
	if at := e.Place(); at != "" {
		text = at + ": " + text
	}
	return text
}
