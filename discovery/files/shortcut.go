package files

import (
	"bytes"
	"io"
	"net/url"

	"github.com/padsync/padsync/discovery"
	"go.yaml.in/yaml/v3"
	"howett.net/plist"
)

// mostShortcut is more than any shortcut has. The parser's time grows with the
// square of what is nested, of which this has not enough to matter.
const mostShortcut = 64 << 10

// shortcut reads a .webloc of macOS in its binary form. The other one is XML.
func (f *file) shortcut(in io.Reader) (err error) {
	b, err := all(in, mostShortcut)
	if err != nil {
		return err
	}
	defer func() {
		if recover() != nil { // the parser indexes by what the file says
			err = discovery.ErrDamaged
		}
	}()
	var webloc struct{ URL string }
	if _, err := plist.Unmarshal(b, &webloc); err != nil {
		return discovery.ErrDamaged
	}
	f.see(discovery.Sighting{Address: webloc.URL})
	return nil
}

// frontMatter reads what ether's app for Nextcloud writes before the text of a
// .pad: the address of the pad, or its server and its id. One of a pad of the
// app's own server may have the id alone, and so no address.
func (f *file) frontMatter(start []byte) {
	start = bytes.ReplaceAll(start, []byte("\r\n"), []byte("\n"))
	start, isMatter := bytes.CutPrefix(start, []byte("---\n"))
	start, _, isWhole := bytes.Cut(start, []byte("\n---"))
	if !isMatter || !isWhole {
		return
	}
	var pad struct {
		URL    string `yaml:"pad_url"`
		Origin string `yaml:"pad_origin"`
		ID     string `yaml:"remote_pad_id"`
	}
	if yaml.Unmarshal(start, &pad) != nil {
		return // other front matter
	}
	if pad.URL == "" && pad.Origin != "" && pad.ID != "" {
		if at, err := url.Parse(pad.Origin); err == nil {
			pad.URL = at.JoinPath("p", url.PathEscape(pad.ID)).String()
		}
	}
	f.see(discovery.Sighting{Address: pad.URL})
}
