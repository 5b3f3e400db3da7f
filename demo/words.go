package main

import (
	"strings"

	"github.com/padsync/padsync/documents"
)

// words are what the demo says, and what stands in its pad, in one language.
type words struct {
	language documents.Language

	intro, server, poll               string
	first, second, third              string
	report, suspect                   string
	restored, asBefore, end           string
	padText, chat, addition, question string
	pageFlag, building, page          string
}

// speak chooses French if the environment asks for it.
func speak(getenv func(string) string) words {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := getenv(name); value != "" {
			if strings.HasPrefix(value, "fr") {
				return french
			}
			return english
		}
	}
	return english
}

var english = words{
	language: documents.English,
	intro: `This shows what padsync does. All of it happens on this computer, in the folder
%s, which is removed at the end.
`,
	server: `
1. A small pad and poll server starts: %s
   An association writes its agenda in a pad:
`,
	poll: "   and asks in a poll: %s (%d people have answered)\n",
	first: `
2. The first backup, compressed and encrypted, into %s:
`,
	second: `
3. Somebody adds a line to the pad, and somebody answers the poll. The second backup:
`,
	third: `
4. Somebody deletes the whole text by mistake. The third backup:
`,
	report:  "   saved: %d, unchanged: %d, stored: %d bytes\n",
	suspect: "   A text that shrank so much is suspect: it is kept, but replaces nothing.\n",
	restored: `
5. Restored, the last good version of each:
`,
	asBefore: `
6. And the pad as it was at the first backup:
`,
	end: `
That was all, and everything is removed. To look at it in your browser:

    go run ./demo --page

Your turn: README.md says how to save your own pads.
`,
	pageFlag: "end with what was saved as pages in the browser, until Ctrl-C",
	building: `
7. And all of it in your browser. The program is compiled for that: some minutes,
   the first time.
`,
	page: `   Ctrl-C ends it, and everything is removed.
`,
	padText:  "Agenda of the general assembly\n\n1. What we did this year: the garden, the repair café\n2. The budget, and who pays for the new tools\n",
	chat:     "Who takes the notes?",
	addition: "3. Election of the board",
	question: "When do we meet?",
}

var french = words{
	language: documents.French,
	intro: `Voici ce que fait padsync. Tout se passe sur cet ordinateur, dans le dossier
%s, qui sera supprimé à la fin.
`,
	server: `
1. Un petit serveur de pads et de sondages démarre : %s
   Une association prépare son ordre du jour dans un pad :
`,
	poll: "   et pose une question dans un sondage : %s (%d réponses)\n",
	first: `
2. La première sauvegarde, compressée et chiffrée, dans %s :
`,
	second: `
3. Quelqu’un ajoute une ligne au pad, quelqu’un répond au sondage. Deuxième sauvegarde :
`,
	third: `
4. Quelqu’un efface tout le texte par erreur. Troisième sauvegarde :
`,
	report:  "   sauvegardés : %d, inchangés : %d, dans le dépôt : %d octets\n",
	suspect: "   Un texte qui fond à ce point est suspect : il est gardé, mais ne remplace rien.\n",
	restored: `
5. Restaurée, la dernière bonne version de chacun :
`,
	asBefore: `
6. Et le pad tel qu’il était lors de la première sauvegarde :
`,
	end: `
C’est tout, et rien ne reste sur le disque. Pour le voir dans votre navigateur :

    go run ./demo --page

À vous : README.fr.md explique comment sauvegarder vos propres pads.
`,
	pageFlag: "finit par montrer ce qui est sauvegardé dans le navigateur, jusqu’à Ctrl-C",
	building: `
7. Et tout cela dans votre navigateur. Il faut compiler le programme : quelques
   minutes, la première fois.
`,
	page: `   Ctrl-C y met fin, et tout est supprimé.
`,
	padText:  "Ordre du jour de l’assemblée générale\n\n1. Bilan de l’année : le jardin, l’atelier de réparation\n2. Le budget, et qui paie les nouveaux outils\n",
	chat:     "Qui prend les notes ?",
	addition: "3. Élection du bureau",
	question: "Quand se réunit-on ?",
}
