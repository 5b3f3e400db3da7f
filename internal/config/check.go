package config

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// A Kind is what a configuration may say of sources of one kind.
type Kind struct {
	Name    string
	Expires bool // that they keep documents for so many days
	AnyBase bool // that their servers are at addresses like that of a pad
}

// formats are those that an Etherpad can give besides the complete one.
var formats = []string{"html", "txt", "pdf", "docx", "odt", "doc"}

// languages are those that padsync speaks; "" is that of the system.
var languages = []string{"", "en", "fr"}

// A checker collects problems with their places.
type checker struct {
	kinds  []Kind
	places placeMap
	found  problems
}

// report notes a problem of the key in a table: where the key is, else where
// the table begins. A single table may do without its number.
func (c *checker) report(table, key string, p Problem) { c.reportMember(table, key, -1, p) }

// reportMember notes a problem of a member of a list; -1 is the whole list.
func (c *checker) reportMember(table, key string, i int, p Problem, accepted ...string) {
	name, _, _ := strings.Cut(table, "[")
	full := table + "." + key
	if i >= 0 {
		full += fmt.Sprintf("[%d]", i)
	}
	at := c.places.of(full)
	c.found = append(c.found, &Error{Line: at.line, Column: at.column, Key: strings.TrimPrefix(name+"."+key, "."), Problem: p, Accepted: accepted})
}

// check says what is wrong with values, as problems.
func (c *Config) check(places placeMap, kinds []Kind) error {
	k := &checker{kinds: kinds, places: places}
	if !slices.Contains(languages, c.Language) {
		k.report("", "language", NoLanguage)
	}
	names := make(map[string]bool)
	for i, s := range c.Sources {
		table := fmt.Sprintf("source[%d]", i)
		k.source(table, s)
		if s.Name != "" && names[s.Name] {
			k.report(table, "name", Duplicate)
		}
		names[s.Name] = true
	}
	addresses := make(map[string]bool)
	for i, r := range c.Repositories {
		table := fmt.Sprintf("repository[%d]", i)
		switch a := r.Address.Reveal(); {
		case a == "":
			k.report(table, "address", Missing)
		case addresses[a]:
			k.report(table, "address", Duplicate)
		default:
			addresses[a] = true
		}
		k.store(table, r.Address.Reveal(), &r.StoreAccess)
	}
	for i, m := range c.Mirrors {
		k.mirror(fmt.Sprintf("mirror[%d]", i), m, addresses)
	}
	if i := slices.Index(c.Encryption.Recipients, ""); i >= 0 {
		k.reportMember("encryption", "recipients", i, Missing)
	}
	if c := c.Encryption.IdentityCommand; len(c) > 0 && c[0] == "" {
		k.report("encryption", "identity-command", Missing)
	}
	if len(k.found) > 0 {
		return k.found
	}
	return nil
}

func (k *checker) source(table string, s Source) {
	kind := Kind{Expires: true} // not known: it is found out
	if i := slices.IndexFunc(k.kinds, func(kind Kind) bool { return kind.Name == s.Kind }); i >= 0 {
		kind = k.kinds[i]
	} else if s.Kind != "" {
		k.reportMember(table, "kind", -1, NoKind, k.kindNames()...)
	}
	if p := baseProblem(s.URL.Reveal()); p != "" && (p != NoServer || !kind.AnyBase) {
		k.report(table, "url", p)
	}
	if s.All && s.Kind == "" {
		k.report(table, "kind", Missing)
	}
	if len(s.Documents) == 0 && s.DocumentsFile == "" && !s.All {
		k.report(table, "documents", Missing)
	}
	for i, d := range s.Documents {
		if d.Reveal() == "" {
			k.reportMember(table, "documents", i, Missing)
		} else if hasUser(d.Reveal()) {
			k.reportMember(table, "documents", i, HasUser)
			break
		} else if lacksScheme(d.Reveal(), s.URL.Reveal()) {
			k.reportMember(table, "documents", i, NoScheme)
			break
		} else if s.URL.Reveal() == "" && !strings.Contains(d.Reveal(), "://") {
			k.report(table, "url", Missing)
			break
		}
	}
	if c := s.PasswordsCommand; len(c) > 0 && c[0] == "" {
		k.report(table, "passwords-command", Missing)
	}
	if s.URL.Reveal() == "" && (s.PasswordsFile != "" || len(s.PasswordsCommand) > 0) {
		k.report(table, "url", Missing)
	}
	if days := s.ExpiresAfter; days != nil && (*days < 0 || *days > maxExpiresAfter || !kind.Expires) {
		k.report(table, "expires-after", NoDays)
	}
	k.access(table, &s)
	if !s.Hours.valid() {
		k.report(table, "hours", NoHours)
	}
	if i := slices.IndexFunc(s.Formats, func(f string) bool { return !slices.Contains(formats, f) }); i >= 0 {
		k.reportMember(table, "formats", i, NoFormat)
	}
}

