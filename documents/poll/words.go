package poll

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/documents"
)

// words are those that the forms need besides the poll's own.
type words struct {
	Language                                            documents.Language
	Name, Author, Expires, Votes, Comments              string
	Yes, IfNeedBe, No, Unknown, Total, NoVotes, NotTold string
	Best, Bests, TheBest                                string // before the choice, or the choices, that most chose; beside its count
	BestOf                                              string // and how many did, of how many
	DaysDiffer                                          string // a note
	Earlier                                             string // of parts from an earlier version, and when that was saved
	date                                                func(time.Time) string

	// Rules, as sentences.
	Draft, Closed, Hidden, Password, VotePassword string
	MaxVotes                                      string // and how many
	Edit                                          map[Edit]string
}

func wordsIn(l documents.Language) words {
	if l == documents.French {
		return words{
			Language: documents.French,
			Name:     "Nom", Author: "Créé par", Expires: "Expire le", Votes: "Votes", Comments: "Commentaires",
			Yes: "Oui", IfNeedBe: "Si nécessaire", No: "Non", Unknown: "Sans réponse", Total: "Total",
			Best: "Le plus choisi\u00a0:", Bests: "Les plus choisis\u00a0:", BestOf: "%d oui sur %d", TheBest: "le plus choisi",
			NoVotes: "Personne n’a voté.", NotTold: "Le serveur n’a pas montré les votes.",
			DaysDiffer: "Le tableau du serveur donne d’autres jours que ses pages\u00a0; ceux-ci sont ceux des pages.",
			Earlier:    "Repris de ce qui a été sauvegardé le %s, le serveur ne l’ayant plus montré ensuite\u00a0: %s.",
			date:       frenchDate,
			Draft:      "C’est un brouillon, que son auteur n’a pas publié.", Closed: "Le vote est clos.",
			Hidden: "Seul l’auteur du sondage voit les votes.", Password: "Le sondage demande un mot de passe.", VotePassword: "Voter demande un mot de passe.",
			MaxVotes: "Chaque choix accepte au plus %d «\u00a0Oui\u00a0».",
			Edit: map[Edit]string{
				EditNone: "Aucun vote ne peut être modifié.", EditOwn: "Chacun peut modifier son propre vote.", EditAll: "Chacun peut modifier tous les votes.",
			},
		}
	}
	return words{
		Language: documents.English,
		Name:     "Name", Author: "Created by", Expires: "Expires", Votes: "Votes", Comments: "Comments",
		Yes: "Yes", IfNeedBe: "If need be", No: "No", Unknown: "No answer", Total: "Total",
		Best: "Chosen most:", Bests: "Chosen most:", BestOf: "%d yes out of %d", TheBest: "chosen most",
		NoVotes: "Nobody voted.", NotTold: "The server did not show the votes.",
		DaysDiffer: "The server’s own table has other days than its pages; these are those of the pages.",
		Earlier:    "As saved on %s, since the server did not show it any more: %s.",
		date:       func(t time.Time) string { return t.Format("Monday 2 January 2006") },
		Draft:      "It is a draft, which its author has not published.", Closed: "Voting is over.",
		Hidden: "Only the author of the poll sees the votes.", Password: "The poll asks for a password.", VotePassword: "Voting asks for a password.",
		MaxVotes: "Each choice takes at most %d “Yes”.",
		Edit: map[Edit]string{
			EditNone: "No vote can be changed.", EditOwn: "People can change their own votes.", EditAll: "Everybody can change all votes.",
		},
	}
}

func (w words) answer(a Answer) string {
	switch a {
	case Yes:
		return w.Yes
	case IfNeedBe:
		return w.IfNeedBe
	case No:
		return w.No
	}
	return w.Unknown
}

// rules are what of the settings readers of the poll want to know.
func (w words) rules(s Settings) (sentences []string) {
	is := func(b *bool) bool { return b != nil && *b }
	tell := func(told bool, sentence string) {
		if told {
			sentences = append(sentences, sentence)
		}
	}
	tell(is(s.Draft), w.Draft)
	tell(is(s.Expired) || is(s.Locked), w.Closed)
	tell(is(s.Hidden), w.Hidden)
	whole := s.PublicResults != nil && !*s.PublicResults
	tell(is(s.Password) && whole, w.Password)
	tell(is(s.Password) && !whole, w.VotePassword)
	if s.MaxVotes != nil {
		tell(*s.MaxVotes > 0, fmt.Sprintf(w.MaxVotes, *s.MaxVotes))
	}
	tell(w.Edit[s.Edit] != "", w.Edit[s.Edit])
	return sentences
}

// day is the date in words; what is not a date is returned as it is.
func (w words) day(date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return w.date(t)
}

func frenchDate(t time.Time) string {
	days := [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}
	return days[t.Weekday()] + " " + documents.French.Date(t)
}

// names are those of parts for people, each group of them once: "votes,
// settings".
func names(parts []Part, l documents.Language) string {
	var all []string
	for _, part := range parts {
		if name := name(part, l); !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return strings.Join(all, ", ")
}

func name(part Part, l documents.Language) string {
	english, french := "settings", "réglages"
	switch part {
	case PartTitle:
		english, french = "title", "titre"
	case PartDescription, PartDescriptionMarkdown:
		english, french = "description", "description"
	case PartChoices, PartChoicesMarkdown:
		english, french = "choices", "choix"
	case PartDays:
		english, french = "days", "jours"
	case PartVotes:
		english, french = "votes", "votes"
	case PartComments:
		english, french = "comments", "commentaires"
	case PartTimes:
		english, french = "times of the comments", "heures des commentaires"
	case PartExpires:
		english, french = "expiry", "date d’expiration"
	case PartAuthor:
		english, french = "author", "auteur"
	case PartCreated:
		english, french = "time of its making", "heure de création"
	case PartVoteTimes:
		english, french = "times of the votes", "heures des votes"
	}
	if l == documents.French {
		return french
	}
	return english
}
