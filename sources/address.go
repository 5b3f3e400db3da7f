package sources

import (
	"errors"
	"net"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// ErrAddress is matched by errors for what is not the address of a document.
// Their text says what was expected, and does not repeat what was given.
var ErrAddress = errors.New("not the address of a document")

// hostname maps international names as browsers do, so that a name and its
// punycode are one, and lets the underscores of local names pass.
var hostname = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// Normalize gives the one form of a server's base address: http or https, the
// host in lower case and ASCII, without default port, user information,
// query, fragment and trailing slash. The path that the server may be under
// is kept. An error matches ErrAddress.
func Normalize(base string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(base))
	if err != nil || u.Opaque != "" {
		return "", ErrAddress // url's own error repeats the address
	}
	scheme := strings.ToLower(u.Scheme)
	if scheme != "http" && scheme != "https" {
		return "", ErrAddress
	}
	host, err := normalHost(scheme, u.Hostname(), u.Port())
	if err != nil {
		return "", err
	}
	p := strings.TrimSuffix(path.Clean("/"+u.Path), "/")
	return (&url.URL{Scheme: scheme, Host: host, Path: p}).String(), nil
}

func normalHost(scheme, name, port string) (string, error) {
	if strings.Contains(name, ":") { // IPv6
		if net.ParseIP(name) == nil {
			return "", ErrAddress
		}
		name = "[" + strings.ToLower(name) + "]"
	} else {
		ascii, err := hostname.ToASCII(strings.TrimSuffix(name, "."))
		empty := strings.Contains("."+ascii+".", "..") // a part of the name, or all of it
		if err != nil || empty || !utf8.ValidString(name) {
			return "", ErrAddress
		}
		name = strings.ToLower(ascii)
		// Punycode that idna itself would not give decodes to another name.
		if again, err := hostname.ToASCII(name); err != nil || again != name {
			return "", ErrAddress
		}
	}
	if port == "" || scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		return name, nil
	}
	return name + ":" + port, nil
}
