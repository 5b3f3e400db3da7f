package machine

import (
	"os"
	"path/filepath"
	"testing"
)

func TestNameIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	name := At(dir).Name()
	if len(name) != 26 || At(dir).Name() != name {
		t.Errorf("%q, then %q", name, At(dir).Name())
	}
	if other := At(t.TempDir()).Name(); other == name {
		t.Error("two machines have one name")
	}
	if At("").Name() != "" {
		t.Error("a machine that keeps nothing has a name")
	}
	if err := os.WriteFile(filepath.Join(dir, "name"), []byte("../x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := At(dir).Name(); len(again) != 26 || again == name {
		t.Errorf("%q", again)
	}
}
