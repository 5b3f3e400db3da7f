package etherpad

import (
	"errors"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// An Access is what opens an Etherpad beyond what is public.
type Access = sources.Access

// ErrCredentials is matched by errors for a password, key or token that a
// server refuses or asks for. They match fs.ErrPermission too.
var ErrCredentials = server.ErrCredentials

func door(a Access) server.Door {
	return server.Door{User: a.User, Password: a.Password, Cookie: a.Cookie}
}

func checkAccess(a Access) error {
	if a.APIKey != "" && a.ClientID != "" {
		return errors.New("an API key and a client exclude each other")
	}
	return nil
}
