package documents

import (
	"strings"
	"testing"
)

func TestFirstLineIsTheFirstThatSaysSomething(t *testing.T) {
	for text, want := range map[string]string{
		"":                                         "",
		"\n \n\t# Ordre du jour\nsuite":            "Ordre du jour",
		"-----\n* Budget":                          "Budget",
		"a\u202eb\x1b[31m\u200fc\x00\u2028d\xff":   "ab[31mc d",
		strings.Repeat("é", 81):                    strings.Repeat("é", 79) + "…",
		strings.Repeat("é", 80):                    strings.Repeat("é", 80),
		strings.Repeat("\n", 5000) + "far":         "",
		"Welcome to Etherpad!\n\nThis pad text is": "",
		"Welcome to Etherpad Lite!\nOurs":          "",
		"Bienvenue sur Framapad !\n":               "",
		"––––– Ce texte est à effacer (après lecture)\n\nBienvenue sur Framapad !": "",
		"Sondage : https://date.example.org/secret/admin\nBureau":                  "Bureau",
		"Notre AG\n\nBienvenue sur Framapad !":                                     "Notre AG",
		"Bienvenue sur le pad de la chorale":                                       "Bienvenue sur le pad de la chorale",
	} {
		if got := FirstLine(text); got != want {
			t.Errorf("%.60q: %q, want %q", text, got, want)
		}
	}
}
