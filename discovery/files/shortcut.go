package files

import (
	"bytes"
	"io"
	"net/url"

	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/discovery/propertylist"
	"go.yaml.in/yaml/v3"
)

const mostShortcut = 1 << 20 // bytes

// shortcut reads a .webloc of macOS in its binary form. The other one is XML.
func (f *file) shortcut(in io.Reader) error {
	b, err := all(in, mostShortcut)
	if err != nil {
		return err
	}
	list, err := propertylist.Read(b)
	if err != nil {
		return err
	}
	f.see(discovery.Sighting{Address: list.Text(list.Value(list.Top, "URL"))})
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
