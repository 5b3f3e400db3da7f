package poll

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/padsync/padsync/documents"
)

// words are those that the forms need besides the poll's own.
type words struct {
	Language                                            documents.Language
	Name, Author, Expires, Votes, Comments              string
	Yes, IfNeedBe, No, Unknown, Total, NoVotes, NotTold string
	Earlier                                             string // of parts from an earlier version, and when that was saved
	date                                                func(time.Time) string
}

func wordsIn(l documents.Language) words {
	if l == documents.French {
		return words{
			Language: documents.French,
			Name:     "Nom", Author: "Créé par", Expires: "Expire le", Votes: "Votes", Comments: "Commentaires",
			Yes: "Oui", IfNeedBe: "Si nécessaire", No: "Non", Unknown: "Sans réponse", Total: "Total",
			NoVotes: "Personne n’a voté.", NotTold: "Le serveur n’a pas montré les votes.",
			Earlier: "Repris de ce qui a été sauvegardé le %s, le serveur ne l’ayant plus montré ensuite\u00a0: %s.",
			date:    frenchDate,
		}
	}
	return words{
		Language: documents.English,
		Name:     "Name", Author: "Created by", Expires: "Expires", Votes: "Votes", Comments: "Comments",
		Yes: "Yes", IfNeedBe: "If need be", No: "No", Unknown: "No answer", Total: "Total",
		NoVotes: "Nobody voted.", NotTold: "The server did not show the votes.",
		Earlier: "As saved on %s, since the server did not show it any more: %s.",
		date:    func(t time.Time) string { return t.Format("Monday 2 January 2006") },
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
	months := [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = "1er"
	}
	return days[t.Weekday()] + " " + day + " " + months[t.Month()-1] + " " + strconv.Itoa(t.Year())
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
