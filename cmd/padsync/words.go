package main

import (
	"embed"
	"fmt"
	"strings"
	"unicode"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

// The catalogue of messages: one file for each language, with the same ids
// and placeholders.
//
//go:embed active.en.toml active.fr.toml
var catalogue embed.FS

var catalogueFiles = []string{"active.en.toml", "active.fr.toml"}

// words gives messages in the user's language.
type words struct{ localizer *i18n.Localizer }

func newWords(getenv func(string) string) (*words, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	for _, name := range catalogueFiles {
		if _, err := bundle.LoadMessageFileFS(catalogue, name); err != nil {
			return nil, fmt.Errorf("catalogue of messages: %w", err)
		}
	}
	return &words{i18n.NewLocalizer(bundle, userLanguage(getenv))}, nil
}

// userLanguage is what the locale asks for, as "fr-CA" for fr_CA.UTF-8.
func userLanguage(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := getenv(name); locale != "" {
			locale, _, _ = strings.Cut(locale, ".")
			locale, _, _ = strings.Cut(locale, "@")
			return strings.ReplaceAll(locale, "_", "-")
		}
	}
	return ""
}

// text is the message id with its placeholders filled from data, names and
// values in turn. Count chooses between singular and plural.
func (w *words) text(id string, data ...any) string {
	values := make(map[string]any)
	for i := 0; i+1 < len(data); i += 2 {
		values[data[i].(string)] = data[i+1]
	}
	// A message without the form that its count asks for has one for all but
	// one; French has such a form for whole millions.
	for _, count := range []any{values["Count"], 2} {
		text, err := w.localizer.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: values, PluralCount: count, TemplateParser: messageParser{}})
		if err == nil {
			return text
		}
	}
	return id
}

// tally is how many there are of several things, such as "1 saved, 2 failed",
// from ids and numbers in turn.
func (a *app) tally(of ...any) string {
	var parts []string
	for i := 0; i+1 < len(of); i += 2 {
		parts = append(parts, a.text(of[i].(string), "Count", of[i+1]))
	}
	return strings.Join(parts, ", ")
}

// messageParser reads messages, in which {{.Name}} stands for a value and
// nothing else is special. A run may say one for each of its documents.
type messageParser struct{}

// Parse implements template.Parser.
func (messageParser) Parse(src, _, _ string) (template.ParsedTemplate, error) {
	var m message
	for {
		text, rest, more := strings.Cut(src, "{{.")
		if strings.Contains(text, "{{") {
			return nil, fmt.Errorf("message %q: {{ begins no placeholder", text)
		}
		m = append(m, text)
		if !more {
			return m, nil
		}
		name, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return nil, fmt.Errorf("message %q: a placeholder has no end", src)
		}
		m, src = append(m, name), after
	}
}

// Cacheable implements template.Parser.
func (messageParser) Cacheable() bool { return true }

// A message is text, the name of a value, text, and so on.
type message []string

// Execute implements template.ParsedTemplate.
func (m message) Execute(data any) (string, error) {
	values, _ := data.(map[string]any)
	var b strings.Builder
	for i, part := range m {
		if i%2 == 0 {
			b.WriteString(part)
		} else {
			fmt.Fprint(&b, values[part])
		}
	}
	return b.String(), nil
}

// printable makes what came from elsewhere harmless for a terminal and keeps
// it on one line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
