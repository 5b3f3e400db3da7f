package setup

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/message"
)

func TestRunnerIsMadeOnceAndKept(t *testing.T) {
	for _, postQuantum := range []bool{false, true} {
		state := filepath.Join(t.TempDir(), "not", "yet")
		a := newSetup(t, map[string]string{"XDG_STATE_HOME": state})
		if id, err := a.runnerIdentity("", postQuantum, false); id != nil || err != nil {
			t.Fatalf("a command that reads made one: %v, %v", id, err)
		}
		var hashes []string
		for range 2 {
			id, err := a.runnerIdentity("", postQuantum, true)
			if err != nil {
				t.Fatal(err)
			}
			r, err := crypto.RecipientOf(id)
			if err != nil {
				t.Fatal(err)
			}
			if quantum, err := crypto.PostQuantum(r); quantum != postQuantum || err != nil {
				t.Errorf("PostQuantum = %v, %v", quantum, err)
			}
			hashes = append(hashes, r.Hash())
		}
		if hashes[0] != hashes[1] {
			t.Error("the second run has another identity")
		}
		files, _ := filepath.Glob(filepath.Join(state, "padsync", "*"))
		if len(files) != 1 {
			t.Fatalf("files %v", files)
		}
		if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
	}
}

func TestRunnerFromTheEnvironmentKeepsNothing(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	a := newSetup(t, map[string]string{"XDG_STATE_HOME": state, "PADSYNC_RUNNER_IDENTITY": id.String() + "\n"})
	got, err := a.runnerIdentity("", false, true)
	if err != nil || got.(*age.X25519Identity).String() != id.String() {
		t.Errorf("%v", err)
	}
	if files, _ := os.ReadDir(state); len(files) > 0 {
		t.Errorf("files %v", files)
	}
	if _, err := a.runnerIdentity("", true, true); !errors.Is(err, ErrRunnerKind) || message.ClassOf(err) != message.Usage {
		t.Errorf("a classic runner beside post-quantum recipients: %v", err)
	}
}

func TestVariableHoldsTheTextAndNeverAPath(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.txt")
	id, _ := age.GenerateX25519Identity()
	if err := os.WriteFile(file, []byte(id.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	a := newSetup(t, map[string]string{"PADSYNC_IDENTITY": file})
	_, err := a.identitiesFromEnv("PADSYNC_IDENTITY")
	if !errors.Is(err, ErrIdentityPath) || message.ClassOf(err) != message.Usage {
		t.Fatalf("error %v", err)
	}
	a = newSetup(t, map[string]string{runnerVariable: file})
	_, err = a.identitiesFromEnv(runnerVariable)
	if !errors.Is(err, ErrRunnerPath) || message.ClassOf(err) != message.Usage {
		t.Errorf("error %v", err)
	}
}

func TestEachRecipientCountsOnce(t *testing.T) {
	id, _ := age.GenerateX25519Identity()
	text := id.Recipient().String()
	file := filepath.Join(t.TempDir(), "recipients.txt")
	if err := os.WriteFile(file, []byte("# us\n"+text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := newSetup(t, nil).parseRecipients([]string{text, text}, []string{file})
	if err != nil || len(got) != 1 {
		t.Errorf("%d recipients, %v", len(got), err)
	}
}

func TestSecretsOnTheCommandLineAreNotRepeated(t *testing.T) {
	id, _ := age.GenerateX25519Identity()
	a := newSetup(t, nil)
	_, err := a.parseRecipients([]string{id.String()}, nil)
	if !errors.Is(err, crypto.ErrIdentity) || strings.Contains(err.Error(), id.String()) {
		t.Errorf("error %v", err)
	}
}

func TestIdentityCommand(t *testing.T) {
	id, _ := age.GenerateX25519Identity()
	ids, err := newSetup(t, nil).identitiesFromCommand(t.Context(), []string{"echo", id.String()})
	if err != nil || len(ids) != 1 {
		t.Errorf("%d identities, %v", len(ids), err)
	}
	for _, command := range [][]string{{"false"}, {"no such command"}, {"echo", "nothing"}} {
		if _, err := newSetup(t, nil).identitiesFromCommand(t.Context(), command); message.ClassOf(err) != message.Usage {
			t.Errorf("%v: %v", command, err)
		}
	}
}
