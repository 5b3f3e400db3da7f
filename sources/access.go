package sources

import "errors"

// An Access is what opens a server beyond what is public. Nothing of it goes to
// another host, into an address that is logged or into an error. The zero value
// opens nothing. Each kind of server uses the parts that it knows.
type Access struct {
	// User and Password are for servers behind HTTP Basic authentication.
	User, Password string

	// Cookie is the header that a browser would send, such as
	// "sessionID=s.…".
	Cookie string

	// APIKey opens the HTTP API of an Etherpad, and with it every pad: its
	// APIKEY.txt.
	APIKey string

	// ClientID and ClientSecret do the same where the API wants tokens, as
	// Etherpad 2 and 3 do unless told otherwise.
	ClientID, ClientSecret string

	// MyPadsLogin and MyPadsPassword are those of an account of MyPads: they
	// open the pads of its groups.
	MyPadsLogin, MyPadsPassword string
}

// Operator says that the access is that of the server's operator, so that
// documents are known by their verbatim ids.
func (a Access) Operator() bool { return a.APIKey != "" || a.ClientID != "" }

// ErrMail is matched by an Importer's error where the server wants an organiser's
// mail address, and none was saved or given.
var ErrMail = errors.New("the server wants an organiser's mail address")

// Never is the ExpiresAfter of a server that keeps documents for ever.
const Never = -1

// A TokenKeeper keeps the token of an account, or a line in its place, from one
// run to the next: a login may end the token of the one before, and with it the
// session of the person whose account it is.
type TokenKeeper interface {
	Token() string // kept last, perhaps by another run; "": none
	Keep(token string)
}
