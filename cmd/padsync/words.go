package main

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
	"sync"
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

// words gives messages in the user's language. It is safe for concurrent use.
type words struct {
	bundle    *i18n.Bundle
	localizer *i18n.Localizer

	mu    sync.Mutex // guards plain
	plain map[string]message
}

func newWords(getenv func(string) string) (*words, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	for _, name := range catalogueFiles {
		if _, err := bundle.LoadMessageFileFS(catalogue, name); err != nil {
			return nil, fmt.Errorf("catalogue of messages: %w", err)
		}
	}
	w := &words{bundle: bundle}
	w.speak(userLanguage(getenv))
	return w, nil
}

// speak changes the language. Nothing is said meanwhile.
func (w *words) speak(language string) {
	w.localizer, w.plain = i18n.NewLocalizer(w.bundle, language), map[string]message{}
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
	for i := 0; i+1 < len(data); i += 2 {
		if data[i] == "Count" {
			return w.counted(id, data[i+1]).fill(data)
		}
	}
	return w.uncounted(id).fill(data)
}

// uncounted is a message without a Count. A run may say one for each of its
// documents, so it is looked for once.
func (w *words) uncounted(id string) message {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, known := w.plain[id]
	if !known {
		m = w.counted(id, nil)
		w.plain[id] = m
	}
	return m
}

// counted is the form of a message for so many, the id for one that there is
// not. A message without that form has one for all but one; French has such a
// form for whole millions.
func (w *words) counted(id string, count any) message {
	for _, count := range []any{count, 2} {
		text, tag, err := w.localizer.LocalizeWithTag(&i18n.LocalizeConfig{MessageID: id, PluralCount: count, TemplateParser: template.IdentityParser{}})
		if err != nil {
			continue
		}
		if base, _ := tag.Base(); base.String() == "fr" {
			text = frenchType(text)
		}
		if m, err := parseMessage(text); err == nil {
			return m
		}
	}
	return message{id}
}

// frenchType sets a message as French printers do: with spaces that end no line
// before : ; ! ? and within quotes, and with an apostrophe that is one. What is
// to be typed has neither.
func frenchType(text string) string {
	return frenchSpaces.Replace(apostrophe.ReplaceAllString(text, "$1’$2"))
}

var (
	apostrophe   = regexp.MustCompile(`(\pL)'([\pL«{])`)
	frenchSpaces = strings.NewReplacer(" :", "\u00a0:", " ;", "\u00a0;", " !", "\u00a0!", " ?", "\u00a0?", " »", "\u00a0»", "« ", "«\u00a0")
)

// tally is how many there are of several things, such as "1 saved, 2 failed",
// from ids and numbers in turn.
func (a *app) tally(of ...any) string {
	var parts []string
	for i := 0; i+1 < len(of); i += 2 {
		parts = append(parts, a.text(of[i].(string), "Count", of[i+1]))
	}
	return strings.Join(parts, ", ")
}

// A message is text, the name of a value, text, and so on.
type message []string

// parseMessage reads a message, in which {{.Name}} stands for a value and
// nothing else is special.
func parseMessage(src string) (message, error) {
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

// fill puts values, named by data in turn, into their places.
func (m message) fill(data []any) string {
	if len(m) == 1 {
		return m[0]
	}
	var b strings.Builder
	for i, part := range m {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		for j := 0; j+1 < len(data); j += 2 {
			if data[j] != part {
				continue
			}
			if text, ok := data[j+1].(string); ok {
				b.WriteString(text)
			} else {
				fmt.Fprint(&b, data[j+1])
			}
		}
	}
	return b.String()
}

// printable makes what came from elsewhere harmless for a terminal and keeps
// it on one line.
func printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) && r != '\u00a0' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
