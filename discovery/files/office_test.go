package files_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/discovery/files"
)

// zipped is an archive, with its parts in the order of their names.
func zipped(t *testing.T, parts map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		part, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(part, parts[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const xml = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// word is a document as Word and LibreOffice write it.
func word(t *testing.T, body string, more map[string]string) string {
	t.Helper()
	parts := map[string]string{
		"[Content_Types].xml": xml + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"word/document.xml":   xml + `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + body + `</w:body></w:document>`,
	}
	maps.Copy(parts, more)
	return zipped(t, parts)
}

func relation(target string) string {
	return xml + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="` + target + `" TargetMode="External"/><Relationship Id="rId2" Target="styles.xml"/></Relationships>`
}

func paragraph(runs ...string) string {
	return `<w:p><w:pPr><w:rPr/></w:pPr><w:r><w:rPr><w:lang w:val="fr-FR"/></w:rPr><w:t xml:space="preserve">` + strings.Join(runs, `</w:t></w:r><w:proofErr w:type="spellStart"/>`+"\n"+`<w:r><w:t>`) + `</w:t></w:r></w:p>`
}

func TestDocumentsOfWordAreRead(t *testing.T) {
	wants(t, word(t,
		paragraph("Voir https://pads.exa", "mple.org/p/r", "éunion", ".")+paragraph("Autre")+
			paragraph(pads+"ag?a=1&amp;b=2")+paragraph("et")+
			`<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> HYPERLINK "`+pads+`fi</w:instrText></w:r><w:r><w:instrText>eld" \o "x"</w:instrText></w:r><w:r><w:t>ici</w:t></w:r></w:p>`+
			`<w:p><w:fldSimple w:instr=" HYPERLINK &quot;`+pads+`simple&quot; "><w:r><w:t>ici</w:t></w:r></w:fldSimple></w:p>`+
			`<w:p><w:r><w:t>`+pads+`note</w:t></w:r><w:r><w:footnoteReference w:id="1"/></w:r><w:r><w:t>suite</w:t></w:r></w:p>`+
			`<w:p><w:del><w:r><w:delText>`+pads+`deleted</w:delText></w:r></w:del></w:p>`,
		map[string]string{
			"word/_rels/document.xml.rels":  relation(pads + "été?a=1&amp;b=2"), // LibreOffice escapes no é
			"word/_rels/header1.xml.rels":   relation(pads + "header-link"),
			"word/_rels/footnotes.xml.rels": relation(pads + "footnote-link"),
			"word/header1.xml":              xml + `<w:hdr>` + paragraph(pads+"header") + `</w:hdr>`,
			"word/footer1.xml":              xml + `<w:ftr>` + paragraph(pads+"footer") + `</w:ftr>`,
			"word/footnotes.xml":            xml + `<w:footnotes>` + paragraph(pads+"foot", "note") + `</w:footnotes>`,
			"word/endnotes.xml":             xml + `<w:endnotes>` + paragraph(pads+"endnote") + `</w:endnotes>`,
			"word/comments.xml":             "\ufeff" + xml + `<w:comments>` + paragraph(pads+"comment") + `</w:comments>`,
			"docProps/app.xml":              xml + `<Properties>` + pads + `template</Properties>`,
			"word/media/image1.png":         "\x89PNG " + pads + "picture",
		}),
		pads+"réunion", pads+"ag?a=1&b=2", pads+"field", pads+"simple", pads+"note", pads+"été?a=1&b=2", pads+"header-link", pads+"footnote-link",
		pads+"header", pads+"footer", pads+"footnote", pads+"endnote", pads+"comment")
}

func TestDocumentsOfLibreOfficeAreRead(t *testing.T) {
	text := zipped(t, map[string]string{
		"mimetype":              "application/vnd.oasis.opendocument.text",
		"META-INF/manifest.xml": xml + `<manifest:manifest/>`,
		"content.xml": xml + `<office:document-content><office:body><office:text><text:tracked-changes><text:deletion><text:p>` + pads + `deleted</text:p></text:deletion></text:tracked-changes>` +
			`<text:p text:style-name="P1">Voir <text:a xlink:type="simple" xlink:href="` + pads + `r%C3%A9union?a=1&amp;b=2">ici</text:a>, <text:span>https://pads.exam</text:span>ple.org/p/<text:span>ru</text:span>n<text:s/>fin</text:p>` +
			`<text:h>` + pads + `title<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>` + pads + `footnote</text:p></text:note-body></text:note> suite ` + pads + `behind</text:h>` +
			`<text:list><text:list-item><text:p>` + pads + `item</text:p></text:list-item></text:list><office:annotation><dc:date>2026</dc:date><text:p>` + pads + `comment</text:p></office:annotation></office:text></office:body></office:document-content>`,
		"styles.xml": xml + `<office:document-styles><style:header><text:p>` + pads + `header</text:p></style:header><style:footer><text:p><text:a xlink:href="` + pads + `footer">x</text:a></text:p></style:footer></office:document-styles>`,
		"meta.xml":   xml + pads + "meta",
	})
	wants(t, text, pads+"r%C3%A9union?a=1&b=2", pads+"run", pads+"title", pads+"footnote", pads+"behind", pads+"item", pads+"comment", pads+"header", pads+"footer")
	// The same as a file, of which no more than the directory and these parts is read.
	name := filepath.Join(t.TempDir(), "compte rendu.txt")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := files.Read(t.Context(), name, discovery.Reading{Kinds: allKinds(), See: func(discovery.Sighting) { n++ }, Skip: func(s discovery.Skip) { t.Errorf("%+v", s) }}); err != nil || n != 9 {
		t.Errorf("%d, %v", n, err)
	}
}

// skips reads what is named as not read, for this reason, and gives the addresses
// in it nevertheless.
func skips(t *testing.T, text string, want error, addresses ...string) {
	t.Helper()
	var seen []string
	err := files.From(t.Context(), strings.NewReader(text), "x", discovery.Reading{Kinds: allKinds(), See: func(s discovery.Sighting) { seen = append(seen, s.Address) }})
	if !errors.Is(err, want) || !slices.Equal(seen, addresses) {
		t.Errorf("%.60q: %v, want %v; %q", text, err, want, seen)
	}
}

func TestOtherArchivesStayClosed(t *testing.T) {
	skips(t, zipped(t, map[string]string{"notes.txt": pads + "a", "content.xml": "<text:p>" + pads + "a</text:p>"}), discovery.ErrArchive)
	skips(t, zipped(t, map[string]string{"[Content_Types].xml": xml, "xl/workbook.xml": pads + "a"}), discovery.ErrArchive)
	skips(t, zipped(t, map[string]string{"word/document.xml": paragraph(pads + "a")}), discovery.ErrArchive)
}

// declared is a document whose text says to have this size.
func declared(t *testing.T, size uint64, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	_, err := w.Create("[Content_Types].xml")
	if err != nil {
		t.Fatal(err)
	}
	part, err := w.CreateRaw(&zip.FileHeader{Name: "word/document.xml", UncompressedSize64: size, CompressedSize64: uint64(len(text))})
	if err == nil {
		_, err = io.WriteString(part, text)
	}
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHostileDocumentsEndAndAreNamed(t *testing.T) {
	text := word(t, paragraph(pads+"good"), map[string]string{"word/a.xml": paragraph(pads + "first")})
	spoiled := strings.Replace(text, "PK\x03\x04", "PK\x03\x05", 3)
	skips(t, "PK\x03\x04"+spoiled[4:], discovery.ErrDamaged)
	skips(t, zipped(t, map[string]string{"META-INF/manifest.xml": xml, "content.xml": "\x8f\x02encrypted", "styles.xml": "<text:p>" + pads + "a</text:p>"}), discovery.ErrUnknown, pads+"a")
	skips(t, declared(t, 300<<20, paragraph(pads+"a")), discovery.ErrLarge)
	skips(t, declared(t, 1<<63, paragraph(pads+"a")), discovery.ErrLarge)
	skips(t, declared(t, 5, paragraph(pads+"a")), nil) // it has more than it says
	// What has no end in sight is read on behind it.
	wants(t, word(t, `<w:t x="`+strings.Repeat("x", 2<<20)+`">`+paragraph(pads+"a"), nil), pads+"a")
	wants(t, word(t, `<w:t>`+strings.Repeat("<w:p>", 10_000)+paragraph(pads+"a"), nil), pads+"a")
	// A directory that would fill the memory.
	crowd := make(map[string]string)
	for i := range 100 {
		crowd[strings.Repeat("x", 60_000)+string(rune('0'+i))] = ""
	}
	skips(t, word(t, paragraph(pads+"a"), crowd), discovery.ErrArchive)
}
