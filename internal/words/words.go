// Package words says messages and errors to people, in their language: one
// catalogue of words for each, and one table of errors.
package words

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"github.com/padsync/padsync/internal/message"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

// The words of messages: one file for each language, with the same ids and
// placeholders.
//
//go:embed active.en.toml active.fr.toml
var files embed.FS

var (
	fileNames = []string{"active.en.toml", "active.fr.toml"}
	languages = []language.Tag{language.English, language.French} // of these files
)

// Words are those of one language. They are safe for concurrent use.
type Words struct {
	localizer *i18n.Localizer
	rows      []Row

	mu    sync.Mutex // guards plain
	plain map[string]phrase
}

// Languages are those that there are words of.
func Languages() (names []string) {
	for _, tag := range languages {
		names = append(names, tag.String())
	}
	return names
}

// In reads the words of a language, such as "fr" or "fr-CA"; English where
// there are none. The rows of own, for errors that only the caller knows, stand
// before those of the table of errors.
func In(name string, own []Row) (*Words, error) {
	wanted, _, _ := language.ParseAcceptLanguage(name) // none: English
	_, n, _ := language.NewMatcher(languages).Match(wanted...)
	// Only that one: reading a file takes a tenth of what a short command does.
	bundle := i18n.NewBundle(languages[n])
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	if _, err := bundle.LoadMessageFileFS(files, fileNames[n]); err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	return &Words{localizer: i18n.NewLocalizer(bundle, name), rows: append(own[:len(own):len(own)], table()...), plain: map[string]phrase{}}, nil
}

// Language is what the locale of a process asks for, such as "fr-CA" for
// fr_CA.UTF-8.
func Language(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := getenv(name); locale != "" {
			locale, _, _ = strings.Cut(locale, ".")
			locale, _, _ = strings.Cut(locale, "@")
			return strings.ReplaceAll(locale, "_", "-")
		}
	}
	return ""
}

// Texts are messages in words.
func (w *Words) Texts(all []message.Message) (said []string) {
	for _, m := range all {
		said = append(said, w.Text(m.ID, m.Data...))
	}
	return said
}

// Text is the message id with its placeholders filled from data, as
// message.Message has it. Count chooses between singular and plural.
func (w *Words) Text(id string, data ...any) string {
	for i := 0; i+1 < len(data); i += 2 {
		if data[i] == "Count" {
			return w.counted(id, data[i+1]).fill(w, data)
		}
	}
	return w.uncounted(id).fill(w, data)
}

// uncounted is a message without a Count. A run may say it for each of its
// documents, so it is looked up once.
func (w *Words) uncounted(id string) phrase {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, known := w.plain[id]
	if !known {
		m = w.counted(id, nil)
		w.plain[id] = m
	}
	return m
}

// counted is the form of a message for that count; for a message that does not
// exist, it is the id. Where the form is missing, it is the one for all counts
// but one; French has a form for whole millions.
func (w *Words) counted(id string, count any) phrase {
	for _, count := range []any{count, 2} {
		text, tag, err := w.localizer.LocalizeWithTag(&i18n.LocalizeConfig{MessageID: id, PluralCount: count, TemplateParser: template.IdentityParser{}})
		if err != nil {
			continue
		}
		if base, _ := tag.Base(); base.String() == "fr" {
			text = frenchType(text)
		}
		if m, err := parsePhrase(text); err == nil {
			return m
		}
	}
	return phrase{id}
}

// frenchType sets a message as French printers do: with no-break spaces before
// : ; ! ? and within quotes, and with a true apostrophe. What is to be typed
// has neither.
func frenchType(text string) string {
	return frenchSpaces.Replace(apostrophe.ReplaceAllString(text, "$1’$2"))
}

var (
	apostrophe   = regexp.MustCompile(`(\pL)'([\pL«{])`)
	frenchSpaces = strings.NewReplacer(" :", "\u00a0:", " ;", "\u00a0;", " !", "\u00a0!", " ?", "\u00a0?", " »", "\u00a0»", "« ", "«\u00a0")
)

// Tally is how many there are of several things, such as "1 saved, 2 failed",
// from ids and numbers in turn.
func (w *Words) Tally(of ...any) string {
	var parts []string
	for i := 0; i+1 < len(of); i += 2 {
		parts = append(parts, w.Text(of[i].(string), "Count", of[i+1]))
	}
	return strings.Join(parts, ", ")
}

// Size is a number of bytes.
func (w *Words) Size(n int64) string {
	units := strings.Fields(w.Text("byte-units"))
	if n < 1<<10 {
		return fmt.Sprintf("%d %s", n, units[0])
	}
	size, unit := float64(n)/(1<<10), 1
	for ; size >= 1<<10 && unit < len(units)-1; unit++ {
		size /= 1 << 10
	}
	return strings.Replace(fmt.Sprintf("%.1f", size), ".", w.Text("decimal-mark"), 1) + " " + units[unit]
}

// A phrase is text, the name of a value, text, and so on.
type phrase []string

// parsePhrase reads a phrase, in which {{.Name}} stands for a value and
// nothing else is special.
func parsePhrase(src string) (phrase, error) {
	var m phrase
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

// fill puts values, named by data in turn, in their places.
func (m phrase) fill(w *Words, data []any) string {
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
			switch value := data[j+1].(type) {
			case string:
				b.WriteString(value)
			case message.Message:
				b.WriteString(w.Text(value.ID, value.Data...))
			case error:
				b.WriteString(w.Error(value))
			case time.Time:
				b.WriteString(Time(value))
			default:
				fmt.Fprint(&b, value)
			}
		}
	}
	return b.String()
}

// Time is a time for people, where they are; "-" for none.
func Time(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}

// Printable makes what came from elsewhere harmless for a terminal and keeps
// it on one line.
func Printable(s string) string {
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
