package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// An Error is a problem at one place of a file. Its text holds no value of
// the file.
type Error struct {
	File    string // as it was given; "" if it has no name
	Line    int    // from 1; 0: not known
	Column  int    // from 1, in bytes; 0: not known
	Key     string // such as "source.kind"; "" if it is about no key
	Problem Problem

	Accepted []string // what would be right, where that is known
}

func (e *Error) Error() string {
	text := e.Place()
	if e.Key != "" {
		text += ": " + e.Key
	}
	return strings.TrimPrefix(text+": "+string(e.Problem), ": ")
}

// Place is the file with the line and the column, as far as they are known.
func (e *Error) Place() string {
	var b strings.Builder
	b.WriteString(e.File)
	for _, n := range []int{e.Line, e.Column} {
		if n > 0 {
			fmt.Fprintf(&b, ":%d", n)
		}
	}
	return b.String()
}

// A Problem is what is wrong.
type Problem string

// All problems.
const (
	NotTOML      Problem = "not valid TOML"
	NotText      Problem = "not UTF-8 text"
	TooLong      Problem = "too long"
	UnknownKey   Problem = "unknown key"
	WrongType    Problem = "another type of value is needed"
	NoSwitch     Problem = "true or false is needed, without quotes"
	NoString     Problem = "text is needed, in quotes"
	NoList       Problem = "a list is needed, such as [\"one\", \"two\"]"
	NoTable      Problem = "a table is needed, such as [encryption] or [[source]]"
	Missing      Problem = "missing or empty"
	NoKind       Problem = "no such kind"
	NoLanguage   Problem = "no such language: there are en and fr"
	NoFormat     Problem = "no such form: there are html, txt, pdf, docx, odt and doc"
	NoHours      Problem = "a part of the day is needed, such as 22:00-06:00"
	NoDays       Problem = "a number of days is needed, or 0; a server of polls takes none"
	NoNumber     Problem = "a whole number is needed, without quotes"
	NoAddress    Problem = "the address of a server is needed, such as https://pad.example.org"
	NoScheme     Problem = "an address begins with https:// or http://"
	NoServer     Problem = "the address of a pad: the server's ends before /p/"
	HasUser      Problem = "there is a user name or a password in the address"
	Duplicate    Problem = "there already"
	NotOfAddress Problem = "no key of this address: webdav: takes a user and a password, s3: an access key"
	NotPlain     Problem = "a mirror is not encrypted: unencrypted = true says that you know"
	NoChoice     Problem = "what to publish is not said: documents, tags, services or all = true"
	NoPage       Problem = "no such form of a page: there are html, markdown, txt, csv and ics"
	NoFolders    Problem = "no such folders: there are service and tag"
)

// problems are errors that do not know their file yet.
type problems []*Error

func (p problems) Error() string { return "invalid" }

// bare is what a key may look like; anything else may be a misplaced secret.
var bare = regexp.MustCompile(`^[A-Za-z][A-Za-z_-]{0,30}$`)

// typeProblem says what is needed in place of a value of another type, by the
// Go type at the end of the decoder's message.
func typeProblem(message string) Problem {
	wanted := message[strings.LastIndexByte(message, ' ')+1:]
	switch wanted {
	case "bool":
		return NoSwitch
	case "int", "*int":
		return NoNumber
	case "string", "config.Secret", "config.Hours":
		return NoString
	case "[]string", "[]config.Secret":
		return NoList
	case "[]config.Source", "[]config.Repository", "[]config.Mirror", "config.Encryption":
		return NoTable
	}
	return WrongType
}

func decodeError(e *toml.DecodeError, problem Problem) *Error {
	line, column := e.Position()
	if strings.HasPrefix(e.Error(), "toml: cannot decode") {
		problem = typeProblem(e.Error())
	}
	key := e.Key()
	for _, part := range key {
		if !bare.MatchString(part) {
			key = nil
		}
	}
	return &Error{Line: line, Column: column, Key: strings.Join(key, "."), Problem: problem}
}
