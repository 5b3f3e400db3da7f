package framadate

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// dayInWords is a day at the end of a sentence: "lun. 11 janvier 2027".
var dayInWords = regexp.MustCompile(`(?:^|[\s\p{P}])(\d{1,2})(?:er)?\s+(\p{L}+)\.?\s+(\d{4})$`)

// months are those of French pages up to 1.1.19, where the server's system
// may know only English, and of later ones.
var months = []string{
	"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
	"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
}

// purgeDate reads the day on which an expired poll will be deleted, which its
// page says in words. It is "" if that is not certain.
func purgeDate(sentence string, french bool) string {
	if _, after, ok := strings.Cut(sentence, ":"); ok {
		if day := readDate(trim(after), french); day != "" {
			return day
		}
	}
	m := dayInWords.FindStringSubmatch(sentence)
	if m == nil {
		return ""
	}
	month := slices.Index(months, strings.ToLower(m[2]))
	if month < 0 {
		return ""
	}
	t, err := time.Parse("2 January 2006", m[1]+" "+time.Month(month%12+1).String()+" "+m[3])
	if err != nil {
		return ""
	}
	return t.Format(time.DateOnly)
}
