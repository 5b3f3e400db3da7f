package testserver

import (
	"os"
	"path/filepath"
	"testing"
)

// Axe is the script of axe-core, which finds in a page what keeps people out.
func Axe(t testing.TB) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join(cache(t), "axe-4.14.1.js"))
	if err != nil {
		t.Fatalf("%v: run ./test.sh once", err)
	}
	return string(script)
}
