package files_test

import (
	"strings"
	"testing"

	"github.com/padsync/padsync/discovery"
	"howett.net/plist"
)

func webloc(t *testing.T, address string) string {
	t.Helper()
	b, err := plist.Marshal(map[string]string{"URL": address}, plist.BinaryFormat)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBinaryShortcutsAreRead(t *testing.T) {
	text := webloc(t, pads+"réunion")
	wants(t, text, pads+"réunion")
	wants(t, webloc(t, "https://clinic.example/private"))
	skips(t, text[:len(text)-4], discovery.ErrDamaged)
	skips(t, "bplist00"+strings.Repeat("x", 2<<20), discovery.ErrLarge)
	for i := range len(text) {
		for _, c := range []byte{0, 0x7f, 0xff} {
			broken := []byte(text)
			broken[i] = c
			_ = readAny(t, string(broken))
		}
	}
}

func TestBothKindsOfPadFilesAreRead(t *testing.T) {
	wants(t, "[InternetShortcut]\nURL="+pads+"ag\nOwnpadToken=8c2d", pads+"ag")
	matter := func(more string) string {
		return "---\nformat: \"etherpad-nextcloud/1\"\nfile_id: 7\npad_id: \"ext.ag\"\naccess_mode: \"public\"\nstate: \"active\"\ndeleted_at: null\ncreated_at: \"2026-11-01T10:00:00+00:00\"\nupdated_at: \"2026-11-01T10:00:00+00:00\"\nsnapshot_rev: 12\n" + more +
			"---\n[TEXT]\nBonjour\n[HTML-BEGIN]\n<p>Bonjour</p>\n[HTML-END]\n"
	}
	wants(t, matter("pad_url: \""+pads+"ag\"\n"), pads+"ag")
	wants(t, matter("pad_url: \""+pads+"ag\"\npad_origin: \"https://other.example.org\"\nremote_pad_id: \"other\"\n"), pads+"ag")
	wants(t, matter("pad_origin: \"https://pads.example.org\"\nremote_pad_id: \"l'été: 50%20 ?\"\n"), pads+"l%27%C3%A9t%C3%A9:%2050%2520%20%3F")
	wants(t, strings.ReplaceAll(matter("pad_origin: \"https://pads.example.org/\"\nremote_pad_id: \"ag\"\n"), "\n", "\r\n"), pads+"ag")
	wants(t, matter("")) // on a server that only the app knows
	wants(t, matter("pad_origin: \"javascript:\"\nremote_pad_id: \"ag\"\n"))
	wants(t, "---\ntitle: [\n---\n"+pads+"ag", pads+"ag")
}

// TestKDEDoublesADollar in the addresses of its shortcuts.
func TestKDEDoublesADollar(t *testing.T) {
	wants(t, "[Desktop Entry]\nType=Link\nURL[$e]="+pads+"g.0123456789abcdef$$ag\n", pads+"g.0123456789abcdef$ag")
	wants(t, "[Desktop Entry]\nType=Link\nURL="+pads+"g.0123456789abcdef$ag\n", pads+"g.0123456789abcdef$ag")
}
