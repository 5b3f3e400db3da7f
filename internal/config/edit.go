package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/padsync/padsync/internal/durable"
	"github.com/pelletier/go-toml/v2"
)

var (
	// ErrChanged says that the file was changed by somebody else since it was
	// read. Nothing was written.
	ErrChanged = errors.New("the configuration was changed meanwhile")

	// ErrForm says that what is to be changed is written in a form that only
	// people change, such as a table within a line. Nothing was changed.
	ErrForm = errors.New("written in a form that padsync does not change")
)

// An Editor changes what padsync.toml says, and leaves every other byte of it as
// people wrote it. Save writes the file; until then nothing is. It is for one
// goroutine.
type Editor struct {
	path  string
	kinds []Kind
	mark  []byte // a byte order mark, which stays
	was   []byte // the file as it was read, without the mark; nil: there was none
	text  []byte
}

// A Setting is a key of a table with its value: a string, a bool, an int or a
// []string.
type Setting struct {
	Key   string
	Value any
}

// Edit reads the file at path, as Load does, to change it. One that is missing is
// an empty one.
func Edit(path string, kinds []Kind) (*Editor, error) {
	e := &Editor{path: path, kinds: kinds}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return e, nil
	case err != nil:
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	if rest, marked := bytes.CutPrefix(text, []byte("\ufeff")); marked {
		e.mark, text = text[:len(text)-len(rest):len(text)-len(rest)], rest
	}
	if !utf8.Valid(text) {
		return nil, &Error{File: path, Problem: NotText}
	}
	e.was = append([]byte{}, text...)
	e.text = e.was
	return e, e.Check()
}

// Text is the file as Save would write it.
func (e *Editor) Text() string { return string(e.mark) + string(e.text) }

// Check says what Load would refuse of the changed file, as Load does.
func (e *Editor) Check() error {
	if len(e.text) > maxFile {
		return &Error{File: e.path, Problem: TooLong}
	}
	_, err := parse(e.text, e.path, e.kinds)
	return err
}

// Set gives a key a value: of the file ("language"), of a table
// ("encryption.recipients") or of one of several ("source[0].hours"). Whether the
// value is a right one, Check says.
func (e *Editor) Set(key string, value any) error {
	table, name := cutKey(key)
	encoded, err := encode(value)
	if err != nil {
		return err
	}
	return e.change(func(m map[string]any) bool { return put(m, table, name, value) }, func(d *layout) []byte {
		if at := d.find(table, name); at != nil {
			return d.replace(at.value, at.valueEnd, encoded)
		}
		return d.insertKey(table, name, encoded)
	})
}

// Remove takes a key out. One that is not there is fine.
func (e *Editor) Remove(key string) error {
	table, name := cutKey(key)
	return e.change(func(m map[string]any) bool { return put(m, table, name, nil) }, func(d *layout) []byte {
		if at := d.find(table, name); at != nil {
			return d.replace(at.line, at.lineEnd, "")
		}
		return d.text
	})
}

// Add puts one more [[table]] behind those of its name, or at the end.
func (e *Editor) Add(table string, settings ...Setting) error {
	block, err := Block(table, settings...)
	if err != nil {
		return err
	}
	return e.change(func(m map[string]any) bool {
		entry := make(map[string]any)
		for _, s := range settings {
			entry[s.Key] = generic(s.Value)
		}
		list, ok := m[table].([]any)
		m[table] = append(list, entry)
		return ok || list == nil
	}, func(d *layout) []byte { return d.insertTable(table, block) })
}

// Drop takes out one [[table]], such as "repository[1]". Comments stay.
func (e *Editor) Drop(table string) error {
	name, index, ok := cutIndex(table)
	if !ok {
		return ErrForm
	}
	return e.change(func(m map[string]any) bool {
		list, ok := m[name].([]any)
		if !ok || index >= len(list) {
			return false
		}
		rest := append(append([]any{}, list[:index]...), list[index+1:]...)
		if m[name] = rest; len(rest) == 0 {
			delete(m, name)
		}
		return true
	}, func(d *layout) []byte { return d.dropTable(table) })
}

// Block is one [[table]] as Add writes it, with line feeds.
func Block(table string, settings ...Setting) (string, error) {
	text := "[[" + table + "]]\n"
	for _, s := range settings {
		value, err := encode(s.Value)
		if err != nil {
			return "", err
		}
		text += s.Key + " = " + value + "\n"
	}
	return text, nil
}

