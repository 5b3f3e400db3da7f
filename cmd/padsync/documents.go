package main

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
	"github.com/padsync/padsync/internal/setup"
)

// A wanted document is one that is to be backed up.
type wanted struct {
	kind    string
	base    string // normalised
	locator string // what the source's Fetch takes
	id      string // the document's own, as far as the address tells

	// candidates, of a document whose kind the server has to tell, are what it
	// may be; nil if that is certain.
	candidates []setup.Candidate

	verbatim string // the id as the address has it, if that is another

	all bool // everything that the server lists

	origin origin
	source *config.Source // what the configuration says of the source
}

// origin is where a document was named. There is one for each document, so it
// is small.
type origin struct {
	text  string // on this command line; or
	file  *string
	line  int32 // in the file; and
	entry int32 // in a list of the configuration, 0 for a line of its own
}

// given says that this command line has the document's address.
func (o origin) given() bool { return o.file == nil }

// name is how messages name a document of which nothing else is known.
func (o origin) name(a *app) string {
	switch {
	case o.given():
		return o.text
	case o.entry > 0:
		return a.text("entry-of-file", "Entry", o.entry, "File", *o.file, "Line", o.line)
	}
	return a.text("line-of-file", "Line", o.line, "File", *o.file)
}

// withoutUser is the address without user name and password, which are not to
// be repeated.
func withoutUser(address string) string {
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

// wanted are the documents of the command line, or else of the configuration,
// and what is wrong with some.
func (a *app) wanted(s *settings, flags backupFlags, args []string) ([]wanted, *mistakes) {
	c := collector{app: a, bases: make(map[string]string), mistakes: &mistakes{app: a}}
	for _, arg := range args {
		if isList(arg) {
			c.addFile(new(config.Source), arg)
			continue
		}
		for _, address := range orText(config.Argument(arg), arg) {
			c.add(new(config.Source), address, origin{text: withoutUser(address)})
		}
	}
	for _, name := range flags.documentsFiles {
		c.addFile(new(config.Source), name)
	}
	if len(args)+len(flags.documentsFiles) == 0 {
		for i := range s.Sources {
			source := &s.Sources[i]
			for j, d := range source.Documents {
				line := s.Line(fmt.Sprintf("source[%d].documents[%d]", i, j))
				for _, address := range orText(config.Addresses(d.Reveal()), d.Reveal()) {
					c.add(source, address, origin{file: &s.file, line: int32(line), entry: int32(j + 1)})
				}
			}
			if source.DocumentsFile != "" {
				c.addFile(source, source.DocumentsFile)
			}
			if source.All {
				line := s.Line(fmt.Sprintf("source[%d].all", i))
				c.addAll(source, origin{file: &s.file, line: int32(line)})
			}
		}
	}
	return c.all, c.mistakes
}

// isList tells whether an argument is the name of a file with documents, and
// no address.
func isList(arg string) bool {
	if strings.Contains(arg, "://") {
		return false
	}
	i, err := os.Stat(arg)
	return err == nil && i.Mode().IsRegular()
}

// noFile says of an argument that is no address that no file has this name.
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

// hasUser says whether there is a user name or a password in an address: who
// lists processes sees them on a command line, and padsync would have to repeat
// them with the address.
func hasUser(address string) bool {
	return strings.Contains(address, "://") && withoutUser(address) != address
}

// A collector gathers documents, and all that is wrong with them.
type collector struct {
	app   *app
	all   []wanted
	bases map[string]string // each once in memory
	*mistakes
}

// mistakes are documents that nothing can be done about: each costs itself and
// no other.
type mistakes struct {
	app   *app
	count int
	errs  []error // of those that are shown, a line each
	later bool    // some of them may be none the next time
}

const shownProblems = 10

func (m *mistakes) fail(at string, err error) {
	m.add(message.In(err, "at", "Place", at))
}

// add notes one.
func (m *mistakes) add(err error) {
	if m.count++; m.count <= shownProblems {
		m.errs = append(m.errs, err)
	}
}

// problem is what they amount to beside documents that are done, nil if there
// are none.
func (m *mistakes) problem(class message.Class) error {
	if m.count == 0 {
		return nil
	}
	errs := slices.Clone(m.errs)
	if more := m.count - len(errs); more > 0 {
		errs = append(errs, message.In(nil, "more-problems", "Count", more))
	}
	return message.Classed(class, errors.Join(errs...))
}

// alone is the problem where nothing else is to be done.
func (m *mistakes) alone() error {
	if m.later {
		return m.problem(message.Incomplete)
	}
	return m.problem(message.Usage)
}

func (c *collector) add(source *config.Source, entry string, o origin) {
	w, err := c.app.parseDocument(source, entry)
	if err != nil {
		switch {
		case err == errUser && !o.given():
			err = errUserInList // no process has it in its command line
		case o.given() && noFile(entry):
			err = message.Of(message.Usage, err, "neither-file-nor-document")
		}
		if address, ok := c.app.completed(entry); ok {
			if !o.given() && !isTerminal(c.app.stderr) {
				address = "https://…"
			}
			err = &schemelessError{address, err}
		}
		c.fail(o.name(c.app), err)
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
	r, shown, err := c.app.openDocuments(name)
	if err != nil {
		c.mistakes.add(err)
		return
	}
	defer r.Close()
	for d, err := range config.ReadDocuments(r) {
		if bad, ok := errors.AsType[*config.Error](err); ok {
			// It knows its line, and no file.
			c.fail(origin{file: &shown, line: int32(bad.Line)}.name(c.app), &config.Error{Problem: bad.Problem})
			continue
		} else if err != nil {
			c.fail(shown, err)
			return
		}
		c.add(source, d.Address.Reveal(), origin{file: &shown, line: int32(d.Line)})
	}
}

// openDocuments opens a documents file; - is standard input.
func (a *app) openDocuments(name string) (io.ReadCloser, string, error) {
	if name == "-" {
		return io.NopCloser(a.stdin), a.text("standard-input"), nil
	}
	f, err := os.Open(name)
	return f, name, err
}

// parseDocument reads the address of a document, or its id where the
// configuration says what server it is on.
func (a *app) parseDocument(source *config.Source, entry string) (wanted, error) {
	if hasUser(entry) {
		return wanted{}, errUser
	}
	found, err := a.kinds.ParseWithin(source.Kind, source.URL.Reveal(), entry)
	if err != nil {
		return wanted{}, err
	}
	w := wantedOf(found[0])
	if !found[0].Certain {
		w.candidates = found
	}
	return w, nil
}

func wantedOf(c setup.Candidate) wanted {
	return wanted{kind: c.Kind.Name, base: c.Base, locator: c.Locator, id: c.ID, verbatim: c.Verbatim}
}

// A schemelessError tells of an address that is one with https:// before it.
type schemelessError struct {
	completed string
	error
}

func (s *schemelessError) Unwrap() error { return s.error }

// completed is the address of a document with the https:// that it lacks.
func (a *app) completed(entry string) (address string, ok bool) {
	host, _, _ := strings.Cut(entry, "/")
	if strings.Contains(entry, "://") || !strings.ContainsAny(host, ".:") {
		return "", false
	}
	address = "https://" + entry
	_, err := a.kinds.Parse(address)
	return withoutUser(address), err == nil
}
