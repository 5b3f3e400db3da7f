//go:build !linux

package access

import "net"

func thisUser() User { return "" }

// SystemOwner is what Options.Owner can be on this system: nil, as it does not
// say whose a connection is.
func SystemOwner() func(net.Conn) (User, error) { return nil }
