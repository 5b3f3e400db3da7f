package mirror

import "testing"

// TestNamesAreWhatEveryPlaceTakes, and a name of a page is one that padsync gives,
// whoever says so.
func TestNamesAreWhatEveryPlaceTakes(t *testing.T) {
	for name, want := range map[string]string{
		"turned \u202exslx.exe": "turned xslx.exe", "a\u2066b\u2069": "ab", "soft\u00adhyphen": "softhyphen", "\U000E0041tag": "tag", "bell\a": "bell",
		"CON.notes.txt": "_CON.notes.txt", "nul ": "_nul", "COM¹": "_COM¹", "conin$": "_conin$", "console": "console", "com10": "com10",
		"x.part": "x-part", "x.FilePart": "x-FilePart", "x.party": "x.party", "e\u0301": "é", "-rf": "rf", "~lock": "lock", "end.": "end", "end ~ .": "end", "\xff": "",
	} {
		got := clean(name)
		if got != want || clean(got) != got {
			t.Errorf("%q: %q, then %q", name, got, clean(got))
		}
		if page := "Pads/" + name + ".html"; got != "" && isPage(page, "html") != (name == got) {
			t.Errorf("%q is a page: %t", page, name != got)
		}
	}
	for _, name := range []string{
		"x.html", "/x.html", "../x.html", "Pads/../x.html", "Pads/./x.html", "Pads//x.html", "Pads/a/b/x.html", `Pads\x.html`, "C:/x.html", "Pads/x.md", "Pads/.html", "Pads/.x.html",
		"Pads/x.html/", "Pads/x.padsync-tmp.html", "Pads/x\x00.html", "Pads/x\n.html", " Pads/x.html", "Pads /x.html", "Pads./x.html", "",
	} {
		if isPage(name, "html") {
			t.Errorf("%q is a page", name)
		}
	}
	for _, form := range []string{"", "exe", "html.", "../html"} {
		if isPage("Pads/x.html", form) || isPage("Pads/x"+form, form) {
			t.Errorf("%q is a form", form)
		}
	}
	if !isPage("Pads/x.html", "html") || !isPage("Pads/x (earlier versions)/2026-11-22 14.41.html", "html") {
		t.Error("a page is none")
	}
}
