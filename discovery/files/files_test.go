package files_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/discovery/files"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/kinds"
	"github.com/padsync/padsync/sources/pollaris"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

const pads = "https://pads.example.org/p/"

func allKinds() []kinds.Kind {
	return []kinds.Kind{pollaris.Kind(), framadate.Kind(), etherpad.Kind()}
}

// read gives the addresses in a text, with their titles.
func read(t *testing.T, text string) (seen map[string]string, all []discovery.Sighting) {
	t.Helper()
	seen = make(map[string]string)
	err := files.From(t.Context(), strings.NewReader(text), "file", discovery.Reading{
		Kinds: allKinds(),
		See:   func(s discovery.Sighting) { seen[s.Address] = s.Title; all = append(all, s) },
		Skip:  func(s discovery.Skip) { t.Errorf("skipped %v", s) },
	})
	if err != nil {
		t.Errorf("%.60q: %v", text, err)
	}
	return seen, all
}

func wants(t *testing.T, text string, addresses ...string) {
	t.Helper()
	seen, _ := read(t, text)
	slices.Sort(addresses)
	if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, addresses) {
		t.Errorf("%.200q\nhas %q,\nwant %q", text, got, addresses)
	}
}

func TestExportedBookmarksAreRead(t *testing.T) {
	export := `<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE><H1>Menu</H1>
<DL><p>
    <DT><H3 ADD_DATE="1790000000">L&#39;association</H3>
    <DL><p>
        <DT><A HREF="` + pads + `ag?a=1&amp;b=2" ADD_DATE="1790000000" ICON="data:image/png;base64,` + strings.Repeat("A", 9000) + `" TAGS="budget">L&#39;AG &amp; le reste</A>
        <DT><A HREF="place:parent=x">Récents</A>
        <DT><A HREF="javascript:void('` + pads + `no')">x</A>
        <DT><A HREF="https://clinic.example/private">x</A>
        <DT><A HREF="` + pads + `budget">` + pads + `budget</A>
    </DL><p>
</DL>`
	seen, all := read(t, export)
	if len(seen) != 2 || seen[pads+"ag?a=1&b=2"] != "L'AG & le reste" {
		t.Errorf("%q", seen)
	}
	if !all[0].First.Equal(time.Unix(1790000000, 0)) || all[0].Origin != (discovery.Origin{Place: discovery.File, File: "file"}) {
		t.Errorf("%+v", all[0])
	}
}

func TestAddressesInTextLoseWhatIsAroundThem(t *testing.T) {
	u, v := pads+"ag", pads+"budget"
	for _, text := range []string{
		u, "Voir " + u + ".", u + ",", u + " ; et", "(" + u + ")", "<" + u + ">", "« " + u + " »", "«" + u + "»", "“" + u + "”", "'" + u + "'", "[le pad](" + u + ")",
		"**" + u + "**", "`" + u + "`", "| " + u + " | x |", u + "|x", "url=" + u, "URL=" + u + "\r\nIconFile=https://x.example/i.ico", "x\t" + u + "\ty", u + "…", u + "!",
		`{"text":"` + u + `"}`, "x;" + u + ";y", "\ufeff[InternetShortcut]\r\nURL=" + u + "\r\n", "[Desktop Entry]\nType=Link\nURL[$e]=" + u,
	} {
		want := u
		if strings.HasSuffix(text, "!") {
			want += "!" // a pad may be named so
		}
		wants(t, text, want)
	}
	wants(t, u+","+v, u, v)
	wants(t, u+" "+v+"\r"+pads+"mac\n", u, v, pads+"mac")
	wants(t, "https://clinic.example/private pads.example.org/p/x ftp://x/p/y")
	wants(t, u+"?a=1&amp;b=2", u+"?a=1&b=2")
}

func TestAPageIsReadWithItsText(t *testing.T) {
	wants(t, `<html><body><a href='`+pads+`link'>le pad</a><iframe src="`+pads+`frame?showChat=false"></iframe>
		<p>Aussi `+pads+`text.</p><!-- `+pads+`comment --><a href="/p/relative">x</a>`, pads+"link", pads+"frame?showChat=false", pads+"text")
	wants(t, `<html><img src="data:`+strings.Repeat("A", 3<<20)+`"><a href="`+pads+`behind">x</a>`, pads+"behind")
	wants(t, `<?xml version="1.0"?><!DOCTYPE plist><plist><dict><key>URL</key><string>`+pads+`a&amp;b</string></dict></plist>`, pads+"a&b")
}

