package access

import (
	"errors"
	"os/user"
	"strconv"
)

// A User is one of the computer, by the number that Linux gives it.
type User string

const root User = "0"

// ErrNoUser is of a name that the computer has no user for.
var ErrNoUser = errors.New("no such user")

// ParseUser is the user of this name or number.
func ParseUser(s string) (User, error) {
	if _, err := strconv.ParseUint(s, 10, 32); err == nil {
		return User(s), nil
	}
	u, err := user.Lookup(s)
	if err != nil {
		return "", ErrNoUser
	}
	return User(u.Uid), nil
}

// Name is what people call it, the number if it has no name.
func (u User) Name() string {
	if known, err := user.LookupId(string(u)); err == nil {
		return known.Username
	}
	return string(u)
}
