package terminal

import "runtime"

// Browser is the command that opens an address in the person's browser: the one that
// she chose, "" if none, or else what the system has for it. The address is one
// argument of it, and no shell sees it.
func Browser(chosen, address string) []string {
	switch {
	case chosen != "":
		return []string{chosen, address}
	case runtime.GOOS == "darwin":
		return []string{"open", address}
	case runtime.GOOS == "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler", address}
	}
	return []string{"xdg-open", address}
}
