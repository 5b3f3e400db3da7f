package files_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/discovery"
	"github.com/pierrec/lz4/v4"
)

func TestChatsAreDecodedBeforeAddressesAreLookedFor(t *testing.T) {
	for _, text := range []string{
		`{"messages": [{"body": "Voir ` + pads + `été.", "to": "https://clinic.example/private"}]}`,
		`{"body":"https:\/\/pads.example.org\/p\/\u00e9t\u00E9"}`,  // as PHP writes
		`[{"text":"le pad: <` + pads + `été|le pad> et <@U123>"}]`, // Slack
		`{"formatted_body":"<a href=\"` + pads + `été\">ici<\/a>\nfin"}`,
		`{"message":"[ici](` + pads + `été)\nfin"}`,
		"{\"a\":1}\n{\"body\":\"x\\n" + pads + "été\\n\"}\n{\"a\":\"\\ud83d\\ude00\"}\n",
		"\ufeff {\n\t\"a\": \"" + pads + `\u00e9t\u00e9"` + "\n}\n",
		`[["` + pads + `été", "cut off \u00`,
		`{"a":"` + strings.Repeat(`\u00e9`, 100_000) + ` ` + pads + `été"}`,
	} {
		wants(t, text, pads+"été")
	}
	for n := range 50 { // where what is read in one piece ends
		wants(t, `{"body":"`+strings.Repeat("x", 4040+n)+` https:\/\/pads.example.org\/p\/\ud83d\ude00\u00e9"}`, pads+"😀é")
	}
	wants(t, `{"body":"\ud83d`+"\\x\\"+`"}`)
}

func backup() string {
	return `{"guid":"root________","title":"","index":0,"dateAdded":1790000000000000,"id":1,"typeCode":2,"type":"text/x-moz-place-container","root":"placesRoot","children":[
		{"guid":"menu________","title":"menu","typeCode":2,"type":"text/x-moz-place-container","children":[
		{"title":"L'AG","dateAdded":1790000000000000,"typeCode":1,"type":"text/x-moz-place","uri":"` + pads + `ag"},{"title":"x","type":"text/x-moz-place","uri":"https://clinic.example/private"}]}]}`
}

// packed is what Firefox makes of a text.
func packed(t *testing.T, text string) string {
	t.Helper()
	b := make([]byte, lz4.CompressBlockBound(len(text)))
	n, err := lz4.CompressBlock([]byte(text), b, nil)
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
	return "mozLz40\x00" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(text)))) + string(b[:n])
}

func TestBackupsOfBookmarksHaveTheirTitles(t *testing.T) {
	for _, text := range []string{backup(), packed(t, backup())} {
		seen, all := read(t, text)
		if len(seen) != 1 || seen[pads+"ag"] != "L'AG" || !all[0].First.Equal(time.Unix(1790000000, 0)) || all[0].Origin.Place != discovery.File {
			t.Errorf("%+v", all)
		}
	}
	skips(t, packed(t, backup()[:len(backup())-3]), discovery.ErrDamaged)
	skips(t, "mozLz40\x00\xff\xff\xff\xff\x10a", discovery.ErrLarge)
	skips(t, "mozLz40\x00\xff\x00\x00\x00\x00a", discovery.ErrDamaged)
}

// TestOfASessionOnlyWhatStandsOpenIsRead: a person may have removed the rest.
func TestOfASessionOnlyWhatStandsOpenIsRead(t *testing.T) {
	session := `{"version":["sessionrestore",1],"windows":[{"tabs":[{"entries":[{"url":"` + pads + `before"},{"url":"` + pads + `open","title":"open | Etherpad"}],"index":2,"lastAccessed":1790000000000}],"_closedTabs":[{"state":{"entries":[{"url":"` + pads + `closed"}],"index":1}}]}]}`
	wants(t, session, pads+"open")
	wants(t, packed(t, session), pads+"open")
}
