package files_test

import (
	"encoding/base64"
	"fmt"
	"mime/quotedprintable"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

// mail is one as programs write them: its header, and a body.
func mail(more, body string) string {
	return "Return-Path: <zoe@clinic.example>\nReceived: from mx.clinic.example\n\tby mail.example.org; Tue, 1 Dec 2026 09:12:00 +0100\nDate: Tue, 1 Dec 2026 09:12:00 +0100\n" +
		"From: =?iso-8859-1?Q?Zo=E9?= <zoe@clinic.example>\nTo: bureau@example.org\nSubject: =?UTF-8?Q?R=C3=A9union?=\nMessage-ID: <1@clinic.example>\nMIME-Version: 1.0\n" + more + "\n" + body
}

const printed = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n"

func quoted(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(b.String(), "\r\n", "\n")
}

func latin(t *testing.T, e *charmap.Charmap, text string) string {
	t.Helper()
	s, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// based is base64 in lines, as mail has it.
func based(text string) string {
	s := base64.StdEncoding.EncodeToString([]byte(text))
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\n")
		s = s[76:]
	}
	return b.String() + s + "\n"
}

func multipart(boundary string, parts ...string) string {
	var b strings.Builder
	b.WriteString("This is a multi-part message in MIME format.\n")
	for _, part := range parts {
		b.WriteString("--" + boundary + "\n" + part + "\n")
	}
	return b.String() + "--" + boundary + "--\n"
}

func mixed(boundary string) string {
	return "Content-Type: multipart/mixed;\n boundary=\"" + boundary + "\"\n"
}

func TestMailIsDecodedBeforeAddressesAreLookedFor(t *testing.T) {
	été := pads + "réunion-été"
	for name, text := range map[string]string{
		"plain":        mail("", "Bonjour,\n\n"+été+"\n"),
		"CRLF":         strings.ReplaceAll(mail("", "Bonjour,\n\n"+été+"\n"), "\n", "\r\n"),
		"printed":      mail(printed, quoted(t, "Bonjour,\n\nle compte rendu de la réunion est là : "+été+" merci d'avance et à bientôt\n")),
		"as by mutt":   mail(printed, "https:=\n//pads.example.org/p/r=C3=\n=A9union-=C3=A9t=C3=A9\n"),
		"windows":      mail("Content-Type: text/plain; charset=windows-1252\nContent-Transfer-Encoding: 8bit\n", latin(t, charmap.Windows1252, "l’été – "+été+" …\n")),
		"latin 9":      mail("Content-Type: text/plain; charset=\"ISO-8859-15\"\nContent-Transfer-Encoding: quoted-printable\n", quoted(t, latin(t, charmap.ISO8859_15, "œuvre "+été+"\n"))),
		"Greek":        mail("Content-Type: text/plain; charset=iso-8859-7\n", latin(t, charmap.ISO8859_7, pads+"ά\n")),
		"not as said":  mail("Content-Type: text/plain; charset=us-ascii\n", été+"\n"),
		"not UTF-8":    mail("Content-Type: text/plain; charset=utf-8\n", latin(t, charmap.Windows1252, été+"\n")),
		"said by none": mail("", latin(t, charmap.Windows1252, "é "+été)),
		"based":        mail("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n", based("Bonjour,\r\n"+été+"\r\n")),
		"subject":      mail("X-Note: =?UTF-8?Q?https=3A//pads.example.org/p/r=C3=A9union-?=\n =?UTF-8?Q?=C3=A9t=C3=A9?=\n", ""),
		"page":         mail("Content-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n", quoted(t, latin(t, charmap.ISO8859_1, "<html><body>À : <a href=\""+été+"\">là</a></body></html>"))),
		"in parts": mail(mixed("=_b"), multipart("=_b",
			"Content-Type: multipart/alternative; boundary=in\n\n"+multipart("in", printed+"\n"+quoted(t, été), "Content-Type: text/html\n\n<p>rien</p>"),
			"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n"+based("\x89PNG"+pads+"picture"))),
		"passed on": mail(mixed("b"), multipart("b", "Content-Type: message/rfc822\n\n"+mail(printed, quoted(t, été)))),
		"unquoted":  mail("Content-Type: multipart/mixed; boundary=--=_b?\n", multipart("--=_b?", printed+"\n"+quoted(t, été))),
		"cut off":   mail(mixed("b"), "--b\n"+printed+"\n"+quoted(t, été)),
		"spoiled":   mail(mixed("b"), multipart("b", printed+"\n"+quoted(t, été), "no header at all \x00\n\nx")),
	} {
		t.Run(name, func(t *testing.T) {
			want := été
			if name == "Greek" {
				want = pads + "ά"
			}
			wants(t, text, want)
		})
	}
}

func TestWhatIsAttachedToAMailIsReadIfItIsText(t *testing.T) {
	attached := func(kind, name, content string) string {
		return "Content-Type: " + kind + "; name=\"" + name + "\"\nContent-Disposition: attachment; filename=\"" + name + "\"\nContent-Transfer-Encoding: base64\n\n" + based(content)
	}
	wants(t, mail(mixed("b"), multipart("b",
		"\nBonjour\n",
		attached("text/plain", "notes.txt", pads+"notes"),
		attached("text/plain", "chat.txt", `{"text":"https:\/\/pads.example.org\/p\/chat"}`),
		attached("application/octet-stream", "page", "<!DOCTYPE html><a href='"+pads+"page'>x</a>"),
		attached("text/calendar", "invite.ics", "BEGIN:VCALENDAR\r\nDESCRIPTION:https://pads.exam\r\n ple.org/p/calendar\\, \r\nEND:VCALENDAR\r\n"),
		attached("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "x.docx", word(t, `<w:p><w:r><w:t>`+pads+`wo</w:t></w:r><w:r><w:t>rd</w:t></w:r></w:p>`, nil)),
		attached("application/octet-stream", "again.eml", mail(printed, quoted(t, pads+"mail"))),
		attached("application/zip", "a.zip", "PK\x03\x04"+pads+"zip"),
		attached("application/pdf", "a.pdf", "%PDF-1.7\x00"+pads+"pdf"),
	)), pads+"notes", pads+"chat", pads+"page", pads+"calendar", pads+"word", pads+"mail")
}

// TestAFolderOfMailsIsRead, as Thunderbird has it in Inbox.
func TestAFolderOfMailsIsRead(t *testing.T) {
	first := mail("X-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\n", pads+"one\n\nFrom here on nothing is said.\n>From me.\n")
	second := mail(mixed("b"), "--b\n"+printed+"\n"+quoted(t, pads+"two")) // never ends
	cited := mail(printed, "Bonjour=2C\n\nFrom here on all is said.\nOui.\nFrom Zo=C3=A9 yesterday\nDate: hier\n\nhttps=3A//pads.example.org/p/cited\n")
	third := mail(printed, quoted(t, pads+"réunion-"+strings.Repeat("très-", 20)+"longue\n"))
	long := mail("X-Long: "+strings.Repeat("a", 200_000)+"\n folded "+pads+"header\n", strings.Repeat("b", 200_000)+"\n\n"+pads+"four")
	for name, begin := range map[string]string{"Thunderbird": "From - Tue Dec 01 09:12:00 2026\n", "old": "From zoe@clinic.example  Tue Dec  1 09:12:00 2026\n", "new": "From \n"} {
		for _, end := range []string{"\n", "\r\n"} {
			t.Run(name+fmt.Sprintf("%q", end), func(t *testing.T) {
				box := begin + first + "\n" + begin + second + "\n\n" + begin + cited + "\n" + begin + third + "\n" + begin + long
				wants(t, strings.ReplaceAll(box, "\n", end), pads+"one", pads+"two", pads+"cited", pads+"réunion-"+strings.Repeat("très-", 20)+"longue", pads+"four")
			})
		}
	}
}

// TestAnAddressOverTwoLinesOfAMailIsCompleted where its marks show its end; else
// nobody knows where it ends.
func TestAnAddressOverTwoLinesOfAMailIsCompleted(t *testing.T) {
	const flowed = "Content-Type: text/plain; charset=utf-8; format=flowed"
	for _, test := range []struct {
		header, body  string
		sure, guessed []string
	}{
		{"", "Le pad <" + pads + "coupe-\n2026> est là.", []string{"coupe-2026"}, nil},
		{"", "> > <" + pads + "cou\n> > pe-\n> > 2026>, oui", []string{"coupe-2026"}, nil},
		{"", "<" + pads + "ag\nest là", []string{"ag"}, nil},
		{"", "<" + pads + "ag\n\n2026>", []string{"ag"}, nil},
		{"", "<" + pads + "ag>\n2026", []string{"ag"}, nil},
		{"", "Le compte rendu se trouve ici : " + pads + "coupe-\n2026 merci", nil, []string{"coupe-", "coupe-2026"}},
		{"", "court : " + pads + "coupe-\n2026 merci", nil, []string{"coupe-", "coupe-2026"}},
		{"", "Le compte rendu de l'assemblée se trouve ici : " + pads + "ag\nmerci", []string{"ag"}, []string{"agmerci"}},
		{"", "Le compte rendu de l'assemblée se trouve ici : " + pads + "ag\n\nmerci", []string{"ag"}, nil},
		{"", "Le compte rendu de l'assemblée se trouve ici : " + pads + "ag\n— merci", []string{"ag"}, nil},
		{"", "Le pad : " + pads + "ag\nmerci", []string{"ag"}, nil},
		{"", "fin : " + pads + "coupe-", nil, []string{"coupe-"}},
		{flowed + "; delsp=yes\n", "Le compte rendu est là : " + pads + "réu \nnion-20 \n26 merci", []string{"réunion-2026"}, nil},
		{flowed + "; DelSp=Yes\n", "> Voir " + pads + "réu \n> nion\nmerci", []string{"réunion"}, nil},
		{flowed + "\n", "Le compte rendu de l'assemblée se trouve ici : " + pads + "ag \nmerci", []string{"ag"}, nil},
	} {
		seen, all := read(t, mail(test.header, test.body))
		want := make(map[string]bool)
		for _, s := range test.sure {
			want[pads+s] = false
		}
		for _, s := range test.guessed {
			want[pads+s] = true
		}
		if len(seen) != len(want) {
			t.Errorf("%q has %q", test.body, seen)
		}
		for _, s := range all {
			if doubtful, ok := want[s.Address]; !ok || s.Doubtful != doubtful {
				t.Errorf("%q: %q, doubtful %v", test.body, s.Address, s.Doubtful)
			}
		}
	}
	for n := range 50 { // where what is read in one piece ends
		wants(t, strings.ReplaceAll(mail("", strings.Repeat("x", 4040+n)+" <"+pads+"coupe-\n2026>"), "\n", "\r\n"), pads+"coupe-2026")
	}
	// A text that is no mail was wrapped by nobody.
	wants(t, "Le compte rendu de l'assemblée se trouve ici : "+pads+"ag\nmerci", pads+"ag")
}

func TestMailsInMailsEndSomewhere(t *testing.T) {
	text := pads + "deep"
	for range 1000 {
		text = mail("Content-Type: message/rfc822\n", text)
	}
	wants(t, text)
	text = pads + "deep"
	for i := range 100 {
		text = mail(mixed(fmt.Sprint("b", i)), multipart(fmt.Sprint("b", i), "Content-Type: application/octet-stream\n\n"+text))
	}
	wants(t, text)
}

func TestTextThatLooksLikeAMailIsText(t *testing.T) {
	wants(t, "From time to time:\n"+pads+"a\n", pads+"a")
	wants(t, "Date: demain\n"+pads+"a\nTo: b", pads+"a")
}