// change makes a change of the text, and refuses it unless the text then says
// what the change makes of what it said before, and nothing else.
func (e *Editor) change(mean func(map[string]any) bool, write func(*layout) []byte) error {
	before, after := make(map[string]any), make(map[string]any)
	if err := toml.Unmarshal(e.text, &before); err != nil {
		return &Error{File: e.path, Problem: NotTOML}
	}
	if !mean(before) {
		return ErrForm
	}
	text := write(layoutOf(e.text))
	if err := toml.Unmarshal(text, &after); err != nil || !reflect.DeepEqual(filled(before), filled(after)) {
		return ErrForm
	}
	e.text = text
	return nil
}

// filled is m without its empty tables, which say nothing.
func filled(m map[string]any) map[string]any {
	for key, value := range m {
		if t, ok := value.(map[string]any); ok && len(t) == 0 {
			delete(m, key)
		}
	}
	return m
}

// put gives a key its value, nil: none. It is false where there is no such table.
func put(m map[string]any, table, name string, value any) bool {
	if list, index, ok := cutIndex(table); ok {
		all, _ := m[list].([]any)
		if index >= len(all) {
			return false
		}
		entry, ok := all[index].(map[string]any)
		return ok && put(entry, "", name, value)
	}
	if table != "" {
		if m[table] == nil {
			m[table] = make(map[string]any)
		}
		inner, ok := m[table].(map[string]any)
		return ok && put(inner, "", name, value)
	}
	if value == nil {
		delete(m, name)
	} else {
		m[name] = generic(value)
	}
	return true
}

// generic is a value as the decoder has it where it knows no type.
func generic(value any) any {
	switch v := value.(type) {
	case int:
		return int64(v)
	case []string:
		list := make([]any, len(v))
		for i, s := range v {
			list[i] = s
		}
		return list
	}
	return value
}

func cutKey(key string) (table, name string) {
	if i := strings.LastIndexByte(key, '.'); i >= 0 {
		return key[:i], key[i+1:]
	}
	return "", key
}

var indexed = regexp.MustCompile(`^([a-z-]+)\[(\d{1,6})\]$`)

func cutIndex(table string) (name string, index int, ok bool) {
	parts := indexed.FindStringSubmatch(table)
	if parts == nil {
		return "", 0, false
	}
	index, err := strconv.Atoi(parts[2])
	return parts[1], index, err == nil
}

// encode writes a value on one line.
func encode(value any) (string, error) {
	switch v := value.(type) {
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case string:
		return quote(v)
	case []string:
		var all []string
		for _, s := range v {
			quoted, err := quote(s)
			if err != nil {
				return "", err
			}
			all = append(all, quoted)
		}
		return "[" + strings.Join(all, ", ") + "]", nil
	}
	return "", fmt.Errorf("a value of type %T cannot be written", value)
}

// quote writes a basic string: as JSON does, but that TOML wants DEL escaped, too.
func quote(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", &Error{Problem: NotText}
	}
	var b strings.Builder
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	if err := w.Encode(s); err != nil {
		return "", err
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\x7f", `\u007f`), nil
}

// Save writes the file, whole or not at all, if Check has nothing to say of it and
// it is as it was read; else the error matches ErrChanged. A new file has mode
// 0600, another the one that it had; where there is a symbolic link, what that
// leads to is written.
func (e *Editor) Save() error {
	if err := e.Check(); err != nil {
		return err
	}
	if e.was != nil && bytes.Equal(e.was, e.text) {
		return nil
	}
	if err := e.save(); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	e.was = e.text
	return nil
}

func (e *Editor) save() error {
	path := e.path
	if e.was != nil {
		real, err := filepath.EvalSymlinks(path)
		if errors.Is(err, fs.ErrNotExist) {
			return ErrChanged
		}
		if err != nil {
			return err
		}
		path = real
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	root, err := durable.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer root.Close()
	name := filepath.Base(path)
	if e.was == nil {
		err := durable.Create(root, name, func(w io.Writer) error {
			_, err := io.WriteString(w, e.Text())
			return err
		})
		if errors.Is(err, fs.ErrExist) {
			return ErrChanged
		}
		return err
	}
	return durable.Rewrite(root, name, func(w io.Writer) error {
		if _, err := io.WriteString(w, e.Text()); err != nil {
			return err
		}
		now, err := root.ReadFile(name)
		if err == nil && !bytes.Equal(now, append(bytes.Clone(e.mark), e.was...)) {
			err = ErrChanged
		}
		return err
	})
}
