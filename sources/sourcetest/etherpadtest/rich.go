package etherpadtest

import "fmt"

// CreateRich makes a pad that has some of all: authors, formatting, nested
// and numbered lists, chat, stars, removed text, accents, emoji, other
// scripts, text that looks like HTML, and more revisions than a key revision
// covers.
func (s *Server) CreateRich(id string) *Pad {
	var (
		elodie = Author{ID: "a.Elodie0123456789", Name: "Élodie", Color: 12}
		noel   = Author{ID: "a.Noel012345678901", Name: "Noël 🎄", Color: 3}
		quiet  = Author{ID: "a.Quiet01234567890", Color: 40} // gave no name
	)
	style := func(key string) Attribute { return Attribute{key, "true"} }
	p := s.Create(id, "Welcome to this pad!\n")
	p.Insert(elodie, 0, "Compte rendu — réunion d'été à Montréal\n", style("bold"))
	p.Append(elodie, "Présents : ")
	for _, name := range []string{"Élodie, ", "Noël, ", "et une œuvre\n"} {
		p.Append(noel, name)
	}
	p.Append(elodie, "important", style("bold"), style("italic"))
	p.Append(elodie, ", ")
	p.Append(elodie, "souligné", style("underline"))
	p.Append(elodie, " et ")
	p.Append(quiet, "barré", style("strikethrough"))
	p.Append(elodie, "\n\n")

	item := func(by Author, list, text string) {
		marker := []Attribute{{"insertorder", "first"}, {"list", list}, {"lmkr", "1"}}
		if list[:6] == "number" {
			marker = append(marker, Attribute{"start", "1"})
		}
		p.Append(by, "*", marker...)
		p.Append(by, text+"\n")
	}
	item(elodie, "bullet1", "premier point")
	item(noel, "bullet2", "détail")
	item(noel, "bullet3", "détail du détail")
	item(elodie, "bullet1", "second point")
	item(quiet, "number1", "d'abord")
	item(quiet, "number2", "et encore")
	item(elodie, "number1", "ensuite")
	item(elodie, "indent1", "en retrait")

	p.Append(noel, "https://example.org/été?a=b&c=d (un lien)\n")
	p.Append(noel, "🎉👩\u200d👩\u200d👧\u200d👦 日本語 العربية e\u0301 \u00a0fin\n")
	p.Append(quiet, "<script>alert(\"1 < 2 && 'x'\")</script> &amp; * _ ` # \\\n\tune tabulation  \n")
	p.Say(elodie, "Salut à tous, ça va ?")
	p.Save(elodie, p.Head(), "avant la réunion", "0123456789abcdef0123")
	p.Say(noel, "Très bien 👍 <b>")
	p.Say(quiet, "")
	p.Remove(noel, 40, 21) // the welcome
	for n := range 100 {
		p.Append(noel, fmt.Sprintf("ligne %d\n", n+1))
	}
	p.Remove(quiet, count(p.text)-100, 90)
	p.Save(noel, p.Head(), "", "fedcba98765432100123")
	return p
}
