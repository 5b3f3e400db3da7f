package setup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/sources"
)

// A Wanted document is one that is to be backed up.
type Wanted struct {
	kind    string
	base    string // normalised
	locator string // what the source's Fetch takes
	id      string // the document's own, as far as the address shows

	// candidates are what a document may be whose kind only the server knows;
	// nil if it is certain.
	candidates []Candidate

	verbatim string // the id as the address has it, if that is another

	all bool // everything that the server lists

	origin Origin
	source *config.Source // what the configuration says of the source
}

// Origin is where the document was named.
func (w *Wanted) Origin() Origin { return w.origin }

// An Origin is where a document was named. There is one for each document, so it
// is small.
type Origin struct {
	text  string // an argument; or
	file  *string
	line  int32 // in the file, 0 for the catalogue; and
	entry int32 // in a list of the configuration, 0 for a line of its own
}

// Named is where an argument named a document.
func Named(argument string) Origin { return Origin{text: argument} }

// Line is a line of a file, from 1, where a document was named.
func Line(file *string, line int) Origin { return Origin{file: file, line: int32(line)} }

// Given says that an argument has the document's address.
func (o Origin) Given() bool { return o.file == nil }

// Name is how messages name a document of which nothing else is known: a text,
// or a message.Message.
func (o Origin) Name() any {
	switch {
	case o.Given():
		return o.text
	case o.line == 0:
		return message.New("in-catalogue", "File", *o.file)
	case o.entry > 0:
		return message.New("entry-of-file", "Entry", o.entry, "File", fileName(*o.file), "Line", o.line)
	}
	return message.New("line-of-file", "Line", o.line, "File", fileName(*o.file))
}

// input stands for the Setup's Input in place of a file.
const input = "-"

// fileName is how messages name a file.
func fileName(name string) any {
	if name == input {
		return message.New("standard-input")
	}
	return name
}

// WithoutUser is the address without user name and password, which are not to
// be repeated.
func WithoutUser(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	if found {
		scheme += "://"
	} else {
		scheme, rest = "", address
	}
	host := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		host = rest[:end]
	} else if !found {
		return address // an id
	}
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		return scheme + rest[at+1:]
	}
	return address
}

// Shown is what messages repeat of an argument: an address without user name and
// password, and the public one in place of one that opens more.
func (k Kinds) Shown(argument string) string {
	address := argument
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	for _, c := range k.Documents(address) {
		if c.Locator != c.ID {
			return WithoutUser(c.Kind.URL(c.Base, c.ID))
		}
	}
	return WithoutUser(argument)
}

// Wanted are the documents of the arguments and of these files of documents,
// or else those of the configuration and the catalogue's automatic ones, and
// what is wrong with some. Known may be nil.
func (s *Settings) Wanted(args, files []string, known *Known) ([]Wanted, *Mistakes) {
	c := collector{setup: s.setup, bases: make(map[string]string), Mistakes: new(Mistakes)}
	for _, arg := range args {
		if isList(arg) {
			c.addFile(new(config.Source), arg)
			continue
		}
		for _, address := range Addresses(arg) {
			c.add(new(config.Source), address, Named(s.setup.Kinds.Shown(address)))
		}
	}
	for _, name := range files {
		c.addFile(new(config.Source), name)
	}
	if len(args)+len(files) == 0 {
		c.addConfigured(s)
		c.addAutomatic(s, known)
	}
	return c.all, c.Mistakes
}

// addConfigured adds the documents of the configuration.
func (c *collector) addConfigured(s *Settings) {
	for i := range s.Sources {
		source := &s.Sources[i]
		for j, d := range source.Documents {
			line := s.Line(fmt.Sprintf("source[%d].documents[%d]", i, j))
			for _, address := range orText(config.Addresses(d.Reveal()), d.Reveal()) {
				c.add(source, address, Origin{file: &s.File, line: int32(line), entry: int32(j + 1)})
			}
		}
		if source.DocumentsFile != "" {
			c.addFile(source, source.DocumentsFile)
		}
		if source.All {
			c.addAll(source, Line(&s.File, s.Line(fmt.Sprintf("source[%d].all", i))))
		}
	}
}

// addAll adds everything that a server lists, as one entry.
func (c *collector) addAll(source *config.Source, o Origin) {
	base, err := sources.Normalize(source.URL.Reveal())
	if err != nil {
		c.fail(o.Name(), err)
		return
	}
	c.all = append(c.all, Wanted{kind: source.Kind, base: base, all: true, origin: o, source: source})
}

// Addresses are those in an argument, or the argument, where it has none.
func Addresses(argument string) []string { return orText(config.Argument(argument), argument) }

// isList reports whether an argument is the name of a file with documents, and
// not an address.
func isList(arg string) bool {
	if strings.Contains(arg, "://") {
		return false
	}
	i, err := os.Stat(arg)
	return err == nil && i.Mode().IsRegular()
}

// noFile says that an argument is neither an address nor the name of a file.
func noFile(arg string) bool {
	_, err := os.Stat(arg)
	return errors.Is(err, fs.ErrNotExist) && !strings.Contains(arg, "://")
}

// orText are the addresses in a text, else the text: an id, or what is wrong.
func orText(addresses []string, text string) []string {
	if len(addresses) > 0 {
		return addresses
	}
	return []string{text}
}