// pages are the forms that pages of a mirror can have.
var pages = []string{"html", "markdown", "txt", "csv", "ics"}

// mirror checks one; taken are the addresses of repositories and of the mirrors
// before it.
func (k *checker) mirror(table string, m Mirror, taken map[string]bool) {
	switch a := m.Address.Reveal(); {
	case a == "":
		k.report(table, "address", Missing)
	case taken[a]:
		k.report(table, "address", Duplicate)
	default:
		taken[a] = true
	}
	k.store(table, m.Address.Reveal(), &m.StoreAccess)
	if !m.Unencrypted {
		k.report(table, "unencrypted", NotPlain)
	}
	if len(m.Documents) == 0 && len(m.Tags) == 0 && len(m.Services) == 0 && !m.All {
		k.report(table, "documents", NoChoice)
	}
	if i := slices.IndexFunc(m.Documents, func(s Secret) bool { return strings.TrimSpace(s.Reveal()) == "" }); i >= 0 {
		k.reportMember(table, "documents", i, Missing)
	}
	if i := slices.IndexFunc(m.Documents, func(s Secret) bool { return hasUser(s.Reveal()) }); i >= 0 {
		k.reportMember(table, "documents", i, HasUser)
	}
	for key, list := range map[string][]string{"tags": m.Tags, "services": m.Services} {
		if i := slices.IndexFunc(list, func(s string) bool { return strings.TrimSpace(s) == "" }); i >= 0 {
			k.reportMember(table, key, i, Missing)
		}
	}
	if i := slices.IndexFunc(m.Formats, func(f string) bool { return !slices.Contains(pages, f) }); i >= 0 {
		k.reportMember(table, "formats", i, NoPage)
	}
	if !slices.Contains([]string{"", "service", "tag"}, m.By) {
		k.report(table, "by", NoFolders)
	}
}

func (k *checker) kindNames() (names []string) {
	for _, kind := range k.kinds {
		names = append(names, kind.Name)
	}
	slices.Sort(names)
	return names
}

// maxExpiresAfter is a hundred years, in days.
const maxExpiresAfter = 36525

var padPath = regexp.MustCompile(`(?i)/p/[^/]+/?$`)

// baseProblem is what is wrong with the address of a server, "" if nothing is.
func baseProblem(s string) Problem {
	switch {
	case hasUser(s):
		return HasUser
	case s == "", isBase(s) && !padPath.MatchString(s):
		return ""
	case isBase(s):
		return NoServer
	case !strings.Contains(s, "://") && isBase("https://"+s):
		return NoScheme
	}
	return NoAddress
}

// lacksScheme says whether a document is named by an address that begins with
// its server, and not by an id: no id has /p/ in it.
func lacksScheme(document, base string) bool {
	return !strings.Contains(document, "://") &&
		(strings.Contains(document, "/p/") || base == "" && strings.Contains(document, "/"))
}

// hasUser says whether there is a user name in an address, or a password.
func hasUser(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.User != nil && u.Host != ""
}

func isBase(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.RawQuery == "" && u.Fragment == ""
}
