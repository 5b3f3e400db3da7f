package files_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

// folds breaks each line of a calendar behind so many bytes, as programs do, within
// a character, too.
func folds(text string, width int) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		for len(line) > width {
			b.WriteString(line[:width] + "\r\n ")
			line = line[width:]
		}
		b.WriteString(line + "\r\n")
	}
	return b.String()
}

func TestCalendarsAreUnfolded(t *testing.T) {
	calendar := "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nSUMMARY:Réunion\nLOCATION:" + pads + "lieu\nURL:https://clinic.example/private\n" +
		`DESCRIPTION:Ordre du jour\, notes : ` + pads + `réunion-été\, puis\n` + pads + `suite\n<a href="` + pads + `a">x</a>` + "\n" +
		`X-ALT-DESC;FMTTYPE=text/html:<a href="` + pads + `alt?a=1&amp;b=2">` + "\nATTENDEE;CN=x:mailto:zoe@clinic.example\nEND:VEVENT\nEND:VCALENDAR"
	for width := len("BEGIN:VCALENDAR"); width < 80 && !t.Failed(); width++ {
		wants(t, folds(calendar, width), pads+"lieu", pads+"réunion-été", pads+"suite", pads+"a", pads+"alt?a=1&b=2")
	}
	wants(t, "\ufeff"+strings.ReplaceAll(folds(calendar, 75), "\r\n ", "\n\t"), pads+"lieu", pads+"réunion-été", pads+"suite", pads+"a", pads+"alt?a=1&b=2")
	for n := range 50 { // where what is read in one piece ends
		wants(t, "BEGIN:VCALENDAR\r\nX:"+strings.Repeat("x", 4050+n)+" https://pads.ex\r\n ample.org/p/a\r\nY:1", pads+"a")
	}
	// One that is folded everywhere and never ends.
	wants(t, "BEGIN:VCALENDAR\nX:"+strings.Repeat("\n ", 100_000)+strings.Repeat("a\n ", 100_000)+" "+pads+"a", pads+"a")
}

func TestContactsAreUnfolded(t *testing.T) {
	wants(t, folds("BEGIN:VCARD\nVERSION:3.0\nFN:Zoé\nURL:"+pads+"url\nitem1.URL;type=pref:https\\://pads.example.org/p/apple\nNOTE:voir "+pads+"note\\, ou\nPHOTO;ENCODING=b:"+strings.Repeat("QUJD", 50_000)+"\nEND:VCARD", 75),
		pads+"url", pads+"apple", pads+"note")
	old := "BEGIN:VCARD\nVERSION:2.1\nN:Zoé\nNOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:https=3A//pads.exam=\nple.org/p/r=C3=A9union=0D=0A=\nfin\nURL;QUOTED-PRINTABLE;CHARSET=iso-8859-1:" + pads + "=E9t=E9\nTEL:1\nEND:VCARD\n"
	wants(t, old, pads+"réunion", pads+"été")
	wants(t, strings.ReplaceAll(old, "\n", "\r\n"), pads+"réunion", pads+"été")
	wants(t, latin(t, charmap.Windows1252, "BEGIN:VCARD\nNOTE:"+pads+"été\n"), pads+"été")
	wants(t, "BEGIN:VCARD\nNOTE;QUOTED-PRINTABLE:"+pads+"a=", pads+"a")
}
