package pad

import (
	"bytes"
	"flag"
	"io"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the rendered files of testdata anew")

func TestRenderedPagesAreAsBefore(t *testing.T) {
	for name, export := range exports(t) {
		s := open(t, export).Current()
		for ending, write := range map[string]func(io.Writer) error{"html": s.WriteHTML, "md": s.WriteMarkdown} {
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			file := "testdata/" + name + "." + ending
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(t, file); got.String() != string(want) {
				t.Errorf("%s: got\n%s", file, got.String())
			}
		}
	}
}
