// Package browsers reads where people have been from what browsers keep: history,
// bookmarks, open tabs and what pages store. It reads copies only, writes nothing
// into a profile, and neither locks nor slows a browser that runs.
package browsers

import (
	"path/filepath"
	"slices"
)

// A System says where browsers keep their files.
type System struct {
	OS     string // as runtime.GOOS
	Home   string
	Getenv func(string) string
}

// A family of browsers keeps its files in the same way.
type family int

const (
	firefox family = iota
	chromium
	falkon
	epiphany
	safari
)

// A root is a folder that may have profiles of a browser.
type root struct {
	browser string // as people call it
	family  family
	dir     string
}

// roots are all places where browsers may be. Most of them do not exist.
func (s System) roots() []root {
	switch s.OS {
	case "windows":
		return s.windows()
	case "darwin":
		return s.mac()
	}
	return s.linux()
}

// folder is the one that a variable names, or else is the home folder's.
func (s System) folder(variable string, otherwise ...string) string {
	if dir := s.Getenv(variable); filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(append([]string{s.Home}, otherwise...)...)
}

func (s System) linux() (all []root) {
	config := s.folder("XDG_CONFIG_HOME", ".config")
	snap, flatpak := filepath.Join(s.Home, "snap"), filepath.Join(s.Home, ".var", "app")
	// Where a system has packages of its own, they have a home folder each.
	add := func(browser string, f family, dirs ...string) {
		for _, dir := range dirs {
			all = append(all, root{browser, f, dir})
		}
	}
	firefoxes := func(browser, old, new string, homes ...string) {
		add(browser, firefox, filepath.Join(s.Home, old), filepath.Join(config, new))
		for _, home := range homes {
			add(browser, firefox, filepath.Join(home, old), filepath.Join(home, ".config", new), filepath.Join(home, "config", new))
		}
	}
	firefoxes("Firefox", ".mozilla/firefox", "mozilla/firefox", filepath.Join(snap, "firefox/common"), filepath.Join(flatpak, "org.mozilla.firefox"))
	firefoxes("LibreWolf", ".librewolf", "librewolf/librewolf", filepath.Join(flatpak, "io.gitlab.librewolf-community"))
	firefoxes("Waterfox", ".waterfox", "waterfox", filepath.Join(flatpak, "net.waterfox.waterfox"))
	firefoxes("Zen", ".zen", "zen", filepath.Join(flatpak, "app.zen_browser.zen"))
	firefoxes("Floorp", ".floorp", "floorp", filepath.Join(flatpak, "one.ablaze.floorp"))
	for _, bundle := range []string{".local/share/torbrowser/tbb/x86_64/tor-browser", "tor-browser", "tor-browser_fr", "tor-browser_en-US"} {
		add("Tor Browser", firefox, filepath.Join(s.Home, bundle, "Browser/TorBrowser/Data/Browser"))
	}

	chromiums := func(browser, name string, homes ...string) {
		add(browser, chromium, filepath.Join(config, name))
		for _, home := range homes {
			add(browser, chromium, filepath.Join(home, ".config", name), filepath.Join(home, "config", name))
		}
	}
	chromiums("Chromium", "chromium", filepath.Join(flatpak, "org.chromium.Chromium"))
	add("Chromium", chromium, filepath.Join(snap, "chromium/common/chromium"))
	chromiums("Chrome", "google-chrome", filepath.Join(flatpak, "com.google.Chrome"))
	chromiums("Chrome", "google-chrome-beta")
	chromiums("Chrome", "google-chrome-unstable", filepath.Join(flatpak, "com.google.ChromeDev"))
	chromiums("Brave", "BraveSoftware/Brave-Browser", filepath.Join(snap, "brave/current"), filepath.Join(flatpak, "com.brave.Browser"))
	chromiums("Edge", "microsoft-edge", filepath.Join(flatpak, "com.microsoft.Edge"))
	chromiums("Vivaldi", "vivaldi", filepath.Join(flatpak, "com.vivaldi.Vivaldi"), filepath.Join(snap, "vivaldi/current"))
	chromiums("Opera", "opera", filepath.Join(snap, "opera/current"), filepath.Join(flatpak, "com.opera.Opera"))
	add("Falkon", falkon, filepath.Join(config, "falkon"), filepath.Join(flatpak, "org.kde.falkon/config/falkon"))
	add("GNOME Web", epiphany, filepath.Join(s.folder("XDG_DATA_HOME", ".local", "share"), "epiphany"), filepath.Join(flatpak, "org.gnome.Epiphany/data/epiphany"))
	return all
}

// A home is where a browser keeps its files, below a folder that many share.
type home struct{ browser, dir string }

func rootsIn(dir string, f family, below string, homes ...home) (all []root) {
	for _, h := range homes {
		all = append(all, root{h.browser, f, filepath.Join(dir, h.dir, below)})
	}
	return all
}

func (s System) mac() []root {
	library := filepath.Join(s.Home, "Library")
	support := filepath.Join(library, "Application Support")
	return slices.Concat(
		rootsIn(support, firefox, "", home{"Firefox", "Firefox"}, home{"LibreWolf", "librewolf"}, home{"Waterfox", "Waterfox"},
			home{"Zen", "zen"}, home{"Floorp", "Floorp"}, home{"Tor Browser", "TorBrowser-Data/Browser"}),
		rootsIn(support, chromium, "", home{"Chromium", "Chromium"}, home{"Chrome", "Google/Chrome"}, home{"Brave", "BraveSoftware/Brave-Browser"},
			home{"Edge", "Microsoft Edge"}, home{"Vivaldi", "Vivaldi"}, home{"Opera", "com.operasoftware.Opera"}),
		rootsIn(library, safari, "", home{"Safari", "Safari"}),
	)
}

func (s System) windows() []root {
	roaming, local := s.folder("APPDATA", "AppData", "Roaming"), s.folder("LOCALAPPDATA", "AppData", "Local")
	return slices.Concat(
		rootsIn(roaming, firefox, "", home{"Firefox", "Mozilla/Firefox"}, home{"LibreWolf", "librewolf"}, home{"Waterfox", "Waterfox"},
			home{"Zen", "zen"}, home{"Floorp", "Floorp"}),
		rootsIn(local, chromium, "User Data", home{"Chromium", "Chromium"}, home{"Chrome", "Google/Chrome"}, home{"Brave", "BraveSoftware/Brave-Browser"},
			home{"Edge", "Microsoft/Edge"}, home{"Vivaldi", "Vivaldi"}),
		rootsIn(roaming, chromium, "", home{"Opera", "Opera Software/Opera Stable"}),
	)
}
