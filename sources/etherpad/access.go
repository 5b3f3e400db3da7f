package etherpad

import (
	"errors"

	"github.com/padsync/padsync/sources/etherpad/server"
)

// An Access is what opens a server beyond what is public. Nothing of it goes
// to another host, into an address that is logged or into an error. The zero
// value opens nothing.
type Access struct {
	// User and Password are for servers behind HTTP Basic authentication.
	User, Password string

	// Cookie is the header that a browser would send, such as
	// "sessionID=s.…".
	Cookie string

	// APIKey opens the HTTP API, and with it every pad: Etherpad's
	// APIKEY.txt.
	APIKey string

	// ClientID and ClientSecret do the same where the API wants tokens, as
	// Etherpad 2 and 3 do unless told otherwise.
	ClientID, ClientSecret string

	// MyPadsLogin and MyPadsPassword are those of an account of MyPads: they
	// open the pads of its groups.
	MyPadsLogin, MyPadsPassword string
}

// Operator says that the API is open.
func (a *Access) Operator() bool { return a.operator() }

func (a *Access) operator() bool { return a.APIKey != "" || a.ClientID != "" }

// ErrCredentials is matched by errors for a password, key or token that a
// server refuses, or asks for. They match fs.ErrPermission too.
var ErrCredentials = server.ErrCredentials

func (a *Access) door() server.Door {
	return server.Door{User: a.User, Password: a.Password, Cookie: a.Cookie}
}

func (a *Access) check() error {
	if a.APIKey != "" && a.ClientID != "" {
		return errors.New("an API key and a client exclude each other")
	}
	return nil
}
