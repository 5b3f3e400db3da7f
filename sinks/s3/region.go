package s3

import (
	"bufio"
	"cmp"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// configuredRegion is what the environment says, else the profile in the AWS
// tools' configuration; "" if none does.
func configuredRegion() string {
	if region := cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")); region != "" {
		return region
	}
	name := os.Getenv("AWS_CONFIG_FILE")
	if name == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		name = filepath.Join(home, ".aws", "config")
	}
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	return regionIn(io.LimitReader(f, 1<<20), cmp.Or(os.Getenv("AWS_PROFILE"), "default"))
}

// regionIn is the region of a profile, which stands under [profile NAME], or
// [default].
func regionIn(r io.Reader, profile string) string {
	here := false
	for lines := bufio.NewScanner(r); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if section, ok := strings.CutPrefix(line, "["); ok {
			section, _, _ = strings.Cut(section, "]")
			here = strings.Join(strings.Fields(section), " ") == "profile "+profile || profile == "default" && strings.TrimSpace(section) == profile
			continue
		}
		if key, value, ok := strings.Cut(line, "="); here && ok && strings.TrimSpace(key) == "region" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