// HasUser says whether there is a user name or a password in an address:
// whoever lists processes sees them on a command line, and padsync would have
// to repeat them with the address.
func HasUser(address string) bool {
	return strings.Contains(address, "://") && WithoutUser(address) != address
}

// A collector gathers documents, and all that is wrong with them.
type collector struct {
	setup *Setup
	all   []Wanted
	bases map[string]string // each once in memory
	*Mistakes
}

// Mistakes are documents about which nothing can be done: each costs only
// itself.
type Mistakes struct {
	Count int
	errs  []error // of those that are shown, a line each
	later bool    // some of them may not be mistakes the next time
}

const shownProblems = 10

func (m *Mistakes) fail(at any, err error) {
	m.add(message.In(err, "at", "Place", at))
}

// add notes one.
func (m *Mistakes) add(err error) {
	if m.Count++; m.Count <= shownProblems {
		m.errs = append(m.errs, err)
	}
}

// Problem is what they amount to besides documents that are done, nil if there
// are none.
func (m *Mistakes) Problem(class message.Class) error {
	if m.Count == 0 {
		return nil
	}
	errs := slices.Clone(m.errs)
	if more := m.Count - len(errs); more > 0 {
		errs = append(errs, message.In(nil, "more-problems", "Count", more))
	}
	return message.Classed(class, errors.Join(errs...))
}

// Alone is the problem where nothing else is to be done.
func (m *Mistakes) Alone() error {
	if m.later {
		return m.Problem(message.Incomplete)
	}
	return m.Problem(message.Usage)
}

func (c *collector) add(source *config.Source, entry string, o Origin) {
	w, err := c.setup.parseDocument(source, entry)
	if err != nil {
		switch {
		case errors.Is(err, ErrUser) && !o.Given():
			err = ErrUserInList // no process has it in its command line
		case o.Given() && noFile(entry):
			err = message.Of(message.Usage, err, "neither-file-nor-document")
		}
		if address, ok := c.setup.Kinds.Completed(entry); ok {
			if !o.Given() && !c.setup.Attended {
				address = "https://…"
			}
			err = &SchemelessError{address, err}
		}
		c.fail(o.Name(), err)
		return
	}
	w.origin, w.source = o, source
	if _, known := c.bases[w.base]; !known {
		c.bases[w.base] = w.base
	}
	w.base = c.bases[w.base]
	// Without a copy, each id would keep the whole address in memory.
	w.id, w.locator, w.verbatim = strings.Clone(w.id), strings.Clone(w.locator), strings.Clone(w.verbatim)
	if w.id == w.locator {
		w.locator = w.id
	}
	c.all = append(c.all, w)
}

func (c *collector) addFile(source *config.Source, name string) {
	r, err := c.setup.openDocuments(name)
	if err != nil {
		c.Mistakes.add(err)
		return
	}
	defer r.Close()
	for d, err := range config.ReadDocuments(r) {
		if bad, ok := errors.AsType[*config.Error](err); ok {
			// It knows its line, and no file.
			c.fail(Line(&name, bad.Line).Name(), &config.Error{Problem: bad.Problem})
			continue
		} else if err != nil {
			if path, ok := errors.AsType[*fs.PathError](err); ok {
				err = path.Err // which names the file, too
			}
			c.fail(fileName(name), err)
			return
		}
		c.add(source, d.Address.Reveal(), Line(&name, d.Line))
	}
}

// openDocuments opens a documents file.
func (s *Setup) openDocuments(name string) (io.ReadCloser, error) {
	if name == input {
		return io.NopCloser(s.Input), nil
	}
	return os.Open(name)
}

// parseDocument reads the address of a document, or its id where the
// configuration says what server it is on.
func (s *Setup) parseDocument(source *config.Source, entry string) (Wanted, error) {
	if HasUser(entry) {
		return Wanted{}, ErrUser
	}
	found, err := s.Kinds.ParseWithin(source.Kind, source.URL.Reveal(), entry)
	if err != nil {
		return Wanted{}, err
	}
	w := wantedOf(found[0])
	if !found[0].Certain {
		w.candidates = found
	}
	return w, nil
}

func wantedOf(c Candidate) Wanted {
	return Wanted{kind: c.Kind.Name, base: c.Base, locator: c.Locator, id: c.ID, verbatim: c.Verbatim}
}

var (
	// ErrUser and ErrUserInList are for an address with a user name or a
	// password in it, as an argument or in a list.
	ErrUser       = errors.New("a user name or password in an address")
	ErrUserInList = errors.New("a user name or password in an address of a list")
)

// A SchemelessError is for an address that only lacks https:// before it.
type SchemelessError struct {
	Completed string
	Err       error
}

// Error implements error.
func (s *SchemelessError) Error() string { return s.Err.Error() }

// Unwrap gives what is wrong without it.
func (s *SchemelessError) Unwrap() error { return s.Err }

// Completed is the address of a document with the https:// that it lacks.
func (k Kinds) Completed(entry string) (address string, ok bool) {
	host, _, _ := strings.Cut(entry, "/")
	if strings.Contains(entry, "://") || !strings.ContainsAny(host, ".:") {
		return "", false
	}
	address = "https://" + entry
	_, err := k.Parse(address)
	if k.Shown(address) != WithoutUser(address) {
		address = "https://…" // a secret one
	}
	return WithoutUser(address), err == nil
}
