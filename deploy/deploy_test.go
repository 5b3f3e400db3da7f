// Package deploy_test checks what the tools of .ci/run cannot know about the
// files in this folder: above all which secrets they ask for.
package deploy_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// A scheduled run gets the runner's key and access to the storage, and
// nothing that opens a stored document.
var allowedSecrets = []string{"PADSYNC_RUNNER_IDENTITY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}

func TestGitHubWorkflowAsksForNoOtherKey(t *testing.T) {
	text := read(t, "github-actions/backup.yml")
	var asked []string
	for _, match := range regexp.MustCompile(`secrets\.(\w+)`).FindAllStringSubmatch(text, -1) {
		asked = append(asked, match[1])
	}
	if !slices.Equal(asked, allowedSecrets) {
		t.Errorf("the workflow asks for %q, want %q", asked, allowedSecrets)
	}
}

func TestWorkflowsRunOneAtATimeBySchedule(t *testing.T) {
	var github struct {
		On struct {
			Schedule []struct{ Cron string }
		}
		Concurrency struct {
			Group  string
			Cancel bool `yaml:"cancel-in-progress"`
		}
		Permissions map[string]string
	}
	parse(t, "github-actions/backup.yml", &github)
	if len(github.On.Schedule) == 0 || github.Concurrency.Group == "" || github.Concurrency.Cancel {
		t.Errorf("GitHub: %+v", github)
	}
	if len(github.Permissions) != 1 || github.Permissions["contents"] != "read" {
		t.Errorf("GitHub: permissions %v, want only to read", github.Permissions)
	}

	var gitlab struct {
		Backup struct {
			Group         string `yaml:"resource_group"`
			Interruptible bool
			Rules         []struct{ If string }
			Before        []string `yaml:"before_script"`
			Script        []string
		}
	}
	parse(t, "gitlab-ci/.gitlab-ci.yml", &gitlab)
	b := gitlab.Backup
	if b.Group == "" || b.Interruptible || len(b.Rules) == 0 || !strings.Contains(b.Rules[0].If, "schedule") || len(b.Before) == 0 || len(b.Script) == 0 {
		t.Errorf("GitLab: %+v", b)
	}
}

// A job is red for one pad that cannot be saved, perhaps every night: padsync is
// not to be compiled anew for that.
func TestProgramIsKeptThoughTheJobFails(t *testing.T) {
	github := read(t, "github-actions/backup.yml")
	_, after, found := strings.Cut(github, "uses: actions/cache/save@")
	if !found || !strings.Contains(after, "padsync backup") || strings.Contains(github, "uses: actions/cache@") {
		t.Error("GitHub keeps the program only after a backup without failures")
	}
	var gitlab struct {
		Backup struct{ Cache struct{ When string } }
	}
	parse(t, "gitlab-ci/.gitlab-ci.yml", &gitlab)
	if gitlab.Backup.Cache.When != "always" {
		t.Errorf("GitLab keeps the program %q", gitlab.Backup.Cache.When)
	}
}

func TestAllRunTheSameCommand(t *testing.T) {
	for name, command := range map[string]string{
		"github-actions/backup.yml": "padsync backup --config padsync.toml --max-duration 5h\n",
		"gitlab-ci/.gitlab-ci.yml":  "padsync backup --config padsync.toml --max-duration 5h\n",
		"systemd/padsync.service":   "padsync backup --config %d/padsync.toml --max-duration 20h\n",
		"Containerfile":             `CMD ["backup"]`,
	} {
		if !strings.Contains(read(t, name), command) {
			t.Errorf("%s does not say %q", name, command)
		}
	}
}

// Kubernetes starts no container with runAsNonRoot, as docs/container.md asks,
// if the image only names its user.
func TestImageNumbersItsUser(t *testing.T) {
	if !regexp.MustCompile(`(?m)^USER [1-9][0-9]*$`).MatchString(read(t, "Containerfile")) {
		t.Error("the user of the image is not a number, or root")
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func parse(t *testing.T, name string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, name)), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// A slow server is not to hold a run until it is ended from outside, with what
// it has in hand, nor until the next one comes.
func TestScheduledRunsHaveAnEnd(t *testing.T) {
	for name, most := range map[string]time.Duration{
		"systemd/padsync.service": 23 * time.Hour, "github-actions/backup.yml": 5*time.Hour + 30*time.Minute, "gitlab-ci/.gitlab-ci.yml": 5*time.Hour + 30*time.Minute,
	} {
		found := regexp.MustCompile(`padsync backup .*--max-duration (\S+)`).FindStringSubmatch(read(t, name))
		if found == nil {
			t.Errorf("%s: backup has no --max-duration", name)
			continue
		}
		if d, err := time.ParseDuration(found[1]); err != nil || d <= 0 || d > most {
			t.Errorf("%s: --max-duration %s, want at most %v", name, found[1], most)
		}
	}
}
