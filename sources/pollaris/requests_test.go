package pollaris_test

import (
	"os"
	"testing"

	"github.com/padsync/padsync/sources/sourcetest"
)

// requests are those that docs/requests.md lists. All that are sent in these
// tests are among them, and it lists no others.
var requests = sourcetest.Listed("../../docs/requests.md", "Pollaris")

func TestMain(m *testing.M) { os.Exit(requests.Run(m)) }
