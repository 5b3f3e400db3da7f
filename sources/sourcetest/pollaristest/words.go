package pollaristest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/padsync/padsync/documents/poll"
)

// words are what pages say in a language.
type words struct {
	Locale, Lang   string
	Yes, Maybe, No string
	Day            string // the label of a day without any
	By, Voted      string // with a name; the second ends before the time
	Closed         string
	Missing        string
	Refused        string

	weekdays, shortWeekdays [7]string
	months, shortMonths     [12]string
}

const english = "en_GB"

// languages are those in which the fake speaks; a real server knows some more.
var languages = map[string]*words{
	english: {
		Locale: english, Lang: "en-GB", Yes: "Yes", Maybe: "If needed", No: "No", Day: "Day",
		By: "A poll by %s", Voted: "%s answered, ", Closed: "Voting is over.", Missing: "There is no such page", Refused: "This does not do.",
		weekdays:      [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		shortWeekdays: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		months:        [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		shortMonths:   [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"},
	},
	"fr_FR": {
		Locale: "fr_FR", Lang: "fr-FR", Yes: "Oui", Maybe: "Si besoin", No: "Non", Day: "Journée",
		By: "Un sondage de %s", Voted: "%s a répondu, ", Closed: "Le vote est terminé.", Missing: "Cette page n’existe pas", Refused: "Cela ne va pas.",
		weekdays:      [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		shortWeekdays: [7]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."},
		months:        [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		shortMonths:   [12]string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
	},
	"de": {
		Locale: "de", Lang: "de", Yes: "Ja", Maybe: "Bei Bedarf", No: "Nein", Day: "Tag",
		By: "Eine Umfrage von %s", Voted: "%s hat geantwortet, ", Closed: "Die Abstimmung ist vorbei.", Missing: "Diese Seite gibt es nicht", Refused: "So geht es nicht.",
		weekdays:      [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		shortWeekdays: [7]string{"So.", "Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa."},
		months:        [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		shortMonths:   [12]string{"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."},
	},
}

// languageOf is the one that the browser asks for, or English.
func languageOf(r *http.Request) *words {
	type wish struct {
		tag    string
		weight float64
	}
	var wishes []wish
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, q, found := strings.Cut(part, ";q=")
		weight, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		if !found || err != nil {
			weight = 1
		}
		wishes = append(wishes, wish{strings.ToLower(strings.TrimSpace(tag)), weight})
	}
	slices.SortStableFunc(wishes, func(a, b wish) int { return cmp.Compare(b.weight, a.weight) })
	for _, wish := range wishes {
		primary, _, _ := strings.Cut(wish.tag, "-")
		for locale, w := range languages {
			if known, _, _ := strings.Cut(locale, "_"); known == primary {
				return w
			}
		}
	}
	return languages[english]
}

func (w *words) answer(a poll.Answer) string {
	return map[poll.Answer]string{poll.Yes: w.Yes, poll.IfNeedBe: w.Maybe, poll.No: w.No}[a]
}

// date is a day in words, with its weekday: as long, or as short, as may be.
func (w *words) date(day string, short bool) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	weekdays, months := w.weekdays, w.months
	if short {
		weekdays, months = w.shortWeekdays, w.shortMonths
	}
	return fmt.Sprintf("%s %d %s %d", weekdays[t.Weekday()], t.Day(), months[t.Month()-1], t.Year())
}

func (w *words) moment(t time.Time) string {
	return fmt.Sprintf("%d %s %d, %s", t.Day(), w.shortMonths[t.Month()-1], t.Year(), t.Format("15:04"))
}