func TestTextIsReadWhateverItsEncoding(t *testing.T) {
	text := "Réunion : " + pads + "réunion-été\r\nfin"
	utf16 := func(b unicode.BOMPolicy, e unicode.Endianness) string {
		s, err := unicode.UTF16(e, b).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	windows, err := charmap.Windows1252.NewEncoder().String(text + " œ’")
	if err != nil {
		t.Fatal(err)
	}
	for _, encoded := range []string{
		text, "\ufeff" + text, windows, utf16(unicode.UseBOM, unicode.LittleEndian), utf16(unicode.UseBOM, unicode.BigEndian), utf16(unicode.IgnoreBOM, unicode.LittleEndian),
		strings.Repeat("é", 32767) + " é " + text, // the sample ends within a character
	} {
		wants(t, encoded, pads+"réunion-été")
	}
}

func TestAnAddressIsPassedOnOnce(t *testing.T) {
	if _, all := read(t, strings.Repeat(pads+"a\n"+pads+"b\n", 1000)); len(all) != 2 {
		t.Errorf("%d sightings", len(all))
	}
}

// What is saved is text, though a pad may begin like a page or an archive.
func TestTextIsReadAsThat(t *testing.T) {
	for _, text := range []string{"<html>\n<!-- " + pads + "a -->", "BZh " + pads + "a", "Voir " + pads + "a."} {
		var seen []string
		err := files.Text(t.Context(), text, "saved", discovery.Reading{Kinds: allKinds(), See: func(s discovery.Sighting) { seen = append(seen, s.Address) }})
		if err != nil || !slices.Equal(seen, []string{pads + "a"}) {
			t.Errorf("%q has %q, %v", text, seen, err)
		}
	}
}

func TestLongLinesAreRead(t *testing.T) {
	wants(t, strings.Repeat(`{"x": "y"}, `, 20000)+`{"u": "`+pads+`a"}`+strings.Repeat(" z", 100000)+" "+pads+"b", pads+"a", pads+"b")
	wants(t, "data:"+strings.Repeat("A", 1<<20)+" "+pads+"a", pads+"a")
}

func TestWhatCannotBeReadToItsEndSaysSo(t *testing.T) {
	broken := errors.New("input/output error")
	for _, content := range []string{pads + "a\n", "<p>" + pads + "a</p>", mail("", pads+"a\n"), "From \n" + mail("", pads+"a\n\n"), "BEGIN:VCARD\nURL:" + pads + "a\n", `{"a":"` + pads + `a"`} {
		n := 0
		in := io.MultiReader(strings.NewReader(content), strings.NewReader(strings.Repeat("\n", 100_000)), iotest.ErrReader(broken))
		if err := files.From(t.Context(), in, "x", discovery.Reading{Kinds: allKinds(), See: func(discovery.Sighting) { n++ }}); err != broken || n != 1 {
			t.Errorf("%q: %v, %d addresses", content, err, n)
		}
	}
}

// TestAnEndedContextEndsReading, in the middle of a mail without an end, too.
func TestAnEndedContextEndsReading(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	endless := readerFunc(func(b []byte) (int, error) { return copy(b, "AAAA"), nil })
	in := io.MultiReader(strings.NewReader(mail(mixed("b"), "--b\n\n"+pads+"a\n--b\nContent-Type: image/png\n\n")), strings.NewReader(strings.Repeat("A\n", 100_000)), endless)
	if err := files.From(ctx, in, "x", discovery.Reading{Kinds: allKinds(), See: func(discovery.Sighting) { cancel() }}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestArchivesAndOtherFilesAreNamed(t *testing.T) {
	for content, want := range map[string]error{
		"PK\x03\x04rest": discovery.ErrArchive, "\x1f\x8b\x08rest": discovery.ErrArchive, "7z\xbc\xaf\x27\x1crest": discovery.ErrArchive,
		"SQLite format 3\x00\x10\x00": discovery.ErrUnknown, "\x7fELF\x02\x00\x00": discovery.ErrUnknown,
	} {
		err := files.From(t.Context(), strings.NewReader(content), "x", discovery.Reading{Kinds: allKinds(), See: func(s discovery.Sighting) { t.Errorf("%+v", s) }})
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", content, err, want)
		}
	}
}

func TestAFolderIsReadButWhatIsHiddenOrElsewhere(t *testing.T) {
	dir := t.TempDir()
	write := func(name string) {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(pads+filepath.Base(name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("in/a")
	write("in/deep/er/b")
	write("in/.hidden")
	write("in/.git/c")
	write("out/d")
	if err := errors.Join(os.Symlink("../out", filepath.Join(dir, "in", "link")), os.Symlink("../out/d", filepath.Join(dir, "in", "file"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(".", filepath.Join(dir, "in", "loop")); err != nil {
		t.Fatal(err)
	}
	write("in/enormous")
	if err := os.Truncate(filepath.Join(dir, "in", "enormous"), 5<<30); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "in", "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	var seen []string
	var skipped []discovery.Skip
	to := discovery.Reading{Kinds: allKinds(), See: func(s discovery.Sighting) { seen = append(seen, strings.TrimPrefix(s.Address, pads)) }, Skip: func(s discovery.Skip) { skipped = append(skipped, s) }}
	if err := files.Read(t.Context(), filepath.Join(dir, "in"), to); err != nil || !slices.Equal(seen, []string{"a", "b"}) || len(skipped) != 1 || skipped[0].Err != discovery.ErrLarge {
		t.Errorf("%q, %v, skipped %v", seen, err, skipped)
	}
	for name, want := range map[string]error{"missing": os.ErrNotExist, "in/pipe": discovery.ErrIrregular} {
		skipped = nil
		if err := files.Read(t.Context(), filepath.Join(dir, name), to); err != nil || len(skipped) != 1 || !errors.Is(skipped[0].Err, want) {
			t.Errorf("%s: %v, %v", name, skipped, err)
		}
	}
}

// TestNothingElseOfAFileLeaves: no other address, no text, not in an error either,
// wherever the file is cut off.
func TestNothingElseOfAFileLeaves(t *testing.T) {
	const other = "https://clinic.example/private/zoe"
	text := "Diagnostic " + other + " " + pads + "ag"
	for name, content := range map[string]string{
		"text":     text,
		"page":     "<html><p>" + text + "<a href='" + other + "'>Diagnostic</a>",
		"mail":     mail("X-Diagnostic: "+other+"\n"+mixed("b"), multipart("b", printed+"\n"+quoted(t, text), "Content-Type: text/html\n\n<a href='"+other+"'>Diagnostic</a>")),
		"mbox":     "From diagnostic\n" + mail(printed, quoted(t, text)) + "\n\nFrom diagnostic\n" + mail("", text),
		"docx":     word(t, paragraph(text), map[string]string{"word/_rels/document.xml.rels": relation(other)}),
		"calendar": "BEGIN:VCALENDAR\nDESCRIPTION:" + text + "\nURL:" + other,
		"contact":  "BEGIN:VCARD\nNOTE;QUOTED-PRINTABLE:" + quoted(t, text) + "\nURL:" + other,
		"chat":     `{"diagnostic":"` + text + `"}`,
		"backup":   strings.ReplaceAll(backup(), "clinic.example", "clinic.example/diagnostic"),
		"packed":   packed(t, strings.ReplaceAll(backup(), "clinic.example", "clinic.example/diagnostic")),
		"webloc":   webloc(t, other),
		"pad":      "---\npad_origin: " + other + "\nremote_pad_id: [diagnostic\n---\n" + text,
	} {
		t.Run(name, func(t *testing.T) {
			for end := len(content); end > 0; end -= 17 {
				err := files.From(t.Context(), strings.NewReader(content[:end]), "x", discovery.Reading{Kinds: allKinds(), See: func(s discovery.Sighting) {
					if !strings.HasPrefix(s.Address, pads) || strings.Contains(strings.ToLower(s.Title), "diagnostic") {
						t.Errorf("%+v left", s)
					}
				}})
				if err != nil && !slices.Contains(reasons, err) {
					t.Errorf("cut to %d: %v", end, err)
				}
			}
		})
	}
}

// reasons are all that may be said of a file.
var reasons = []error{discovery.ErrArchive, discovery.ErrUnknown, discovery.ErrDamaged, discovery.ErrLarge}

// readAny reads what may be of any form. Only what can be a document's address
// leaves it, and what cannot be read says why.
func readAny(t *testing.T, content string) (err error) {
	t.Helper()
	err = files.From(t.Context(), strings.NewReader(content), "x", discovery.Reading{Kinds: allKinds(), See: func(s discovery.Sighting) {
		if !(discovery.Reading{Kinds: allKinds()}).Possible(s.Address) {
			t.Errorf("%q left", s.Address)
		}
	}})
	if err != nil && !slices.Contains(reasons, err) {
		t.Errorf("%.60q: %v", content, err)
	}
	return err
}

func FuzzFrom(f *testing.F) {
	f.Add("<a href=" + pads + "x>")
	f.Add("\xff\xfe" + pads)
	f.Add("From - Tue\nFrom: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; format=flowed; delsp=yes\nContent-Transfer-Encoding: quoted-printable\n\n<" + pads + "x=\n \ny>\n--b--\n\nFrom - Wed\nTo: b\n\n")
	f.Add("BEGIN:VCARD\r\nNOTE;QUOTED-PRINTABLE;CHARSET=utf-8:https=3A//pad=\r\ns.example.org/p/x\r\n ")
	f.Add(`{"a":"https:\/\/pads.example.org\/p\/\ud83d\ude00"}`)
	f.Add("---\npad_origin: " + pads + "\nremote_pad_id: x\n---\n")
	f.Add("bplist00\xd1\x01\x02SURLSabc\x08\x0b\x0f\x00\x00\x00\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x13")
	f.Fuzz(func(t *testing.T, content string) { _ = readAny(t, content) })
}
