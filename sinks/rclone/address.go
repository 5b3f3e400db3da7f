package rclone

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rclone/rclone/fs"
	"github.com/rclone/rclone/fs/config/configmap"
	"github.com/rclone/rclone/fs/config/obscure"
	"github.com/rclone/rclone/fs/fspath"
)

// Shown is the address without the options of its connection string and
// without user information, for people.
func Shown(address string) string {
	parsed, err := fspath.Parse(address)
	if err != nil || parsed.Name == "" && strings.ContainsAny(parsed.Path, "='") {
		return "(an address that cannot be read)" // or options without an end
	}
	shown := user.ReplaceAllString(parsed.Path, "//")
	if parsed.Name != "" {
		shown = parsed.Name + ":" + shown
	}
	return shown
}

var user = regexp.MustCompile(`//[^/\s]*@`)

// defaults are better for few and small objects than rclone's own; what the
// user has set takes precedence.
var defaults = map[string][]fspathOption{
	"local":  {{"no_set_modtime", "true"}},
	"webdav": {{"pacer_min_sleep", "0"}},
	// Without these it starts shells on the server, to find out what it has.
	"sftp": {{"disable_hashcheck", "true"}, {"shell_type", "none"}, {"set_modtime", "false"}},
}

type fspathOption struct{ name, value string }

// withDefaults is the address with our defaults, and with no prompt.
func withDefaults(kind *fs.RegInfo, parsed fspath.Parsed, options *configmap.Map) string {
	name := parsed.ConfigString
	if name == "" {
		name = ":local"
	}
	for _, option := range defaults[kind.Name] {
		if _, ok := options.GetPriority(option.name, configmap.PriorityConfig); !ok {
			name += "," + option.name + "=" + option.value
		}
	}
	if kind.Options.Get("ask_password") != nil {
		name += ",ask_password=false" // the last one counts
	}
	folder := parsed.Path
	if folder != "" && !strings.HasSuffix(folder, "/") {
		folder += "/" // or an S3 store that refuses HEAD has a file there, for rclone
	}
	return name + ":" + folder
}

// secretsOf is what is secret in the options: passwords and tokens in both
// forms, and all that a connection string says.
func secretsOf(kind *fs.RegInfo, parsed fspath.Parsed, options configmap.Getter) []string {
	var secrets []string
	for _, option := range kind.Options {
		if value, ok := options.Get(option.Name); ok && (option.IsPassword || option.Sensitive) {
			secrets = append(secrets, value)
		}
	}
	for _, value := range parsed.Config {
		secrets = append(secrets, value)
	}
	for _, value := range slices.Clone(secrets) {
		if revealed, err := obscure.Reveal(value); err == nil {
			secrets = append(secrets, revealed)
		}
	}
	return secrets
}
