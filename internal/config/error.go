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
	Key     string // such as "source.kind"; "" if it is about none
	Problem Problem
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	for _, n := range []int{e.Line, e.Column} {
		if n > 0 {
			fmt.Fprintf(&b, ":%d", n)
		}
	}
	if e.Key != "" {
		fmt.Fprintf(&b, ": %s", e.Key)
	}
	return strings.TrimPrefix(b.String()+": "+string(e.Problem), ": ")
}

// A Problem is what is wrong.
type Problem string

// All problems.
const (
	NotTOML    Problem = "not valid TOML"
	NotText    Problem = "not UTF-8 text"
	TooLong    Problem = "too long"
	UnknownKey Problem = "unknown key"
	WrongType  Problem = "another type of value is needed"
	Missing    Problem = "missing or empty"
	Invalid    Problem = "not a value that this takes"
	NoKind     Problem = "no such kind: there are etherpad and framadate"
	NoScheme   Problem = "an address begins with https:// or http://"
	NoServer   Problem = "the address of a pad: the server's ends before /p/"
	HasUser    Problem = "there is a user name or a password in the address"
	Duplicate  Problem = "there already"
)

// problems are errors that do not know their file yet.
type problems []*Error

func (p problems) Error() string { return "invalid" }

// bare is what a key can be without being a secret that lost its place.
var bare = regexp.MustCompile(`^[A-Za-z][A-Za-z_-]{0,30}$`)

func decodeError(e *toml.DecodeError, problem Problem) *Error {
	line, column := e.Position()
	if strings.HasPrefix(e.Error(), "toml: cannot decode") {
		problem = WrongType
	}
	key := e.Key()
	for _, part := range key {
		if !bare.MatchString(part) {
			key = nil
		}
	}
	return &Error{Line: line, Column: column, Key: strings.Join(key, "."), Problem: problem}
}
