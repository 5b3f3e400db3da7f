package setup

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/message"
)

// nobody cannot be asked.
type nobody struct{}

func (nobody) Prompt(string) crypto.Prompt { return crypto.Prompt{} }

func (nobody) Output(ctx context.Context, command []string) ([]byte, error) {
	return exec.CommandContext(ctx, command[0], command[1:]...).Output()
}

// newSetup is that of a test, with folders of its own.
func newSetup(t *testing.T, env map[string]string) *Setup {
	t.Helper()
	home := t.TempDir()
	return &Setup{
		Kinds: AllKinds(), Program: "padsync test", Input: strings.NewReader(""), Asker: nobody{}, Tell: func(message.Message) {},
		Getenv: func(name string) string {
			if text, known := env[name]; known {
				return text
			}
			if strings.HasPrefix(name, "XDG_") {
				return home + string(os.PathSeparator) + name
			}
			return ""
		},
	}
}
